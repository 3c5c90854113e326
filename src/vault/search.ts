// One search box: the shape of the text decides which indexes are asked, and every hit is tested on the opened value. Keeps vault-6.
import type { Field, FieldGroup, RecordType } from '#kernel'
import { type Ask, asks } from './lookup.ts'
import { fieldPolicy, type SearchPolicy } from './search-policy.ts'
import { nameMatches, normal, phoneTail } from './terms.ts'
import type { Values } from './row.ts'

/** One way a record can match: over one field. */
export interface Way {
  readonly group: FieldGroup
  /** What candidates have; one of these is enough. */
  readonly asked: readonly Ask[]
  matches(values: Values): boolean
}

/** The ways a text can be found in a type; none: nothing can match. */
export const searchWays = (type: RecordType, text: string, policy: SearchPolicy): readonly Way[] => {
  const query = text.trim().slice(0, 2000)
  if (query === '') return []
  return type.fields.filter((field) => field.storage === 'sealed').flatMap((field) => fieldWays(field, query, policy))
}

const fieldWays = (field: Field, query: string, policy: SearchPolicy): readonly Way[] => {
  const ways: Way[] = []
  const { modes } = fieldPolicy(policy, field)
  const add = (asked: readonly Ask[], test: (value: string) => boolean): void => {
    ways.push({
      group: field.group,
      asked,
      matches: (values) => {
        const value = values[field.name]
        return typeof value === 'string' && test(value)
      },
    })
  }
  const digits = query.normalize('NFKC').replaceAll(/[\s()+.\-–—]/gu, '')
  const numeric = /^\d+$/u.test(digits)
  if (modes.includes('suffix') && /^\d{4}$/u.test(query.normalize('NFKC'))) {
    add([asks.suffix(field, digits)], (value) => phoneTail(value) === digits)
  }
  if (modes.includes('exact') && wanted(field, query, numeric ? digits : '')) {
    const form = normal(field, query)
    add([asks.forms(field, [form])], (value) => value === query || normal(field, value) === form)
  }
  if ((modes.includes('ngram') || modes.includes('pinyin')) && !query.includes('@')) {
    add(asks.name(field, query), (value) => nameMatches(value, query))
  }
  return ways
}

/** Whether an exact look-up in this field makes sense for the text. */
const wanted = (field: Field, query: string, digits: string): boolean => {
  switch (field.kind) {
    case 'email':
      return query.includes('@')
    case 'phone':
      return digits.length >= 5
    case 'idnumber':
    case 'bankcard':
      return /^[0-9A-Za-z\s-]{8,40}$/u.test(query)
    default:
      // Names are found exactly too, so that odd ones without a letter are findable.
      return true
  }
}
