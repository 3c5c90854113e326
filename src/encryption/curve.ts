// Keys of Curve25519 as 32 raw bytes in and out of node:crypto: X25519 to agree, Ed25519 to sign.
import { createPrivateKey, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { concat, fromHex } from '#kernel'

type Curve = 'x25519' | 'ed25519'

// RFC 8410 section 7: everything before the 32 bytes is the same for each key of a curve.
const privateHead = {
  x25519: fromHex('302e020100300506032b656e04220420'),
  ed25519: fromHex('302e020100300506032b657004220420'),
}
const publicHead = { x25519: fromHex('302a300506032b656e032100'), ed25519: fromHex('302a300506032b6570032100') }

/** Private key of 32 raw bytes; throws RangeError otherwise. */
export const privateKeyOf = (curve: Curve, raw: Uint8Array): KeyObject => {
  if (raw.length !== 32) throw new RangeError('a private key has 32 bytes')
  return createPrivateKey({ key: Buffer.from(concat(privateHead[curve], raw)), format: 'der', type: 'pkcs8' })
}

/** Public key of 32 raw bytes; throws RangeError otherwise. */
export const publicKeyOf = (curve: Curve, raw: Uint8Array): KeyObject => {
  if (raw.length !== 32) throw new RangeError('a public key has 32 bytes')
  return createPublicKey({ key: Buffer.from(concat(publicHead[curve], raw)), format: 'der', type: 'spki' })
}

/** The 32 raw bytes of the public key that belongs to a key. */
export const rawPublic = (key: KeyObject): Uint8Array => {
  const half = key.type === 'private' ? createPublicKey(key) : key
  return new Uint8Array(half.export({ format: 'der', type: 'spki' }).subarray(-32))
}

/** The 32 raw bytes of a private key. */
export const rawPrivate = (key: KeyObject): Uint8Array =>
  new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }).subarray(-32))

/** Whether an Ed25519 signature is good. Malformed keys and signatures are simply not. */
export const ed25519Verify = (publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean => {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  try {
    return verify(null, bytes, publicKeyOf('ed25519', publicKey), signature)
  } catch {
    return false
  }
}
