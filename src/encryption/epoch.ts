// A tenant epoch: one generation of a tenant's keys (KEK, blind-index root, capture pair), wrapped by the root. Keeps encryption-7.
import type { KeyObject } from 'node:crypto'
import { concat, Fault, sameBytes, type Uuid, utf8, uuidBytes } from '#kernel'
import { derive, keep, random } from './digest.ts'
import {
  type EnvelopeSuiteId,
  envelopeSuite,
  envelopeSuiteOf,
  openEnvelope,
  recipientKeyPair,
  recipientOf,
} from './envelope.ts'
import { hpkeOpen } from './hpke.ts'
import { type Lease, type RootProvider, wrappedBy } from './provider/root.ts'
import { type SuiteId, suiteOf } from './suite.ts'

/** A row of keyring.epoch. */
export interface EpochRow {
  readonly tenant: Uuid
  readonly epoch: number
  readonly state: 'active' | 'decrypt-only' | 'destroyed'
  readonly suite: SuiteId
  readonly symWrapped: Uint8Array
  readonly indexWrapped: Uint8Array
  /** Suite of the pair that captures are sealed to; 17 when absent. */
  readonly captureSuite?: EnvelopeSuiteId
  readonly hpkePublic: Uint8Array
  readonly hpkeWrapped: Uint8Array
}

/** An opened epoch. Its keys are held beside it, out of reach of anything that prints or copies it. */
export interface Epoch {
  readonly tenant: Uuid
  readonly epoch: number
  readonly suite: SuiteId
  readonly state: 'active' | 'decrypt-only'
  readonly captureSuite: EnvelopeSuiteId
  /** Public key of the capture pair, as its suite writes it. */
  readonly hpkePublic: Uint8Array
}

/** What an epoch holds; for this room only. */
export interface EpochKeys {
  /** Wraps subject keys. */
  readonly wrapping: KeyObject
  /** Seals small secrets of the tenant. */
  readonly secrets: KeyObject
  /** Blind-index root. */
  readonly index: KeyObject
  readonly hpkePrivate: Uint8Array
  /** Whether keys of a provider outside may still be used. */
  readonly lease: Lease | undefined
  /** Keys derived from the blind-index root, by index. */
  readonly indexKeys: Map<string, KeyObject>
}

const held = new WeakMap<Epoch, EpochKeys>()

/** The keys of an epoch that openEpoch made. */
export const keysOf = (epoch: Epoch): EpochKeys => {
  const keys = held.get(epoch)
  if (!keys) throw new TypeError('not an epoch that was opened here')
  keys.lease?.demandOpen()
  return keys
}

/**
 * Makes the keys of a new epoch. indexOf: an older epoch of the tenant whose blind-index root is carried over, so that tokens
 * and import keys stay as they are; its suite must use the same hash.
 */
export const createEpoch = async (
  provider: RootProvider,
  tenant: Uuid,
  epoch: number,
  suite: SuiteId,
  options: { readonly indexOf?: Epoch; readonly envelope?: EnvelopeSuiteId } = {},
): Promise<EpochRow> => {
  const { hash } = suiteOf(suite)
  if (!Number.isInteger(epoch) || epoch < 1 || epoch > 0xffff)
    throw new RangeError('an epoch is a number from 1 to 65535')
  const { indexOf, envelope: captureSuite = 17 } = options
  if (indexOf && (indexOf.tenant !== tenant || suiteOf(indexOf.suite).hash !== hash)) {
    throw new Fault('wrong-use', { what: 'a blind-index root stays with its tenant and its hash' })
  }
  const pair = recipientKeyPair(captureSuite)
  const wrap = (key: Uint8Array, part: Part): Promise<Uint8Array> =>
    provider.wrap(key, contextOf(tenant, epoch, suite, part))
  const index = indexOf ? new Uint8Array(keysOf(indexOf).index.export()) : random(32)
  return {
    tenant,
    epoch,
    state: 'active',
    suite,
    symWrapped: await wrap(random(32), 'sym'),
    indexWrapped: await wrap(index, 'index'),
    captureSuite,
    hpkePublic: pair.publicKey,
    hpkeWrapped: await wrap(pair.privateKey, capturePart(captureSuite)),
  }
}

