// A new key epoch for a tenant at work: new keys are made under it at once, the old ones wrapped anew in batches, the old epoch only
// opens from then on. Each step can be repeated; killed anywhere, the job goes on. Keeps vault-70, vault-71.
import { Fault, type Json, type Uuid } from '#kernel'
import {
  createEpoch,
  type EnvelopeSuiteId,
  type RootProvider,
  rewrapSubjectKeys,
  sealSecret,
  openSecret,
  secretEpoch,
  type SubjectKeyRow,
  type SuiteId,
  suites,
} from '#encryption'
import type { Job, JobStep, Tx } from '#store'
import { insertEpoch, lockEpochs, readEpochs, wrappedWholly } from './epochs.ts'
import type { House } from './house.ts'
import { tellKeys } from './key-entry.ts'

/** A column of small secrets that another room seals: each row's label follows from its key. */
export interface SecretPlace {
  /** schema.table */
  readonly table: string
  readonly column: string
  /** A uuid, unique within the tenant. */
  readonly key: string
  readonly label: (key: Uuid) => string
}

export interface Rotating {
  readonly house: House
  readonly provider: RootProvider
  readonly secrets: readonly SecretPlace[]
  /** Builds the search index anew under the hash of a suite, where it is not that already; one step. */
  readonly reindex: (job: Job, suite: SuiteId, cursor: Json) => Promise<JobStep>
}

/** Suites of the epoch to come; what is left out stays as it is. */
export interface EpochWish {
  readonly suite?: SuiteId
  readonly envelope?: EnvelopeSuiteId
}

const batch = 2000

interface Wrap {
  readonly phase: 'wrap'
  /** Rows that a writer held are left for the next round. */
  readonly round: number
  /** The last key of this round; null at its beginning. */
  readonly after: readonly [subject: Uuid, generation: number] | null
  readonly done: number
  readonly total: number
}

interface Reseal {
  readonly phase: 'secrets'
  readonly done: number
}

/** One step of a rotation: makes the epoch, or wraps the next keys, or seals the small secrets anew. */
export const epochStep = async (rotating: Rotating, job: Job, wish: EpochWish, cursor: Json): Promise<JobStep> => {
  const at = cursor as unknown as Wrap | Reseal | null
  if (at?.phase === 'wrap') return wrapStep(rotating, job, at)
  if (at?.phase === 'secrets') return secretStep(rotating, job, at)
  await makeEpoch(rotating, job, wish)
  return going({ phase: 'wrap', round: 0, after: null, done: 0, total: await underOlder(rotating, job) })
}

const going = (at: Wrap | Reseal): JobStep => ({
  cursor: { ...at },
  done: at.done,
  total: 'total' in at ? at.total : at.done,
  finished: false,
})

/** The epoch this job makes; the second time it is there already. */
const makeEpoch = async (rotating: Rotating, job: Job, wish: EpochWish): Promise<void> => {
  const { house, provider } = rotating
  const { tenant } = house
  const scope = { tenant, principal: job.startedBy }
  const before = await house.store.transaction(scope, async (tx) => {
    await house.keyring.epochs.refresh(tx)
    return readEpochs(tx, tenant)
  })
  const number = (before.at(-1)?.epoch ?? 0) + 1
  const old = house.keyring.epoch
  const suite = wish.suite ?? old.suite
  // Wrapped before the transaction: a provider may take its time, and nobody should wait for it.
  const fresh = await createEpoch(provider, tenant, number, suite, {
    envelope: wish.envelope ?? old.captureSuite,
    ...(hashOf(suite) === hashOf(old.suite) ? { indexOf: old } : {}),
  })
  const stands = await house.store.transaction(scope, async (tx) => {
    await lockEpochs(tx, tenant)
    // The root key may have been exchanged since, and the old one let go of. From here on nobody lets go of one.
    await provider.renew?.()
    if (!wrappedWholly(fresh, provider.fingerprint)) return false
    const made = await tx.query({
      text: 'select from keyring.epoch where tenant_id = $1 and made_by = $2',
      values: [tenant, job.id],
    })
    if (made.length > 0) return true
    // Waits for every transaction that makes a key under the old epoch right now.
    await tx.query({
      text: `update keyring.epoch set state = 'decrypt-only', retired_at = now() where tenant_id = $1 and state = 'active'`,
      values: [tenant],
    })
    await insertEpoch(tx, fresh, job.id)
    await tellKeys(house, tx, job.startedBy, 'key.epoch-create', {
      epoch: number,
      suite,
      envelope: fresh.captureSuite ?? 17,
      retired: old.epoch,
    })
    return true
  })
  if (!stands) return makeEpoch(rotating, job, wish)
  await house.store.transaction(scope, (tx) => house.keyring.epochs.refresh(tx))
}

export const hashOf = (id: SuiteId): string => suites.find((one) => one.id === id)?.hash ?? ''

interface StoredKey {
  readonly subject_id: Uuid
  readonly generation: number
  readonly epoch: number
  readonly suite: SuiteId
  readonly wrapped: Uint8Array
  readonly commitment: Uint8Array
}

