// Hashes, keyed hashes, random bytes and comparison in constant time, for every room that may not open node:crypto itself.
import { createHmac, createSecretKey, hash, hkdfSync, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'

/** Random bytes of the system. */
export const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))

export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash('sha256', bytes, 'buffer'))

export const hmacSha256 = (key: Uint8Array, bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHmac('sha256', key).update(bytes).digest())

/** Equality of content in constant time; different lengths are unequal at once. */
export const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)

/** HKDF (RFC 5869), without salt unless one is given: a key for one use, named by `info`. */
export const derive = (
  hashName: 'sha256' | 'sm3',
  key: KeyObject,
  info: Uint8Array,
  length: number,
  salt: Uint8Array = noSalt,
): Uint8Array => new Uint8Array(hkdfSync(hashName, key, salt, info, length))

const noSalt = new Uint8Array(0)

/** Takes the bytes of a key into the keeping of OpenSSL and wipes the copy given. */
export const keep = (bytes: Uint8Array): KeyObject => {
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}
