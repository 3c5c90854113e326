// Signatures: the table of suites, signers out of a seed of 32 bytes, and one way to check. Every key comes back from its seed, so that
// the recovery sheet brings signers of every suite back. Keeps encryption-31.
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { concat, Fault, fromHex, utf8 } from '#kernel'
import { ed25519Verify, privateKeyOf, rawPublic } from './curve.ts'
import { derive, keep } from './digest.ts'
import { p256Point, p256Private, p256Public, p256Scalar } from './p256.ts'
import { sm2Public, sm2Scalar, sm2Sign, sm2SignatureBytes, sm2Verify } from './sm2.ts'

export type SignatureSuite = 'Ed25519' | 'ECDSA-P256-SHA256' | 'ML-DSA-65' | 'SM2'

/** A named key that signs. */
export interface Signer {
  readonly name: string
  readonly suite: SignatureSuite
  /** Ed25519 32 B, ML-DSA-65 1952 B, the others a point 04 ‖ x ‖ y. */
  readonly publicKey: Uint8Array
  sign(bytes: Uint8Array): Uint8Array
}

interface Scheme {
  readonly signatureBytes: number
  readonly fromSeed: (seed: Uint8Array) => Pick<Signer, 'publicKey' | 'sign'>
  readonly verify: (publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array) => boolean
}

/** The names of all suites. */
export const signatureSuites: readonly SignatureSuite[] = ['Ed25519', 'ECDSA-P256-SHA256', 'ML-DSA-65', 'SM2']

/** A signer whose private key comes of the 32-byte seed given; the seed is wiped. Fault suite-unknown. */
export const signerOf = (name: string, seed: Uint8Array, suite: SignatureSuite = 'Ed25519'): Signer => {
  if (seed.length !== 32) throw new RangeError('a seed has 32 bytes')
  const pair = schemeOf(suite).fromSeed(seed)
  seed.fill(0)
  return { name, suite, ...pair }
}

/** Whether a signature is good. Malformed keys and signatures are simply not; Fault suite-unknown. */
export const verifySignature = (
  suite: SignatureSuite,
  publicKey: Uint8Array,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean => {
  const scheme = schemeOf(suite)
  if (signature.length !== scheme.signatureBytes) return false
  try {
    return scheme.verify(publicKey, bytes, signature)
  } catch {
    return false
  }
}

// RFC 8032.
const ed25519: Scheme = {
  signatureBytes: 64,
  fromSeed: (seed) => {
    const key = privateKeyOf('ed25519', seed)
    return { publicKey: rawPublic(key), sign: (bytes) => new Uint8Array(sign(null, bytes, key)) }
  },
  verify: ed25519Verify,
}

// FIPS 186-5 over SHA-256; r ‖ s of 32 bytes each (IEEE P1363), for which only one writing exists.
const p1363 = { dsaEncoding: 'ieee-p1363' } as const
const p256: Scheme = {
  signatureBytes: 64,
  fromSeed: (seed) => {
    const key = p256Private(p256Scalar(stretch('sha256', seed, 'ECDSA-P256-SHA256')))
    return { publicKey: p256Point(key), sign: (bytes) => new Uint8Array(sign('sha256', bytes, { key, ...p1363 })) }
  },
  verify: (publicKey, bytes, signature) => verify('sha256', bytes, { key: p256Public(publicKey), ...p1363 }, signature),
}

// FIPS 204, no context. RFC 9881: a private key is its seed; everything before the bytes is the same for each key.
const mldsaPrivateHead = fromHex('3034020100300b060960864801650304031204228020')
const mldsaPublicHead = fromHex('308207b2300b0609608648016503040312038207a100')
const mldsaPublicBytes = 1952
const mldsa: Scheme = {
  signatureBytes: 3309,
  fromSeed: (seed) => {
    const xi = stretch('sha256', seed, 'ML-DSA-65', 32)
    const key = createPrivateKey({ key: Buffer.from(concat(mldsaPrivateHead, xi)), format: 'der', type: 'pkcs8' })
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
    return {
      publicKey: new Uint8Array(spki.subarray(-mldsaPublicBytes)),
      sign: (bytes) => new Uint8Array(sign(null, bytes, key)),
    }
  },
  verify: (publicKey, bytes, signature) => {
    if (publicKey.length !== mldsaPublicBytes) return false
    const key = createPublicKey({ key: Buffer.from(concat(mldsaPublicHead, publicKey)), format: 'der', type: 'spki' })
    return verify(null, bytes, key, signature)
  },
}

// GB/T 32918.2 with the user id of sm2.ts; r ‖ s.
const sm2: Scheme = {
  signatureBytes: sm2SignatureBytes,
  fromSeed: (seed) => {
    const scalar = sm2Scalar(stretch('sm3', seed, 'SM2'))
    const publicKey = sm2Public(scalar)
    return { publicKey, sign: (bytes) => sm2Sign(scalar, publicKey, bytes) }
  },
  verify: sm2Verify,
}

const schemes: Readonly<Record<SignatureSuite, Scheme>> = {
  Ed25519: ed25519,
  'ECDSA-P256-SHA256': p256,
  'ML-DSA-65': mldsa,
  SM2: sm2,
}

const schemeOf = (suite: SignatureSuite): Scheme => {
  if (!Object.hasOwn(schemes, suite)) throw new Fault('suite-unknown', { suite })
  return schemes[suite]
}

// One seed may serve several suites: all but Ed25519, which takes the seed as it is, go through HKDF under their own name. 40 bytes for
// a number of 32: the remainder is then even to 2^-64 (FIPS 186-5 A.2.1).
const stretch = (hash: 'sha256' | 'sm3', seed: Uint8Array, suite: SignatureSuite, length = 40): Uint8Array =>
  derive(hash, keep(new Uint8Array(seed)), utf8(`holdfast/signature/1/${suite}`), length)
