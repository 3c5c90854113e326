// HPKE base mode (RFC 9180), HKDF-SHA256 + AES-256-GCM, one message per encapsulation: for capture forms, backups and escrow, where
// the writer must not be able to read. X25519 whole; of other KEMs (envelope.ts) what comes after their secret. Keeps encryption-9.
import { createHmac, decapsulate, encapsulate, generateKeyPairSync } from 'node:crypto'
import { concat, Fault, u16, utf8 } from '#kernel'
import { privateKeyOf, publicKeyOf, rawPrivate, rawPublic } from './curve.ts'
import { keep } from './digest.ts'
import { openBytes, sealInto, tagBytes } from './suite.ts'

export interface HpkeKeyPair {
  readonly publicKey: Uint8Array
  readonly privateKey: Uint8Array
}

const encBytes = 32

/** A fresh X25519 pair, 32 raw bytes each. */
export const hpkeKeyPair = (): HpkeKeyPair => {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  return { publicKey: rawPublic(publicKey), privateKey: rawPrivate(privateKey) }
}

/** Seals to a public key; the answer is enc (32 B) ‖ ciphertext ‖ tag. */
export const hpkeSeal = (publicKey: Uint8Array, info: Uint8Array, aad: Uint8Array, plain: Uint8Array): Uint8Array => {
  // DHKEM(X25519, HKDF-SHA256) is what encapsulate does with an X25519 key (RFC 9180 section 4.1); the vectors prove it.
  const { sharedKey, ciphertext: enc } = encapsulate(publicKeyOf('x25519', publicKey))
  return concat(enc, hpkeBody(kems.x25519, sharedKey, info, aad, plain))
}

/** Opens what hpkeSeal made; every failure is the one Fault cell-does-not-open. */
export const hpkeOpen = (privateKey: Uint8Array, info: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array => {
  const shared = sharedSecret(privateKey, sealed.subarray(0, encBytes))
  const plain = shared && hpkeUnbody(kems.x25519, shared, info, aad, sealed.subarray(encBytes))
  if (!plain) throw new Fault('cell-does-not-open')
  return plain
}

/** Numbers of the KEMs: RFC 9180 section 7.1, and section 5.7 of draft-connolly-cfrg-xwing-kem. */
export const kems = { p256: 0x0010, x25519: 0x0020, xwing: 0x647a } as const

/** Ciphertext ‖ tag of one message under the secret of a KEM; the secret is wiped. */
export const hpkeBody = (
  kem: number,
  shared: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  plain: Uint8Array,
): Uint8Array => {
  const { key, baseNonce } = keySchedule(aes256Gcm, shared, info, kem)
  shared.fill(0)
  const out = new Uint8Array(plain.length + tagBytes)
  sealInto(aes256Gcm.cipher, keep(key), baseNonce, aad, plain, out, 0)
  return out
}

/** The text of hpkeBody, or null. The secret is wiped. */
export const hpkeUnbody = (
  kem: number,
  shared: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  body: Uint8Array,
): Uint8Array | null => {
  const { key, baseNonce } = keySchedule(aes256Gcm, shared, info, kem)
  shared.fill(0)
  const plain = openBytes(aes256Gcm.cipher, keep(key), baseNonce, aad, body)
  return plain && new Uint8Array(plain)
}

/** Decap of RFC 9180 section 4.1, or null: a point of small order gives an all-zero secret, which OpenSSL refuses. */
export const sharedSecret = (privateKey: Uint8Array, enc: Uint8Array): Uint8Array | null => {
  try {
    return new Uint8Array(decapsulate(privateKeyOf('x25519', privateKey), enc))
  } catch {
    return null
  }
}

/** An AEAD of RFC 9180 section 7.3: its number, its OpenSSL name, the length of its key. */
export interface HpkeAead {
  readonly id: number
  readonly cipher: string
  readonly keyBytes: number
}

export const aes256Gcm: HpkeAead = { id: 2, cipher: 'aes-256-gcm', keyBytes: 32 }

/** KeySchedule of RFC 9180 section 5.1, mode base, KDF 0x0001. The AEAD is a parameter only for the vectors. */
export const keySchedule = (
  aead: HpkeAead,
  shared: Uint8Array,
  info: Uint8Array,
  kem: number = kems.x25519,
): { readonly key: Uint8Array; readonly baseNonce: Uint8Array; readonly exporterSecret: Uint8Array } => {
  const suite = concat(utf8('HPKE'), u16(kem), u16(0x0001), u16(aead.id))
  const context = concat(
    new Uint8Array([0]),
    labeledExtract(suite, empty, 'psk_id_hash', empty),
    labeledExtract(suite, empty, 'info_hash', info),
  )
  const secret = labeledExtract(suite, shared, 'secret', empty)
  return {
    key: labeledExpand(suite, secret, 'key', context, aead.keyBytes),
    baseNonce: labeledExpand(suite, secret, 'base_nonce', context, 12),
    exporterSecret: labeledExpand(suite, secret, 'exp', context, 32),
  }
}

const empty = new Uint8Array(0)
const version = utf8('HPKE-v1')

const labeledExtract = (suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array =>
  createHmac('sha256', salt).update(version).update(suite).update(label).update(ikm).digest()

// HKDF-Expand alone: node offers extract and expand in one step, so the expansion is done by hand (at most 32 bytes are wanted,
// which is one block: T(1) = HMAC(prk, info ‖ 0x01)).
const labeledExpand = (
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array =>
  new Uint8Array(
    createHmac('sha256', prk)
      .update(u16(length))
      .update(version)
      .update(suite)
      .update(label)
      .update(info)
      .update(new Uint8Array([1]))
      .digest()
      .subarray(0, length),
  )
