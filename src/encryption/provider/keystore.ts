// keystore.json as a value: the root keys of a file keystore, each in the clear (machine file), sealed under a passphrase or split
// into shares, and the outer providers beside them. The format is docs/formats/keystore.md. Keeps encryption-12.
import { randomBytes } from 'node:crypto'
import { base64url, canonical, Fault, fromBase64url, utf8 } from '#kernel'
import { keep } from '../digest.ts'
import { argon2id, reasonable } from '../password.ts'
import { openBytes, sealInto, tagBytes } from '../suite.ts'
import { fingerprintOf, rootKeyOf } from './root.ts'
import { checkTogether, combineShares, parseShares, type Share, type ShareSet } from './share.ts'

/** A root key as it lies in the file. */
export type StoredKey = MachineKey | PassphraseKey | SharesKey
interface MachineKey {
  readonly id: string
  readonly created: string
  readonly protection: 'machine'
  readonly key: string
}
interface PassphraseKey {
  readonly id: string
  readonly created: string
  readonly protection: 'passphrase'
  readonly kdf: {
    readonly name: 'argon2id'
    readonly memory: number
    readonly passes: number
    readonly lanes: number
    readonly salt: string
  }
  readonly nonce: string
  readonly sealed: string
}

/** A root key of which this file holds nothing but how to tell its shares. */
interface SharesKey extends ShareSet {
  readonly id: string
  readonly created: string
  readonly protection: 'shares'
}

/** A root key that lives elsewhere: which kind of place, and how it is reached. Never holds a secret, only where secrets lie. */
export interface StoredProvider {
  readonly id: string
  readonly created: string
  readonly kind: string
  readonly settings: Readonly<Record<string, string>>
}

export interface Keystore {
  readonly format: 'holdfast-keystore'
  /** 2 where there are shares or providers. */
  readonly version: 1 | 2
  /** Id of the key or provider that wraps from now on; the others only unwrap. */
  readonly primary: string
  readonly keys: readonly StoredKey[]
  readonly providers: readonly StoredProvider[]
}

/** A root key out of the file, in the clear. */
export interface OpenRoot {
  readonly id: string
  readonly created: string
  readonly raw: Uint8Array
}

// RFC 9106 section 4, second choice: 64 MiB, three passes, four lanes.
const cost = { memory: 65_536, passes: 3, lanes: 4 } as const

/** What opens the root keys of a file. */
export interface Openers {
  readonly passphrase?: string
  /** Texts of custody shares. */
  readonly shares?: readonly string[]
}

/** A root key as the file will hold it: in the clear, or sealed under a passphrase. */
export const storedKeyOf = async (raw: Uint8Array, created: string, passphrase?: string): Promise<StoredKey> => {
  const id = fingerprintOf(rootKeyOf(raw).id)
  return passphrase === undefined ? machine(id, created, raw) : await locked(id, created, raw, passphrase)
}

/** The file for one root key. */
export const keystoreOf = async (raw: Uint8Array, created: string, passphrase?: string): Promise<Keystore> => {
  const key = await storedKeyOf(raw, created, passphrase)
  return { format: 'holdfast-keystore', version: 1, primary: key.id, keys: [key], providers: [] }
}

/** The JSON of a keystore: of version 1 where nothing in it needs more. */
export const writtenKeystore = ({ format, primary, keys, providers }: Keystore): unknown =>
  providers.length === 0 && keys.every(({ protection }) => protection !== 'shares')
    ? { format, version: 1, primary, keys }
    : { format, version: 2, primary, keys, providers }

/** Fault keystore-locked where the file is no keystore of a version this program knows. */
export const parseKeystore = (value: unknown): Keystore => {
  try {
    return parse(value)
  } catch (cause) {
    throw new Fault('keystore-locked', {}, { cause })
  }
}

/**
 * The root keys of a file, the primary first. Faults: keystore-locked whatever is wrong with file or passphrase; those of
 * combineShares where a key lies in shares.
 */
export const openKeystore = async (store: Keystore, openers: Openers = {}): Promise<readonly OpenRoot[]> => {
  const shares = sharesFor(store, openers.shares ?? [])
  try {
    const roots: OpenRoot[] = []
    for (const key of store.keys) roots.push(await openKey(key, openers.passphrase, shares))
    return roots.sort((a, b) => Number(b.id === store.primary) - Number(a.id === store.primary))
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault('keystore-locked', {}, { cause })
  }
}

const machine = (id: string, created: string, raw: Uint8Array): MachineKey => ({
  id,
  created,
  protection: 'machine',
  key: base64url(raw),
})

const locked = async (id: string, created: string, raw: Uint8Array, passphrase: string): Promise<PassphraseKey> => {
  if (passphrase === '') throw new Fault('bad-input', { what: 'the passphrase is empty' })
  const kdf = { name: 'argon2id', ...cost, salt: base64url(randomBytes(16)) } as const
  const nonce = randomBytes(12)
  const out = new Uint8Array(raw.length + tagBytes)
  sealInto('aes-256-gcm', await lockKey(kdf, passphrase), nonce, lockAad(id, created, kdf), raw, out, 0)
  return { id, created, protection: 'passphrase', kdf, nonce: base64url(nonce), sealed: base64url(out) }
}

/** How many of the shares a file needs are among these. Faults: those of checkTogether. */
export const countShares = (
  store: Keystore,
  texts: readonly string[],
): { readonly needed: number; readonly good: number } => {
  const shares = sharesFor(store, texts)
  let [needed, good] = [0, 0]
  for (const key of store.keys) {
    if (key.protection !== 'shares') continue
    const ours = shares.filter(({ set }) => set === key.set)
    checkTogether(ours, key)
    needed += key.threshold
    good += Math.min(ours.length, key.threshold)
  }
  return { needed, good }
}

