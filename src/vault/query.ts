// From what a person asks of a list to SQL and to tests on opened values. Only fields the person may see take part. Keeps vault-7.
import {
  columnOf,
  columnType,
  Fault,
  type Field,
  type FieldGroup,
  fieldOf,
  formFields,
  inSentence,
  isUuid,
  type Label,
  partOf,
  type RecordType,
  say,
} from '#kernel'
import { type Ask, asks } from './lookup.ts'
import type { Params } from './params.ts'
import { fieldPolicy, type SearchPolicy } from './search-policy.ts'
import { normal, nameMatches } from './terms.ts'
import { toColumn, type Values } from './row.ts'
import { checkValue } from './validate.ts'
import type { FieldValue, Filter } from './vault.ts'

/** A condition over opened values, where SQL could only narrow down. */
export interface Residual {
  readonly groups: readonly FieldGroup[]
  matches(values: Values): boolean
}

export interface Condition {
  readonly sql?: string
  /** What candidates have in the search index, where it is asked. */
  readonly asked?: readonly Ask[]
  readonly residual?: Residual
  /** Groups whose plain value the asker must be allowed to see on each row. */
  readonly groups: readonly { readonly group: FieldGroup; readonly sealed: boolean }[]
}

const operators = { eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const

/** Turns one filter into a condition under alias r. Throws bad-input for a field or operator that cannot filter. */
export const filterCondition = (type: RecordType, filter: Filter, params: Params, policy: SearchPolicy): Condition => {
  const fixed = fixedColumn(filter, params)
  if (fixed !== undefined) return { sql: fixed, groups: [] }
  const field = fieldOf(type, filter.field)
  if (!field)
    throw new Fault('bad-input', {
      what: say('there is no field {name} to filter by', { name: safeName(filter.field) }),
    })
  return field.storage === 'plain' ? plainCondition(field, filter, params) : sealedCondition(field, filter, policy)
}

const safeName = (name: string): string => name.replaceAll(/[^\w]/gu, '?').slice(0, 40)

const unusable = (filter: Filter, label: Label): Fault =>
  new Fault('bad-input', {
    what: say('field {field} cannot be filtered with {op}', { field: inSentence(label), op: safeName(filter.op) }),
  })

/** Columns every record has. */
const fixedColumn = (filter: Filter, params: Params): string | undefined => {
  switch (filter.field) {
    case 'pool':
      return filter.value === false ? 'r.owner_id is not null' : 'r.owner_id is null'
    case 'owner':
    case 'team': {
      const column = `r.${filter.field}_id`
      if (filter.op === 'empty') return `${column} is null`
      if (filter.op === 'notEmpty') return `${column} is not null`
      const ids = Array.isArray(filter.value) ? (filter.value as readonly string[]) : [filter.value]
      if (!ids.every(isUuid) || !['eq', 'in', 'ne'].includes(filter.op))
        throw unusable(filter, formFields[filter.field])
      const list = params.add(ids)
      return filter.op === 'ne' ? `${column} <> all(${list}::uuid[])` : `${column} = any(${list}::uuid[])`
    }
    case 'createdAt':
    case 'updatedAt': {
      const at = typeof filter.value === 'string' ? new Date(filter.value) : undefined
      if (!at || Number.isNaN(at.getTime()) || !(filter.op in operators))
        throw unusable(filter, formFields[filter.field])
      const column = filter.field === 'createdAt' ? 'r.created_at' : 'r.updated_at'
      return `${column} ${operators[filter.op as keyof typeof operators]} ${params.add(at)}::timestamptz`
    }
    default:
      return undefined
  }
}

const checked = (field: Field, filter: Filter, value: unknown): FieldValue => {
  const result = checkValue({ ...field, required: true }, value)
  if ('refusal' in result) throw new Fault('bad-value', { ...partOf(field), what: result.refusal })
  return result.value
}

const plainCondition = (field: Field, filter: Filter, params: Params): Condition => {
  const column = `r."${columnOf(field)}"`
  const groups = [{ group: field.group, sealed: false }]
  const cast = columnType(field)
  if (filter.op === 'empty') return { sql: `${column} is null`, groups }
  if (filter.op === 'notEmpty') return { sql: `${column} is not null`, groups }
  if (field.kind === 'tags') {
    if (filter.op !== 'contains' && filter.op !== 'eq') throw unusable(filter, field.label)
    return { sql: `${column} @> ${params.add([String(filter.value)])}::text[]`, groups }
  }
  if (filter.op === 'in') {
    if (!Array.isArray(filter.value) || filter.value.length > 200) throw unusable(filter, field.label)
    const list = (filter.value as readonly unknown[]).map((value) => toColumn(field, checked(field, filter, value)))
    return { sql: `${column} = any(${params.add(list)}::${cast}[])`, groups }
  }
  if (filter.op === 'contains') {
    if (field.kind !== 'text' || typeof filter.value !== 'string') throw unusable(filter, field.label)
    const pattern = `%${filter.value.replaceAll(/[\\%_]/gu, (c) => `\\${c}`)}%`
    return { sql: `${column} ilike ${params.add(pattern)}`, groups }
  }
  const value = toColumn(field, checked(field, filter, filter.value))
  const operator = operators[filter.op]
  // "is not" is meant to list the empty ones too; a comparison is not.
  const also = filter.op === 'ne' ? ` or ${column} is null` : ''
  return { sql: `(${column} ${operator} ${params.add(value)}::${cast}${also})`, groups }
}

const sealedCondition = (field: Field, filter: Filter, policy: SearchPolicy): Condition => {
  const text = filter.value
  if (typeof text !== 'string' || text === '') throw unusable(filter, field.label)
  const groups = [{ group: field.group, sealed: true }]
  const { modes } = fieldPolicy(policy, field)
  const of = (asked: readonly Ask[], test: (value: string) => boolean): Condition => ({
    asked,
    groups,
    residual: {
      groups: [field.group],
      matches: (values) => {
        const value = values[field.name]
        return typeof value === 'string' && test(value)
      },
    },
  })
  if (filter.op === 'eq' && modes.includes('exact')) {
    const form = normal(field, text)
    return of([asks.forms(field, [form])], (value) => value === text || normal(field, value) === form)
  }
  if (filter.op === 'contains' && (modes.includes('ngram') || modes.includes('pinyin'))) {
    return of(asks.name(field, text), (value) => nameMatches(value, text))
  }
  throw unusable(filter, field.label)
}
