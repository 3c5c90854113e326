// Two roles, two walls: what the application's role sees, may do and may never do, on the real database.
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { isFault, newId } from '#kernel'
import { codeOf, openStore, type Store, urlWith } from '#store'
import { catalogue, openTestDatabase, temporaryFolder } from '#testing'
import { installedPostgres } from '../../test/support/postgres.ts'
import { schemas } from './rights.ts'
import { transact } from './transaction.ts'
import { openPool } from './wire.ts'

const refused = (error: unknown): boolean => codeOf(error) === '42501'
const count = async (
  store: Store,
  scope: { tenant: string; principal: string },
  table: string,
): Promise<bigint | undefined> =>
  (await store.transaction(scope, (tx) => tx.query<{ n: bigint }>({ text: `select count(*) as n from ${table}` })))[0]
    ?.n

test('[store-6] the application role owns nothing, cannot bypass row security and cannot become the owner', async () => {
  const database = await openTestDatabase()
  const { store, scope } = database
  const [role] = await store.transaction(scope, (tx) =>
    tx.query<Record<string, unknown>>({
      text: `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
               (select count(*)::int from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where n.nspname = any($1) and pg_has_role(r.oid, c.relowner, 'member')) as owned
             from pg_roles r where rolname = current_user`,
      values: [schemas],
    }),
  )
  assert.deepEqual(role, {
    rolsuper: false,
    rolbypassrls: false,
    rolcreaterole: false,
    rolcreatedb: false,
    rolreplication: false,
    owned: 0,
  })
  const [owner] = await store.owner((tx) =>
    tx.query<{ name: string }>({ text: 'select quote_ident(current_user) as name' }),
  )
  for (const text of [
    `set role ${owner?.name ?? ''}`,
    'alter table crm.account disable row level security',
    'create table crm.mine (id uuid)',
    'create table public.mine (id uuid)',
    'drop policy tenant on crm.account',
    'create schema mine',
  ])
    await assert.rejects(
      store.transaction(scope, (tx) => tx.query({ text })),
      refused,
      text,
    )
  // Row security cannot be switched off either: the query fails instead.
  await assert.rejects(
    store.transaction(scope, async (tx) => {
      await tx.query({ text: 'set local row_security = off' })
      await tx.query({ text: 'select * from crm.account' })
    }),
    refused,
  )
  await database.close()
})

test('[store-6] a role that owns the tables is refused as the application role', async () => {
  const database = await openTestDatabase()
  await assert.rejects(
    openStore({ data: database.data, databaseUrl: database.url, appDatabaseUrl: database.url, catalogue }),
    (error) => isFault(error, 'config-invalid'),
  )
  await database.close()
})

test('[store-7] the journal grows only, records are never deleted, nothing is truncated', async () => {
  const database = await openTestDatabase()
  const { store, scope, tenant } = database
  await store.transaction(scope, (tx) =>
    tx.query({
      text: "insert into journal.entry (tenant_id, at, act, actor, body) values ($1, now(), 'test', $2, '\\x7b7d')",
      values: [tenant, scope.principal],
    }),
  )
  const tables = await store.owner((tx) =>
    tx.query<{ name: string }>({
      text: `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = any($1) and c.relkind = 'r'`,
      values: [schemas],
    }),
  )
  assert.ok(tables.length > 25)
  const denied = [
    ...tables.map(({ name }) => `truncate ${name} cascade`),
    ...['entry', 'leaf', 'checkpoint'].flatMap((name) => [
      `delete from journal.${name}`,
      `update journal.${name} set tenant_id = tenant_id`,
    ]),
    ...catalogue.types.map((type) => `delete from crm.${type.table}`),
    'delete from ops.check_result',
    "update ops.check_result set state = 'pass'",
    'update ops.installation set incarnation = 7',
    'delete from keyring.epoch',
    'select * from ops.schema_version',
    "select pg_read_file('PG_VERSION')",
    "copy crm.account to program 'cat'",
  ]
  for (const text of denied)
    await assert.rejects(
      store.transaction(scope, (tx) => tx.query({ text })),
      refused,
      text,
    )
  await database.close()
})

test('[store-8] row security is on and forced everywhere, and both roles have their policy', async () => {
  const database = await openTestDatabase()
  const rows = await database.store.owner((tx) =>
    tx.query<{ name: string; on: boolean; policies: readonly string[] }>({
      text: `select n.nspname || '.' || c.relname as name, c.relrowsecurity and c.relforcerowsecurity as on,
               (select array_agg(p.polname::text order by p.polname::text) from pg_policy p where p.polrelid = c.oid) as policies
             from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = any($1) and c.relkind = 'r'`,
      values: [schemas],
    }),
  )
  const records = new Set(catalogue.types.map(({ table }) => `crm.${table}`))
  for (const { name, on, policies } of rows) {
    assert.ok(on, name)
    const rails = records.has(name) ? ['rails_change', 'rails_create', 'rails_read'] : []
    assert.deepEqual(policies, ['owner', ...rails, 'tenant'], name)
  }
  await database.close()
})

