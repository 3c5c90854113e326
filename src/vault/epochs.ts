// The tenant's key epochs: opened once, opened again when another process has rotated them. Keeps vault-2.
import { Fault, type Uuid } from '#kernel'
import {
  createEpoch,
  type Epoch,
  type EpochRow,
  type Keys,
  openEpoch,
  openSecret,
  type ProfileName,
  profileOf,
  sealSecret,
  secretEpoch,
  wrappedBy,
} from '#encryption'
import type { Store, Tx } from '#store'

export interface Epochs {
  /** The epoch that new keys are made under, as far as this process knows; see demandActive. */
  readonly active: Epoch
  /** An epoch of any state but destroyed, looked up in the database where it is new here. */
  get(tx: Tx, epoch: number): Promise<Epoch | undefined>
  /** The epoch in use, made sure of inside the transaction: until it ends nobody can retire this epoch. */
  demandActive(tx: Tx): Promise<Epoch>
  /** Throws provider-away where the root key lives with a provider that does not answer now: no new key is made then. */
  demandProvider(): Promise<void>
  /** Reads what has changed. */
  refresh(tx: Tx): Promise<void>
}

interface StoredEpoch {
  readonly tenant_id: Uuid
  readonly epoch: number
  readonly state: EpochRow['state']
  readonly suite: EpochRow['suite']
  readonly sym_wrapped: Uint8Array
  readonly index_wrapped: Uint8Array
  readonly capture_suite: EpochRow['captureSuite']
  readonly hpke_public: Uint8Array
  readonly hpke_wrapped: Uint8Array
}

/** Opens the tenant's epochs with the root key; makes the first one where there is none. Throws keystore-foreign with a wrong root. */
export const openEpochs = async (
  store: Store,
  keys: Keys,
  tenant: Uuid,
  scope: { readonly tenant: Uuid; readonly principal: Uuid },
  profile: ProfileName = 'international',
): Promise<Epochs> => {
  const { cell, envelope } = profileOf(profile)
  const rows = await store.transaction(scope, async (tx) => {
    const found = await readEpochs(tx, tenant)
    if (found.length > 0) return found
    await lockEpochs(tx, tenant)
    const again = await readEpochs(tx, tenant)
    if (again.length > 0) return again
    const first = await createEpoch(keys.provider, tenant, 1, cell, { envelope })
    await insertEpoch(tx, first)
    return [first]
  })
  const epochs = new OpenEpochs(keys, tenant)
  await epochs.take(rows)
  if (!epochs.known) throw new Fault('keystore-locked')
  return epochs
}

/** Of all who change epochs one at a time goes on, until its transaction ends. */
export const lockEpochs = async (tx: Tx, tenant: Uuid): Promise<void> => {
  await tx.query({ text: `select pg_advisory_xact_lock(hashtext('keyring'), hashtext($1))`, values: [tenant] })
}

export const readEpochs = async (tx: Tx, tenant: Uuid): Promise<readonly EpochRow[]> => {
  const found = await tx.query<StoredEpoch>({
    text: `select * from keyring.epoch where tenant_id = $1 order by epoch`,
    values: [tenant],
  })
  return found.map(fromStored)
}

/** madeBy: the job that makes it. */
export const insertEpoch = async (tx: Tx, row: EpochRow, madeBy: Uuid | null = null): Promise<void> => {
  await tx.query({
    text: `insert into keyring.epoch (tenant_id, epoch, state, suite, sym_wrapped, index_wrapped, capture_suite, hpke_public, hpke_wrapped, made_by)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    values: [
      row.tenant,
      row.epoch,
      row.state,
      row.suite,
      row.symWrapped,
      row.indexWrapped,
      row.captureSuite ?? 17,
      row.hpkePublic,
      row.hpkeWrapped,
      madeBy,
    ],
  })
}

/** Whether that root key wraps every key of an epoch. */
export const wrappedWholly = (row: EpochRow, fingerprint: string): boolean =>
  [row.symWrapped, row.indexWrapped, row.hpkeWrapped].every((wrapped) => wrappedBy(wrapped) === fingerprint)

/** Opens every epoch of a tenant once, as the owner of the database: the root key at hand must be the one they were made under. */
export const proveRoot = async (tx: Tx, keys: Keys, tenant: Uuid): Promise<void> => {
  for (const row of await readEpochs(tx, tenant)) if (row.state !== 'destroyed') await openEpoch(keys.provider, row)
}

const fromStored = (row: StoredEpoch): EpochRow => ({
  tenant: row.tenant_id,
  epoch: row.epoch,
  state: row.state,
  suite: row.suite,
  symWrapped: row.sym_wrapped,
  indexWrapped: row.index_wrapped,
  ...(row.capture_suite === undefined ? {} : { captureSuite: row.capture_suite }),
  hpkePublic: row.hpke_public,
  hpkeWrapped: row.hpke_wrapped,
})

class OpenEpochs implements Epochs {
  readonly #keys: Keys
  readonly #tenant: Uuid
  readonly #opened = new Map<number, Epoch>()
  #active: Epoch | undefined

  constructor(keys: Keys, tenant: Uuid) {
    this.#keys = keys
    this.#tenant = tenant
  }

  get known(): boolean {
    return this.#active !== undefined
  }

  get active(): Epoch {
    if (!this.#active) throw new Fault('keystore-locked')
    return this.#active
  }

  async take(rows: readonly EpochRow[]): Promise<void> {
    for (const row of rows) {
      if (row.state === 'destroyed') {
        this.#opened.delete(row.epoch)
        continue
      }
      const known = this.#opened.get(row.epoch)
      const epoch = known?.state === row.state ? known : await openEpoch(this.#keys.provider, row)
      this.#opened.set(row.epoch, epoch)
      if (row.state === 'active') this.#active = epoch
    }
  }

  async refresh(tx: Tx): Promise<void> {
    await this.take(await readEpochs(tx, this.#tenant))
  }

  async get(tx: Tx, number: number): Promise<Epoch | undefined> {
    const known = this.#opened.get(number)
    if (known) return known
    await this.refresh(tx)
    return this.#opened.get(number)
  }

  async demandProvider(): Promise<void> {
    await this.#keys.provider.lease?.demandNew()
  }

  async demandActive(tx: Tx): Promise<Epoch> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const { active } = this
      const [row] = await tx.query<{ state: string }>({
        name: 'epoch-hold',
        text: `select state from keyring.epoch where tenant_id = $1 and epoch = $2 and state = 'active' for share`,
        values: [this.#tenant, active.epoch],
      })
      if (row) return active
      await this.refresh(tx)
    }
    throw new Fault('key-destroyed')
  }
}

/** Seals and opens small secrets of the tenant; tx: the transaction that stores or read them. */
export interface Secrets {
  sealSecret(tx: Tx, label: string, plain: Uint8Array): Promise<Uint8Array>
  /** Throws cell-does-not-open. */
  openSecret(tx: Tx, label: string, sealed: Uint8Array): Promise<Uint8Array>
}

export const secretsOver = (epochs: Epochs): Secrets => ({
  sealSecret: async (tx, label, plain) => sealSecret(await epochs.demandActive(tx), label, plain),
  openSecret: async (tx, label, sealed) => {
    const epoch = await epochs.get(tx, secretEpoch(sealed) ?? 0)
    if (!epoch) throw new Fault('cell-does-not-open')
    return openSecret(epoch, label, sealed)
  },
})
