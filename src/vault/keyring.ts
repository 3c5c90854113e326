// Keys of subjects: found, made and kept for a while, every generation of them, also when another process rotates them meanwhile. Keeps vault-2.
import { Fault, type Uuid } from '#kernel'
import {
  type Epoch,
  forgetCellKeys,
  type Keys,
  newSubjectKey,
  openSubjectKey,
  type ProfileName,
  readHeader,
  type SubjectKey,
  type SubjectKeyRow,
} from '#encryption'
import type { Store, Tx } from '#store'
import { type Epochs, openEpochs } from './epochs.ts'
import { heedErasures } from './forget.ts'

/** The keys of one subject: of each generation that something may still be sealed under. */
export interface SubjectKeys {
  /** The generation that new cells are sealed under. */
  readonly newest: SubjectKey
  /** The key whose generation a cell, or the header of a stream, names. Throws cell-does-not-open where it is gone. */
  of(sealed: Uint8Array): SubjectKey
  /** Whether the key that a cell names is there. */
  opens(sealed: Uint8Array): boolean
}

/** A row of a subject with its cells (columns cell_…), or the subject alone, whose keys are then read anew. */
export type Keyed = Uuid | { readonly subject_id: Uuid; readonly [column: string]: unknown }

export interface Keyring {
  /** The epoch that new keys and tokens are made under, as far as this process knows. */
  readonly epoch: Epoch
  readonly epochs: Epochs
  /** For reading: keys of the rows' subjects, every generation their cells name; a subject whose keys were destroyed is absent. */
  open(tx: Tx, rows: readonly Keyed[]): Promise<ReadonlyMap<Uuid, SubjectKeys>>
  /** For writing: as open, and until the transaction ends nobody can retire the newest generations. */
  hold(tx: Tx, rows: readonly Keyed[]): Promise<ReadonlyMap<Uuid, SubjectKeys>>
  /** As hold; keys are made and stored in this transaction where there are none yet. */
  ensure(tx: Tx, rows: readonly Keyed[]): Promise<ReadonlyMap<Uuid, SubjectKeys>>
  /** The next generation of keys, stored in this transaction; the newest ones, which it retires, are locked until its end. */
  renew(tx: Tx, subjects: readonly Uuid[]): Promise<ReadonlyMap<Uuid, SubjectKey>>
  /** Lets go of what is held of these subjects in memory, or of all. */
  forget(subjects?: readonly Uuid[]): void
}

/**
 * A column subject_keys for rows under alias r, by which a row brings its keys along, where asking for them apart would take as long
 * again. Each key is
 * generation (4) ‖ epoch (4) ‖ suite (2) ‖ length (2) and commitment ‖ length (2) and wrapped key.
 */
export const keyColumn = `(select string_agg(int4send(k.generation) || int4send(k.epoch) || int2send(k.suite)
    || int2send(length(k.commitment)::int2) || k.commitment || int2send(length(k.wrapped)::int2) || k.wrapped, '' order by k.generation)
  from keyring.subject_key k where k.tenant_id = r.tenant_id and k.subject_id = r.subject_id) as subject_keys`

const broughtKeys = (subject: Uuid, bytes: Uint8Array): readonly StoredKey[] => {
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const keys: StoredKey[] = []
  let at = 0
  const part = (): Uint8Array => {
    const length = from.readUInt16BE(at)
    const found = new Uint8Array(from.subarray(at + 2, at + 2 + length))
    at += 2 + length
    return found
  }
  while (at < from.length) {
    const head = { generation: from.readInt32BE(at), epoch: from.readInt32BE(at + 4), suite: from.readInt16BE(at + 8) }
    at += 10
    const commitment = part()
    keys.push({
      subject_id: subject,
      ...head,
      suite: head.suite as SubjectKeyRow['suite'],
      commitment,
      wrapped: part(),
    })
  }
  return keys
}

const cacheLimit = 50_000

interface StoredKey {
  readonly subject_id: Uuid
  readonly generation: number
  readonly epoch: number
  readonly suite: SubjectKeyRow['suite']
  readonly wrapped: Uint8Array
  readonly commitment: Uint8Array
}

/** Opens the tenant's keys; the first epoch is made where there is none. Throws keystore-foreign with a wrong root. */
export const openKeyring = async (
  store: Store,
  keys: Keys,
  tenant: Uuid,
  scope: { readonly tenant: Uuid; readonly principal: Uuid },
  profile?: ProfileName,
): Promise<Keyring> => new TenantKeyring(tenant, await openEpochs(store, keys, tenant, scope, profile))

class TenantKeyring implements Keyring {
  readonly epochs: Epochs
  readonly #tenant: Uuid
  readonly #opened = new Map<Uuid, Generations>()
  /** Subjects whose keys a transaction made, which may still roll back: they are not kept for others. */
  readonly #made = new WeakMap<Tx, Set<Uuid>>()
  readonly #heed: (tx: Tx) => Promise<void>

