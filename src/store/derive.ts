// Tables, columns, indexes and checks of the record types, derived from the catalogue; rights and row security of every table. Additive only. Keeps store-6, store-7, store-12.
import {
  type Catalogue,
  cellColumn,
  columnOf,
  columnType,
  Fault,
  type RecordType,
  say,
  sealedGroups,
  type Wall,
} from '#kernel'
import { rightsOn, schemas, withoutTenant } from './rights.ts'
import { quoted, type Roles } from './roles.ts'
import type { Tx } from './transaction.ts'
import { createPolicy, type GuardedTable, policiesOf, type Rails } from './wall.ts'

export interface Column {
  readonly name: string
  readonly type: string
  readonly rest: string
}

/** Columns that every record has, whatever its type. */
export const systemColumns: readonly Column[] = [
  { name: 'tenant_id', type: 'uuid', rest: 'not null' },
  { name: 'id', type: 'uuid', rest: 'not null' },
  { name: 'version', type: 'integer', rest: 'not null' },
  { name: 'subject_id', type: 'uuid', rest: 'not null' },
  { name: 'owner_id', type: 'uuid', rest: '' },
  { name: 'team_id', type: 'uuid', rest: '' },
  { name: 'shared_with', type: 'uuid[]', rest: "not null default '{}'" },
  { name: 'created_by', type: 'uuid', rest: 'not null' },
  { name: 'created_at', type: 'timestamptz', rest: 'not null' },
  { name: 'updated_by', type: 'uuid', rest: 'not null' },
  { name: 'updated_at', type: 'timestamptz', rest: 'not null' },
  { name: 'deleted_at', type: 'timestamptz', rest: '' },
  { name: 'import_key', type: 'bytea', rest: '' },
]

/** All columns of a record type's table, in order. */
export const columnsOf = (type: RecordType): readonly Column[] => [
  ...systemColumns,
  ...type.fields
    .filter((field) => field.storage === 'plain')
    .map((field) => ({ name: columnOf(field), type: columnType(field), rest: '' })),
  ...sealedGroups(type).map((group) => ({ name: cellColumn(group), type: 'bytea', rest: '' })),
]

/** Creates what the catalogue asks for and the database lacks, then sets rights and row security anew. */
export const derive = async (tx: Tx, catalogue: Catalogue, roles: Roles, walls: readonly Wall[]): Promise<void> => {
  await shape(tx, catalogue, catalogue)
  await run(tx, await guards(tx, roles, walls))
}

/** Columns, indexes and constraints of some types that the database lacks; rights of a table count for its new columns too. */
export const shape = async (tx: Tx, some: Catalogue, catalogue: Catalogue): Promise<void> => {
  const found = await columnsFound(tx)
  const statements: string[] = []
  for (const type of some.types) statements.push(...tableOf(type, found.get(type.table)))
  for (const type of some.types) statements.push(...indexesOf(type), sharesOf(type))
  const constraints = await constraintsFound(tx)
  for (const type of some.types)
    for (const [name, text] of constraintsOf(type, catalogue))
      if (!constraints.has(`${type.table}.${name}`))
        statements.push(`alter table crm.${type.table} add constraint ${name} ${text}`)
  await run(tx, statements)
}

// The text of everything derived, for the fingerprint that lets a start skip it.
/** All that derivation depends on, as text. */
export const derivation = (catalogue: Catalogue, roles: Roles, walls: readonly Wall[]): string =>
  JSON.stringify([
    catalogue.types.map((type) => [
      tableOf(type, undefined),
      indexesOf(type),
      sharesOf(type),
      [...constraintsOf(type, catalogue)],
    ]),
    schemas.map((schema) => [schema, ...catalogue.types.map((type) => rightsOn(schema, type.table))]),
    [withoutTenant, roles, rightsOn.toString()],
    catalogue.types.map(({ table }) =>
      policiesOf({ schema: 'crm', name: table, tenant: true, record: true, owner: '' }, railsOf(roles, walls)),
    ),
  ])

const tableOf = (type: RecordType, found: ReadonlyMap<string, string> | undefined): readonly string[] => {
  const columns = columnsOf(type)
  // Ciphertext does not compress: cells are kept as they are, out of line where they are long.
  const external = (name: string): string => `alter table crm.${type.table} alter column ${name} set storage external`
  if (!found) {
    const lines = columns.map(({ name, type: sql, rest }) => `${name} ${sql} ${rest}`.trim())
    return [
      `create table crm.${type.table} (${lines.join(', ')}, primary key (tenant_id, id))`,
      ...columns.filter(isCell).map(({ name }) => external(name)),
    ]
  }
  return columns.flatMap((column) => {
    const has = found.get(column.name)
    if (has === undefined)
      return [
        `alter table crm.${type.table} add column ${column.name} ${column.type} ${column.rest}`.trim(),
        ...(isCell(column) ? [external(column.name)] : []),
      ]
    if (has !== (aliases[column.type] ?? column.type))
      throw new Fault('config-invalid', {
        name: 'catalogue',
        what: say('{column} is {found} and cannot become {wanted}', {
          column: `crm.${type.table}.${column.name}`,
          found: has,
          wanted: column.type,
        }),
      })
    return []
  })
}

