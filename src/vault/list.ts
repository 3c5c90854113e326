// Lists, counts, sorting and search: keyset pages under the principal's row predicate, in one scan that every list shares. Keeps vault-7, vault-8.
import {
  and,
  columnOf,
  Fault,
  type Field,
  type FieldGroup,
  fieldOf,
  fromBase64url,
  fromUtf8,
  hex,
  isUuid,
  base64url,
  type Predicate,
  type RecordType,
  utf8,
} from '#kernel'
import { sha256 } from '#encryption'
import { predicateSql, type Tx } from '#store'
import type { Gate } from './gate.ts'
import type { House } from './house.ts'
import { keyColumn, type Primed } from './keyring.ts'
import { openGroups } from './open.ts'
import { createFinder, type Finder } from './lookup.ts'
import { createParams, type Params } from './params.ts'
import { filterCondition, type Residual } from './query.ts'
import { type Row, selectList } from './row.ts'
import { searchWays } from './search.ts'
import type { ListQuery } from './vault.ts'

/** A list query of the vault itself: more actions that each row must allow. */
export interface InnerQuery extends ListQuery {
  readonly rights?: readonly string[]
}

/** Rows of one page, in order, and the cursor of the next. */
export interface Rows {
  readonly rows: readonly Row[]
  readonly next?: string
}

export interface Where {
  readonly sql: string
  readonly params: Params
  readonly residuals: readonly Residual[]
  /** Rows whose policies SQL could only narrow down are decided one by one. */
  readonly postFilter: boolean
  /** Whether the search index names the rows, so that one plan serves all values. */
  readonly narrow: boolean
}

const sortLimit = 20_000

/** One page of what the principal may list. */
export const listRows = async (
  house: House,
  tx: Tx,
  gate: Gate,
  type: RecordType,
  query: InnerQuery,
): Promise<Rows> => {
  const limit = Math.min(Math.max(Math.trunc(query.limit ?? 50), 1), 200)
  const sort = sortOf(gate, type, query)
  if (sort.sealed) return sortedBySealed(house, tx, gate, type, query, sort.sealed, limit)
  return scan(house, tx, gate, type, query, sort, limit)
}

/** How many match, at most cap + 1 are looked at. */
export const countRows = async (
  house: House,
  tx: Tx,
  gate: Gate,
  type: RecordType,
  query: InnerQuery,
  cap: number,
): Promise<{ count: number; capped: boolean }> => {
  const where = await whereOf(house, createFinder(house, tx, type), gate, type, query)
  if (where.residuals.length === 0 && !where.postFilter) {
    const [row] = await tx.query<{ n: bigint }>({
      text: `select count(*) as n from (select 1 from crm."${type.table}" r where ${where.sql} limit ${String(cap + 1)}) counted`,
      values: where.params.values,
    })
    const n = Number(row?.n ?? 0n)
    return { count: Math.min(n, cap), capped: n > cap }
  }
  let count = 0
  let cursor: string | undefined
  do {
    const page = await scan(
      house,
      tx,
      gate,
      type,
      cursor === undefined ? query : { ...query, cursor },
      byCreation(true),
      200,
    )
    count += page.rows.length
    cursor = page.next
  } while (cursor !== undefined && count <= cap)
  return { count: Math.min(count, cap), capped: count > cap }
}

interface Sort {
  readonly column: string
  readonly cast: string
  readonly descending: boolean
  readonly nullable: boolean
  readonly sealed?: Field
  readonly group?: FieldGroup
}

const byCreation = (descending: boolean): Sort => ({
  column: 'created_at',
  cast: 'timestamptz',
  descending,
  nullable: false,
})

