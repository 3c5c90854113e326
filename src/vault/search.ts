// One search box: the shape of the text decides which indexes are asked, and every hit is tested on the opened value. Keeps vault-6.
import type { Field, FieldGroup, RecordType } from '#kernel'
import type { Epoch } from '#encryption'
import { lookups } from './lookup.ts'
import type { Params } from './params.ts'
import { nameMatches, normal, phoneTail } from './terms.ts'
import type { Values } from './row.ts'

/** One way a record can match: over one field. */
export interface Way {
  readonly group: FieldGroup
  /** SQL that selects the ids of candidates. */
  readonly candidates: string
  matches(values: Values): boolean
}

/** The ways a text can be found in a type; none: nothing can match. */
export const searchWays = (type: RecordType, text: string, params: Params, epoch: Epoch): readonly Way[] => {
  const query = text.trim().slice(0, 2000)
  if (query === '') return []
  return type.fields
    .filter((field) => field.storage === 'sealed')
    .flatMap((field) => fieldWays(field, query, params, epoch))
}

const fieldWays = (field: Field, query: string, params: Params, epoch: Epoch): readonly Way[] => {
  const ways: Way[] = []
  const add = (candidates: string, test: (value: string) => boolean): void => {
    ways.push({
      group: field.group,
      candidates,
      matches: (values) => {
        const value = values[field.name]
        return typeof value === 'string' && test(value)
      },
    })
  }
  const digits = query.normalize('NFKC').replaceAll(/[\s()+.\-–—]/gu, '')
  const numeric = /^\d+$/u.test(digits)
  if (field.search.includes('suffix') && /^\d{4}$/u.test(query.normalize('NFKC'))) {
    add(lookups.suffix(field, digits, params, epoch), (value) => phoneTail(value) === digits)
  }
  if (field.search.includes('exact') && wanted(field, query, numeric ? digits : '')) {
    const form = normal(field, query)
    add(lookups.exact(field, query, params, epoch), (value) => normal(field, value) === form)
  }
  if (field.search.includes('ngram') && !query.includes('@')) {
    add(lookups.name(field, query, params, epoch), (value) => nameMatches(value, query))
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
      return /^[0-9A-Za-z\s-]{8,40}$/u.test(query)
    default:
      // Names are found exactly too, so that odd ones without a letter are findable.
      return true
  }
}
