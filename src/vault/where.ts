// The whole WHERE of a list: policy, deletion, filters, search; each field that takes part adds its own right to see it. Keeps vault-7.
import { and, Fault, type FieldGroup, partIn, type RecordType } from '#kernel'
import { alternativesOf, type Branch, policySql } from './branch.ts'
import type { Gate } from './gate.ts'
import type { House } from './house.ts'
import type { Finder } from './lookup.ts'
import { createParams, type Params } from './params.ts'
import { filterCondition, type Residual } from './query.ts'
import { searchWays } from './search.ts'
import type { ListQuery } from './vault.ts'

/** A list query of the vault itself: more actions that each row must allow. */
export interface InnerQuery extends ListQuery {
  readonly rights?: readonly string[]
}

export interface Where {
  /** All of it under alias r. */
  readonly sql: string
  /** The same as what holds for every row and alternatives of which one must hold; none: `common` is all. */
  readonly common: string
  readonly branches: readonly Branch[]
  readonly params: Params
  readonly residuals: readonly Residual[]
  /** Rows whose policies SQL could only narrow down are decided one by one. */
  readonly postFilter: boolean
  /** Whether nothing but the policies narrows it down. */
  readonly plain: boolean
  /** Whether `common` leaves out but few. */
  readonly broad: boolean
  /** Whether nothing does that leaves out many: rows come in order from the first on. */
  readonly open: boolean
  /** Whether the search index names the rows, so that one plan serves all values. */
  readonly narrow: boolean
}

/** A field hidden from the principal in every row can neither filter nor sort: the answer would tell its value. */
export const demandVisible = (
  gate: Gate,
  type: RecordType,
  group: FieldGroup,
  sealed: boolean,
  field: string,
): void => {
  const action = `${sealed ? 'unmask' : 'view'}.${group}`
  if (!(sealed ? gate.search : gate).could(action, type)) throw new Fault('hidden-field', partIn(type, field))
}

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
  let narrow = false
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
    if (condition.asked) {
      const { sql, named } = await finder.candidates(condition.asked, params)
      parts.push(sql)
      narrow ||= named
    }
    if (condition.residual) residuals.push(condition.residual)
  }
  if (query.search !== undefined && query.search.trim() !== '') {
    const ways = searchWays(type, query.search, policy).filter((way) => gate.search.could(`unmask.${way.group}`, type))
    // A group counts only where the asker may unmask it, so a hit through another group's right is dropped here.
    const groups: string[] = []
    let allNamed = true
    for (const [group, own] of Map.groupBy(ways, (way) => way.group)) {
      const { sql, named } = await finder.candidates(
        own.flatMap((way) => way.asked),
        params,
      )
      allNamed &&= named
      groups.push(`(${sql} and ${policySql(gate.search.predicate(`unmask.${group}`, type).predicate, params)})`)
    }
    narrow ||= allNamed
    parts.push(groups.length === 0 ? 'false' : `(${groups.join(' or ')})`)
    residuals.push({
      groups: [...new Set(ways.map((way) => way.group))],
      matches: (values) => ways.some((way) => way.matches(values)),
    })
  }
  const compiled = [...rights].map((action) =>
    (action.startsWith('unmask.') ? gate.search : gate).predicate(action, type),
  )
  const { common, broad, branches } = alternativesOf(and(...compiled.map((one) => one.predicate)), type, params)
  parts.push(common)
  const plain = filters.length === 0 && (query.search ?? '').trim() === ''
  const either = branches.map(({ sql }) => sql)
  return {
    sql: [...parts, ...(either.length === 0 ? [] : [`(${either.join(' or ')})`])].join(' and '),
    common: parts.join(' and '),
    branches,
    params,
    residuals,
    postFilter: compiled.some((one) => one.postFilter),
    plain,
    broad: plain && broad && query.deleted !== true,
    open: plain && broad && branches.length === 0,
    narrow,
  }
}
