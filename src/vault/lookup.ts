// Blind-index look-ups: the tokens a record is found under, and the SQL that finds it again. Keeps vault-6.
import type { Field, RecordType, Uuid } from '#kernel'
import { type Epoch, indexTokens } from '#encryption'
import type { Params } from './params.ts'
import type { Values } from './row.ts'
import { nameQuery, nameTerms, normal, phoneTail, pinyinQuery, pinyinTerms } from './terms.ts'

const modes = { exact: 0, suffix: 1, ngram: 2, pinyin: 3 } as const
type Mode = keyof typeof modes

/** Number of an index: field id and mode. */
export const indexId = (field: Field, mode: Mode): number => field.id * 4 + modes[mode]

export interface Token {
  readonly indexId: number
  readonly token: bigint
  readonly record: Uuid
}

/** All tokens of a record's searchable values. */
export const tokensOf = (type: RecordType, record: Uuid, values: Values, epoch: Epoch): readonly Token[] =>
  type.fields
    .filter((field) => field.storage === 'sealed' && field.search.length > 0)
    .flatMap((field) => {
      const value = values[field.name]
      return typeof value === 'string' ? fieldTokens(field, record, value, epoch) : []
    })

const fieldTokens = (field: Field, record: Uuid, value: string, epoch: Epoch): readonly Token[] => {
  const make = (mode: Mode, terms: readonly string[]): readonly Token[] => {
    const id = indexId(field, mode)
    return [...new Set(indexTokens(epoch, id, mode, terms))].map((token) => ({ indexId: id, token, record }))
  }
  return field.search.flatMap((mode) => {
    switch (mode) {
      case 'exact':
        return normal(field, value) === '' ? [] : make('exact', [normal(field, value)])
      case 'suffix':
        return phoneTail(value).length === 4 ? make('suffix', [phoneTail(value)]) : []
      case 'ngram':
        return [...make('ngram', nameTerms(value)), ...make('pinyin', pinyinTerms(value))]
    }
  })
}

/** Ids of records that have all of the tokens; at most four are asked, the rest is left to the test on the opened value. */
const having = (id: number, tokens: readonly bigint[], params: Params): string => {
  const list = [...new Set(tokens)].slice(0, 4)
  const one = (token: bigint): string =>
    `select b.record_id from crm.blind_index b where b.tenant_id = $1 and b.index_id = ${params.add(id)}::int and b.token = ${params.add(token)}::bigint`
  return list.length === 0 ? nobody : `(${list.map(one).join(' intersect ')})`
}

const nobody = '(select null::uuid where false)'

/** SQL that selects the ids of candidates; $1 is the tenant. */
export const lookups = {
  exact: (field: Field, text: string, params: Params, epoch: Epoch): string => {
    const id = indexId(field, 'exact')
    return having(id, indexTokens(epoch, id, 'exact', [normal(field, text)]), params)
  },
  suffix: (field: Field, digits: string, params: Params, epoch: Epoch): string => {
    const id = indexId(field, 'suffix')
    return having(id, indexTokens(epoch, id, 'suffix', [digits]), params)
  },
  /** Nobody where the text is too short or holds no letter to look up. */
  name: (field: Field, text: string, params: Params, epoch: Epoch): string => {
    const ways: string[] = []
    const terms = nameQuery(text)
    const ngram = indexId(field, 'ngram')
    if (terms.length > 0) ways.push(having(ngram, indexTokens(epoch, ngram, 'ngram', terms), params))
    const pinyin = indexId(field, 'pinyin')
    for (const set of pinyinQuery(text)) ways.push(having(pinyin, indexTokens(epoch, pinyin, 'pinyin', set), params))
    return ways.length === 0 ? nobody : `(${ways.join(' union ')})`
  },
} as const

/** Condition under alias r: among the candidates of any look-up. One union, so that the database starts from the index, not from the table. */
export const among = (selects: readonly string[]): string =>
  selects.length === 0 ? 'false' : `r.id in (${selects.join(' union ')})`
