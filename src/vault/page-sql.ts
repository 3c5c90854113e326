// One page as SQL: from one walk through the table, or merged from the alternatives of a policy. Keeps vault-8, vault-130.
import { hex, type RecordType, utf8 } from '#kernel'
import { sha256 } from '#encryption'
import type { Tx } from '#store'
import type { House } from './house.ts'
import { keyColumn } from './keyring.ts'
import type { Cursor, Sort } from './keyset.ts'
import { type Row, selectList } from './row.ts'
import type { Where } from './where.ts'

interface PageOf {
  readonly house: House
  readonly tx: Tx
  readonly type: RecordType
  readonly where: Where
  readonly order: string
  readonly after: readonly string[]
  readonly limit: number
}

/** Rows after the cursor, at most `limit`. */
export const fetchRows = async (
  house: House,
  tx: Tx,
  type: RecordType,
  where: Where,
  sort: Sort,
  cursor: Cursor | undefined,
  limit: number,
): Promise<readonly Row[]> => {
  const asked = where.broad ? `${type.name} ${where.params.values.join()}` : ''
  const page: PageOf = {
    house,
    tx,
    type,
    where,
    order: orderOf(sort, cursor),
    after: afterOf(where, sort, cursor),
    limit,
  }
  const anchored = where.branches.every(({ anchor }) => anchor)
  const creation = sort.column === 'created_at'
  if (!merged(where)) return run(page, walk(page), where.narrow || (where.open && creation))
  // A short walk finds a page where much is visible. What no index serves may match nearly all rows or none, so it is always tried.
  if (creation && (!anchored || (where.broad && limit <= near && dense(asked)))) {
    const found = await run(page, shortWalk(page, anchored ? near : farthest), where.plain)
    if (found.length === limit) return found
    if (anchored) sparse(asked)
  }
  return run(page, mergedPage(page), where.plain && creation && anchored)
}

// Planning takes longer than such a look-up; where values decide between ways that differ a thousandfold it is planned anew.
const run = ({ tx, where }: PageOf, text: string, samePlan: boolean): Promise<readonly Row[]> => {
  const name = samePlan ? preparedName(text) : undefined
  return tx.query<Row>({ text, values: where.params.values, ...(name === undefined ? {} : { name }) })
}

/** How many match, at most `most`. */
export const countUpTo = async (tx: Tx, type: RecordType, where: Where, most: number): Promise<number> => {
  const anchored = where.branches.filter(({ anchor }) => anchor)
  const rest = where.branches.filter(({ anchor }) => !anchor)
  if (merged(where) && rest.length > 0) {
    // What indexes give is often enough. The rest is in the text only because each parameter must be; it decides nothing.
    const common = [where.common, ...rest.map(({ sql }) => `(${sql} or true)`)].join(' and ')
    const n = await count(tx, type, { ...where, common, branches: anchored }, most)
    if (n >= most) return n
  }
  return count(tx, type, where, most)
}

const count = async (tx: Tx, type: RecordType, where: Where, most: number): Promise<number> => {
  const limit = `limit ${String(most)}`
  const found =
    where.branches.length > 0 && !where.narrow
      ? `select distinct id from (${pieces(type, where, 'r.id', [], limit).join(' union all ')}) found`
      : `select 1 from crm."${type.table}" r where ${where.sql}`
  const [row] = await tx.query<{ n: bigint }>({
    text: `select count(*) as n from (select 1 from (${found}) found ${limit}) counted`,
    values: where.params.values,
  })
  return Number(row?.n ?? 0n)
}

// Where the search index names the rows, those few are read, whatever the policy.
const merged = (where: Where): boolean => where.branches.length > 1 && !where.narrow

const walk = ({ type, where, order, after, limit }: PageOf): string =>
  `select ${selectList(type, 'r')}${where.narrow ? `, ${keyColumn}` : ''} from crm."${type.table}" r
   where ${[where.sql, ...after].join(' and ')} order by ${order} limit ${String(limit)}`

