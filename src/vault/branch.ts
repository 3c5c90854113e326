// The alternatives of a row predicate, each as a look-up of its own: what one owns, what nobody owns, what a team has, what is shared.
// A page is then merged from the heads of a few short lists, and costs the same for whoever sees some or little. Keeps vault-130.
import { and, or, type Predicate, type RecordType } from '#kernel'
import { predicateSql, sharePlaces } from '#store'
import type { Params } from './params.ts'

/** One alternative. */
export interface Branch {
  /** As a condition under alias r. */
  readonly sql: string
  /** What is left of it where the anchor has found the rows; without it, all of it. */
  readonly rest?: string
  /** Where an index gives its rows at once, whatever the values; without it the planner must find a way. */
  readonly anchor?: Anchor
}

/**
 * column: rows of each value lie together in the order of creation; row: the condition itself is enough; share: what is shared with a person
 * lies in that order for each of the first places of the array, and what is shared with more people is named by its ids.
 */
export type Anchor =
  | { readonly by: 'row' }
  | { readonly by: 'column'; readonly each: readonly string[] }
  | { readonly by: 'share'; readonly places: readonly string[]; readonly from: string; readonly on: string }

/** The policy's part of a WHERE: what holds for every row, and the alternatives, of which one row may meet several. */
export interface Alternatives {
  readonly common: string
  /** Whether `common` asks for nothing but a classification, which nearly every record meets. */
  readonly broad: boolean
  readonly branches: readonly Branch[]
}

// More values than this are one condition again: that many lists cost more than going through what many people own.
const mostLists = 16

/** Takes a predicate apart at one of its disjunctions; no branches where there is none. */
export const alternativesOf = (predicate: Predicate, type: RecordType, params: Params): Alternatives => {
  const parts = predicate.kind === 'and' ? predicate.of : [predicate]
  const chosen = parts
    .flatMap((part) => (part.kind === 'or' && !isBroad(part) ? [part] : []))
    .toSorted((a, b) => loose(a.of) - loose(b.of) || a.of.length - b.of.length)[0]
  const rest = and(...parts.filter((part) => part !== chosen))
  const common = policySql(rest, params)
  const broad = isBroad(rest)
  if (!chosen) return { common, broad, branches: [] }
  const anchored = chosen.of.filter(isAnchored)
  const others = chosen.of.filter((one) => !isAnchored(one))
  return {
    common,
    broad,
    branches: [
      ...anchored.map((one) => branch(one, type, params)),
      ...(others.length === 0 ? [] : [{ sql: policySql(or(...others), params) }]),
    ],
  }
}

const isBroad = (rest: Predicate): boolean => {
  switch (rest.kind) {
    case 'true':
      return true
    case 'and':
    case 'or':
      return rest.of.every(isBroad)
    case 'null':
    case 'compare':
      return rest.column === 'classification'
    default:
      return false
  }
}

export const policySql = (predicate: Predicate, params: Params): string => {
  const { text, values } = predicateSql(predicate, 'r', params.values.length + 1, 1)
  params.values.push(...values)
  return `(${text})`
}

const loose = (of: readonly Predicate[]): number => of.filter((one) => !isAnchored(one)).length

/** The condition of an alternative that an index serves in the order of creation: see indexesOf in the store. */
const anchorOf = (one: Predicate): Predicate | undefined => (one.kind === 'and' ? one.of : [one]).find(isAnchor)

const isAnchored = (one: Predicate): boolean => anchorOf(one) !== undefined

const columns: readonly string[] = ['owner_id', 'team_id', 'created_by']

const isAnchor = (one: Predicate): boolean => {
  switch (one.kind) {
    case 'compare':
      return one.op === '=' && columns.includes(one.column)
    case 'in':
      return !one.negated && columns.includes(one.column) && one.values.length <= mostLists
    case 'null':
      return !one.negated && one.column === 'owner_id'
    case 'array':
      return isShare(one)
    default:
      return false
  }
}

const isShare = (one: Predicate): boolean =>
  one.kind === 'array' &&
  one.column === 'shared_with' &&
  !one.negated &&
  (one.op === 'containsAll' || one.op === 'containsAny') &&
  one.values.length === 1

// A value of an array that is a parameter. In a sub-select the planner cannot look at it: else it plans anew for every page, which takes
// longer than the page.
const valueAt = (array: string, place: number): string => `(select (${array})[${String(place)}])`

const branch = (one: Predicate, type: RecordType, params: Params): Branch => {
  const anchor = anchorOf(one)
  if (!anchor || (anchor.kind !== 'in' && anchor.kind !== 'array'))
    return { sql: policySql(one, params), anchor: { by: 'row' } }
  const own = policySql(anchor, params)
  // Its values are its one parameter.
  const values = `$${String(params.values.length)}::uuid[]`
  const rest = and(...(one.kind === 'and' ? one.of.filter((part) => part !== anchor) : []))
  const left = rest.kind === 'true' ? undefined : policySql(rest, params)
  const sql = left === undefined ? own : `(${own} and ${left})`
  return anchor.kind === 'in'
    ? {
        sql,
        rest: left ?? 'true',
        // One ordered list for each value: merged, none is read farther than the page needs.
        anchor: { by: 'column', each: anchor.values.map((_, i) => `r."${anchor.column}" = ${valueAt(values, i + 1)}`) },
      }
    : share(sql, left ?? 'true', type, values)
}

/** The condition of an array has no index of its own that row security lets the planner use: a place of it has, and its owner looks into the rest. */
const share = (sql: string, rest: string, type: RecordType, values: string): Branch => ({
  sql,
  rest,
  anchor: {
    by: 'share',
    places: sharePlaces.map((place) => `r.shared_with[${String(place)}] = ${valueAt(values, 1)}`),
    from: `crm.shared_with_${type.table}((${values})[1])`,
    on: 'r.id = one.id',
  },
})