const wrapStep = async (rotating: Rotating, job: Job, at: Wrap): Promise<JobStep> => {
  const rows = await wrapNext(rotating, job, at.after)
  const last = rows.at(-1)
  if (last) {
    const done = at.done + rows.length
    return going({ ...at, after: [last.subject_id, last.generation], done, total: Math.max(at.total, done) })
  }
  if ((await underOlder(rotating, job)) === 0) return going({ phase: 'secrets', done: at.done })
  // Whoever held the rest is done in a moment; to wait for it with locks in hand could end in a deadlock.
  if (at.round > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(50 * at.round, 2000)))
  return going({ ...at, round: at.round + 1, after: null })
}

const wrapNext = ({ house }: Rotating, job: Job, after: Wrap['after']): Promise<readonly StoredKey[]> =>
  house.store.transaction({ tenant: house.tenant, principal: job.startedBy }, async (tx) => {
    const { tenant } = house
    const to = await house.keyring.epochs.demandActive(tx)
    const rows = await tx.query<StoredKey>({
      text: `select subject_id, generation, epoch, suite, wrapped, commitment from keyring.subject_key
             where tenant_id = $1 and epoch <> $2 ${after ? 'and (subject_id, generation) > ($3::uuid, $4::int)' : ''}
             order by subject_id, generation limit ${String(batch)} for no key update skip locked`,
      values: [tenant, to.epoch, ...(after ?? [])],
    })
    if (rows.length === 0) return []
    const wrapped: SubjectKeyRow[] = []
    for (const [number, under] of Map.groupBy(rows, (row) => row.epoch)) {
      const from = await house.keyring.epochs.get(tx, number)
      if (!from) throw new Fault('key-destroyed')
      wrapped.push(
        ...rewrapSubjectKeys(
          from,
          to,
          under.map((row) => keyOf(tenant, row)),
        ),
      )
    }
    await storeWrapped(tx, tenant, wrapped)
    return rows
  })

const keyOf = (tenant: Uuid, row: StoredKey): SubjectKeyRow => {
  const { subject_id: subject, generation, epoch, suite, wrapped, commitment } = row
  return { tenant, subject, generation, epoch, suite, wrapped, commitment }
}

// All keys in one value, cut by the database: an array of small values costs the driver more than the cryptography.
const storeWrapped = async (tx: Tx, tenant: Uuid, rows: readonly SubjectKeyRow[]): Promise<void> => {
  const [first] = rows
  if (!first) return
  await tx.query({
    name: 'keyring-rewrap',
    text: `update keyring.subject_key k set epoch = $4, wrapped = substring($5::bytea from (n.place::int - 1) * $6::int + 1 for $6::int)
           from unnest($2::uuid[], $3::int[]) with ordinality as n (subject_id, generation, place)
           where k.tenant_id = $1 and k.subject_id = n.subject_id and k.generation = n.generation`,
    values: [
      tenant,
      rows.map((row) => row.subject),
      rows.map((row) => row.generation),
      first.epoch,
      Buffer.concat(rows.map((row) => row.wrapped)),
      first.wrapped.length,
    ],
  })
}

/** Small secrets sealed anew, all of them in one transaction: there are as many as people, not as customers. */
const secretStep = async ({ house, secrets }: Rotating, job: Job, at: Reseal): Promise<JobStep> => {
  const { tenant } = house
  await house.store.transaction({ tenant, principal: job.startedBy }, async (tx) => {
    const to = await house.keyring.epochs.demandActive(tx)
    let resealed = 0
    for (const { table, column, key, label } of secrets) {
      const rows = await tx.query<{ key: Uuid; sealed: Uint8Array }>({
        text: `select ${key} as key, ${column} as sealed from ${table} where tenant_id = $1 and ${column} is not null
               and ${epochOfSecret(column)} <> $2 for no key update`,
        values: [tenant, to.epoch],
      })
      for (const row of rows) {
        const epoch = await house.keyring.epochs.get(tx, secretEpoch(row.sealed) ?? 0)
        if (!epoch) throw new Fault('key-destroyed')
        const sealed = sealSecret(to, label(row.key), openSecret(epoch, label(row.key), row.sealed))
        await tx.query({
          text: `update ${table} set ${column} = $3 where tenant_id = $1 and ${key} = $2`,
          values: [tenant, row.key, sealed],
        })
        resealed++
      }
    }
    await tellKeys(house, tx, job.startedBy, 'key.epoch-rotate', { epoch: to.epoch, keys: at.done, secrets: resealed })
  })
  return { ...going(at), finished: true }
}

/** SQL: the epoch that the header of a sealed secret names. */
export const epochOfSecret = (column: string): string => `(get_byte(${column}, 2) * 256 + get_byte(${column}, 3))`

const underOlder = async ({ house }: Rotating, job: Job): Promise<number> => {
  const { tenant } = house
  const [row] = await house.store.transaction({ tenant, principal: job.startedBy }, async (tx) => {
    const { epoch } = await house.keyring.epochs.demandActive(tx)
    return tx.query<{ n: number }>({
      text: `select count(*)::int as n from keyring.subject_key where tenant_id = $1 and epoch <> $2`,
      values: [tenant, epoch],
    })
  })
  return row?.n ?? 0
}
