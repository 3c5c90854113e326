// Look-ups: the tokens a record is found under, what a query asks for, and the SQL that finds it again. Keeps vault-6.
import type { Field, RecordType, Uuid } from '#kernel'
import { askedTokens, type BlindIndex, indexTokens } from '#encryption'
import type { Tx } from '#store'
import type { Generation } from './generation.ts'
import type { House } from './house.ts'
import { memoryIds } from './memory-index.ts'
import { createParams, type Params } from './params.ts'
import { fieldPolicy, type Mode, searchedFields, searchModes, type SearchPolicy } from './search-policy.ts'
import type { Values } from './row.ts'
import { nameQuery, nameTerms, normal, phoneTail, pinyinQuery, pinyinTerms } from './terms.ts'

/** The blind index of a field in a mode. */
export const blindIndex = (policy: SearchPolicy, field: Field, mode: Mode): BlindIndex => ({
  id: field.id * 4 + searchModes.indexOf(mode),
  mode,
  partitions: fieldPolicy(policy, field).partitions,
})

/** Terms of a field's value in one mode. */
export const termsOf = (field: Field, mode: Mode, value: string): readonly string[] => {
  switch (mode) {
    case 'exact':
      return normal(field, value) === '' ? [] : [normal(field, value)]
    case 'suffix':
      return phoneTail(value).length === 4 ? [phoneTail(value)] : []
    case 'ngram':
      return nameTerms(value)
    case 'pinyin':
      return pinyinTerms(value)
  }
}

/** All tokens of a record's searchable values in a generation, in ascending order: the order of terms tells nothing. */
export const tokensOf = (
  type: RecordType,
  record: Uuid,
  values: Values,
  { root, policy }: Generation,
): readonly bigint[] =>
  searchedFields(policy, type)
    .flatMap((field) => {
      const value = values[field.name]
      if (typeof value !== 'string') return []
      return fieldPolicy(policy, field).modes.flatMap((mode) =>
        indexTokens(root, blindIndex(policy, field, mode), record, termsOf(field, mode, value)),
      )
    })
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))

/** What a record must have to be a candidate: of each list one term, in the index of a field and mode. No list: nobody has it. */
export interface Ask {
  readonly field: Field
  readonly mode: Mode
  readonly all: readonly (readonly string[])[]
}

/** What is asked for a value of a field. */
export const asks = {
  exact: (field: Field, texts: readonly string[]): Ask =>
    asks.forms(
      field,
      texts.map((text) => normal(field, text)),
    ),
  /** Of values that are in their normal form already. */
  forms: (field: Field, forms: readonly string[]): Ask => {
    const some = forms.filter((form) => form !== '')
    return { field, mode: 'exact', all: some.length === 0 ? [] : [some] }
  },
  suffix: (field: Field, digits: string): Ask => ({ field, mode: 'suffix', all: [[digits]] }),
  /** By the letters, and by the sound; nothing where the text is too short or holds no letter to look up. */
  name: (field: Field, text: string): readonly Ask[] => [
    { field, mode: 'ngram', all: some(nameQuery(text)) },
    ...pinyinQuery(text).map((set): Ask => ({ field, mode: 'pinyin', all: some(set) })),
  ],
} as const

// At most four are asked, the rest is left to the test on the opened value.
const some = (terms: readonly string[]): readonly (readonly string[])[] =>
  [...new Set(terms)].slice(0, 4).map((term) => [term])

/** Turns asks into conditions under alias r, for one list of a type. */
export interface Finder {
  /** Ids of candidates, or a test on each row, whichever reads less. */
  condition(asked: readonly Ask[], params: Params): Promise<string>
  /** The same; named: it gives ids, so that few rows are read whatever else is asked. */
  candidates(asked: readonly Ask[], params: Params): Promise<Candidates>
}

export interface Candidates {
  readonly sql: string
  readonly named: boolean
}

// Where more records than this have the tokens, rows are read in the order wanted and each is asked for its tokens: a page of fifty is
// then found among few. Below it, fetching all candidates costs less than meeting them one by one.
const crowd = 20_000

