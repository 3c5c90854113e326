// What to read from the database for a backup: one COPY for a table's rows, one for the keys that have no row any more.
// All of it runs in one repeatable-read transaction, so that everything is of one moment. Keeps backup-8.
import { Fault, isUuid, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { shapeOf, type TableState } from './manifest.ts'
import { type BackupTable, keyColumn, nameOf } from './tables.ts'

/** The moment a backup is of. */
export interface Moment {
  readonly snapshot: string
  readonly incarnation: number
  readonly installation: Uuid
  readonly server: string
  /** Identifier of the cluster and of the database in it. */
  readonly database: string
}

/** What an increment builds on. */
export interface Since {
  readonly snapshot: string
  /** Largest keys of append-only tables then, by table name. */
  readonly marks: ReadonlyMap<string, string>
}

/** A table to copy, with what is known of it at the moment. */
export interface Source {
  readonly table: BackupTable
  readonly name: string
  readonly columns: TableState['columns']
  readonly key: string
  readonly shape: string
  /** Rows of the whole table, counted where an increment holds only a part of it; null where the copy itself counts them. */
  readonly count: number | null
  /** Sum of the versions of a record table. */
  readonly versions: number
  /** Largest key of an append-only table; -1 for none. */
  readonly mark: string
  /** Bytes of the table on disk, for showing progress. */
  readonly size: number
  readonly rows: string
  readonly gone: string | null
}

/** Reads of a record leave an entry too, but change nothing. An unknown act counts as a change: too much is harmless. */
const reads = [
  'denied',
  'export',
  'record.view',
  'record.list',
  'record.search',
  'record.history',
  'record.unmask',
  'record.print',
  'attachment.list',
  'attachment.download',
]

export const readMoment = async (tx: Tx, tenant: Uuid): Promise<Moment> => {
  const [row] = await tx.query<Moment>({
    text: `select pg_current_snapshot()::text as snapshot, i.incarnation, i.installation_id as installation,
        current_setting('server_version') as server,
        (select system_identifier::text from pg_control_system()) || '/' || (select oid::text from pg_database where datname = current_database()) as database
      from ops.installation i where i.tenant_id = $1`,
    values: [tenant],
  })
  if (!row) throw new Fault('not-set-up')
  return row
}

/** Whether the moment comes after the snapshot; not so after a file-level copy of the database was put back. */
export const isAfter = async (tx: Tx, snapshot: string): Promise<boolean> => {
  const [row] = await tx.query<{ after: boolean }>({
    text: `select pg_snapshot_xmin(pg_current_snapshot()) >= pg_snapshot_xmin($1::pg_snapshot)
        and pg_snapshot_xmax(pg_current_snapshot()) >= pg_snapshot_xmax($1::pg_snapshot) as after`,
    values: [snapshot],
  })
  return row?.after ?? false
}

export const readSources = async (
  tx: Tx,
  tenant: Uuid,
  tables: readonly BackupTable[],
  since: Since | null,
): Promise<readonly Source[]> => {
  if (!isUuid(tenant) || (since && !/^\d+:\d+:[\d,]*$/.test(since.snapshot)))
    throw new Fault('wrong-use', { what: 'not a snapshot' })
  const layouts = await readLayouts(tx, tables)
  const sources: Source[] = []
  for (const table of tables) {
    const layout = layouts.get(nameOf(table))
    if (!layout) throw new Fault('internal', { id: `table ${nameOf(table)} is missing` })
    sources.push(await readSource(tx, tenant, table, layout, tables, since))
  }
  return sources
}

const readSource = async (
  tx: Tx,
  tenant: Uuid,
  table: BackupTable,
  layout: Layout,
  all: readonly BackupTable[],
  since: Since | null,
): Promise<Source> => {
  const name = nameOf(table)
  const { columns, order, size } = layout
  const key = keyColumn(table)
  const parts = {
    tenant,
    from: `"${table.schema}"."${table.table}"`,
    list: columns.map((c) => `t."${c.name}"`).join(', '),
  }
  const ordered = `order by ${order.map((column) => `t."${column}"`).join(', ')}`
  const partial = since !== null && table.mode !== 'whole'
  const numbers = await measure(tx, tenant, table, order.at(-1) ?? '', partial)
  return {
    table,
    name,
    columns,
    key,
    shape: shapeOf(name, columns),
    ...numbers,
    size,
    rows: partial
      ? `${touched(table, all, tenant, since)}select ${parts.list} from ${parts.from} t ${joinChanged(table, key, since)} ${ordered}`
      : `select ${parts.list} from ${parts.from} t where t.tenant_id = '${tenant}'${settled(table)} ${ordered}`,
    gone:
      partial && key !== ''
        ? `${touched(table, all, tenant, since)}select k.key from touched k where not exists (
             select from ${parts.from} t where t.tenant_id = '${tenant}' and t."${key}" = k.key) order by k.key`
        : null,
  }

  function joinChanged(of: BackupTable, by: string, after: Since): string {
    if (of.mode !== 'append') return `join touched k on k.key = t."${by}" where t.tenant_id = '${tenant}'`
    // Entries commit out of order, so only the snapshot tells which are new; leaves and checkpoints are written one at a time.
    if (of.table === 'entry') return `where t.tenant_id = '${tenant}' and ${unseen('t.tx', after.snapshot)}`
    return `where t.tenant_id = '${tenant}' and t."${order.at(-1) ?? ''}" > ${after.marks.get(name) ?? '-1'}`
  }
}

/** Keys that journal entries since the snapshot name, as a common table expression; empty for append-only tables. */
const touched = (table: BackupTable, all: readonly BackupTable[], tenant: Uuid, since: Since): string => {
  if (table.mode === 'append' || table.mode === 'whole') return ''
  const records = all.filter((other) => other.mode === 'record')
  const objects = table.obj === undefined ? records.map((record) => record.obj ?? '') : [table.obj]
  const entries = `select e.record_id as key from journal.entry e where e.tenant_id = '${tenant}' and ${unseen('e.tx', since.snapshot)}
    and e.record_id is not null and e.obj in (${literals(objects)}) and e.act not in (${literals(reads)})`
  return `with touched as (select distinct key from (${entries}) e) `
}

const unseen = (column: string, snapshot: string): string =>
  `${column} >= pg_snapshot_xmin('${snapshot}'::pg_snapshot) and not pg_visible_in_snapshot(${column}, '${snapshot}'::pg_snapshot)`

/** A backup that still runs is no fact worth keeping. */
const settled = (table: BackupTable): string => (nameOf(table) === 'ops.backup' ? ` and t.state <> 'running'` : '')

const literals = (texts: readonly string[]): string => texts.map((text) => `'${text.replaceAll("'", "''")}'`).join(', ')

interface Layout {
  readonly columns: TableState['columns']
  /** Columns of the primary key, in its order. */
  readonly order: readonly string[]
  readonly size: number
}

/** Columns, primary keys and sizes of all tables in one query; without the transaction of an entry, which means nothing elsewhere. */
const readLayouts = async (tx: Tx, tables: readonly BackupTable[]): Promise<ReadonlyMap<string, Layout>> => {
  const rows = await tx.query<{ name: string; column: string; type: string; place: number | null; size: bigint }>({
    text: `select n.name, a.attname as column, format_type(a.atttypid, a.atttypmod) as type,
        array_position(i.indkey::int[], a.attnum::int) as place, pg_table_size(c.oid) + 8192 as size
      from unnest($1::text[]) as n (name) join pg_class c on c.oid = to_regclass(n.name)
      join pg_index i on i.indrelid = c.oid and i.indisprimary
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      order by n.name, a.attnum`,
    values: [tables.map(nameOf)],
  })
  return new Map(
    [...Map.groupBy(rows, (row) => row.name)].map(([name, columns]) => [
      name,
      {
        columns: columns
          .filter(({ column }) => name !== 'journal.entry' || column !== 'tx')
          .map(({ column, type }) => ({ name: column, type })),
        order: columns
          .flatMap(({ column, place }) => (place === null ? [] : [{ column, place }]))
          .sort((a, b) => a.place - b.place)
          .map(({ column }) => column),
        size: Number(columns[0]?.size ?? 0n),
      },
    ]),
  )
}

/** The whole table in numbers, as far as the copy itself does not tell them. */
const measure = async (
  tx: Tx,
  tenant: Uuid,
  table: BackupTable,
  lastKey: string,
  partial: boolean,
): Promise<Pick<Source, 'count' | 'versions' | 'mark'>> => {
  const counted = partial && table.mode !== 'append'
  if (!counted && table.mode !== 'record' && table.mode !== 'append') return { count: null, versions: 0, mark: '-1' }
  const wanted = [
    counted ? 'count(*)::bigint as rows' : 'null::bigint as rows',
    table.mode === 'record' ? 'coalesce(sum(t.version), 0)::bigint as versions' : '0::bigint as versions',
    table.mode === 'append' ? `coalesce(max(t."${lastKey}"), -1)::bigint as mark` : '-1::bigint as mark',
  ]
  const [row] = await tx.query<{ rows: bigint | null; versions: bigint; mark: bigint }>({
    text: `select ${wanted.join(', ')} from "${table.schema}"."${table.table}" t where t.tenant_id = $1`,
    values: [tenant],
  })
  const count = row?.rows ?? null
  return {
    count: count === null ? null : Number(count),
    versions: Number(row?.versions ?? 0n),
    mark: String(row?.mark ?? -1n),
  }
}
