// How each field can be found, chosen by the tenant: which indexes it has, over how many partitions, or none in the database at all. Keeps vault-60.
import {
  type Catalogue,
  Fault,
  type Field,
  inSentence,
  type Json,
  type Label,
  listed,
  type RecordType,
  type Said,
  say,
} from '#kernel'

/** What a field can be found by. */
export const searchModes = ['exact', 'suffix', 'ngram', 'pinyin'] as const
export type Mode = (typeof searchModes)[number]

export interface FieldPolicy {
  readonly modes: readonly Mode[]
  /** Over how many tokens equal terms are spread; 1, 2, 4, 8 or 16. */
  readonly partitions: number
}

export interface SearchPolicy {
  /** database: keyed tokens in crm.search_index. memory: no token leaves the process; for small tenants. */
  readonly storage: 'database' | 'memory'
  /** By field id; a field that is absent is found as the catalogue says. */
  readonly fields: Readonly<Record<string, FieldPolicy>>
}

/** What an installation begins with. */
export const firstPolicy: SearchPolicy = { storage: 'database', fields: {} }

/** Fewer records than this can be searched in memory. */
export const memoryLimit = 20_000

// Four tokens for each group of surnames (facts: k = 4); more costs a look-up each and tells hardly less.
const usualPartitions = 4

const used = new WeakMap<SearchPolicy, Map<number, FieldPolicy>>()

/** How a field is found under a policy. */
export const fieldPolicy = (policy: SearchPolicy, field: Field): FieldPolicy => {
  const known = used.get(policy) ?? new Map<number, FieldPolicy>()
  used.set(policy, known)
  const found = known.get(field.id) ?? policy.fields[String(field.id)] ?? usual(field)
  known.set(field.id, found)
  return found
}

/** What the catalogue asks for: parts of names come with their sound. */
export const usual = (field: Field): FieldPolicy => ({
  modes:
    field.storage === 'sealed' ? field.search.flatMap((mode) => (mode === 'ngram' ? [mode, 'pinyin'] : [mode])) : [],
  partitions: usualPartitions,
})

/** What a field of this kind could be found by. Numbers that identify have no parts: together, parts give the number away. */
export const possibleModes = (field: Field): readonly Mode[] => {
  if (field.storage !== 'sealed') return []
  switch (field.kind) {
    case 'phone':
      return ['exact', 'suffix']
    case 'name':
    case 'company':
      return ['exact', 'ngram', 'pinyin']
    case 'text':
    case 'email':
    case 'idnumber':
    case 'bankcard':
      return ['exact']
    default:
      return []
  }
}

/** Fields of a type that can be found at all, under a policy. */
export const searchedFields = (policy: SearchPolicy, type: RecordType): readonly Field[] =>
  type.fields.filter((field) => field.storage === 'sealed' && fieldPolicy(policy, field).modes.length > 0)

/** Reads a policy from JSON. Throws bad-input naming what does not fit the catalogue. */
export const parsePolicy = (catalogue: Catalogue, value: unknown): SearchPolicy => {
  if (typeof value !== 'object' || value === null) throw unfit('a search policy is an object')
  const { storage, fields } = value as { readonly storage?: unknown; readonly fields?: unknown }
  if (storage !== 'database' && storage !== 'memory') throw unfit('storage is database or memory')
  if (typeof fields !== 'object' || fields === null) throw unfit('fields are an object')
  const byId = new Map(
    catalogue.types.flatMap((type) => type.fields.map((field) => [String(field.id), { type, field }] as const)),
  )
  const parsed: Record<string, FieldPolicy> = {}
  for (const [id, given] of Object.entries(fields as Readonly<Record<string, unknown>>)) {
    const found = byId.get(id)
    // A field of a later program: what is not known here is not searched here.
    if (found) parsed[id] = parseField(found.type, found.field, given)
  }
  return { storage, fields: parsed }
}

const parseField = (type: RecordType, field: Field, given: unknown): FieldPolicy => {
  const name = inSentence(field.label)
  const { modes, partitions } = (given ?? {}) as { readonly modes?: unknown; readonly partitions?: unknown }
  if (!Array.isArray(modes)) throw unfit(say('field {field}: modes are a list', { field: name }))
  const wanted = searchModes.filter((mode) => modes.includes(mode))
  const possible = possibleModes(field)
  if (wanted.length !== new Set(modes).size || !wanted.every((mode) => possible.includes(mode)))
    throw unfit(
      possible.length === 0
        ? say('field {field} cannot be found at all', { field: name })
        : say('field {field} can be found by {modes}', {
            field: name,
            modes: listed(possible.map((mode) => modeWords[mode])),
          }),
    )
  if (typeof partitions !== 'number' || ![1, 2, 4, 8, 16].includes(partitions))
    throw unfit(say('field {field}: partitions are 1, 2, 4, 8 or 16', { field: name }))
  // Signing in finds the person by e-mail.
  if (type.name === 'user' && field.name === 'email' && !wanted.includes('exact'))
    throw unfit('the e-mail of users must be found exactly: they sign in with it')
  return { modes: wanted, partitions }
}

const modeWords: Readonly<Record<Mode, Label>> = {
  exact: { zh: '整值', en: 'whole value' },
  suffix: { zh: '末四位', en: 'last four' },
  ngram: { zh: '部分文字', en: 'parts' },
  pinyin: { zh: '拼音', en: 'sound' },
}

const unfit = (what: Said): Fault => new Fault('bad-input', { what })

/** The policy as JSON. */
export const policyJson = (policy: SearchPolicy): Json => ({
  storage: policy.storage,
  fields: Object.fromEntries(
    Object.entries(policy.fields).map(([id, { modes, partitions }]) => [id, { modes: [...modes], partitions }]),
  ),
})
