// The root key exchanged under a house at work: what the old one wrapped is wrapped by the new one, piece by piece, and only when nothing
// is left does the old one go. Killed anywhere, it is simply run again. Keeps vault-41.
import { type Channel, Fault, type Uuid } from '#kernel'
import { type Keys, rewrapEpoch, rewrapIndexRoot, wrappedBy } from '#encryption'
import type { EntryInput, Journal } from '#journal'
import type { Store, Tx } from '#store'
import { lockEpochs, readEpochs, wrappedWholly } from './epochs.ts'
import { lockGenerations, readGenerations } from './generation.ts'
import { bringBackNamedKeys, copiesUnderOthers, keepNamedKeys } from './named-keys.ts'

export interface RootExchange {
  readonly store: Store
  readonly journal: Journal
  readonly keys: Keys
  readonly scope: { readonly tenant: Uuid; readonly principal: Uuid }
  readonly channel: Channel
  /** Makes the new root key the one that wraps; left out where an exchange that was interrupted goes on. */
  readonly add: () => Promise<string>
  readonly onProgress?: (done: number, of: number) => void
}

export interface RootExchanged {
  readonly fingerprint: string
  /** Root keys that were let go of. */
  readonly dropped: readonly string[]
  readonly epochs: number
  readonly namedKeys: number
  /** Whether it took up an exchange that had been interrupted. */
  readonly resumed: boolean
}

/** Exchanges the root key. Faults: those of the provider; wrong-use where something still needs the old one at the end. */
export const exchangeRoot = async (exchange: RootExchange): Promise<RootExchanged> => {
  const { store, keys, scope } = exchange
  // What only the old root key opens must be here before anything is dropped.
  await bringBackNamedKeys(store, keys, scope)
  const resumed = keys.roots().length > 1
  if (!resumed) await exchange.add()
  // Told again by whoever takes an exchange up: the process before may have died between the key and the word.
  const { kind: provider, fingerprint } = keys.provider
  await tell(exchange, 'key.root-add', { provider, fingerprint, ...(resumed ? { resumed } : {}) })
  const namedKeys = await keys.named.rewrap()
  await keepNamedKeys(store, keys, scope)
  let epochs = 0
  // A second look: an epoch that another process was making when the root key changed was wrapped by the old one.
  for (let look = 0; look < 3; look++) {
    epochs += await rewrapEpochs(exchange)
    await rewrapGenerations(exchange)
    const dropped = await dropOld(exchange)
    if (dropped) return { fingerprint: keys.provider.fingerprint, dropped, epochs, namedKeys, resumed }
  }
  throw new Fault('wrong-use', { what: 'keys are made faster than they are wrapped anew; run this again' })
}

/**
 * Lets the old root keys go and tells it first, so that none goes without a trace; undefined where something is still under them. After
 * the look nothing can come under them: whoever makes an epoch or a generation holds the lock of it and asks which root key wraps.
 */
const dropOld = async (exchange: RootExchange): Promise<readonly string[] | undefined> => {
  const { keys, journal, scope } = exchange
  const free = await exchange.store.transaction(scope, async (tx) => {
    await lockEpochs(tx, scope.tenant)
    await lockGenerations(tx, scope.tenant)
    if ((await underOthers(tx, keys, scope.tenant)) > 0) return false
    const fingerprints = keys
      .roots()
      .slice(1)
      .map(({ fingerprint }) => fingerprint)
    await journal.append(tx, scope.tenant, [toldOf(exchange, 'key.root-drop', { fingerprints, remaining: 0 })])
    return true
  })
  return free ? keys.dropRoots() : undefined
}

/** Wraps the tenant's epochs by the root key that wraps now. Returns how many it touched. */
export const rewrapEpochs = async ({ store, keys, scope, onProgress }: RootExchange): Promise<number> => {
  const { tenant } = scope
  const rows = await store.transaction(scope, (tx) => readEpochs(tx, tenant))
  let touched = 0
  for (const [done, row] of rows.entries()) {
    onProgress?.(done, rows.length)
    // Outside of any transaction: a provider may take its time, and nobody should wait for it.
    const fresh = await rewrapEpoch(keys.provider, row)
    if (!fresh) continue
    await store.transaction(scope, (tx) =>
      tx.query({
        text: `update keyring.epoch set sym_wrapped = $3, index_wrapped = $4, hpke_wrapped = $5
               where tenant_id = $1 and epoch = $2 and sym_wrapped = $6 and index_wrapped = $7 and hpke_wrapped = $8`,
        values: [
          tenant,
          row.epoch,
          ...[fresh, row].flatMap((one) =>
            [one.symWrapped, one.indexWrapped, one.hpkeWrapped].map((bytes) => Buffer.from(bytes)),
          ),
        ],
      }),
    )
    touched++
  }
  onProgress?.(rows.length, rows.length)
  return touched
}

/** Wraps the roots of the search index by the root key that wraps now. */
export const rewrapGenerations = async ({ store, keys, scope }: RootExchange): Promise<void> => {
  const { tenant } = scope
  for (const row of await store.transaction(scope, (tx) => readGenerations(tx, tenant))) {
    const fresh = await rewrapIndexRoot(keys.provider, row)
    if (!fresh) continue
    await store.transaction(scope, (tx) =>
      tx.query({
        text: `update keyring.search_generation set wrapped = $3, import_wrapped = $4
               where tenant_id = $1 and generation = $2 and wrapped = $5 and import_wrapped = $6`,
        values: [
          tenant,
          row.generation,
          ...[fresh, row].flatMap((one) => [Buffer.from(one.wrapped), Buffer.from(one.importWrapped)]),
        ],
      }),
    )
  }
}

/** Keys in the database that a root key other than the one that wraps now still holds. */
const underOthers = async (tx: Tx, keys: Keys, tenant: Uuid): Promise<number> => {
  const { fingerprint } = keys.provider
  const epochs = await readEpochs(tx, tenant)
  const stale = epochs.filter((row) => row.state !== 'destroyed' && !wrappedWholly(row, fingerprint))
  const indexes = (await readGenerations(tx, tenant)).filter((row) =>
    [row.wrapped, row.importWrapped].some((wrapped) => wrappedBy(wrapped) !== fingerprint),
  )
  return stale.length + indexes.length + (await copiesUnderOthers(tx, tenant, fingerprint))
}

const tell = (
  exchange: RootExchange,
  act: string,
  detail: Record<string, string | number | boolean | readonly string[]>,
): Promise<void> => exchange.journal.record(exchange.scope, [toldOf(exchange, act, detail)])

const toldOf = (
  exchange: RootExchange,
  act: string,
  detail: Record<string, string | number | boolean | readonly string[]>,
): EntryInput => ({
  act,
  obj: 'keys',
  actor: exchange.scope.principal,
  channel: exchange.channel,
  decision: 'allow',
  detail,
})
