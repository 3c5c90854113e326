// Keys of the tenant in use: opens the epochs once, finds and makes subject keys, and keeps the opened ones for a while. Keeps vault-2.
import { Fault, type Uuid } from '#kernel'
import {
  createEpoch,
  type Epoch,
  type EpochRow,
  forgetCellKeys,
  type Keys,
  newSubjectKey,
  openEpoch,
  openSubjectKey,
  type SubjectKey,
  type SubjectKeyRow,
} from '#encryption'
import type { Store, Tx } from '#store'
import { heedErasures } from './forget.ts'

export interface Keyring {
  /** The epoch that new keys and tokens are made under. */
  readonly epoch: Epoch
  /** Opened keys of subjects, newest generation each; a destroyed one is absent. */
  open(tx: Tx, subjects: readonly Uuid[]): Promise<ReadonlyMap<Uuid, SubjectKey>>
  /** Keys of subjects, made and stored in this transaction where there are none yet. */
  ensure(tx: Tx, subjects: readonly Uuid[]): Promise<ReadonlyMap<Uuid, SubjectKey>>
  /** Lets go of the opened keys of subjects and of what was derived from them: part of erasing them. */
  forget(subjects: readonly Uuid[]): void
}

const cacheLimit = 50_000

interface StoredEpoch {
  readonly tenant_id: Uuid
  readonly epoch: number
  readonly state: EpochRow['state']
  readonly suite: EpochRow['suite']
  readonly sym_wrapped: Uint8Array
  readonly index_wrapped: Uint8Array
  readonly hpke_public: Uint8Array
  readonly hpke_wrapped: Uint8Array
}

interface StoredKey {
  readonly subject_id: Uuid
  readonly generation: number
  readonly epoch: number
  readonly suite: SubjectKeyRow['suite']
  readonly wrapped: Uint8Array
  readonly commitment: Uint8Array
}

/** Opens the tenant's epochs with the root key; makes the first one where there is none. Throws keystore-foreign with a wrong root. */
export const openKeyring = async (
  store: Store,
  keys: Keys,
  tenant: Uuid,
  scope: { tenant: Uuid; principal: Uuid },
): Promise<Keyring> => {
  const rows = await store.transaction(scope, async (tx) => {
    await tx.query({ text: `select pg_advisory_xact_lock(hashtext('keyring'), hashtext($1))`, values: [tenant] })
    const found = await tx.query<StoredEpoch>({
      text: `select * from keyring.epoch where tenant_id = $1 order by epoch`,
      values: [tenant],
    })
    if (found.length > 0) return found.map(fromStored)
    const first = await createEpoch(keys.provider, tenant, 1, 1)
    await tx.query({
      text: `insert into keyring.epoch (tenant_id, epoch, state, suite, sym_wrapped, index_wrapped, hpke_public, hpke_wrapped)
             values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      values: [
        tenant,
        first.epoch,
        first.state,
        first.suite,
        first.symWrapped,
        first.indexWrapped,
        first.hpkePublic,
        first.hpkeWrapped,
      ],
    })
    return [first]
  })
  const epochs = new Map<number, Epoch>()
  for (const row of rows) if (row.state !== 'destroyed') epochs.set(row.epoch, await openEpoch(keys.provider, row))
  const active = rows.findLast((row) => row.state === 'active')
  const epoch = active && epochs.get(active.epoch)
  if (!epoch) throw new Fault('keystore-locked')
  return keyringOver(tenant, epoch, epochs)
}

/** Opens every epoch of a tenant once, as the owner of the database: the root key at hand must be the one they were made under. */
export const proveRoot = async (tx: Tx, keys: Keys, tenant: Uuid): Promise<void> => {
  const rows = await tx.query<StoredEpoch>({
    text: `select * from keyring.epoch where tenant_id = $1 and state <> 'destroyed' order by epoch`,
    values: [tenant],
  })
  for (const row of rows) await openEpoch(keys.provider, fromStored(row))
}

const fromStored = (row: StoredEpoch): EpochRow => ({
  tenant: row.tenant_id,
  epoch: row.epoch,
  state: row.state,
  suite: row.suite,
  symWrapped: row.sym_wrapped,
  indexWrapped: row.index_wrapped,
  hpkePublic: row.hpke_public,
  hpkeWrapped: row.hpke_wrapped,
})

const keyringOver = (tenant: Uuid, active: Epoch, epochs: ReadonlyMap<number, Epoch>): Keyring => {
  const opened = new Map<Uuid, SubjectKey>()
  const keep = (subject: Uuid, key: SubjectKey): void => {
    if (opened.size >= cacheLimit) for (const old of [...opened.keys()].slice(0, cacheLimit / 10)) opened.delete(old)
    opened.set(subject, key)
  }
  const heed = heedErasures(tenant, (subjects) => forget(subjects))
  const open = async (tx: Tx, subjects: readonly Uuid[]): Promise<Map<Uuid, SubjectKey>> => {
    await heed(tx)
    const found = new Map<Uuid, SubjectKey>()
    const missing = new Set<Uuid>()
    for (const subject of subjects) {
      const key = opened.get(subject)
      if (key) found.set(subject, key)
      else missing.add(subject)
    }
    if (missing.size === 0) return found
    const rows = await tx.query<StoredKey>({
      name: 'keyring-open',
      text: `select distinct on (subject_id) subject_id, generation, epoch, suite, wrapped, commitment
             from keyring.subject_key where tenant_id = $1 and subject_id = any($2::uuid[]) order by subject_id, generation desc`,
      values: [tenant, [...missing]],
    })
    for (const row of rows) {
      const epoch = epochs.get(row.epoch)
      if (!epoch) continue
      const key = openSubjectKey(epoch, {
        tenant,
        subject: row.subject_id,
        generation: row.generation,
        epoch: row.epoch,
        suite: row.suite,
        wrapped: row.wrapped,
        commitment: row.commitment,
      })
      keep(row.subject_id, key)
      found.set(row.subject_id, key)
    }
    return found
  }
  const ensure = async (tx: Tx, subjects: readonly Uuid[]): Promise<ReadonlyMap<Uuid, SubjectKey>> => {
    const found = await open(tx, subjects)
    const fresh = [...new Set(subjects)]
      .filter((subject) => !found.has(subject))
      .map((subject) => newSubjectKey(active, subject, 1))
    if (fresh.length === 0) return found
    await insertKeys(
      tx,
      fresh.map(({ row }) => row),
    )
    // Not kept for later: the transaction may still roll back, and the stored key would then be another one.
    for (const { row, key } of fresh) found.set(row.subject, key)
    return found
  }
  const forget = (subjects: readonly Uuid[]): void => {
    for (const subject of subjects) {
      const key = opened.get(subject)
      if (key) forgetCellKeys(key)
      opened.delete(subject)
    }
  }
  return { epoch: active, open, ensure, forget }
}

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
