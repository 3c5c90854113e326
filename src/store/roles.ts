// The application's role: it logs in, owns nothing and cannot pass row security; anything else is refused before the first row is read. Keeps store-6.
import { createHash } from 'node:crypto'
import { Fault } from '#kernel'
import { newPassword } from './cluster.ts'
import { codeOf } from './failure.ts'
import type { Login } from './record.ts'
import type { Tx } from './transaction.ts'

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

/** Refuses an application role that could walk round the second wall. */
export const demandHarmless = async (tx: Tx, owner: string): Promise<string> => {
  const [row] = await tx.query<{ role: string; harmful: boolean }>({
    text: `select current_user as role,
             r.rolsuper or r.rolbypassrls or r.rolcreaterole or pg_has_role(r.oid, $1, 'member') or exists (
               select from pg_class c join pg_namespace n on n.oid = c.relnamespace
               where n.nspname = any('{ops,crm,keyring,journal,identity}') and pg_has_role(r.oid, c.relowner, 'member')) as harmful
           from pg_roles r where r.rolname = current_user`,
    values: [owner],
  })
  if (!row || row.harmful)
    throw new Fault('config-invalid', {
      name: 'HOLDFAST_APP_DATABASE_URL',
      what: 'its role owns tables or may bypass row security',
    })
  return row.role
}