const isCell = (column: Column): boolean => column.name.startsWith('cell_')

// What format_type calls them.
const aliases: Readonly<Record<string, string>> = { timestamptz: 'timestamp with time zone' }

// A value longer than this in a b-tree entry could be refused: a third of a page, at most four bytes a character.
const indexable = 600

const indexesOf = (type: RecordType): readonly string[] => {
  const plain = type.fields.filter((field) => field.storage === 'plain')
  const index = (name: string, columns: string): string =>
    `create index if not exists ${type.table}_${name} on crm.${type.table} ${columns}`
  return [
    `create unique index if not exists ${type.table}_import_key on crm.${type.table} (tenant_id, import_key) where import_key is not null`,
    index('by_created', '(tenant_id, created_at desc, id desc)'),
    index('by_updated', '(tenant_id, updated_at desc, id desc)'),
    index('by_owner', '(tenant_id, owner_id, created_at desc, id desc)'),
    index('by_team', '(tenant_id, team_id, created_at desc, id desc)'),
    index('by_creator', '(tenant_id, created_by, created_at desc, id desc)'),
    // Few records are shared, and most with few people: for each of the first places what is shared lies in the order of creation. An array's
    // own index knows no order; records shared with more are few, and lie in it at once, not in a list that every look-up reads.
    ...['by_shared', 'by_share'].map((former) => `drop index if exists crm.${type.table}_${former}`),
    ...sharePlaces.map((place) => index(`by_share_${String(place)}`, `(tenant_id, (shared_with[${String(place)}]), created_at desc, id desc) where shared_with[${String(place)}] is not null`)), // prettier-ignore
    index('by_many_shares', `using gin (shared_with) with (fastupdate = off) where ${manyShares('shared_with')}`),
    ...(type.pool ? [index('in_pool', '(tenant_id, created_at desc, id desc) where owner_id is null')] : []),
    // Rotating and erasing go by subject.
    index('by_subject', '(tenant_id, subject_id)'),
    ...plain
      .filter((field) => field.kind === 'link')
      .map((field) => index(`by_${columnOf(field)}`, `(tenant_id, ${columnOf(field)})`)),
    ...plain
      .filter(
        (field) => field.inList && !['link', 'tags', 'longtext'].includes(field.kind) && field.maxLength <= indexable,
      )
      .map((field) => index(`by_${columnOf(field)}`, `(tenant_id, ${columnOf(field)}, id)`)),
  ]
}

/** The places of an array of shares that have an ordered index each. */
export const sharePlaces: readonly number[] = [1, 2, 3]

/** Where there are more shares than such places. */
const manyShares = (column: string): string => `cardinality(${column}) > ${String(sharePlaces.length)}`

/**
 * Ids of the records shared with somebody and many others. It runs as the owner of the table: for one whom row security binds the planner uses no index
 * on an operator that is not leakproof. It takes the tenant from the transaction alone and gives nothing but ids.
 */
const sharesOf = (type: RecordType): string => `
create or replace function crm.shared_with_${type.table}(person uuid) returns setof uuid
language plpgsql stable security definer rows 100 set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
  return query select r.id from crm.${type.table} r
    where r.shared_with @> array[person] and ${manyShares('r.shared_with')} and r.tenant_id = nullif(current_setting('app.tenant', true), '')::uuid
      and coalesce(current_setting('app.principal', true), '') <> '';
end $$`

const constraintsOf = (type: RecordType, catalogue: Catalogue): ReadonlyMap<string, string> =>
  new Map([
    ...type.fields.flatMap((field): [string, string][] => {
      const target =
        field.kind === 'link' && field.storage === 'plain'
          ? catalogue.types.find((other) => other.name === field.to)
          : undefined
      return target
        ? [
            [
              `${type.table}_${columnOf(field)}_link`,
              `foreign key (tenant_id, ${columnOf(field)}) references crm.${target.table} (tenant_id, id) deferrable initially deferred`,
            ],
          ]
        : []
    }),
    ...exclusiveOf(type),
    // The first bytes of a cell: version 1 (0xC1) and a suite that is allowed. Plain text or a weak suite cannot be written.
    ...sealedGroups(type).map((group): [string, string] => {
      const cell = cellColumn(group)
      return [
        `${type.table}_${cell}_sealed`,
        `check (get_byte(${cell}, 0) = 193 and get_byte(${cell}, 1) in (1, 2, 3, 4))`,
      ]
    }),
  ])