const sortOf = (gate: Gate, type: RecordType, query: InnerQuery): Sort => {
  const descending = query.descending ?? query.sort === undefined
  if (query.sort === undefined || query.sort === 'createdAt') return byCreation(descending)
  if (query.sort === 'updatedAt') return { ...byCreation(descending), column: 'updated_at' }
  if (query.sort === 'owner') return { column: 'owner_id', cast: 'uuid', descending, nullable: true }
  const field = fieldOf(type, query.sort)
  if (!field) throw new Fault('bad-input', { what: 'there is no such field to sort by' })
  demandVisible(gate, type, field.group, field.storage === 'sealed', field.name)
  if (field.storage === 'plain' && field.kind !== 'tags') {
    return { column: columnOf(field), cast: castOf(field), descending, nullable: true, group: field.group }
  }
  if (field.name !== type.title) throw new Fault('bad-input', { what: `field ${field.name} cannot be sorted by` })
  return { column: 'id', cast: 'uuid', descending, nullable: false, sealed: field }
}

const castOf = (field: Field): string => {
  if (field.kind === 'money' || field.kind === 'integer') return 'bigint'
  if (field.kind === 'link') return 'uuid'
  return field.kind === 'date'
    ? 'date'
    : field.kind === 'datetime'
      ? 'timestamptz'
      : field.kind === 'boolean'
        ? 'boolean'
        : 'text'
}

/** A field hidden from the principal in every row can neither filter nor sort: the answer would tell its value. */
export const demandVisible = (gate: Gate, type: RecordType, group: FieldGroup, sealed: boolean, name: string): void => {
  const action = `${sealed ? 'unmask' : 'view'}.${group}`
  if (!(sealed ? gate.search : gate).could(action, type)) throw new Fault('hidden-field', { field: name })
}

/** The whole WHERE of a list: policy, deletion, filters, search; each field that takes part adds its own right to see it. */
export const whereOf = async (
  house: House,
  finder: Finder,
  gate: Gate,
  type: RecordType,
  query: InnerQuery,
): Promise<Where> => {
  const { policy } = house.search.active
  const params = createParams(house.tenant)
  const residuals: Residual[] = []
  const parts = ['r.tenant_id = $1', query.deleted === true ? 'r.deleted_at is not null' : 'r.deleted_at is null']
  const rights = new Set<string>(['list', ...(query.rights ?? [])])
  const filters = query.filters ?? []
  if (filters.length > 20) throw new Fault('too-large', { what: 'the number of filters', limit: 20 })
  for (const filter of filters) {
    const condition = filterCondition(type, filter, params, policy)
    for (const { group, sealed } of condition.groups) {
      demandVisible(gate, type, group, sealed, filter.field)
      rights.add(`${sealed ? 'unmask' : 'view'}.${group}`)
    }
    if (condition.sql !== undefined) parts.push(condition.sql)
    if (condition.asked) parts.push(await finder.condition(condition.asked, params))
    if (condition.residual) residuals.push(condition.residual)
  }
  const { narrow } = finder
  if (query.search !== undefined && query.search.trim() !== '') {
    const ways = searchWays(type, query.search, policy).filter((way) => gate.search.could(`unmask.${way.group}`, type))
    // A group counts only where the asker may unmask it, so a hit through another group's right is dropped here.
    const groups: string[] = []
    for (const [group, own] of Map.groupBy(ways, (way) => way.group)) {
      const candidates = await finder.condition(
        own.flatMap((way) => way.asked),
        params,
      )
      groups.push(`(${candidates} and ${policySql(gate.search.predicate(`unmask.${group}`, type).predicate, params)})`)
    }
    parts.push(groups.length === 0 ? 'false' : `(${groups.join(' or ')})`)
    residuals.push({
      groups: [...new Set(ways.map((way) => way.group))],
      matches: (values) => ways.some((way) => way.matches(values)),
    })
  }
  const compiled = [...rights].map((action) =>
    (action.startsWith('unmask.') ? gate.search : gate).predicate(action, type),
  )
  parts.push(policySql(and(...compiled.map((one) => one.predicate)), params))
  return { sql: parts.join(' and '), params, residuals, postFilter: compiled.some((one) => one.postFilter), narrow }
}

