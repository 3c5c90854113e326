// The second wall as SQL and as it stands in a database: what is made of a condition, which role has it, and what a check finds of a change.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Facts, isFault, newId, type Predicate, typeOf } from '#kernel'
import { codeOf, openStore, urlWith } from '#store'
import { catalogue, openTestDatabase, type TestDatabase, walls } from '#testing'
import { factSettings, wallSql } from './wall.ts'

const owner = (database: TestDatabase, text: string): Promise<readonly object[]> =>
  database.store.owner((tx) => tx.query({ text }))

const reopen = (database: TestDatabase) =>
  openStore({ data: database.data, databaseUrl: database.url, appDatabaseUrl: database.appUrl, catalogue, walls })

const fact = (name: 'roles' | 'clearance') => ({ kind: 'fact', name }) as const

test('[store-141] a wall holds for nobody who told no facts, whatever its condition; facts come back as they were told', async () => {
  const database = await openTestDatabase()
  const odd = ["it's", 'a "b" \\ c', '{x,y}', '客服', 'null', '', ' ', 'a\nb']
  const told = (facts: Facts | undefined, condition: Predicate): Promise<boolean | null | undefined> =>
    database.store.owner(async (tx) => {
      for (const [name, value] of facts ? factSettings(facts) : [])
        await tx.query({ text: 'select set_config($1, $2, true)', values: [name, value] })
      const [row] = await tx.query<{ holds: boolean | null }>({
        text: `select ${wallSql(condition, 't')} as holds from (values (2::bigint)) t(level)`,
      })
      return row?.holds
    })
  const always: Predicate = { kind: 'true' }
  assert.notEqual(await told(undefined, always), true)
  assert.equal(await told({ active: false, roles: [] }, always), true)
  for (const role of odd) {
    const holds = (value: string): Predicate => ({ kind: 'relation', op: 'containsAny', left: fact('roles'), right: { kind: 'value', type: 'texts', value: [value] }, negated: false }) // prettier-ignore
    assert.equal(await told({ active: true, roles: ['x', role] }, holds(role)), true, JSON.stringify(role))
    assert.equal(await told({ active: true, roles: odd.filter((one) => one !== role) }, holds(role)), false)
    // The same by the way a transaction tells them.
    const [row] = await database.store.transaction(
      { ...database.scope, facts: { active: true, roles: [role] } },
      (tx) => tx.query<{ roles: readonly string[] }>({ text: "select current_setting('holdfast.roles')::text[] as roles" }), // prettier-ignore
    )
    assert.deepEqual(row?.roles, [role])
  }
  const cleared: Predicate = { kind: 'relation', op: '<=', left: { kind: 'column', column: 'level', as: 'long', up: 0 }, right: fact('clearance'), negated: false } // prettier-ignore
  assert.equal(await told({ active: true, roles: [], clearance: 2 }, cleared), true)
  assert.equal(await told({ active: true, roles: [], clearance: 1 }, cleared), false)
  assert.notEqual(await told({ active: true, roles: [] }, cleared), true)
  await database.close()
})

test('[store-141] a record table without a wall shows a person no row', async () => {
  const database = await openTestDatabase()
  const some = walls.filter(({ table }) => table !== 'account')
  const urls = { databaseUrl: database.url, appDatabaseUrl: database.appUrl }
  const bare = await openStore({ data: database.data, ...urls, catalogue, walls: some })
  const { table } = typeOf(catalogue, 'account')
  const id = newId()
  await bare.transaction(database.scope, (tx) =>
    tx.query({
      text: `insert into crm."${table}" (tenant_id, id, version, subject_id, created_by, created_at, updated_by, updated_at) values ($1, $2, 1, $2, $2, now(), $2, now())`,
      values: [database.tenant, id],
    }),
  )
  const person = { tenant: database.tenant, principal: id, facts: { active: true, roles: ['director'], clearance: 3 } }
  const count = async (store: typeof bare): Promise<number> =>
    (await store.transaction(person, (tx) => tx.query({ text: `select 1 from crm."${table}"` }))).length
  assert.equal(await count(bare), 0)
  await bare.close()
  const whole = await reopen(database)
  assert.equal(await count(whole), 1)
  await whole.close()
  await database.close()
})

