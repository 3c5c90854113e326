// What a thief of the database learns, field by field, and how much the built-in attacks recover from the tenant's own data. Keeps
// vault-64.
import { type Field, type FieldGroup, type Label, type RecordType, services, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { dictionaryAttacks, prefixAttack, rankAttack, type Recovery, type Stolen, unkeyed } from './attack.ts'
import type { House } from './house.ts'
import { termsOf } from './lookup.ts'
import { openAll } from './open.ts'
import { type Row, selectList, type Values } from './row.ts'
import { fieldPolicy, type Mode, searchedFields, searchModes } from './search-policy.ts'
import { type Learns, learnsOf, tellsOf } from './tells.ts'
import { normal, phoneTail } from './terms.ts'

export interface Attack extends Recovery {
  /** rank: matching by frequency. dictionary: hashing all candidates. prefix: reading digit by digit. */
  readonly attack: 'rank' | 'dictionary' | 'prefix'
  readonly mode: Mode
  /** What is guessed: the whole value, its last digits, the surname, the first letters, the first syllable. */
  readonly target: 'value' | 'tail' | 'surname' | 'letters' | 'syllable'
  /** What the same attack recovers from hashes without a key, where that is what it is known for; else null. */
  readonly unkeyed: number | null
}

export interface FieldLeakage {
  readonly type: string
  readonly field: string
  readonly label: Label
  readonly group: FieldGroup
  readonly dataClass: Field['dataClass']
  readonly modes: readonly Mode[]
  readonly partitions: number
  readonly learns: Learns
  /** What a thief learns, for people. */
  readonly tells: readonly Label[]
  readonly attacks: readonly Attack[]
}

export interface Leakage {
  readonly generation: number
  readonly storage: 'database' | 'memory'
  readonly fields: readonly FieldLeakage[]
}

// Records of a type that are looked at: at this size the attacks on surnames get about as far as they ever will.
const sampleSize = 20_000

/** Runs every attack against what is stored now. For the system: it opens records, and gives out shares alone. */
export const measureLeakage = async (house: House): Promise<Leakage> => {
  await house.search.reload()
  const { active } = house.search
  const fields: FieldLeakage[] = []
  for (const type of house.catalogue.types) fields.push(...(await measureType(house, type)))
  return { generation: active.number, storage: active.policy.storage, fields }
}

/** All fields of one type, plain and retired ones too; those that are searched are attacked. */
export const measureType = async (house: House, type: RecordType): Promise<readonly FieldLeakage[]> => {
  // Nothing is opened where nothing can be attacked.
  const attacked = searchedFields(house.search.active.policy, type).length > 0
  const sample = attacked
    ? await house.store.transaction(
        { tenant: house.tenant, principal: services.system },
        (tx) => sampleOf(house, tx, type),
        { readOnly: true, timeoutMs: 0 },
      )
    : []
  return type.fields.map((field) => leakageOf(house, type, field, sample))
}

interface Sampled {
  readonly values: Values
  readonly tokens: readonly bigint[]
}

const sampleOf = async (house: House, tx: Tx, type: RecordType): Promise<readonly Sampled[]> => {
  const sample: Sampled[] = []
  let after: Uuid = '00000000-0000-0000-0000-000000000000'
  while (sample.length < sampleSize) {
    const rows = await tx.query<Row & { readonly tokens: readonly bigint[] | null }>({
      text: `select ${selectList(type, 'r')}, s.tokens from crm."${type.table}" r
             left join crm.search_index s on s.tenant_id = r.tenant_id and s.record_id = r.id and s.generation = $3
             where r.tenant_id = $1 and r.id > $2::uuid order by r.id limit 1000`,
      values: [house.tenant, after, house.search.active.number],
    })
    const keys = await house.keyring.open(tx, rows)
    for (const row of rows)
      sample.push({
        values: openAll(type, row, keys.get(row.subject_id)),
        tokens: (row.tokens ?? []).map(BigInt),
      })
    const last = rows.at(-1)
    if (!last || rows.length < 1000) break
    after = last.id
  }
  return sample
}

const leakageOf = (house: House, type: RecordType, field: Field, sample: readonly Sampled[]): FieldLeakage => {
  const { policy } = house.search.active
  const { modes, partitions } = fieldPolicy(policy, field)
  return {
    type: type.name,
    field: field.name,
    label: field.label,
    group: field.group,
    dataClass: field.dataClass,
    modes,
    partitions,
    learns: learnsOf(field, policy),
    tells: tellsOf(type, field, policy),
    attacks: modes.flatMap((mode) => attacksOn(field, mode, partitions, sample)),
  }
}

const attacksOn = (field: Field, mode: Mode, partitions: number, sample: readonly Sampled[]): readonly Attack[] => {
  const index = BigInt(field.id * 4 + searchModes.indexOf(mode))
  const attacks: Attack[] = []
  for (const { target, kind, truthOf } of targets[mode]) {
    const stolen = sample.flatMap(({ values, tokens }): readonly Stolen[] => {
      const value = values[field.name]
      const truth = typeof value === 'string' ? truthOf(field, value) : undefined
      if (truth === undefined) return []
      return [{ truth, tokens: tokens.filter((token) => token >> 48n === index && ((token >> 44n) & 15n) === kind) }]
    })
    if (stolen.length === 0) continue
    attacks.push({
      attack: 'rank',
      mode,
      target,
      ...rankAttack(stolen, mode === 'exact' ? 1 : partitions),
      unkeyed: null,
    })
    if (field.kind === 'phone' && mode === 'exact') attacks.push(...phoneAttacks(stolen))
  }
  return attacks
}

// Numbers are few enough to be tried: for some of the tenant's, all that share their first digits.
const phoneSample = 10

const phoneAttacks = (all: readonly Stolen[]): readonly Attack[] => {
  const stolen = all.filter((_, i) => i % Math.max(1, Math.floor(all.length / phoneSample)) === 0).slice(0, phoneSample)
  const bare = (texts: (truth: string) => readonly string[]): readonly Stolen[] =>
    stolen.map(({ truth }) => ({ truth, tokens: texts(truth).map((text) => unkeyed(text)[0] ?? 0n) }))
  const candidates = new Set(
    stolen.flatMap(({ truth }) =>
      Array.from({ length: 10_000 }, (_, i) => truth.slice(0, -4) + String(i).padStart(4, '0')),
    ),
  )
  const unprotected = bare((truth) => [truth])
  const nothing = { records: 0, recovered: 0, guess: 0 }
  const [stored = nothing, without = nothing] = dictionaryAttacks([stolen, unprotected], candidates)
  const prefixes = (truth: string): readonly string[] => Array.from(truth, (_, i) => truth.slice(0, i + 1))
  return [
    {
      attack: 'dictionary',
      mode: 'exact',
      target: 'value',
      ...stored,
      unkeyed: without.recovered,
    },
    {
      attack: 'prefix',
      mode: 'exact',
      target: 'value',
      ...prefixAttack(stolen),
      unkeyed: prefixAttack(bare(prefixes)).recovered,
    },
  ]
}

const han = /^\p{Script=Han}/u

interface Target {
  readonly target: Attack['target']
  /** Kind of the tokens that tell it. */
  readonly kind: bigint
  readonly truthOf: (field: Field, value: string) => string | undefined
}

const targets: Readonly<Record<Mode, readonly Target[]>> = {
  exact: [{ target: 'value', kind: 0n, truthOf: (field, value) => normal(field, value) || undefined }],
  suffix: [{ target: 'tail', kind: 1n, truthOf: (_, value) => phoneTail(value) || undefined }],
  ngram: [
    {
      target: 'surname',
      kind: 3n,
      truthOf: (field, value) => termsOf(field, 'ngram', value).find((term) => han.test(term)),
    },
    {
      target: 'letters',
      kind: 7n,
      truthOf: (field, value) =>
        termsOf(field, 'ngram', value).find((term) => !term.startsWith('^') && !han.test(term)),
    },
  ],
  pinyin: [
    {
      target: 'syllable',
      kind: 8n,
      truthOf: (field, value) =>
        termsOf(field, 'pinyin', value).find((term) => term.startsWith('s:') && term.length <= 8),
    },
  ],
}