const policySql = (predicate: Predicate, params: Params): string => {
  const { text, values } = predicateSql(predicate, 'r', params.values.length + 1, 1)
  params.values.push(...values)
  return `(${text})`
}

interface Cursor {
  /** Value of the sort column in the last row; null once the rows without a value are reached. */
  readonly v: string | null
  readonly id: string
}

const encodeCursor = (cursor: Cursor): string => base64url(utf8(JSON.stringify(cursor)))

/** What a value of each type of sort column looks like: a cursor comes from outside and reaches a cast. */
const shapes: Readonly<Record<string, RegExp>> = {
  timestamptz: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/u,
  date: /^\d{4}-\d\d-\d\d$/u,
  bigint: /^-?\d{1,18}$/u,
  boolean: /^(true|false)$/u,
  uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/u,
  text: /^[^\0]*$/u,
}

const decodeCursor = (text: string, cast: string): Cursor => {
  try {
    const { v, id } = JSON.parse(fromUtf8(fromBase64url(text))) as Partial<Cursor>
    const day = cast === 'timestamptz' || cast === 'date'
    const fits = v === null || (typeof v === 'string' && shapes[cast]?.test(v) === true && (!day || isDay(v)))
    if (fits && isUuid(id)) return { v, id }
  } catch (cause) {
    throw new Fault('bad-input', { what: 'the cursor is not one of ours' }, { cause })
  }
  throw new Fault('bad-input', { what: 'the cursor is not one of ours' })
}

/** Month 13 and February 30 would fail in the cast. */
const isDay = (value: string): boolean => {
  const at = new Date(value)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value.slice(0, 10))
}

/** Reads on in batches until the page is full: what the indexes found by accident is dropped after opening. */
const scan = async (
  house: House,
  tx: Tx,
  gate: Gate,
  type: RecordType,
  query: InnerQuery,
  sort: Sort,
  limit: number,
): Promise<Rows> => {
  const rows: Row[] = []
  let cursor = query.cursor === undefined ? undefined : decodeCursor(query.cursor, sort.cast)
  // What a search finds by accident is dropped after opening, so a first look takes some more.
  let batch = query.search === undefined ? limit + 1 : 5 * limit
  const finder = createFinder(house, tx, type)
  for (;;) {
    const where = await whereOf(house, finder, gate, type, query)
    const found = await fetch(house, tx, type, where, sort, cursor, batch)
    const kept = await keep(house, tx, gate, type, where, found)
    for (const row of kept) {
      rows.push(row)
      if (rows.length > limit) {
        const last = rows[limit - 1]
        return last ? { rows: rows.slice(0, limit), next: encodeCursor(cursorAt(sort, last)) } : { rows: [] }
      }
    }
    const last = found.at(-1)
    if (!last || found.length < batch) {
      // The rows with a value are at their end; those without one follow.
      if (!sort.nullable || cursor?.v === null) return { rows }
      cursor = {
        v: null,
        id: sort.descending ? 'ffffffff-ffff-ffff-ffff-ffffffffffff' : '00000000-0000-0000-0000-000000000000',
      }
    } else {
      cursor = cursorAt(sort, last)
    }
    batch = 1000
  }
}

const cursorAt = (sort: Sort, row: Row): Cursor => ({ v: cursorText(row[sort.column]), id: row.id })

const cursorText = (value: unknown): string | null => {
  if (value === null || value === undefined) return null
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'string') return value
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
}

