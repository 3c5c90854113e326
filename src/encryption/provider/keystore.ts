// keystore.json as a value: the root keys of a file keystore, each in the clear (machine file) or sealed under a passphrase.
// The format is docs/formats/keystore.md. Keeps encryption-12.
import { randomBytes } from 'node:crypto'
import { base64url, canonical, Fault, fromBase64url, utf8 } from '#kernel'
import { keep } from '../digest.ts'
import { argon2id, reasonable } from '../password.ts'
import { openBytes, sealInto, tagBytes } from '../suite.ts'
import { fingerprintOf, rootKeyOf } from './root.ts'

/** A root key as it lies in the file. */
type StoredKey = MachineKey | PassphraseKey
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

export interface Keystore {
  readonly format: 'holdfast-keystore'
  readonly version: 1
  /** Id of the key that wraps from now on; the others only unwrap. */
  readonly primary: string
  readonly keys: readonly StoredKey[]
}

/** A root key out of the file, in the clear. */
export interface OpenRoot {
  readonly id: string
  readonly created: string
  readonly raw: Uint8Array
}

// RFC 9106 section 4, second choice: 64 MiB, three passes, four lanes.
const cost = { memory: 65_536, passes: 3, lanes: 4 } as const

/** The file for one root key. */
export const keystoreOf = async (raw: Uint8Array, created: string, passphrase?: string): Promise<Keystore> => {
  const id = fingerprintOf(rootKeyOf(raw).id)
  const key = passphrase === undefined ? machine(id, created, raw) : await locked(id, created, raw, passphrase)
  return { format: 'holdfast-keystore', version: 1, primary: id, keys: [key] }
}

/** The root keys of a file, the primary first. Fault keystore-locked whatever is wrong with file or passphrase. */
export const openKeystore = async (value: unknown, passphrase?: string): Promise<readonly OpenRoot[]> => {
  try {
    const store = parse(value)
    const roots = await Promise.all(store.keys.map((key) => openKey(key, passphrase)))
    return roots.sort((a, b) => Number(b.id === store.primary) - Number(a.id === store.primary))
  } catch (cause) {
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

const openKey = async (stored: StoredKey, passphrase: string | undefined): Promise<OpenRoot> => {
  const raw = stored.protection === 'machine' ? fromBase64url(stored.key) : await unlock(stored, passphrase)
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
  const store = value as Partial<Keystore> | null
  if (store?.format !== 'holdfast-keystore' || !Array.isArray(store.keys)) throw new RangeError('not a keystore')
  if ((store.version as number) !== 1) throw new RangeError('a keystore of a version this program does not know')
  const keys = (store.keys as readonly unknown[]).map(parseKey)
  const primary = store.primary
  if (typeof primary !== 'string' || !keys.some((key) => key.id === primary))
    throw new RangeError('the primary key is missing')
  return { format: 'holdfast-keystore', version: 1, primary, keys }
}

const parseKey = (value: unknown): StoredKey => {
  const key = value as Record<string, unknown>
  const { id, created } = { id: text(key.id), created: text(key.created) }
  if (key.protection === 'machine') return { id, created, protection: 'machine', key: text(key.key) }
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

const text = (value: unknown): string => {
  if (typeof value !== 'string') throw new RangeError('text expected')
  return value
}

const whole = (value: unknown): number => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new RangeError('a whole number expected')
  return value
}
