// The schema as it really comes out: against the golden file, grown by a new field, migrated twice, and met from the future.
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { type Catalogue, isFault, newId } from '#kernel'
import { codeOf, knownVersion, openStore, type Store, type Tx } from '#store'
import { catalogue, openTestDatabase, type TestDatabase, walls } from '#testing'
import { migrate, migrations } from './migrate.ts'

const golden = new URL('../../test/golden/schema.txt', import.meta.url)
const reopen = (database: TestDatabase, by: Catalogue): Promise<Store> =>
  openStore({ data: database.data, databaseUrl: database.url, appDatabaseUrl: database.appUrl, catalogue: by, walls })

test('[store-12] the schema is the golden one', async () => {
  const database = await openTestDatabase()
  const printed = await database.store.owner(print)
  if (process.env.HOLDFAST_GOLDEN === 'write') await writeFile(golden, printed)
  assert.equal(printed, await readFile(golden, 'utf8'))
  await database.close()
})

test('[store-12] a new field, link, group and type appear; what was there stays', async () => {
  const database = await openTestDatabase()
  const [account, contact, ...others] = catalogue.types
  const [first] = account?.fields ?? []
  assert.ok(account && contact && first)
  const column = { ...first, storage: 'plain', search: [], group: 'basic', inList: true, maxLength: 100 } as const
  const grown: Catalogue = {
    types: [
      {
        ...account,
        fields: [
          ...account.fields,
          { ...column, id: 9001, name: 'newText', kind: 'text' },
          { ...column, id: 9002, name: 'newLink', kind: 'link', to: 'pet' },
          { ...column, id: 9003, name: 'newSealed', kind: 'text', storage: 'sealed', group: 'custom' },
        ],
      },
      contact,
      ...others,
      { ...account, name: 'pet', table: 'pet', fields: [{ ...column, id: 9004, name: 'weight', kind: 'integer' }] },
    ],
  }
  const before = await database.store.owner(print)
  await (await reopen(database, grown)).close()
  const after = await database.store.owner(print)
  for (const line of [
    'crm.account.new_text text',
    'crm.account.new_link_id uuid',
    'crm.account.cell_custom bytea',
    'crm.pet.weight bigint',
    'crm.pet row security on forced; rights INSERT SELECT UPDATE',
  ])
    assert.ok(after.includes(`${line}\n`) && !before.includes(`${line}\n`), line)
  for (const line of before.split('\n')) assert.ok(after.split('\n').includes(line), line)
  // Back on the older catalogue nothing is taken away.
  await (await reopen(database, catalogue)).close()
  assert.equal(await database.store.owner(print), after)
  await database.close()
})

test('[store-12] a column that would change its type is refused', async () => {
  const database = await openTestDatabase()
  const changed: Catalogue = {
    types: catalogue.types.map((type) => ({
      ...type,
      fields: type.fields.map((field) => (field.name === 'grade' ? { ...field, kind: 'integer' as const } : field)),
    })),
  }
  await assert.rejects(
    reopen(database, changed),
    (error) => isFault(error, 'config-invalid') && error.message.includes('crm.account.grade'),
  )
  await database.close()
})

test('[store-12] a cell without the header of an allowed suite cannot be written, a link must lead somewhere', async () => {
  const { store, scope, tenant, close } = await openTestDatabase()
  const insert = (columns: string, value: unknown): Promise<unknown> =>
    store.transaction(scope, (tx) =>
      tx.query({
        text: `insert into crm.contact (tenant_id, id, version, subject_id, created_by, created_at, updated_by, updated_at, ${columns})
               values ($1, $2, 1, $2, $3, now(), $3, now(), $4)`,
        values: [tenant, newId(), scope.principal, value],
      }),
    )
  for (const suite of [1, 2, 3, 4]) await insert('cell_contact', Buffer.from([0xc1, suite, 0]))
  for (const bad of [[0xc1, 0], [0xc1, 5], [0xc0, 1], [0x7b, 1], [...Buffer.from('13800138000')]])
    await assert.rejects(insert('cell_contact', Buffer.from(bad)), (error) => codeOf(error) === '23514', String(bad))
  for (const short of [[], [0xc1]]) await assert.rejects(insert('cell_contact', Buffer.from(short)))
  await assert.rejects(insert('account_id', newId()), (error) => codeOf(error) === '23503')
  const key = Buffer.alloc(32, 1)
  await insert('import_key', key)
  await assert.rejects(insert('import_key', key), (error) => codeOf(error) === '23505')
  await close()
})