  constructor(tenant: Uuid, epochs: Epochs) {
    this.#tenant = tenant
    this.epochs = epochs
    this.#heed = heedErasures(tenant, (subjects) => this.forget(subjects))
  }

  get epoch(): Epoch {
    return this.epochs.active
  }

  async open(tx: Tx, rows: readonly Keyed[]): Promise<ReadonlyMap<Uuid, Generations>> {
    await this.#heed(tx)
    const found = new Map<Uuid, Generations>()
    const missing = new Set<Uuid>()
    for (const row of rows) {
      const subject = subjectOf(row)
      const known = this.#opened.get(subject)
      const brought = typeof row === 'string' ? undefined : row['subject_keys']
      if (known && typeof row !== 'string' && opensAll(known, row)) found.set(subject, known)
      else if (brought instanceof Uint8Array) await this.#take(tx, subject, broughtKeys(subject, brought), found)
      else missing.add(subject)
    }
    if (missing.size === 0) return found
    const stored = await tx.query<StoredKey>({
      name: 'keyring-open',
      text: `select subject_id, generation, epoch, suite, wrapped, commitment from keyring.subject_key
             where tenant_id = $1 and subject_id = any($2::uuid[]) order by subject_id, generation`,
      values: [this.#tenant, [...missing]],
    })
    for (const [subject, generations] of Map.groupBy(stored, (row) => row.subject_id))
      await this.#take(tx, subject, generations, found)
    return found
  }

  async hold(tx: Tx, rows: readonly Keyed[]): Promise<ReadonlyMap<Uuid, Generations>> {
    const subjects = [...new Set(rows.map(subjectOf))]
    const newest = new Map<Uuid, SubjectKey>()
    // A second look for subjects whose key was retired while we waited for it: its successor was invisible to the first one.
    for (let look = 0, wanted = subjects; look < 3 && wanted.length > 0; look++) {
      const stored = await tx.query<StoredKey & { readonly retired: boolean }>({
        name: 'keyring-hold',
        text: `select subject_id, generation, epoch, suite, wrapped, commitment, retired_at is not null as retired
               from keyring.subject_key where tenant_id = $1 and subject_id = any($2::uuid[]) order by subject_id, generation for share`,
        values: [this.#tenant, wanted],
      })
      const retired = new Set(stored.map((row) => row.subject_id))
      for (const row of stored.filter((each) => !each.retired)) {
        retired.delete(row.subject_id)
        const [key] = await this.#openRows(tx, [row], this.#opened.get(row.subject_id))
        if (key) newest.set(row.subject_id, key)
      }
      wanted = [...retired]
    }
    const held = rows.filter((row) => newest.has(subjectOf(row)))
    const older = await this.open(
      tx,
      held.filter((row) => typeof row !== 'string'),
    )
    return new Map(
      [...newest].map(([subject, key]) => {
        const known = older.get(subject)
        return [subject, known?.newest === key ? known : new Generations([...(known?.all ?? []), key])]
      }),
    )
  }

  async ensure(tx: Tx, rows: readonly Keyed[]): Promise<ReadonlyMap<Uuid, Generations>> {
    const found = new Map(await this.hold(tx, rows))
    const missing = [...new Set(rows.map(subjectOf))].filter((subject) => !found.has(subject))
    if (missing.length === 0) return found
    await this.epochs.demandProvider()
    const epoch = await this.epochs.demandActive(tx)
    const fresh = missing.map((subject) => newSubjectKey(epoch, subject, 1))
    await this.#insert(
      tx,
      fresh.map(({ row }) => row),
    )
    for (const { row, key } of fresh) found.set(row.subject, new Generations([key]))
    return found
  }

  async renew(tx: Tx, subjects: readonly Uuid[]): Promise<ReadonlyMap<Uuid, SubjectKey>> {
    const locked = await tx.query<{ subject_id: Uuid; generation: number }>({
      text: `select subject_id, generation from keyring.subject_key
             where tenant_id = $1 and subject_id = any($2::uuid[]) and retired_at is null order by subject_id for update`,
      values: [this.#tenant, subjects],
    })
    if (locked.length === 0) return new Map()
    const epoch = await this.epochs.demandActive(tx)
    const fresh = locked.map(({ subject_id, generation }) => newSubjectKey(epoch, subject_id, generation + 1))
    await tx.query({
      text: `update keyring.subject_key set retired_at = now() where tenant_id = $1 and subject_id = any($2::uuid[]) and retired_at is null`,
      values: [this.#tenant, locked.map((row) => row.subject_id)],
    })
    await this.#insert(
      tx,
      fresh.map(({ row }) => row),
    )
    return new Map(fresh.map(({ row, key }) => [row.subject, key]))
  }

  forget(subjects: readonly Uuid[] = [...this.#opened.keys()]): void {
    for (const subject of subjects) {
      for (const key of this.#opened.get(subject)?.all ?? []) forgetCellKeys(key)
      this.#opened.delete(subject)
    }
  }

  async #insert(tx: Tx, rows: readonly SubjectKeyRow[]): Promise<void> {
    const made = this.#made.get(tx) ?? new Set<Uuid>()
    for (const { subject } of rows) made.add(subject)
    this.#made.set(tx, made)
    await insertKeys(tx, rows)
  }

  /** Opens the stored keys of a subject and puts them among those found, unless their epochs are all destroyed. */
  async #take(tx: Tx, subject: Uuid, stored: readonly StoredKey[], found: Map<Uuid, Generations>): Promise<void> {
    const opened = await this.#openRows(tx, stored, this.#opened.get(subject))
    if (opened.length === 0) return
    const keys = new Generations(opened)
    if (this.#made.get(tx)?.has(subject) !== true) this.#keep(subject, keys)
    found.set(subject, keys)
  }

  /** The keys of stored rows; one that is open already is not opened again. Rows of a destroyed epoch are left out. */
  async #openRows(tx: Tx, rows: readonly StoredKey[], known: Generations | undefined): Promise<SubjectKey[]> {
    const keys: SubjectKey[] = []
    for (const row of rows) {
      const held = known?.all.find((key) => key.generation === row.generation)
      if (held) {
        keys.push(held)
        continue
      }
      const epoch = await this.epochs.get(tx, row.epoch)
      if (epoch) keys.push(openSubjectKey(epoch, rowOf(this.#tenant, row)))
    }
    return keys
  }

  #keep(subject: Uuid, keys: Generations): void {
    if (this.#opened.size >= cacheLimit)
      for (const old of [...this.#opened.keys()].slice(0, cacheLimit / 10)) this.#opened.delete(old)
    this.#opened.set(subject, keys)
  }
}

/** Keys of one subject by generation. */
class Generations implements SubjectKeys {
  readonly all: readonly SubjectKey[]
  readonly newest: SubjectKey

  constructor(keys: readonly SubjectKey[]) {
    this.all = keys
    const newest = keys.reduce<SubjectKey | undefined>(
      (best, key) => (best && best.generation > key.generation ? best : key),
      undefined,
    )
    if (!newest) throw new Fault('key-destroyed')
    this.newest = newest
  }

  get size(): number {
    return this.all.length
  }

  has(generation: number): boolean {
    return this.newest.generation === generation || this.all.some((key) => key.generation === generation)
  }

  opens(sealed: Uint8Array): boolean {
    return this.has(generationOf(sealed))
  }

  of(sealed: Uint8Array): SubjectKey {
    const generation = generationOf(sealed)
    const key =
      this.newest.generation === generation ? this.newest : this.all.find((each) => each.generation === generation)
    if (!key) throw new Fault('cell-does-not-open')
    return key
  }
}

const subjectOf = (row: Keyed): Uuid => (typeof row === 'string' ? row : row.subject_id)

// Cells and streams have their generation in the same place.
const generationOf = (sealed: Uint8Array): number => {
  const [, , , , , a = 0, b = 0, c = 0, d = 0] = sealed
  return readHeader(sealed)?.generation ?? ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
}

const opensAll = (keys: Generations, row: { readonly [column: string]: unknown }): boolean => {
  for (const column in row) {
    if (!column.startsWith('cell_')) continue
    const cell = row[column]
    if (cell instanceof Uint8Array && !keys.has(generationOf(cell))) return false
  }
  return true
}

const rowOf = (tenant: Uuid, row: StoredKey): SubjectKeyRow => ({
  tenant,
  subject: row.subject_id,
  generation: row.generation,
  epoch: row.epoch,
  suite: row.suite,
  wrapped: row.wrapped,
  commitment: row.commitment,
})

/** Stores new keys. */
const insertKeys = async (tx: Tx, rows: readonly SubjectKeyRow[]): Promise<void> => {
  // A person who was erased gets no new key: what was written for them would outlive the erasure.
  const made = await tx.query({
    name: 'keyring-insert',
    text: `insert into keyring.subject_key (tenant_id, subject_id, generation, epoch, suite, wrapped, commitment)
           select k.* from unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[], $5::smallint[], $6::bytea[], $7::bytea[])
             as k (tenant_id, subject_id, generation, epoch, suite, wrapped, commitment)
           where not exists (select from ops.erasure e where e.tenant_id = k.tenant_id and e.subject_id = k.subject_id)
           returning 1`,
    values: [
      rows.map((row) => row.tenant),
      rows.map((row) => row.subject),
      rows.map((row) => row.generation),
      rows.map((row) => row.epoch),
      rows.map((row) => row.suite),
      rows.map((row) => Buffer.from(row.wrapped)),
      rows.map((row) => Buffer.from(row.commitment)),
    ],
  })
  if (made.length < rows.length) throw new Fault('key-destroyed')
}
