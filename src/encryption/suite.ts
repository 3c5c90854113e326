// The table of suites a cell may be sealed with, and the one way through node:crypto for all of them.
// Keeps encryption-1: what is not in this table is never written and never opened.
import { type CipherGCMTypes, createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import { Fault } from '#kernel'

/** 1 AES-256-GCM, 2 ChaCha20-Poly1305, 3 SM4-GCM, 4 AES-256-GCM-SIV. */
export type SuiteId = 1 | 2 | 3 | 4

export interface Suite {
  readonly id: SuiteId
  readonly name: string
  readonly cipher: string
  readonly keyBytes: 16 | 32
  /** Hash under its HKDF and HMAC. */
  readonly hash: 'sha256' | 'sm3'
}

/** DES, 3DES, RC4 and modes without a tag are absent on purpose: a suite that is not here cannot be named. */
export const suites: readonly Suite[] = [
  { id: 1, name: 'AES-256-GCM', cipher: 'aes-256-gcm', keyBytes: 32, hash: 'sha256' },
  { id: 2, name: 'ChaCha20-Poly1305', cipher: 'chacha20-poly1305', keyBytes: 32, hash: 'sha256' },
  { id: 3, name: 'SM4-GCM', cipher: 'sm4-gcm', keyBytes: 16, hash: 'sm3' },
  { id: 4, name: 'AES-256-GCM-SIV', cipher: 'aes-256-gcm-siv', keyBytes: 32, hash: 'sha256' },
]

/** The suite of that number; Fault suite-unknown where there is none. */
export const suiteOf = (id: number): Suite => {
  const suite = suites[id - 1]
  if (suite?.id !== id) throw new Fault('suite-unknown', { suite: id })
  return suite
}

export const nonceBytes = 12
export const tagBytes = 16

const tagLength = { authTagLength: tagBytes } as const

/**
 * Seals `plain` into `out` at `at` as ciphertext ‖ tag. Always exactly one update before final: GCM-SIV demands it, even for
 * an empty text, and the others do not mind.
 */
export const sealInto = (
  cipherName: string,
  key: KeyObject,
  nonce: Uint8Array,
  aad: Uint8Array,
  plain: Uint8Array,
  out: Uint8Array,
  at: number,
): void => {
  const cipher = createCipheriv(cipherName as CipherGCMTypes, key, nonce, tagLength)
  cipher.setAAD(aad)
  const body = cipher.update(plain)
  out.set(body, at)
  letGo(body)
  cipher.final()
  out.set(cipher.getAuthTag(), at + plain.length)
}

/** The plain bytes of `sealed` (ciphertext ‖ tag), or null. */
export const openBytes = (
  cipherName: string,
  key: KeyObject,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Buffer | null => {
  const body = sealed.length - tagBytes
  if (body < 0) return null
  return openParts(cipherName, key, nonce, aad, sealed.subarray(0, body), sealed.subarray(body))
}

/** The plain bytes of a ciphertext and its tag, or null. Nothing leaves before final has checked the tag. */
export const openParts = (
  cipherName: string,
  key: KeyObject,
  nonce: Uint8Array,
  aad: Uint8Array,
  body: Uint8Array,
  tag: Uint8Array,
): Buffer | null => {
  try {
    const decipher = createDecipheriv(cipherName as CipherGCMTypes, key, nonce, tagLength)
    decipher.setAuthTag(tag)
    decipher.setAAD(aad)
    const plain = decipher.update(body)
    decipher.final()
    return plain
  } catch {
    return null
  }
}

/**
 * Gives the memory of a large result of the cipher back at once. Left to the garbage collector, every chunk of a file would be written to
 * memory that was never touched before, which costs as much as the cipher, and tens of megabytes would wait to be collected.
 */
export const letGo = (bytes: Uint8Array): void => {
  const { buffer } = bytes
  // What shares its memory with others stays.
  if (bytes.length >= large && buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length) buffer.transfer(0)
}

const large = 4096