export const createFinder = (house: House, tx: Tx, type: RecordType): Finder => {
  const candidates = async (asked: readonly Ask[], params: Params): Promise<Candidates> => {
    const generation = house.search.active
    const { policy } = generation
    const open = asked.filter(
      ({ field, mode, all }) => all.length > 0 && fieldPolicy(policy, field).modes.includes(mode),
    )
    if (open.length === 0) return { sql: 'false', named: true }
    if (policy.storage === 'memory') {
      const ids = await memoryIds(house, tx, type, open)
      return { sql: `r.id = any(${params.add(ids)}::uuid[]) and ${fresh(generation)}`, named: true }
    }
    const sets = open.map((ask) => tokenSets(generation, ask))
    return mayBeCrowd(open) && (await isCrowd(tx, generation, sets))
      ? { sql: eachRow(generation, sets, params), named: false }
      : { sql: ids(generation, sets, params), named: true }
  }
  return { candidates, condition: async (asked, params) => (await candidates(asked, params)).sql }
}

type Sets = readonly (readonly bigint[])[]

const tokenSets = ({ root, policy }: Generation, { field, mode, all }: Ask): Sets => {
  const index = blindIndex(policy, field, mode)
  return all.map((terms) => terms.flatMap((term) => askedTokens(root, index, term)))
}

// A whole number or address is nobody's but a few; parts of names can be everybody's.
const mayBeCrowd = (asked: readonly Ask[]): boolean => asked.some(({ mode }) => mode === 'ngram' || mode === 'pinyin')

const isCrowd = async (tx: Tx, generation: Generation, sets: readonly Sets[]): Promise<boolean> => {
  const known = crowds.get(generation) ?? new Map<string, { readonly many: boolean; readonly until: number }>()
  crowds.set(generation, known)
  const name = sets.map((of) => of.join()).join(';')
  const found = known.get(name)
  if (found && found.until > performance.now()) return found.many
  const many = await countCrowd(tx, generation, sets)
  if (known.size >= mostCrowds) known.clear()
  known.set(name, { many, until: performance.now() + crowdMs })
  return many
}

// Counting a crowd takes as long as a search. It only decides which way is quicker, so it may be some minutes old.
const crowds = new WeakMap<Generation, Map<string, { readonly many: boolean; readonly until: number }>>()
const mostCrowds = 1000
const crowdMs = 300_000

const countCrowd = async (tx: Tx, generation: Generation, sets: readonly Sets[]): Promise<boolean> => {
  const params = createParams()
  const [row] = await tx.query<{ many: boolean }>({
    text: `select count(*) > ${String(crowd)} as many from (${found(generation, sets, params, crowd + 1)} limit ${String(crowd + 1)}) found`,
    values: params.values,
  })
  return row?.many ?? false
}

const found = (generation: Generation, sets: readonly Sets[], params: Params, most: number | null): string =>
  sets
    .map(
      (of) =>
        `select crm.search_find(${[String(generation.number), String(most), ...of.map((tokens) => `${params.add(tokens)}::bigint[]`)].join(', ')})`,
    )
    .join(' union all ')

// An array made once, so that the database starts from these ids and not from the table.
const ids = (generation: Generation, sets: readonly Sets[], params: Params): string =>
  `r.id = any(array(${found(generation, sets, params, null)}))`

// In a sub-select of its own it is asked once a query; a bare call would be made for each row, and costs more than the row.
const fresh = ({ number }: Generation): string => `(select crm.search_fresh(${String(number)}))`

const eachRow = (generation: Generation, sets: readonly Sets[], params: Params): string => {
  const ways = sets.map((of) => `(${of.map((tokens) => `s.tokens && ${params.add(tokens)}::bigint[]`).join(' and ')})`)
  return `(${fresh(generation)} and (select ${ways.join(' or ')} from crm.search_index s
    where s.tenant_id = r.tenant_id and s.record_id = r.id and s.generation = ${String(generation.number)}))`
}
