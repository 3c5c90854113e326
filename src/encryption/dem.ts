// The symmetric half of envelopes that carry a secret instead of agreeing on one (RSA-OAEP, SM2): key and nonce come out of the
// secret, bound to the suite, to what carried the secret and to info. A secret is used once, so the nonce may come from it too.
import { hash, type KeyObject } from 'node:crypto'
import { concat, utf8 } from '#kernel'
import { derive, keep } from './digest.ts'
import { nonceBytes, openBytes, sealInto, tagBytes } from './suite.ts'

/** A cipher for the text, and the hash under its HKDF. */
export interface Dem {
  readonly suite: number
  readonly cipher: string
  readonly hash: 'sha256' | 'sm3'
  readonly keyBytes: 16 | 32
}

/** What a message is bound to besides its secret. */
export interface DemContext {
  /** What carries the secret, as it is sent. */
  readonly enc: Uint8Array
  readonly info: Uint8Array
  readonly aad: Uint8Array
}

/** Ciphertext ‖ tag; the secret is wiped. */
export const demSeal = (dem: Dem, secret: Uint8Array, context: DemContext, plain: Uint8Array): Uint8Array => {
  const { key, nonce } = demKey(dem, secret, context)
  const out = new Uint8Array(plain.length + tagBytes)
  sealInto(dem.cipher, key, nonce, context.aad, plain, out, 0)
  return out
}

/** The text, or null; the secret is wiped. */
export const demOpen = (dem: Dem, secret: Uint8Array, context: DemContext, body: Uint8Array): Uint8Array | null => {
  const { key, nonce } = demKey(dem, secret, context)
  const plain = openBytes(dem.cipher, key, nonce, context.aad, body)
  return plain && new Uint8Array(plain)
}

// HKDF of node takes an info of at most 1,024 bytes, so info goes in as its hash.
const demKey = (
  { suite, hash: name, keyBytes }: Dem,
  secret: Uint8Array,
  { enc, info }: DemContext,
): { readonly key: KeyObject; readonly nonce: Uint8Array } => {
  const label = concat(utf8('holdfast/envelope/1'), new Uint8Array([suite]), hash(name, info, 'buffer'))
  const bytes = derive(name, keep(secret), label, keyBytes + nonceBytes, enc)
  const nonce = bytes.slice(keyBytes)
  return { key: keep(bytes.subarray(0, keyBytes)), nonce }
}
