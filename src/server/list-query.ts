// What a list is asked for, read from the query string into a typed value.
import { Fault } from '#kernel'
import type { Filter, ListQuery } from '#vault'
import { type Call, numberOf } from './route.ts'

/** What a list is asked for, from the query string. */
export const queryOf = (call: Call): ListQuery => {
  const { q, filter, sort, dir, cursor, deleted } = call.query
  const limit = numberOf(call, 'limit', 1, 200)
  return {
    ...(q === undefined || q === '' ? {} : { search: q }),
    ...(filter === undefined ? {} : { filters: readFilters(filter) }),
    ...(sort === undefined ? {} : { sort }),
    ...(dir === undefined ? {} : { descending: dir === 'desc' }),
    ...(limit === undefined ? {} : { limit }),
    ...(cursor === undefined ? {} : { cursor }),
    ...(deleted === '1' ? { deleted: true } : {}),
  }
}

const operators = new Set<unknown>(['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'empty', 'notEmpty', 'contains'])

const readFilters = (json: string): readonly Filter[] => {
  try {
    const raw: unknown = JSON.parse(json)
    if (Array.isArray(raw) && raw.length <= 20 && raw.every(isFilter)) return raw
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new Fault('bad-input', { what: 'filter is a JSON array of at most 20 objects with field, op and value' })
}

const isFilter = (raw: unknown): raw is Filter => {
  if (typeof raw !== 'object' || raw === null || !('field' in raw) || !('op' in raw)) return false
  const value = 'value' in raw ? raw.value : null
  const plain = (one: unknown): boolean => one === null || ['string', 'number', 'boolean'].includes(typeof one)
  return (
    typeof raw.field === 'string' &&
    operators.has(raw.op) &&
    (plain(value) || (Array.isArray(value) && value.every(plain)))
  )
}
