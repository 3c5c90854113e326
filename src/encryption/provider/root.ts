// The seam behind which a root key lives, and the wrapping under a root key held in this process.
// Keeps encryption-7: a wrapped key opens under its own root key and its own context only.
import { createSecretKey, type KeyObject } from 'node:crypto'
import { concat, Fault, sameBytes, utf8 } from '#kernel'
import { derive, keep, sha256 } from '../digest.ts'
import { nonceInto } from '../nonce.ts'
import { nonceBytes, openBytes, sealInto, tagBytes } from '../suite.ts'
import { blockText } from './crockford.ts'

/** Where the root key lives: a file, a token, a key service. Wraps keys and never gives its own away. */
export interface RootProvider {
  readonly kind: string
  /** Of the root key that wraps. */
  readonly fingerprint: string
  wrap(key: Uint8Array, context: string): Promise<Uint8Array>
  unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array>
  /** Whether what was unwrapped may still be used; absent where the root key is in this process. */
  readonly lease?: Lease
  /** Asks the place whether it answers and still knows its key. Absent: it is here. Throws provider-away, provider-refused. */
  check?(): Promise<void>
  /** Looks whether another process has exchanged the root key meanwhile. Absent: it never changes. */
  renew?(): Promise<void>
  close?(): void
}

/** How long keys that came from outside may be used while their provider is silent. */
export interface Lease {
  /** Throws provider-expired or provider-refused once they may not be used any more. Cheap: asked before every opening. */
  demandOpen(): void
  /** Throws unless the provider answers now: asked before the key of a new subject is made. */
  demandNew(): Promise<void>
  /** How old its last answer is and how old it may become, in milliseconds; undefined where the root key is in this process. */
  age(): { readonly sinceMs: number | null; readonly maxMs: number; readonly kept: number } | undefined
}

/** Fingerprint of the root key that wrapped this, or null where these bytes are nothing that was wrapped. */
export const wrappedBy = (wrapped: Uint8Array): string | null => {
  if (wrapped[0] === magic && wrapped.length > headBytes) return fingerprintOf(wrapped.subarray(1, headBytes))
  if (wrapped[0] === outerMagic && wrapped.length > outerHeadBytes)
    return fingerprintOf(wrapped.subarray(2, outerHeadBytes))
  return null
}

/** A root key in memory, under its id: the first 80 bits of a hash of the key, so the id gives nothing away. */
export interface RootKey {
  readonly id: Uint8Array
  readonly key: KeyObject
}

const idBytes = 10
const magic = 0xc3
const headBytes = 1 + idBytes
/** First byte of what a provider outside wrapped (outer.ts), and how long its head is: magic, format, id. */
export const outerMagic = 0xc8
export const outerHeadBytes = 2 + idBytes

/** The root key of 32 raw bytes; the bytes given are left alone. */
export const rootKeyOf = (raw: Uint8Array): RootKey => {
  if (raw.length !== 32) throw new RangeError('a root key has 32 bytes')
  const digest = sha256(concat(utf8('holdfast/root/id/1'), raw))
  return { id: digest.slice(0, idBytes), key: createSecretKey(raw) }
}

/** Fingerprint of a root key as people read it: four blocks of four letters and digits. */
export const fingerprintOf = (id: Uint8Array): string => blockText(id).match(/.{4}/g)?.join('-') ?? ''

/**
 * 0xC3 ‖ id of the root key (10) ‖ nonce (12) ‖ ciphertext ‖ tag, AES-256-GCM under HKDF(root, "holdfast/root/wrap/1"); the
 * context and everything before the nonce are authenticated.
 */
export const wrapUnder = (root: RootKey, key: Uint8Array, context: string): Uint8Array => {
  const out = new Uint8Array(headBytes + nonceBytes + key.length + tagBytes)
  out[0] = magic
  out.set(root.id, 1)
  nonceInto(out, headBytes)
  const nonce = out.subarray(headBytes, headBytes + nonceBytes)
  const aad = concat(out.subarray(0, headBytes), utf8(context))
  sealInto('aes-256-gcm', wrappingKey(root), nonce, aad, key, out, headBytes + nonceBytes)
  return out
}

/** The key that was wrapped. Faults: keystore-foreign where none of the roots wrapped it, else cell-does-not-open. */
export const unwrapUnder = (roots: readonly RootKey[], wrapped: Uint8Array, context: string): Uint8Array => {
  if (wrapped.length < headBytes + nonceBytes + tagBytes || wrapped[0] !== magic) throw new Fault('cell-does-not-open')
  const id = wrapped.subarray(1, headBytes)
  const root = roots.find((each) => sameBytes(each.id, id))
  if (!root) throw new Fault('keystore-foreign', { fingerprint: fingerprintOf(id) })
  const aad = concat(wrapped.subarray(0, headBytes), utf8(context))
  const nonce = wrapped.subarray(headBytes, headBytes + nonceBytes)
  const key = openBytes('aes-256-gcm', wrappingKey(root), nonce, aad, wrapped.subarray(headBytes + nonceBytes))
  if (!key) throw new Fault('cell-does-not-open')
  return new Uint8Array(key)
}

const wrappingKey = (root: RootKey): KeyObject => keep(derive('sha256', root.key, utf8('holdfast/root/wrap/1'), 32))
