// Lists, counts, sorting and search: keyset pages under the principal's row predicate, in one scan that every list shares. Keeps vault-7, vault-8.
import { Fault, type Field, type RecordType } from '#kernel'
import type { Tx } from '#store'
import type { Gate } from './gate.ts'
import type { House } from './house.ts'
import { byCreation, cursorAt, decodeCursor, encodeCursor, type Sort, sortOf } from './keyset.ts'
import { createFinder } from './lookup.ts'
import { openGroups } from './open.ts'
import { countUpTo, fetchRows } from './page-sql.ts'
import type { Row } from './row.ts'
import { type InnerQuery, type Where, whereOf } from './where.ts'

/** Rows of one page, in order, and the cursor of the next. */
export interface Rows {
  readonly rows: readonly Row[]
  readonly next?: string
}

const sortLimit = 20_000
/** Rows opened at once, of which a page may need none but the first. */
const opened = 100

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
    const n = await countUpTo(tx, type, where, cap + 1)
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
  const finder = createFinder(house, tx, type)
  const seen = { found: 0, kept: 0 }
  for (;;) {
    const where = await whereOf(house, finder, gate, type, query)
    const batch = batchOf(where, query, limit, seen)
    const found = await fetchRows(house, tx, type, where, sort, cursor, batch)
    for (let at = 0; at < found.length; at += opened) {
      const part = found.slice(at, at + opened)
      const kept = await keep(house, tx, gate, type, where, part)
      seen.found += part.length
      seen.kept += kept.length
      rows.push(...kept)
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
  }
}

/**
 * How many rows to look at next. Each look at candidates that the index names finds and sorts all of them anew, so the first takes some more
 * than the page and the second one many. Rows that are met one after another cost what is read of them: as many as it takes, going by
 * what was kept so far.
 */
const batchOf = (
  where: Where,
  query: InnerQuery,
  limit: number,
  seen: { readonly found: number; readonly kept: number },
): number => {
  if (seen.found === 0) return where.narrow && query.search !== undefined ? 10 * limit : limit + 1
  if (where.narrow) return 5000
  const missing = limit + 1 - seen.kept
  return Math.min(1000, Math.max(50, Math.ceil((missing * 1.3 * seen.found) / Math.max(seen.kept, 1))))
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
  const found = await fetchRows(
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
