// SM2 (GB/T 32918) over the recommended curve, by a proven library: node:crypto's SM2 signs with the wrong user id and cannot
// encrypt, so nothing of it is used. Keys and signatures are bytes here; what is malformed is simply not good.
import { sm2 } from 'sm-crypto-v2'
import { fromHex, hex } from '#kernel'

/** The user id of GB/T 35276 where none was agreed; signatures made without it verify nowhere else. */
const userId = '1234567812345678'

// Order of the group: GB/T 32918.5.
const order = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n

export const sm2PublicBytes = 65
export const sm2SignatureBytes = 64
/** 04 ‖ x ‖ y (C1), hash (C3): what stands before the ciphertext (C2), which is as long as the text. */
export const sm2Overhead = 65 + 32

/** A private key of 32 bytes is a number from 1 to n−2 (GB/T 32918.1 section 6.1). */
export const sm2ScalarOk = (scalar: Uint8Array): boolean => {
  if (scalar.length !== 32) return false
  const d = BigInt(`0x${hex(scalar)}`)
  return d >= 1n && d <= order - 2n
}

/** The private key that many random bytes lead to: at least 40 of them, so that no number is noticeably likelier. */
export const sm2Scalar = (bytes: Uint8Array): Uint8Array => {
  const d = (BigInt(`0x${hex(bytes)}`) % (order - 2n)) + 1n
  return fromHex(d.toString(16).padStart(64, '0'))
}

/** The public key, 04 ‖ x ‖ y. Throws RangeError for what is no private key. */
export const sm2Public = (scalar: Uint8Array): Uint8Array => {
  if (!sm2ScalarOk(scalar)) throw new RangeError('an SM2 private key is a number from 1 to n-2 in 32 bytes')
  return fromHex(sm2.getPublicKeyFromPrivateKey(hex(scalar)))
}

/** Whether 65 bytes are a point of the curve; the library throws for what is none. */
export const sm2PublicOk = (publicKey: Uint8Array): boolean => {
  if (publicKey.length !== sm2PublicBytes || publicKey[0] !== 4) return false
  try {
    return sm2.verifyPublicKey(hex(publicKey))
  } catch {
    return false
  }
}

/** r ‖ s over SM3(Z ‖ message), GB/T 32918.2. */
export const sm2Sign = (scalar: Uint8Array, publicKey: Uint8Array, message: Uint8Array): Uint8Array =>
  fromHex(sm2.doSignature(message, hex(scalar), { hash: true, publicKey: hex(publicKey), userId }))

/** GB/T 32918.2 section 7. The library leaves the ranges of r and s to its caller. */
export const sm2Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => {
  if (signature.length !== sm2SignatureBytes || !sm2PublicOk(publicKey)) return false
  const text = hex(signature)
  const inRange = (part: string): boolean => {
    const n = BigInt(`0x${part}`)
    return n >= 1n && n < order
  }
  if (!inRange(text.slice(0, 64)) || !inRange(text.slice(64))) return false
  try {
    return sm2.doVerifySignature(message, text, hex(publicKey), { hash: true, userId })
  } catch {
    return false
  }
}

/** C1 ‖ C3 ‖ C2 with C1 = 04 ‖ x ‖ y, GB/T 32918.4. Throws RangeError for what is no public key. */
export const sm2Encrypt = (publicKey: Uint8Array, plain: Uint8Array): Uint8Array => {
  if (!sm2PublicOk(publicKey)) throw new RangeError('an SM2 public key is a point of the curve as 04, x, y')
  return fromHex(`04${sm2.doEncrypt(plain, hex(publicKey), c1c3c2)}`)
}

/** The text, or null. An empty text is never sealed: the library answers a wrong hash with an empty one. */
export const sm2Decrypt = (scalar: Uint8Array, sealed: Uint8Array): Uint8Array | null => {
  if (sealed.length <= sm2Overhead || sealed[0] !== 4 || !sm2ScalarOk(scalar)) return null
  try {
    const plain = sm2.doDecrypt(hex(sealed.subarray(1)), hex(scalar), c1c3c2, { output: 'array' })
    return plain.length === sealed.length - sm2Overhead ? new Uint8Array(plain) : null
  } catch {
    return null
  }
}

const c1c3c2 = 1
