// Public keys that check signatures, each with its suite: as one token of text, as PEM, and signatures as openssl takes them. One
// writing of each exists, so that a key can be looked up by its text and never under another suite. Keeps encryption-100.
import { base64url, concat, fromBase64url, fromHex } from '#kernel'
import { type SignatureSuite, signatureSuites, verifySignature } from './signature.ts'

/** A key that checks signatures; every Signer is one. */
export interface VerifyKey {
  readonly suite: SignatureSuite
  readonly publicKey: Uint8Array
}

/** Bytes of a public key of each suite. */
const publicBytes: Readonly<Record<SignatureSuite, number>> = {
  Ed25519: 32,
  'ECDSA-P256-SHA256': 65,
  'ML-DSA-65': 1952,
  SM2: 65,
}

/** The token of a key: base64url of Ed25519 as it always was, of others behind the name of their suite and a colon. */
export const printVerifyKey = ({ suite, publicKey }: VerifyKey): string =>
  suite === 'Ed25519' ? base64url(publicKey) : `${suite}:${base64url(publicKey)}`

/** The key of a token; RangeError for anything that printVerifyKey does not write. */
export const parseVerifyKey = (text: string): VerifyKey => {
  const at = text.indexOf(':')
  const suite = signatureSuites.find((one) => one === (at < 0 ? 'Ed25519' : text.slice(0, at)))
  if (!suite || (at >= 0 && suite === 'Ed25519')) throw new RangeError('the suite of this key is not known')
  const publicKey = fromBase64url(text.slice(at + 1))
  if (publicKey.length !== publicBytes[suite]) throw new RangeError(`a key of ${suite} has another length`)
  return { suite, publicKey }
}

/** Whether two keys are one: the same bytes under the same suite. */
export const sameVerifyKey = (a: VerifyKey, b: VerifyKey): boolean => printVerifyKey(a) === printVerifyKey(b)

/** Whether this key made the signature, by its own suite and no other. */
export const verifiedBy = ({ suite, publicKey }: VerifyKey, bytes: Uint8Array, signature: Uint8Array): boolean =>
  verifySignature(suite, publicKey, bytes, signature)

// SubjectPublicKeyInfo up to the key itself: RFC 8410 section 4, RFC 5480 section 2.1.1, RFC 9881 section 4, and the curve of
// GM/T 0006 (1.2.156.10197.1.301) under id-ecPublicKey.
const heads: Readonly<Record<SignatureSuite, Uint8Array>> = {
  Ed25519: fromHex('302a300506032b6570032100'),
  'ECDSA-P256-SHA256': fromHex('3059301306072a8648ce3d020106082a8648ce3d030107034200'),
  'ML-DSA-65': fromHex('308207b2300b0609608648016503040312038207a100'),
  SM2: fromHex('3059301306072a8648ce3d020106082a811ccf5501822d034200'),
}

/** The key in PEM. */
export const verifyKeyPem = ({ suite, publicKey }: VerifyKey): string => {
  const lines = Buffer.from(concat(heads[suite], publicKey))
    .toString('base64')
    .match(/.{1,64}/g)
  return `-----BEGIN PUBLIC KEY-----\n${(lines ?? []).join('\n')}\n-----END PUBLIC KEY-----\n`
}

/** The key of a PEM, whose suite is in it; RangeError for anything that verifyKeyPem does not write. */
export const parseVerifyKeyPem = (pem: string): VerifyKey => {
  const der = Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64')
  for (const suite of signatureSuites) {
    const head = heads[suite]
    if (der.length !== head.length + publicBytes[suite] || !der.subarray(0, head.length).equals(head)) continue
    const key = { suite, publicKey: new Uint8Array(der.subarray(head.length)) }
    if (verifyKeyPem(key) === pem) return key
  }
  throw new RangeError('this is no public key of a suite that signs')
}

/** A signature as standard tools take it: r and s of curves as DER (RFC 3279 section 2.2.3), others as they are. */
export const signatureForTools = (suite: SignatureSuite, signature: Uint8Array): Uint8Array => {
  if (!ofTwoNumbers(suite)) return signature
  const body = concat(derInteger(signature.subarray(0, 32)), derInteger(signature.subarray(32)))
  return concat(new Uint8Array([0x30, body.length]), body)
}

/** The signature that signatureForTools wrote so; RangeError for any other writing of it. */
export const signatureFromTools = (suite: SignatureSuite, bytes: Uint8Array): Uint8Array => {
  if (!ofTwoNumbers(suite)) return bytes
  const [first, second] = [bytes[3] ?? 0, bytes[5 + (bytes[3] ?? 0)] ?? 0]
  const parts = [bytes.subarray(4, 4 + first), bytes.subarray(6 + first, 6 + first + second)]
  if (parts.some((part) => part.length === 0 || part.length > 33)) throw new RangeError('not r and s in DER')
  const signature = concat(
    ...parts.map((part) => {
      const number = part.length === 33 ? part.subarray(1) : part
      return concat(new Uint8Array(32 - number.length), number)
    }),
  )
  if (Buffer.compare(signatureForTools(suite, signature), bytes) !== 0) throw new RangeError('not r and s in DER')
  return signature
}

const ofTwoNumbers = (suite: SignatureSuite): boolean => suite === 'SM2' || suite === 'ECDSA-P256-SHA256'

const derInteger = (bytes: Uint8Array): Uint8Array => {
  const start = bytes.findIndex((byte) => byte !== 0)
  const least = start < 0 ? bytes.subarray(-1) : bytes.subarray(start)
  const number = (least[0] ?? 0) > 0x7f ? concat(new Uint8Array(1), least) : least
  return concat(new Uint8Array([2, number.length]), number)
}