/** Of each pair of groups of values, a row holds one at most; arrays and single values count alike. */
const exclusiveOf = (type: RecordType): readonly [string, string][] => {
  if (!type.exclusive) return []
  const columns = type.exclusive.fields.map((name) => {
    const field = type.fields.find((one) => one.name === name)
    if (!field) throw new RangeError(`no field ${type.name}.${name}`)
    return columnType(field) === 'text[]'
      ? `coalesce(${columnOf(field)}, '{}')`
      : `array[coalesce(${columnOf(field)}, '')]`
  })
  const held = columns.join(' || ')
  const groups = type.exclusive.values.map(
    (values) => `((${held}) && array[${values.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ')}])::int`,
  )
  return [[`${type.table}_exclusive`, `check (${groups.join(' + ')} <= 1)`]]
}

// Rights and row security of every table of the house, set anew so that they are what this file says.
const guards = async (tx: Tx, roles: Roles, walls: readonly Wall[]): Promise<readonly string[]> => {
  const tables = await guardedTables(tx)
  const functions = await tx.query<{ name: string; trigger: boolean }>({
    text: `select p.oid::regprocedure::text as name, p.prorettype = 'trigger'::regtype as trigger from pg_proc p join pg_namespace n on n.oid = p.pronamespace
           where n.nspname = any($1) and p.prokind = 'f' order by 1`,
    values: [schemas],
  })
  const found = await tx.query<{ table: string; name: string }>({
    text: `select n.nspname || '.' || c.relname as table, quote_ident(p.polname) as name
           from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
           where n.nspname = any($1) order by 1, 2`,
    values: [schemas],
  })
  const old = Map.groupBy(found, (policy) => policy.table)
  const both = [roles.app, roles.jobs].map(quoted).join(', ')
  const rails = railsOf(roles, walls)
  return [
    // What runs with the owner's rights is for the application alone.
    ...functions.flatMap(({ name, trigger }) => [
      // What a trigger looks at must not depend on what row security hides from whoever writes.
      ...(trigger ? [`alter function ${name} security definer set search_path = pg_catalog, pg_temp`] : []),
      `revoke all on function ${name} from public`,
      `grant execute on function ${name} to ${both}`,
    ]),
    ...schemas.flatMap((schema) => [
      `revoke all on schema ${schema} from public`,
      `grant usage on schema ${schema} to ${both}`,
    ]),
    ...tables.flatMap((one) => {
      const table = `${one.schema}.${one.name}`
      const rights = rightsOn(one.schema, one.name)
      return [
        `alter table ${table} enable row level security`,
        `alter table ${table} force row level security`,
        // Whatever else somebody added goes: of permissive policies one that holds is enough.
        ...(old.get(table) ?? []).map(({ name }) => `drop policy ${name} on ${table}`),
        ...policiesOf(one, rails).map((policy) => createPolicy(table, policy)),
        `revoke all on ${table} from public, ${both}`,
        ...(rights.length > 0 ? [`grant ${rights.join(', ')} on ${table} to ${both}`] : []),
      ]
    }),
  ]
}

export const guardedTables = (tx: Tx): Promise<readonly GuardedTable[]> =>
  tx.query<GuardedTable>({
    text: `select n.nspname as schema, c.relname as name, quote_ident(pg_get_userbyid(c.relowner)) as owner,
             exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) as tenant,
             n.nspname = 'crm' and exists (
               select from pg_attribute a where a.attrelid = c.oid and a.attname = 'owner_id' and not a.attisdropped) as record
           from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname = any($1) and c.relkind in ('r', 'p') order by 1, 2`,
    values: [schemas],
  })

export const railsOf = (roles: Roles, walls: readonly Wall[]): Rails => ({
  role: quoted(roles.app),
  walls: new Map(walls.map((one) => [one.table, one])),
})

const columnsFound = async (tx: Tx): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> => {
  const rows = await tx.query<{ table: string; name: string; type: string }>({
    text: `select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type
           from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
           where n.nspname = 'crm' and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped`,
  })
  const found = new Map<string, Map<string, string>>()
  for (const { table, name, type } of rows)
    found.set(table, (found.get(table) ?? new Map<string, string>()).set(name, type))
  return found
}

const constraintsFound = async (tx: Tx): Promise<ReadonlySet<string>> => {
  const rows = await tx.query<{ name: string }>({
    text: `select c.relname || '.' || k.conname as name from pg_constraint k join pg_class c on c.oid = k.conrelid
           join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'crm'`,
  })
  return new Set(rows.map(({ name }) => name))
}

// Many small statements in one message.
const run = async (tx: Tx, statements: readonly string[]): Promise<void> => {
  if (statements.length > 0) await tx.query({ text: statements.join(';\n') })
}