test('[store-142] services and the house’s own work change to the role for it; the role that logs in keeps to facts', async () => {
  const database = await openTestDatabase()
  const { store, scope, tenant } = database
  const who = async (of: Parameters<typeof store.transaction>[0]) =>
    (await store.transaction(of, (tx) => tx.query<{ name: string }>({ text: 'select current_user as name' })))[0]?.name
  const app = await who({ tenant, principal: newId() })
  assert.deepEqual([await who(scope), await who({ tenant, principal: newId(), house: true })], [`${app ?? ''}_jobs`, `${app ?? ''}_jobs`]) // prettier-ignore
  // The role ends with the transaction, also with one that failed.
  await assert.rejects(store.transaction(scope, (tx) => tx.query({ text: 'select 1 / 0' })))
  for (let i = 0; i < 20; i++) assert.equal(await who({ tenant, principal: newId() }), app)
  const [row] = await store.owner((tx) =>
    tx.query<Record<string, boolean>>({
      text: `select r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolcanlogin as strong,
               pg_has_role($1, r.oid, 'member') as change, pg_has_role(r.oid, $1::regrole, 'member') as turned
             from pg_roles r where r.rolname = $1 || '_jobs'`,
      values: [app],
    }),
  )
  assert.deepEqual(row, { strong: false, change: true, turned: false })
  await database.close()
})

test('[store-143] where the owner may not make roles it says what to run, and works once that was done', async () => {
  const database = await openTestDatabase()
  const tag = newId().replaceAll('-', '')
  const [name, app] = [`o_${tag}`, `a_${tag}`]
  const password = 'only-for-tests'
  await owner(database, `create role ${name} login password '${password}'; create role ${app} login password '${password}'`) // prettier-ignore
  const [row] = await database.store.owner((tx) => tx.query<{ name: string }>({ text: 'select current_database() as name' })) // prettier-ignore
  await owner(database, `drop schema ops, crm, keyring, journal, identity cascade; alter database ${row?.name ?? ''} owner to ${name}`) // prettier-ignore
  const open = () =>
    openStore({
      data: database.data,
      databaseUrl: urlWith(database.url, { login: { user: name, password } }),
      appDatabaseUrl: urlWith(database.url, { login: { user: app, password } }),
      catalogue,
      walls,
    })
  const statements = `create role "${app}_jobs" nologin; grant "${app}_jobs" to "${app}"`
  await assert.rejects(open(), (error) => isFault(error, 'config-invalid') && error.message.includes(statements))
  await owner(database, statements)
  const store = await open()
  assert.deepEqual(await store.wallFaults(), [])
  await store.close()
  // One that could do more is refused.
  await owner(database, `alter role "${app}_jobs" bypassrls`)
  await assert.rejects(open(), (error) => isFault(error, 'config-invalid') && error.message.includes(`${app}_jobs`))
  await owner(database, `drop owned by ${app}; drop owned by ${app}_jobs; drop role ${app}_jobs; drop role ${app}; reassign owned by ${name} to current_user; drop owned by ${name}; drop role ${name}`) // prettier-ignore
  await database.close()
})

test('[store-144] any change of row security is found, and the next start sets it anew', async () => {
  const database = await openTestDatabase()
  assert.deepEqual(await database.store.wallFaults(), [])
  const changes = [
    ['crm.account', 'drop policy rails_read on crm.account'],
    ['crm.account', 'alter policy rails_change on crm.account using (true)'],
    ['crm.contact', 'create policy more on crm.contact using (true)'],
    ['crm.deal', 'alter policy rails_create on crm.deal to public'],
    ['ops.setting', 'alter policy tenant on ops.setting using (true)'],
    ['journal.entry', 'alter table journal.entry no force row level security'],
    ['crm.lead', 'drop policy rails_read on crm.lead; create policy rails_read on crm.lead for select using (true)'],
  ] as const
  for (const [table, text] of changes) {
    await owner(database, text)
    assert.deepEqual(await database.store.wallFaults(), [table], text)
    const again = await reopen(database)
    assert.deepEqual(await again.wallFaults(), [], text)
    await again.close()
  }
  // Looking changes nothing, and nobody else's table of that name is in the way.
  assert.deepEqual(
    await owner(database, `select 1 from pg_class where relname = 'account' and relpersistence = 't'`),
    [],
  )
  await database.close()
})

test('[store-144] a change of the rails is a change of row security at the next start', async () => {
  const database = await openTestDatabase()
  const closed = walls.map((one) => (one.table === 'account' ? { ...one, read: { kind: 'false' } as const } : one))
  const urls = { databaseUrl: database.url, appDatabaseUrl: database.appUrl }
  const later = await openStore({ data: database.data, ...urls, catalogue, walls: closed })
  assert.deepEqual(await later.wallFaults(), [])
  // The program of before knows that these are not its rails.
  assert.deepEqual(await database.store.wallFaults(), ['crm.account'])
  await later.close()
  await assert.rejects(
    database.store.transaction(database.scope, (tx) => tx.query({ text: 'drop policy rails_read on crm.account' })),
    (error) => codeOf(error) === '42501',
  )
  await database.close()
})