const fetch = async (
  house: House,
  tx: Tx,
  type: RecordType,
  where: Where,
  sort: Sort,
  cursor: Cursor | undefined,
  limit: number,
): Promise<readonly Row[]> => {
  const { params } = where
  const column = `r."${sort.column}"`
  const [after, way] = sort.descending ? ['<', 'desc'] : ['>', 'asc']
  const parts = [where.sql]
  const withoutValue = sort.nullable && cursor?.v === null
  if (sort.nullable) parts.push(withoutValue ? `${column} is null` : `${column} is not null`)
  if (cursor) {
    const id = params.add(cursor.id)
    parts.push(
      cursor.v === null || sort.column === 'id'
        ? `r.id ${after} ${id}::uuid`
        : `(${column}, r.id) ${after} (${params.add(cursor.v)}::${sort.cast}, ${id}::uuid)`,
    )
  }
  const order = withoutValue || sort.column === 'id' ? `r.id ${way}` : `${column} ${way}, r.id ${way}`
  const text = `select ${selectList(type, 'r')}${where.narrow ? `, ${keyColumn}` : ''} from crm."${type.table}" r where ${parts.join(' and ')} order by ${order} limit ${String(limit)}`
  const name = where.narrow ? preparedName(text) : undefined
  const rows = await tx.query<Row>({ text, values: params.values, ...(name === undefined ? {} : { name }) })
  if (where.narrow) await house.keyring.prime(tx, rows as readonly (Row & Primed)[])
  return rows
}

// Planning such a look-up takes longer than the look-up. Texts differ by policy, filter and order alone; a few hundred are kept prepared.
const prepared = new Map<string, string>()
const mostPrepared = 200

const preparedName = (text: string): string | undefined => {
  const known = prepared.get(text)
  if (known !== undefined || prepared.size >= mostPrepared) return known
  const name = `list-${hex(sha256(utf8(text))).slice(0, 32)}`
  prepared.set(text, name)
  return name
}

const keep = async (
  house: House,
  tx: Tx,
  gate: Gate,
  type: RecordType,
  where: Where,
  found: readonly Row[],
): Promise<readonly Row[]> => {
  const allowed = where.postFilter ? found.filter((row) => gate.can('list', type, row)) : found
  if (where.residuals.length === 0) return allowed
  const keys = await house.keyring.open(tx, allowed)
  const groups = [...new Set(where.residuals.flatMap((residual) => residual.groups))]
  return allowed.filter((row) => {
    const visible = groups.filter((group) => gate.search.can(`unmask.${group}`, type, row))
    const values = openGroups(type, row, keys.get(row.subject_id), visible)
    return where.residuals.every((residual) => residual.matches(values))
  })
}

const collator = new Intl.Collator('zh-Hans-u-co-pinyin', { numeric: true, sensitivity: 'base' })

/** Sorting by a sealed title: everything in scope is opened and sorted in memory, up to a stated number of records. */
const sortedBySealed = async (
  house: House,
  tx: Tx,
  gate: Gate,
  type: RecordType,
  query: InnerQuery,
  field: Field,
  limit: number,
): Promise<Rows> => {
  const where = await whereOf(house, createFinder(house, tx, type), gate, type, query)
  const found = await fetch(
    house,
    tx,
    type,
    where,
    { column: 'id', cast: 'uuid', descending: false, nullable: false },
    undefined,
    sortLimit + 1,
  )
  if (found.length > sortLimit) throw new Fault('too-many-rows', { limit: sortLimit })
  const kept = await keep(house, tx, gate, type, where, found)
  const keys = await house.keyring.open(tx, kept)
  const named = kept.map((row) => {
    const value = gate.can(`unmask.${field.group}`, type, row)
      ? openGroups(type, row, keys.get(row.subject_id), [field.group])[field.name]
      : null
    return { row, name: typeof value === 'string' ? value : '' }
  })
  const sign = query.descending === true ? -1 : 1
  named.sort((a, b) => sign * collator.compare(a.name, b.name) || (a.row.id < b.row.id ? -1 : 1))
  const start =
    query.cursor === undefined
      ? 0
      : named.findIndex(({ row }) => row.id === decodeCursor(query.cursor ?? '', 'uuid').id) + 1
  const rows = named.slice(start, start + limit).map(({ row }) => row)
  const last = rows.at(-1)
  return start + limit < named.length && last ? { rows, next: encodeCursor({ v: null, id: last.id }) } : { rows }
}
