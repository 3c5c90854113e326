// 国密 in a browser, by a library, since no browser has it: SM2 carries a secret, SM4-GCM seals the text under HKDF-SM3 of it
// (docs/formats/envelope.md, suite 20), and SM2 with SM3 checks manifests. Keeps web-51, web-100.
import { hkdf, sm2, sm3, sm4 } from 'sm-crypto-v2'
import { concat, fromHex, toHex, utf8 } from './bytes.ts'

type Bytes = Uint8Array<ArrayBuffer>

const suite = 20
// GB/T 35276 where no user id was agreed.
const userId = '1234567812345678'
const c1c3c2 = 1
// GB/T 32918.5: the order of the group. The library leaves the ranges of r and s to its caller.
const order = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n

/** What follows the head of an envelope: what carries the secret, ciphertext, tag. */
export const sealGm = (publicKey: Bytes, info: Bytes, aad: Bytes, plain: Bytes): Bytes => {
  demandPoint(publicKey)
  const secret = crypto.getRandomValues(new Uint8Array(32))
  const enc = fromHex(`04${sm2.doEncrypt(secret, toHex(publicKey), c1c3c2)}`)
  const label = concat(utf8('holdfast/envelope/1'), new Uint8Array([suite]), fromHex(sm3(info)))
  const made = hkdf(secret, enc, label, 16 + 12)
  const { output, tag } = sm4.encrypt(plain, made.slice(0, 16), {
    mode: 'gcm',
    iv: made.slice(16),
    associatedData: aad,
    padding: 'none',
    output: 'array',
    outputTag: true,
  })
  if (tag?.length !== 16 || output.length !== plain.length) throw new TypeError('nothing was sealed')
  secret.fill(0)
  made.fill(0)
  return concat(enc, output, tag)
}

/** SM2 with SM3 and the standard user id; r ‖ s. */
export const verifyGm = (publicKey: Bytes, message: Bytes, signature: Bytes): boolean => {
  if (signature.length !== 64) return false
  demandPoint(publicKey)
  const text = toHex(signature)
  const inRange = (part: string): boolean => {
    const n = BigInt(`0x${part}`)
    return n >= 1n && n < order
  }
  if (!inRange(text.slice(0, 64)) || !inRange(text.slice(64))) return false
  return sm2.doVerifySignature(message, text, toHex(publicKey), { hash: true, userId })
}

const demandPoint = (publicKey: Bytes): void => {
  if (publicKey.length !== 65 || publicKey[0] !== 4 || !sm2.verifyPublicKey(toHex(publicKey)))
    throw new TypeError('no key of SM2')
}
