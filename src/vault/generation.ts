// Generations of the search index: which one is read, which is being built, and how every process learns that it changed. Keeps vault-61, vault-198.
import { type Catalogue, Fault, type Uuid } from '#kernel'
import {
  createIndexRoot,
  type Epoch,
  type IndexRoot,
  type IndexRootRow,
  type Keys,
  openIndexRoot,
  type SuiteId,
} from '#encryption'
import { codeOf, type Store, type Tx } from '#store'
import { firstPolicy, parsePolicy, policyJson, type SearchPolicy } from './search-policy.ts'

export interface Generation {
  readonly number: number
  readonly root: IndexRoot
  readonly policy: SearchPolicy
  readonly createdAt: Date
}

export interface SearchIndex {
  /** What is read and written. */
  readonly active: Generation
  /** What is written as well, and not read yet. */
  readonly building: Generation | undefined
  /** Work in transactions of its own, done once more where the generations turn out to have changed meanwhile. */
  fresh<T>(work: () => Promise<T>): Promise<T>
  reload(): Promise<void>
  /** Begins a generation, or finds the one that this job began. */
  begin(tx: Tx, order: Order): Promise<Begun>
  /** Reads the one that was built and leaves the one before, from one moment to the next. */
  switchTo(tx: Tx, generation: number): Promise<void>
  /** Gives up what is being built, unless another open job builds it: then the answer is that job. */
  giveUp(tx: Tx, job: Uuid): Promise<Uuid | null>
}

/** What a generation is to be. keys: 'new' ones, or those of the active one; suite: where it is left out, that of the active one. */
export interface Order {
  readonly policy: SearchPolicy
  readonly keys: 'new' | 'same'
  readonly suite?: SuiteId
  /** Who builds it. */
  readonly job: Uuid
}

/** The number of a generation; or the open job that builds another one; or that one which nobody builds any more is in the way. */
export type Begun = { readonly number: number; readonly fresh: boolean } | { readonly busy: Uuid } | 'rests'

interface Stored {
  readonly generation: number
  readonly state: 'building' | 'active' | 'retired'
  readonly suite: SuiteId
  readonly wrapped: Uint8Array
  readonly import_suite: SuiteId
  readonly import_wrapped: Uint8Array
  readonly policy: unknown
  readonly created_at: Date
  readonly made_by: Uuid | null
}

/** Every generation's row. */
export const readGenerations = async (tx: Tx, tenant: Uuid): Promise<readonly IndexRootRow[]> =>
  (
    await tx.query<Stored>({
      text: 'select * from keyring.search_generation where tenant_id = $1 order by generation',
      values: [tenant],
    })
  ).map((row) => rowOf(tenant, row))

const rowOf = (tenant: Uuid, row: Stored): IndexRootRow => ({
  tenant,
  generation: row.generation,
  suite: row.suite,
  wrapped: row.wrapped,
  importSuite: row.import_suite,
  importWrapped: row.import_wrapped,
})

interface Place {
  readonly store: Store
  readonly keys: Keys
  readonly catalogue: Catalogue
  readonly tenant: Uuid
  readonly scope: { readonly tenant: Uuid; readonly principal: Uuid }
}

/** Opens the index of the tenant; makes its first generation where there is none, with the import keys of the epoch. */
export const openSearch = async (place: Place, epoch: Epoch): Promise<SearchIndex> => {
  const { store, tenant, scope } = place
  await store.transaction(scope, async (tx) => {
    await lockGenerations(tx, tenant)
    const [any] = await tx.query({
      text: 'select from keyring.search_generation where tenant_id = $1 limit 1',
      values: [tenant],
    })
    if (any) return
    const row = await createIndexRoot(place.keys.provider, 1, epoch.suite, epoch)
    await insert(tx, row, 'active', firstPolicy)
    await tx.query({ text: 'delete from crm.search_index where tenant_id = $1', values: [tenant] })
  })
  const search = new HeldSearch(place)
  await search.reload()
  return search
}

/** A change of generations waits for every writer that knows the old ones; who lets go of a root key waits for a change. */
export const lockGenerations = (tx: Tx, tenant: Uuid): Promise<unknown> =>
  tx.query({ text: `select pg_advisory_xact_lock(hashtext('search'), hashtext($1))`, values: [tenant] })