test('[store-13] a second run of the migrations does nothing', async () => {
  const database = await openTestDatabase()
  const history = (tx: Tx): Promise<readonly object[]> =>
    tx.query({ text: 'select version, name, at from ops.schema_version' })
  const before = [await database.store.owner(print), await database.store.owner(history)]
  await (await reopen(database, catalogue)).close()
  // With the digest forgotten everything is derived again, to the same end.
  await database.store.owner((tx) => tx.query({ text: "update ops.schema_derived set digest = ''" }))
  await (await reopen(database, catalogue)).close()
  assert.deepEqual([await database.store.owner(print), await database.store.owner(history)], before)
  await database.close()
})

test('[store-13] many processes may migrate an empty database at once', async () => {
  const database = await openTestDatabase()
  const expected = await database.store.owner(print)
  const said: string[] = []
  await database.store.owner((tx) => tx.query({ text: 'drop schema ops, crm, keyring, journal, identity cascade' }))
  const role = new URL(database.appUrl.replace(/@\//, '@socket/')).username
  await Promise.all(
    Array.from({ length: 4 }, () =>
      database.store.owner((tx) =>
        migrate(tx, catalogue, { app: role, jobs: `${role}_jobs` }, walls, (line) => said.push(line)),
      ),
    ),
  )
  assert.equal(said.length, migrations.length)
  assert.equal(await database.store.owner(print), expected)
  await database.close()
})

test('[store-13] a database of a newer version is refused and left alone', async () => {
  const database = await openTestDatabase()
  await database.store.owner((tx) =>
    tx.query({ text: "insert into ops.schema_version values ($1, 'from-the-future')", values: [knownVersion + 1] }),
  )
  await database.store.owner((tx) => tx.query({ text: "update ops.schema_derived set digest = 'other'" }))
  const before = await database.store.owner(print)
  await assert.rejects(
    reopen(database, catalogue),
    (error) =>
      isFault(error, 'data-newer') && error.details.found === knownVersion + 1 && error.details.known === knownVersion,
  )
  assert.equal(await database.store.owner(print), before)
  await database.close()
})

// Everything about the schema that matters to others, one fact a line, the same on every version of PostgreSQL.
const print = async (tx: Tx): Promise<string> => {
  const lines = await tx.query<{ line: string }>({
    text: `
      with t as (
        select c.oid, n.nspname || '.' || c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced, c.relacl as acl
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('ops', 'crm', 'keyring', 'journal', 'identity') and c.relkind in ('r', 'p'))
      select line from (
        select name as t, 0 as k, 0 as o, name || ' row security ' || case when enabled then 'on' else 'OFF' end
          || case when forced then ' forced' else ' NOT FORCED' end || '; rights ' || coalesce((
            select string_agg(distinct privilege_type, ' ' order by privilege_type) from aclexplode(acl) a
            where a.grantee <> (select relowner from pg_class where oid = t.oid)), 'none') as line from t
        union all
        select name, 1, a.attnum, name || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
          || case when a.attnotnull then ' not null' else '' end || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
          || case when a.attidentity <> '' then ' identity' else '' end 
        from t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
        union all
        select t.name, 2, 0, t.name || ' ' || k.conname || ': ' || pg_get_constraintdef(k.oid)
        from t join pg_constraint k on k.conrelid = t.oid where k.contype in ('c', 'f', 'p', 'u')
        union all
        select t.name, 3, 0, pg_get_indexdef(i.indexrelid) from t join pg_index i on i.indrelid = t.oid
        where not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u'))
        union all
        select t.name, 4, 0, t.name || ' policy ' || p.polname || case when p.polpermissive then '' else ' (restrictive)' end || ': '
          || coalesce(pg_get_expr(p.polqual, p.polrelid), '') || case
             when pg_get_expr(p.polwithcheck, p.polrelid) is not distinct from pg_get_expr(p.polqual, p.polrelid) then ''
             when p.polwithcheck is null then '' else '; new rows: ' || pg_get_expr(p.polwithcheck, p.polrelid) end
        from t join pg_policy p on p.polrelid = t.oid
        union all
        select n.nspname || '.' || p.proname, 5, 0, 'function ' || p.oid::regprocedure::text || case when p.prosecdef then ' of the owner' else '' end
          || '; ' || coalesce(array_to_string(p.proconfig, ' '), 'NO SETTINGS') || '; rights ' || (
            select string_agg(distinct case when a.grantee = 0 then 'EVERYBODY' when a.grantee = p.proowner then 'owner' else 'application' end, ' ')
            from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a)
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname in ('ops', 'crm', 'keyring', 'journal', 'identity')) all_lines
      order by t collate "C", k, o, line collate "C"`,
  })
  return `${lines.map(({ line }) => line.replaceAll(/\s+/g, ' ')).join('\n')}\n`
}