test('[store-8] a transaction sees and writes its own tenant only', async () => {
  const database = await openTestDatabase()
  const { store, scope, tenant } = database
  const other = { tenant: newId(), principal: scope.principal }
  const insert = (as: typeof scope, into: string): Promise<unknown> =>
    store.transaction(as, (tx) =>
      tx.query({ text: "insert into ops.setting values ($1, 'name', '1')", values: [into] }),
    )
  await insert(scope, tenant)
  await insert(other, other.tenant)
  await assert.rejects(insert(scope, other.tenant), refused)
  await assert.rejects(
    store.transaction(scope, (tx) =>
      tx.query({ text: 'update ops.setting set tenant_id = $1', values: [other.tenant] }),
    ),
    refused,
  )
  assert.equal(await count(store, scope, 'ops.setting'), 1n)
  assert.equal(await count(store, other, 'ops.setting'), 1n)
  assert.equal(await count(store, { tenant: newId(), principal: scope.principal }, 'ops.setting'), 0n)
  await database.close()
})

test('[store-8] without a tenant or a principal there are no rows, and neither outlives its transaction', async () => {
  const database = await openTestDatabase()
  const { store, scope, tenant } = database
  await store.transaction(scope, (tx) =>
    tx.query({ text: "insert into ops.setting values ($1, 'name', '1')", values: [tenant] }),
  )
  // One connection, so that the transaction after is on the connection of the one before.
  const pool = openPool({ url: database.appUrl }, 'test', 1)
  const seen = (set: string): Promise<number> =>
    transact(
      pool,
      0,
      undefined,
      async (tx) => {
        if (set !== '') await tx.query({ text: set })
        const [row] = await tx.query<{ n: number }>({ text: 'select count(*)::int as n from ops.setting' })
        return row?.n ?? -1
      },
      {},
    )
  const named = (name: string, value: string): string => `select set_config('app.${name}', '${value}', true)`
  assert.equal(await seen(''), 0)
  assert.equal(await seen(`${named('tenant', tenant)}; ${named('principal', scope.principal)}`), 1)
  assert.equal(await seen(''), 0)
  assert.equal(await seen(named('tenant', tenant)), 0)
  assert.equal(await seen(named('principal', scope.principal)), 0)
  await assert.rejects(
    transact(
      pool,
      0,
      undefined,
      (tx) => tx.query({ text: "insert into ops.setting values ($1, 'x', '1')", values: [tenant] }),
      {},
    ),
    refused,
  )
  await pool.end()
  await assert.rejects(
    store.transaction({ tenant: "'; drop", principal: scope.principal }, () => Promise.resolve()),
    (error) => isFault(error, 'wrong-use'),
  )
  await database.close()
})

test('[store-16] an installed PostgreSQL serves as well as the packaged one', async (t) => {
  const installed = await installedPostgres()
  if (!installed) return t.skip('skipped: needs postgresql')
  const data = temporaryFolder()
  try {
    const store = await openStore({ data, databaseUrl: installed.url, catalogue })
    assert.equal(store.kind, 'external')
    const { ok, version } = await store.health()
    assert.ok(ok && Number.parseInt(version, 10) >= 15)
    const scope = { tenant: newId(), principal: newId() }
    await store.transaction(scope, (tx) =>
      tx.query({ text: "insert into ops.setting values ($1, 'a', '1')", values: [scope.tenant] }),
    )
    const stranger = { ...scope, tenant: newId() }
    assert.deepEqual([await count(store, scope, 'ops.setting'), await count(store, stranger, 'ops.setting')], [1n, 0n])
    await store.close()
  } finally {
    await installed.stop()
    await rm(data, { recursive: true, force: true })
  }
})

test('[store-16] an owner who is no superuser suffices, and the store makes the application role itself', async () => {
  const database = await openTestDatabase()
  const name = `o_${newId().replaceAll('-', '')}`
  const login = { user: name, password: 'only-for-tests' }
  const run = (text: string): Promise<unknown> => database.store.owner((tx) => tx.query({ text }))
  await run(`create role ${name} login createrole password '${login.password}'`)
  // CREATE DATABASE refuses transactions, so the test's own database becomes the new owner's.
  await run(
    `drop schema ops, crm, keyring, journal, identity cascade; alter database ${urlDatabase(database.url)} owner to ${name}`,
  )
  const databaseUrl = urlWith(database.url, { login })
  const open = (): Promise<Store> => openStore({ data: database.data, databaseUrl, catalogue })
  const first = await open()
  const scope = { tenant: newId(), principal: newId() }
  const write = async (store: Store, key: string): Promise<unknown> =>
    store.transaction(scope, (tx) =>
      tx.query({ text: "insert into ops.setting values ($1, $2, '1')", values: [scope.tenant, key] }),
    )
  await write(first, 'a')
  assert.equal(first.kind, 'external')
  // The owner sees every row although row security is forced upon it.
  const [row] = await first.owner((tx) => tx.query<{ n: bigint }>({ text: 'select count(*) as n from ops.setting' }))
  assert.equal(row?.n, 1n)
  await first.close()
  const second = await open()
  await write(second, 'b')
  assert.equal(await count(second, scope, 'ops.setting'), 2n)
  const [app] = await second.transaction(scope, (tx) =>
    tx.query<{ name: string }>({ text: 'select current_user as name' }),
  )
  assert.match(app?.name ?? '', /^holdfast_app_[0-9a-f]{12}$/)
  await second.close()
  const jobs = `${app?.name ?? ''}_jobs`
  await run(
    `drop owned by ${jobs}; drop role ${jobs}; drop owned by ${app?.name ?? ''}; drop role ${app?.name ?? ''}; reassign owned by ${name} to current_user; drop owned by ${name}; drop role ${name}`,
  )
  await database.close()
})

const urlDatabase = (url: string): string => /\/([^/?]*)(?:\?|$)/.exec(url.replace(/^\w+:\/\/[^/]*/, ''))?.[1] ?? ''