// The first one is of incarnation 0, of no database, so that its rows are made before it is used; of a later one a job makes them.
const insert = (
  tx: Tx,
  row: IndexRootRow,
  state: Stored['state'],
  policy: SearchPolicy,
  job: Uuid | null = null,
): Promise<unknown> =>
  tx.query({
    text: `insert into keyring.search_generation
             (tenant_id, generation, state, suite, wrapped, import_suite, import_wrapped, policy, made_by, incarnation)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, ${state === 'building' ? '(select incarnation from ops.installation where tenant_id = $1)' : '0'})`,
    values: [
      row.tenant,
      row.generation,
      state,
      row.suite,
      Buffer.from(row.wrapped),
      row.importSuite,
      Buffer.from(row.importWrapped),
      JSON.stringify(policyJson(policy)),
      job,
    ],
  })

class HeldSearch implements SearchIndex {
  readonly #place: Place
  readonly #opened = new Map<number, Generation>()
  #active: Generation | undefined
  building: Generation | undefined
  constructor(place: Place) {
    this.#place = place
  }
  get active(): Generation {
    if (!this.#active) throw new Fault('keystore-locked')
    return this.#active
  }
  async fresh<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await work()
      } catch (error) {
        // The functions of the database say so where the number they are given is not the active one.
        if (codeOf(error) !== 'HF001' || tries === 3) throw error
        await this.reload()
      }
    }
  }
  async reload(): Promise<void> {
    const { store, scope, tenant } = this.#place
    const rows = await store.transaction(
      scope,
      (tx) =>
        tx.query<Stored>({
          text: `select * from keyring.search_generation where tenant_id = $1 and state <> 'retired' order by generation`,
          values: [tenant],
        }),
      { readOnly: true },
    )
    let active: Generation | undefined
    let building: Generation | undefined
    for (const row of rows) {
      const opened = this.#opened.get(row.generation) ?? (await this.#open(row))
      this.#opened.set(row.generation, opened)
      if (row.state === 'active') active = opened
      else building = opened
    }
    this.#active = active
    this.building = building
  }
  async #open(row: Stored): Promise<Generation> {
    const { keys, tenant, catalogue } = this.#place
    const root = await openIndexRoot(keys.provider, rowOf(tenant, row))
    return { number: row.generation, root, policy: parsePolicy(catalogue, row.policy), createdAt: row.created_at }
  }
  async begin(tx: Tx, { policy, keys, suite, job }: Order): Promise<Begun> {
    const { tenant, keys: own } = this.#place
    await lockGenerations(tx, tenant)
    const rows = await tx.query<Stored>({
      text: 'select * from keyring.search_generation where tenant_id = $1 order by generation',
      values: [tenant],
    })
    const active = rows.find((row) => row.state === 'active')
    if (!active) throw new Fault('keystore-locked')
    const building = rows.find((row) => row.state === 'building')
    if (building?.made_by === job) return { number: building.generation, fresh: false }
    const busy = await this.#builder(tx, job)
    if (busy !== null) return { busy }
    if (building) return 'rests'
    const { root } = await this.#open(active)
    // Also after those that were given up: a process that slept since then still knows one of them as the one being built.
    const number = Math.max(...rows.map((row) => row.generation)) + 1
    const row = await createIndexRoot(
      own.provider,
      number,
      suite ?? active.suite,
      root,
      keys === 'same' ? root : undefined,
    )
    await insert(tx, row, 'building', policy, job)
    return { number, fresh: true }
  }
  /** The open job, other than this one, that builds a generation. */
  async #builder(tx: Tx, job: Uuid): Promise<Uuid | null> {
    const [row] = await tx.query<{ id: Uuid }>({
      text: `select j.id from keyring.search_generation g join ops.job j on j.tenant_id = g.tenant_id and j.id = g.made_by
             where g.tenant_id = $1 and g.state = 'building' and j.id <> $2 and j.state in ('queued', 'running')`,
      values: [this.#place.tenant, job],
    })
    return row?.id ?? null
  }
  async switchTo(tx: Tx, generation: number): Promise<void> {
    const { tenant } = this.#place
    await lockGenerations(tx, tenant)
    await tx.query({
      text: `update keyring.search_generation set state = 'retired' where tenant_id = $1 and state = 'active' and generation < $2`,
      values: [tenant, generation],
    })
    await tx.query({
      text: `update keyring.search_generation set state = 'active' where tenant_id = $1 and state = 'building' and generation = $2`,
      values: [tenant, generation],
    })
  }
  async giveUp(tx: Tx, job: Uuid): Promise<Uuid | null> {
    const { tenant } = this.#place
    await lockGenerations(tx, tenant)
    const busy = await this.#builder(tx, job)
    if (busy === null)
      await tx.query({
        text: `update keyring.search_generation set state = 'retired' where tenant_id = $1 and state = 'building'`,
        values: [tenant],
      })
    return busy
  }
}
