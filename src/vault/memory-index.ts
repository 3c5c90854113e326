// Search without a token in the database: terms of all records of a type in this process, built at the first search, brought up to date at each. Keeps vault-62.
import { Fault, type RecordType, type Uuid } from '#kernel'
import type { Tx } from '#store'
import type { House } from './house.ts'
import { type Ask, termsOf } from './lookup.ts'
import { openAll } from './open.ts'
import { type Row, selectList } from './row.ts'
import { fieldPolicy, memoryLimit, searchedFields, type SearchPolicy } from './search-policy.ts'

interface Known {
  readonly version: number
  readonly terms: readonly string[]
}

/** Terms of the records of one type, both ways. */
class MemoryIndex {
  /** Rows, sum of versions and latest change when it was last brought up to date. */
  mark = ''
  readonly records = new Map<Uuid, Known>()
  readonly #holders = new Map<string, Set<Uuid>>()

  put(id: Uuid, version: number, terms: readonly string[]): void {
    this.drop(id)
    this.records.set(id, { version, terms })
    for (const term of terms) {
      const holders = this.#holders.get(term)
      if (holders) holders.add(id)
      else this.#holders.set(term, new Set([id]))
    }
  }
  drop(id: Uuid): void {
    for (const term of this.records.get(id)?.terms ?? []) {
      const holders = this.#holders.get(term)
      holders?.delete(id)
      if (holders?.size === 0) this.#holders.delete(term)
    }
    this.records.delete(id)
  }
  /** Records that have one term of each list. */
  having(all: readonly (readonly string[])[]): ReadonlySet<Uuid> {
    const sets = all.map((terms) => new Set(terms.flatMap((term) => [...(this.#holders.get(term) ?? [])])))
    return sets.reduce((a, b) => a.intersection(b))
  }
}

interface Held {
  readonly policy: SearchPolicy
  readonly types: Map<string, MemoryIndex>
  turn: Promise<unknown>
}

const held = new WeakMap<House, Held>()

/** Ids of records that fulfil one of the asks. Throws search-memory-full over 20,000 records of the type. */
export const memoryIds = async (
  house: House,
  tx: Tx,
  type: RecordType,
  asked: readonly Ask[],
): Promise<readonly Uuid[]> => {
  const { policy } = house.search.active
  const known = held.get(house)
  const mine =
    known?.policy === policy ? known : { policy, types: new Map<string, MemoryIndex>(), turn: Promise.resolve() }
  held.set(house, mine)
  // One after the other: two searches at once would open every record twice.
  const turn = mine.turn.then(() => tx.asHouse(() => upToDate(house, tx, type, mine)))
  mine.turn = turn.catch(() => undefined)
  const index = await turn
  const found = new Set<Uuid>()
  for (const { field, mode, all } of asked) {
    const keyed = all.map((terms) => terms.map((term) => keyOf(field.id, mode, term)))
    for (const id of index.having(keyed)) found.add(id)
  }
  return [...found]
}

/** Lets go of everything held in memory: part of erasing a person. */
export const forgetMemory = (house: House): void => {
  held.delete(house)
}

const keyOf = (field: number, mode: string, term: string): string => `${String(field)} ${mode} ${term}`

const upToDate = async (house: House, tx: Tx, type: RecordType, mine: Held): Promise<MemoryIndex> => {
  const index = mine.types.get(type.name) ?? new MemoryIndex()
  // Every change raises a version, so these three together never repeat; other processes' changes show in them too.
  const [sums] = await tx.query<{ rows: bigint; mark: string }>({
    text: `select count(*) as rows, concat_ws(' ', count(*), sum(version), max(updated_at)) as mark from crm."${type.table}" where tenant_id = $1`,
    values: [house.tenant],
  })
  if (Number(sums?.rows ?? 0n) > memoryLimit) {
    mine.types.delete(type.name)
    throw new Fault('search-memory-full', { limit: memoryLimit })
  }
  if (sums?.mark === index.mark) return index
  const versions = await tx.query<{ id: Uuid; version: number }>({
    text: `select id, version from crm."${type.table}" where tenant_id = $1`,
    values: [house.tenant],
  })
  const there = new Map(versions.map((row) => [row.id, row.version]))
  for (const id of [...index.records.keys()]) if (!there.has(id)) index.drop(id)
  const stale = versions.filter((row) => index.records.get(row.id)?.version !== row.version).map((row) => row.id)
  for (let from = 0; from < stale.length; from += 1000)
    await take(house, tx, type, mine.policy, index, stale.slice(from, from + 1000))
  index.mark = sums?.mark ?? ''
  mine.types.set(type.name, index)
  return index
}

const take = async (
  house: House,
  tx: Tx,
  type: RecordType,
  policy: SearchPolicy,
  index: MemoryIndex,
  ids: readonly Uuid[],
): Promise<void> => {
  const rows = await tx.query<Row>({
    text: `select ${selectList(type, 'r')} from crm."${type.table}" r where r.tenant_id = $1 and r.id = any($2::uuid[])`,
    values: [house.tenant, ids],
  })
  const keys = await house.keyring.open(
    tx,
    rows.map((row) => row.subject_id),
  )
  const fields = searchedFields(policy, type)
  for (const row of rows) {
    const values = openAll(type, row, keys.get(row.subject_id))
    const terms = fields.flatMap((field) => {
      const value = values[field.name]
      if (typeof value !== 'string') return []
      return fieldPolicy(policy, field).modes.flatMap((mode) =>
        termsOf(field, mode, value).map((term) => keyOf(field.id, mode, term)),
      )
    })
    index.put(row.id, row.version, [...new Set(terms)])
  }
}