/** Opens an epoch. Faults: key-destroyed, suite-unknown, keystore-foreign, cell-does-not-open. */
export const openEpoch = async (provider: RootProvider, row: EpochRow): Promise<Epoch> => {
  if (row.state === 'destroyed') throw new Fault('key-destroyed')
  suiteOf(row.suite)
  const { captureSuite = 17 } = row
  envelopeSuiteOf(captureSuite)
  const unwrap = (wrapped: Uint8Array, part: Part): Promise<Uint8Array> =>
    provider.unwrap(wrapped, contextOf(row.tenant, row.epoch, row.suite, part))
  const sym = await unwrap(row.symWrapped, 'sym')
  const index = await unwrap(row.indexWrapped, 'index')
  const hpkePrivate = await unwrap(row.hpkeWrapped, capturePart(captureSuite))
  if (sym.length !== 32 || index.length !== 32) throw new Fault('cell-does-not-open')
  const hpkePublic = publicOf(captureSuite, hpkePrivate)
  // The public key stands in the clear: one that was exchanged in the database would let its owner read what is captured.
  if (!sameBytes(hpkePublic, row.hpkePublic)) throw new Fault('cell-does-not-open')
  return holdEpoch(
    { tenant: row.tenant, epoch: row.epoch, suite: row.suite, state: row.state, captureSuite, hpkePublic },
    sym,
    index,
    hpkePrivate,
    provider.lease,
  )
}

/**
 * The row with its keys wrapped by the root key that wraps now, whichever wrapped them before; the keys stay what they are. Null where
 * there is nothing to do: all of it is, or the epoch is destroyed. Faults: keystore-foreign, cell-does-not-open.
 */
export const rewrapEpoch = async (provider: RootProvider, row: EpochRow): Promise<EpochRow | null> => {
  const parts = [
    ['symWrapped', 'sym'],
    ['indexWrapped', 'index'],
    ['hpkeWrapped', capturePart(row.captureSuite ?? 17)],
  ] as const
  const stale = parts.filter(([column]) => wrappedBy(row[column]) !== provider.fingerprint)
  if (row.state === 'destroyed' || stale.length === 0) return null
  let fresh = row
  for (const [column, part] of stale) {
    const context = contextOf(row.tenant, row.epoch, row.suite, part)
    const key = await provider.unwrap(row[column], context)
    fresh = { ...fresh, [column]: await provider.wrap(key, context) }
    key.fill(0)
  }
  return fresh
}

/** Opens what was sealed to the epoch's public key: an envelope of its suite, or a bare message of hpkeSeal. */
export const openCapture = (epoch: Epoch, info: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array => {
  const { captureSuite: suite, hpkePublic: publicKey } = epoch
  const privateKey = keysOf(epoch).hpkePrivate
  const bare = suite === 17 && envelopeSuite(sealed) !== suite
  // A bare message begins with a random key, which may look like the head of an envelope once in 65,536 times; those are not worth
  // a second attempt: nothing was ever captured in the bare form outside of tests.
  return bare
    ? hpkeOpen(privateKey, info, aad, sealed)
    : openEnvelope({ suite, publicKey, privateKey }, info, aad, sealed)
}

/** Refuses to write under an epoch that only opens. */
export const demandActive = (epoch: Epoch): void => {
  if (epoch.state !== 'active')
    throw new Fault('wrong-use', { what: `key epoch ${epoch.epoch} opens only and seals nothing new` })
}

type Part = 'sym' | 'index' | 'hpke' | `hpke/${EnvelopeSuiteId}`

// Suite 17 came first and has no number in its context: rows of that time open for ever.
const capturePart = (suite: EnvelopeSuiteId): Part => (suite === 17 ? 'hpke' : `hpke/${suite}`)

const publicOf = (suite: EnvelopeSuiteId, privateKey: Uint8Array): Uint8Array => {
  try {
    return recipientOf(suite, privateKey).publicKey
  } catch {
    throw new Fault('cell-does-not-open')
  }
}

const contextOf = (tenant: Uuid, epoch: number, suite: SuiteId, part: Part): string =>
  `holdfast/epoch/1/${tenant}/${epoch}/${suite}/${part}`

const holdEpoch = (
  epoch: Epoch,
  sym: Uint8Array,
  index: Uint8Array,
  hpkePrivate: Uint8Array,
  lease: Lease | undefined,
): Epoch => {
  const { hash, keyBytes } = suiteOf(epoch.suite)
  const root = keep(sym)
  const use = (name: string): KeyObject =>
    keep(derive(hash, root, concat(utf8(name), uuidBytes(epoch.tenant)), keyBytes))
  const frozen = Object.freeze(epoch)
  held.set(frozen, {
    wrapping: use('crm/wrap/1'),
    secrets: use('crm/secret/1'),
    index: keep(index),
    hpkePrivate,
    lease,
    indexKeys: new Map(),
  })
  return frozen
}