// While a root key in shares is being exchanged there are two sets; a share of neither is refused by its place.
const sharesFor = (store: Keystore, texts: readonly string[]): readonly Share[] => {
  const sets = store.keys.filter((key): key is SharesKey => key.protection === 'shares')
  const shares = sets.length === 0 ? [] : parseShares(texts)
  const foreign = shares.find(({ fingerprint, set }) => !sets.some((key) => key.id === fingerprint && key.set === set))
  if (foreign) throw new Fault('share-foreign', { given: foreign.given, set: foreign.set })
  return shares
}

const openKey = async (
  stored: StoredKey,
  passphrase: string | undefined,
  shares: readonly Share[],
): Promise<OpenRoot> => {
  const raw =
    stored.protection === 'machine'
      ? fromBase64url(stored.key)
      : stored.protection === 'shares'
        ? await combineShares(
            shares.filter(({ set }) => set === stored.set),
            stored,
          )
        : await unlock(stored, passphrase)
  if (!raw || fingerprintOf(rootKeyOf(raw).id) !== stored.id)
    throw new RangeError('the key is not the one its id names')
  return { id: stored.id, created: stored.created, raw }
}

const unlock = async (stored: PassphraseKey, passphrase: string | undefined): Promise<Uint8Array | null> => {
  if (passphrase === undefined) throw new RangeError('a passphrase is needed')
  const key = await lockKey(stored.kdf, passphrase)
  const aad = lockAad(stored.id, stored.created, stored.kdf)
  return openBytes('aes-256-gcm', key, fromBase64url(stored.nonce), aad, fromBase64url(stored.sealed))
}

const lockKey = async (kdf: PassphraseKey['kdf'], passphrase: string): Promise<ReturnType<typeof keep>> => {
  const asked = { memory: kdf.memory, passes: kdf.passes, parallelism: kdf.lanes, nonce: fromBase64url(kdf.salt) }
  if (!reasonable(asked)) throw new RangeError('the cost of the passphrase is out of bounds')
  return keep(await argon2id({ ...asked, tagLength: 32, message: utf8(passphrase.normalize('NFKC')) }))
}

const lockAad = (id: string, created: string, kdf: PassphraseKey['kdf']): Uint8Array =>
  utf8(canonical({ format: 'holdfast-keystore', version: 1, id, created, kdf }))

const parse = (value: unknown): Keystore => {
  const store = value as Partial<Record<keyof Keystore, unknown>> | null
  if (store?.format !== 'holdfast-keystore' || !Array.isArray(store.keys)) throw new RangeError('not a keystore')
  const version = store.version
  if (version !== 1 && version !== 2) throw new RangeError('a keystore of a version this program does not know')
  const keys = (store.keys as readonly unknown[]).map(parseKey)
  if (version === 2 && !Array.isArray(store.providers)) throw new RangeError('version 2 names its providers')
  const providers = version === 2 ? (store.providers as readonly unknown[]).map(parseProvider) : []
  if (version === 1 && keys.some(({ protection }) => protection === 'shares'))
    throw new RangeError('version 1 has no shares')
  const primary = store.primary
  if (typeof primary !== 'string' || ![...keys, ...providers].some(({ id }) => id === primary))
    throw new RangeError('the primary key is missing')
  return { format: 'holdfast-keystore', version, primary, keys, providers }
}

const parseKey = (value: unknown): StoredKey => {
  const key = value as Record<string, unknown>
  const { id, created } = { id: text(key.id), created: text(key.created) }
  if (key.protection === 'machine') return { id, created, protection: 'machine', key: text(key.key) }
  if (key.protection === 'shares') return { id, created, protection: 'shares', ...parseSet(key) }
  if (key.protection !== 'passphrase') throw new RangeError('a key is protected in a way this program does not know')
  const kdf = key.kdf as Record<string, unknown>
  if (kdf.name !== 'argon2id') throw new RangeError('a key is locked by a function this program does not know')
  const costs = { memory: whole(kdf.memory), passes: whole(kdf.passes), lanes: whole(kdf.lanes) }
  return {
    id,
    created,
    protection: 'passphrase',
    kdf: { name: 'argon2id', ...costs, salt: text(kdf.salt) },
    nonce: text(key.nonce),
    sealed: text(key.sealed),
  }
}

const parseSet = (key: Record<string, unknown>): ShareSet => {
  const lists = [key.checks, key.holders]
  if (!lists.every((list): list is unknown[] => Array.isArray(list))) throw new RangeError('a list expected')
  const [checks = [], holders = []] = lists.map((list) => list.map(text))
  return { set: text(key.set), threshold: whole(key.threshold), of: whole(key.of), checks, holders }
}

const parseProvider = (value: unknown): StoredProvider => {
  const provider = value as Record<string, unknown>
  const settings = Object.entries(provider.settings as Record<string, unknown>).map(
    ([name, setting]) => [name, text(setting)] as const,
  )
  return {
    id: text(provider.id),
    created: text(provider.created),
    kind: text(provider.kind),
    settings: Object.fromEntries(settings),
  }
}

const text = (value: unknown): string => {
  if (typeof value !== 'string') throw new RangeError('text expected')
  return value
}

const whole = (value: unknown): number => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new RangeError('a whole number expected')
  return value
}
