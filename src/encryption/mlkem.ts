// Keys of ML-KEM-768 (FIPS 203) as raw bytes in and out of node:crypto: a seed d ‖ z of 64 bytes, a public key of 1184.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { concat, fromHex } from '#kernel'

// RFC 9935: everything before the bytes is the same for each key; a private key is written as its seed.
const privateHead = fromHex('3054020100300b060960864801650304040204428040')
const publicHead = fromHex('308204b2300b0609608648016503040402038204a100')

export const mlkemSeedBytes = 64
export const mlkemPublicBytes = 1184
export const mlkemCipherBytes = 1088

/** Private key out of its seed; throws RangeError otherwise. */
export const mlkemPrivate = (seed: Uint8Array): KeyObject => {
  if (seed.length !== mlkemSeedBytes) throw new RangeError('a seed of ML-KEM-768 has 64 bytes')
  return createPrivateKey({ key: Buffer.from(concat(privateHead, seed)), format: 'der', type: 'pkcs8' })
}

/** Public key out of its bytes; OpenSSL refuses what is not reduced (FIPS 203 section 7.2). */
export const mlkemPublic = (raw: Uint8Array): KeyObject => {
  if (raw.length !== mlkemPublicBytes) throw new RangeError('a public key of ML-KEM-768 has 1184 bytes')
  return createPublicKey({ key: Buffer.from(concat(publicHead, raw)), format: 'der', type: 'spki' })
}

/** The raw public key that belongs to a private one. */
export const mlkemRaw = (privateKey: KeyObject): Uint8Array =>
  new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-mlkemPublicBytes))