const farthest = 4000
// Merging ten lists costs the database as much as walking along a thousand rows.
const near = 400

// Who sees so little that the walk was in vain, by what is asked on their behalf: the next pages are merged at once. It decides nothing
// but which way is quicker, so it may be forgotten at any time.
const few = new Map<string, number>()
const mostFew = 10_000
const tryAgainAfter = 100

const dense = (asked: string): boolean => {
  const left = few.get(asked) ?? 0
  if (left === 1) few.delete(asked)
  else if (left > 1) few.set(asked, left - 1)
  return left === 0
}

const sparse = (asked: string): void => {
  if (few.size >= mostFew) few.clear()
  few.set(asked, tryAgainAfter)
}

/** Among the first rows that all but the alternatives let through. */
const shortWalk = ({ type, where, order, after, limit }: PageOf, farthest: number): string =>
  `select ${selectList(type, 'r')} from (select * from crm."${type.table}" r where ${[where.common, ...after].join(' and ')}
     order by ${order} limit ${String(farthest)}) r
   where (${where.branches.map(({ sql }) => sql).join(' or ')}) order by ${order} limit ${String(limit)}`

/** Merged from the alternatives; a row that meets several comes once. */
const mergedPage = ({ type, where, order, after, limit }: PageOf): string => {
  const tail = `order by ${order} limit ${String(limit)}`
  const keys = order.replaceAll(/ (?:asc|desc)/gu, '')
  return `select distinct on (${keys}) * from (${pieces(type, where, selectList(type, 'r'), after, tail).join(' union all ')}) r ${tail}`
}

/** One query for each alternative; several where it is shares. */
const pieces = (
  type: RecordType,
  where: Where,
  columns: string,
  after: readonly string[],
  tail: string,
): readonly string[] =>
  where.branches.flatMap(({ sql, rest, anchor }) => {
    const table = `crm."${type.table}" r`
    const from = (source: string, ...conditions: readonly string[]): string =>
      `(select ${columns} from ${source} where ${[...conditions, where.common, ...after].join(' and ')} ${tail})`
    switch (anchor?.by) {
      case 'column':
        return anchor.each.map((value) => from(table, value, rest ?? sql))
      case 'share':
        return [
          ...anchor.places.map((place) => from(table, place, rest ?? sql)),
          from(`${anchor.from} one(id) join ${table} on ${anchor.on}`, sql),
        ]
      default:
        return [from(table, sql)]
    }
  })

// The rows with a value come first; after them, those without one, by id.
const withoutValue = (sort: Sort, cursor: Cursor | undefined): boolean => sort.nullable && cursor?.v === null

const orderOf = (sort: Sort, cursor: Cursor | undefined): string => {
  const way = sort.descending ? 'desc' : 'asc'
  return withoutValue(sort, cursor) || sort.column === 'id' ? `r.id ${way}` : `r."${sort.column}" ${way}, r.id ${way}`
}

const afterOf = ({ params }: Where, sort: Sort, cursor: Cursor | undefined): readonly string[] => {
  const column = `r."${sort.column}"`
  const parts = sort.nullable ? [`${column} is ${withoutValue(sort, cursor) ? '' : 'not '}null`] : []
  if (!cursor) return parts
  const after = sort.descending ? '<' : '>'
  const id = params.add(cursor.id)
  return [
    ...parts,
    cursor.v === null || sort.column === 'id'
      ? `r.id ${after} ${id}::uuid`
      : `(${column}, r.id) ${after} (${params.add(cursor.v)}::${sort.cast}, ${id}::uuid)`,
  ]
}

// Texts differ by policy, filter and order alone; a few hundred are kept prepared.
const prepared = new Map<string, string>()
const mostPrepared = 200

const preparedName = (text: string): string | undefined => {
  const known = prepared.get(text)
  if (known !== undefined || prepared.size >= mostPrepared) return known
  const name = `list-${hex(sha256(utf8(text))).slice(0, 32)}`
  prepared.set(text, name)
  return name
}
