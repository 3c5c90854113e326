// Which numbers of suites the database itself lets in: each of the 256 tried on each column that says how its bytes are sealed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sealedGroups, cellColumn } from '#kernel'
import type { Tx } from '#store'
import { catalogue, openTestDatabase } from '#testing'

const cells = [1, 2, 3, 4]
const envelopes = [17, 18, 19, 20, 21]

// Numbers 0xE0 DES, 0xE1 3DES, 0xE2 AES without a tag are those of the importer: no column takes them.
const legacy = [0xe0, 0xe1, 0xe2]

test('[store-12] each of the 256 suites is tried on every sealed column: four for cells, five for envelopes, nothing weak', async () => {
  const { store, close } = await openTestDatabase()
  const accepted = await store.owner(async (tx) => {
    await tx.query({ text: probe, values: [] })
    const columns = catalogue.types.flatMap((type) =>
      sealedGroups(type).map((group) => [`crm.${type.table}`, cellColumn(group)] as const),
    )
    assert.ok(columns.length > 10)
    const bytes = [...columns, ['crm.attachment', 'cell_file'] as const]
    const found: Record<string, readonly number[]> = {}
    for (const [table, column] of bytes)
      found[`${table}.${column}`] = await tried(
        tx,
        table,
        column,
        `overlay(decode(repeat('c101', 32), 'hex') placing set_byte('\\x00', 0, n) from 2)`,
      )
    found['crm.attachment.header'] = await tried(
      tx,
      'crm.attachment',
      'header',
      `overlay(decode('c6' || repeat('01', 24), 'hex') placing set_byte('\\x00', 0, n) from 2)`,
    )
    for (const [table, column] of [
      ['keyring.epoch', 'suite'],
      ['keyring.epoch', 'capture_suite'],
      ['keyring.subject_key', 'suite'],
      ['keyring.search_generation', 'suite'],
      ['keyring.search_generation', 'import_suite'],
      ['crm.capture', 'suite'],
    ] as const)
      found[`${table}.${column}`] = await tried(tx, table, column, 'n')
    return found
  })
  for (const [column, numbers] of Object.entries(accepted)) {
    const capture = column.endsWith('capture_suite') || column === 'crm.capture.suite'
    assert.deepEqual(numbers, capture ? envelopes : cells, column)
    for (const number of legacy) assert.ok(!numbers.includes(number))
  }
  await close()
})

test('[store-12] no column called a cell or a suite was forgotten', async () => {
  const { store, close } = await openTestDatabase()
  const unguarded = await store.owner((tx) =>
    tx.query<{ name: string }>({
      text: `select c.table_schema || '.' || c.table_name || '.' || c.column_name as name from information_schema.columns c
             where c.table_schema in ('crm', 'keyring', 'identity', 'ops') and (c.column_name like 'cell\\_%' or c.column_name like '%suite')
               and not exists (select 1 from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any(k.conkey)
                 where k.contype = 'c' and k.conrelid = format('%I.%I', c.table_schema, c.table_name)::regclass and a.attname = c.column_name)
             order by 1`,
      values: [],
    }),
  )
  assert.deepEqual(unguarded, [])
  await close()
})

// A copy of the table with its checks alone, so that one column can be written without the others.
const probe = `
create function pg_temp.tried(source regclass, col text, expression text) returns int[] language plpgsql as $$
declare
  name text;
  found int[] := '{}';
begin
  execute format('create temp table probe (like %s including constraints)', source);
  for name in select attname from pg_attribute where attrelid = 'pg_temp.probe'::regclass and attnum > 0 and attnotnull loop
    execute format('alter table pg_temp.probe alter column %I drop not null', name);
  end loop;
  for n in 0..255 loop
    begin
      execute format('insert into pg_temp.probe (%I) select %s from (values (%s)) v(n)', col, expression, n);
      found := found || n;
    exception when check_violation then null;
    end;
  end loop;
  drop table pg_temp.probe;
  return found;
end $$`

const tried = async (tx: Tx, table: string, column: string, expression: string): Promise<readonly number[]> => {
  const rows = await tx.query<{ found: readonly number[] }>({
    text: 'select pg_temp.tried($1::regclass, $2, $3) as found',
    values: [table, column, expression],
  })
  return rows[0]?.found ?? []
}
