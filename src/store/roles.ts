// The roles of the application: the one that logs in and asks for persons, and the one it changes to for the house's own work. Neither owns
// anything or can pass row security; anything else is refused before the first row is read. Keeps store-6, store-142.
import { createHash } from 'node:crypto'
import { Fault, say } from '#kernel'
import { newPassword } from './cluster.ts'
import { codeOf } from './failure.ts'
import { schemas } from './rights.ts'
import type { Login } from './record.ts'
import type { Tx } from './transaction.ts'

/** app: logs in, and sees of records what the guard rails leave to the person a transaction is for; jobs: sees its tenant whole. */
export interface Roles {
  readonly app: string
  readonly jobs: string
}

export const quoted = (role: string): string => `"${role.replaceAll('"', '""')}"`

/** Makes the role for this database, or gives it the known password; `known` is what the data directory keeps. */
export const appLogin = async (tx: Tx, known: Login | undefined): Promise<Login> => {
  const [row] = await tx.query<{ database: string; cluster: string }>({
    text: 'select current_database() as database, system_identifier::text as cluster from pg_control_system()',
  })
  const hash = createHash('sha256')
    .update(`${row?.database ?? ''}\n${row?.cluster ?? ''}`)
    .digest('hex')
  const user = `holdfast_app_${hash.slice(0, 12)}`
  // Two processes may want the same role at once; the number is that of the migrations.
  await tx.query({ text: 'select pg_advisory_xact_lock(1752132708)' })
  const [role] = await tx.query<{ there: boolean }>({
    text: 'select true as there from pg_roles where rolname = $1',
    values: [user],
  })
  if (known?.user === user && role) return known
  const login: Login = { user, password: known?.user === user ? known.password : newPassword() }
  try {
    await tx.query({
      text: role
        ? `alter role ${user} login password '${login.password}'`
        : `create role ${user} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password '${login.password}'`,
    })
  } catch (cause) {
    if (codeOf(cause) !== '42501') throw cause
    throw new Fault(
      'config-invalid',
      { name: 'HOLDFAST_DATABASE_URL', what: 'its role may not create roles; give one in HOLDFAST_APP_DATABASE_URL' },
      { cause },
    )
  }
  return login
}

/** The role of the house's own work, beside an application role: made where it is missing, and refused where it could walk round the second wall. */
export const jobsRole = async (tx: Tx, app: string): Promise<string> => {
  const role = `${app.slice(0, 58)}_jobs`
  // Two processes may want the same role at once; the number is that of the migrations.
  await tx.query({ text: 'select pg_advisory_xact_lock(1752132708)' })
  const [found] = await tx.query<{ member: boolean }>({
    text: `select pg_has_role($2, r.oid, 'member') and not (select rolsuper from pg_roles where rolname = $2) as member
           from pg_roles r where rolname = $1`,
    values: [role, app],
  })
  const missing = [
    ...(found ? [] : [`create role ${quoted(role)} nologin`]),
    ...(found?.member === true ? [] : [`grant ${quoted(role)} to ${quoted(app)}`]),
  ]
  try {
    for (const text of missing) await tx.query({ text })
  } catch (cause) {
    if (codeOf(cause) !== '42501') throw cause
    throw new Fault(
      'config-invalid',
      {
        name: 'HOLDFAST_DATABASE_URL',
        what: say('its role may not create roles; have one who may run: {commands}', {
          commands: missing.join('; '),
        }),
      },
      { cause },
    )
  }
  const [wrong] = await tx.query<{ harmful: boolean }>({
    text: `select ${harmful} or r.rolcanlogin or pg_has_role(r.oid, $3, 'member') as harmful from pg_roles r where r.rolname = $2`,
    values: [schemas, role, app],
  })
  if (!wrong || wrong.harmful)
    throw new Fault('config-invalid', {
      name: 'HOLDFAST_DATABASE_URL',
      what: say("the role {role} can log in, owns tables, is in the application's role or may bypass row security", {
        role,
      }),
    })
  return role
}

const harmful = `r.rolsuper or r.rolbypassrls or r.rolcreaterole or exists (
  select from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any($1) and pg_has_role(r.oid, c.relowner, 'member'))`

/** Refuses an application role that could walk round the second wall. */
export const demandHarmless = async (tx: Tx, owner: string): Promise<string> => {
  const [row] = await tx.query<{ role: string; harmful: boolean }>({
    text: `select current_user as role, ${harmful} or pg_has_role(r.oid, $2, 'member') as harmful
           from pg_roles r where r.rolname = current_user`,
    values: [schemas, owner],
  })
  if (!row || row.harmful)
    throw new Fault('config-invalid', {
      name: 'HOLDFAST_APP_DATABASE_URL',
      what: 'its role owns tables or may bypass row security',
    })
  return row.role
}
