// Keys of the curve P-256 (SP 800-186) as raw bytes in and out of node:crypto: a number of 32 bytes, a point 04 ‖ x ‖ y of 65.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { concat, fromHex, hex } from '#kernel'

// RFC 5915 in PKCS#8, and RFC 5480: everything before the bytes is the same for each key.
const privateHead = fromHex('3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420')
const publicHead = fromHex('3059301306072a8648ce3d020106082a8648ce3d030107034200')

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

export const p256PublicBytes = 65

/** Private key out of a number from 1 to n−1; throws RangeError otherwise. */
export const p256Private = (scalar: Uint8Array): KeyObject => {
  const d = scalar.length === 32 ? BigInt(`0x${hex(scalar)}`) : 0n
  if (d < 1n || d >= order) throw new RangeError('a P-256 private key is a number from 1 to n-1 in 32 bytes')
  return createPrivateKey({ key: Buffer.from(concat(privateHead, scalar)), format: 'der', type: 'pkcs8' })
}

/** Public key out of an uncompressed point of the curve; throws otherwise. */
export const p256Public = (point: Uint8Array): KeyObject => {
  if (point.length !== p256PublicBytes || point[0] !== 4) throw new RangeError('a P-256 public key is 04, x, y')
  return createPublicKey({ key: Buffer.from(concat(publicHead, point)), format: 'der', type: 'spki' })
}

/** The point that belongs to a key. */
export const p256Point = (key: KeyObject): Uint8Array => {
  const half = key.type === 'private' ? createPublicKey(key) : key
  return new Uint8Array(half.export({ format: 'der', type: 'spki' }).subarray(-p256PublicBytes))
}

/** The number that many random bytes lead to: at least 40 of them (FIPS 186-5 A.2.1), so that none is noticeably likelier. */
export const p256Scalar = (bytes: Uint8Array): Uint8Array => {
  const d = (BigInt(`0x${hex(bytes)}`) % (order - 1n)) + 1n
  return fromHex(d.toString(16).padStart(64, '0'))
}
