// The five ways of carrying a key to the holder of a private one: what each suite of envelope.ts does on bytes already measured.
import {
  constants,
  createPrivateKey,
  createPublicKey,
  decapsulate,
  encapsulate,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto'
import { concat } from '#kernel'
import { privateKeyOf, publicKeyOf, rawPublic } from './curve.ts'
import { type Dem, demOpen, demSeal } from './dem.ts'
import { random, sha256 } from './digest.ts'
import { hpkeBody, hpkeUnbody, kems, sharedSecret } from './hpke.ts'
import { p256Point, p256Private, p256Public, p256PublicBytes, p256Scalar } from './p256.ts'
import { sm2Decrypt, sm2Encrypt, sm2Overhead, sm2Public, sm2Scalar } from './sm2.ts'
import { xwingDecapsulate, xwingEncapsulate, xwingEncBytes, xwingPublic } from './xwing.ts'

/** 17 HPKE X25519, 18 HPKE X-Wing (X25519 + ML-KEM-768), 19 RSA-3072-OAEP-SHA256, 20 SM2 with SM4-GCM, 21 HPKE P-256. */
export type EnvelopeSuiteId = 17 | 18 | 19 | 20 | 21

export interface EnvelopeSuite {
  readonly id: EnvelopeSuiteId
  readonly name: string
  /** Bytes between the two of the head and the ciphertext: what carries the key. */
  readonly encBytes: number
}

/** A suite on bytes: open answers null where it does not open, seal and publicOf throw for what is no key of the suite. */
export interface Scheme extends EnvelopeSuite {
  readonly fresh: () => Uint8Array
  readonly publicOf: (privateKey: Uint8Array) => Uint8Array
  readonly seal: (publicKey: Uint8Array, info: Uint8Array, aad: Uint8Array, plain: Uint8Array) => Uint8Array
  readonly open: (
    privateKey: Uint8Array,
    info: Uint8Array,
    aad: Uint8Array,
    enc: Uint8Array,
    body: Uint8Array,
  ) => Uint8Array | null
}

const x25519: Scheme = {
  id: 17,
  name: 'HPKE X25519',
  encBytes: 32,
  fresh: () => random(32),
  publicOf: (privateKey) => rawPublic(privateKeyOf('x25519', privateKey)),
  seal: (publicKey, info, aad, plain) => {
    const { sharedKey, ciphertext } = encapsulate(publicKeyOf('x25519', publicKey))
    return concat(ciphertext, hpkeBody(kems.x25519, sharedKey, info, aad, plain))
  },
  open: (privateKey, info, aad, enc, body) => {
    const shared = sharedSecret(privateKey, enc)
    return shared && hpkeUnbody(kems.x25519, shared, info, aad, body)
  },
}

const xwing: Scheme = {
  id: 18,
  name: 'HPKE X25519+ML-KEM-768',
  encBytes: xwingEncBytes,
  fresh: () => random(32),
  publicOf: xwingPublic,
  seal: (publicKey, info, aad, plain) => {
    const { shared, enc } = xwingEncapsulate(publicKey)
    return concat(enc, hpkeBody(kems.xwing, shared, info, aad, plain))
  },
  open: (privateKey, info, aad, enc, body) => {
    const shared = xwingDecapsulate(privateKey, enc)
    return shared && hpkeUnbody(kems.xwing, shared, info, aad, body)
  },
}

const p256: Scheme = {
  id: 21,
  name: 'HPKE P-256',
  encBytes: p256PublicBytes,
  fresh: () => p256Scalar(random(40)),
  publicOf: (privateKey) => p256Point(p256Private(privateKey)),
  seal: (publicKey, info, aad, plain) => {
    // DHKEM(P-256, HKDF-SHA256): RFC 9180 section 4.1, as for X25519.
    const { sharedKey, ciphertext } = encapsulate(p256Public(publicKey))
    return concat(ciphertext, hpkeBody(kems.p256, sharedKey, info, aad, plain))
  },
  open: (privateKey, info, aad, enc, body) => {
    const shared = attempt(() => decapsulate(p256Private(privateKey), enc))
    return shared && hpkeUnbody(kems.p256, shared, info, aad, body)
  },
}

const rsaBits = 3072

/** RSA keys of this suite have 3072 bits, no more and no fewer: the length of enc is part of the format. */
const demandRsa = (key: KeyObject): KeyObject => {
  if (key.asymmetricKeyType !== 'rsa' || key.asymmetricKeyDetails?.modulusLength !== rsaBits)
    throw new RangeError('a key of RSA with 3072 bits was expected')
  return key
}

/** OAEP of RFC 8017 with SHA-256, for its mask too. */
export const oaep = (label: Uint8Array): { padding: number; oaepHash: string; oaepLabel: Uint8Array } => ({
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: 'sha256',
  oaepLabel: label,
})

const rsaPrivate = (der: Uint8Array): KeyObject =>
  demandRsa(createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' }))

const aesDem: Dem = { suite: 19, cipher: 'aes-256-gcm', hash: 'sha256', keyBytes: 32 }

const rsa: Scheme = {
  id: 19,
  name: 'RSA-3072-OAEP-SHA256',
  encBytes: rsaBits / 8,
  fresh: () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: rsaBits })
    return new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
  },
  publicOf: (privateKey) => {
    const half = createPublicKey(rsaPrivate(privateKey))
    return new Uint8Array(half.export({ format: 'der', type: 'spki' }))
  },
  seal: (publicKey, info, aad, plain) => {
    const key = demandRsa(createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' }))
    const secret = random(32)
    const enc = new Uint8Array(publicEncrypt({ key, ...oaep(sha256(aad)) }, secret))
    return concat(enc, demSeal(aesDem, secret, { enc, info, aad }, plain))
  },
  open: (privateKey, info, aad, enc, body) => {
    const secret = attempt(() => privateDecrypt({ key: rsaPrivate(privateKey), ...oaep(sha256(aad)) }, enc))
    return secret?.length === 32 ? demOpen(aesDem, secret, { enc, info, aad }, body) : null
  },
}

const sm4Dem: Dem = { suite: 20, cipher: 'sm4-gcm', hash: 'sm3', keyBytes: 16 }

const sm2: Scheme = {
  id: 20,
  name: 'SM2 with SM4-GCM',
  encBytes: sm2Overhead + 32,
  fresh: () => sm2Scalar(random(40)),
  publicOf: sm2Public,
  seal: (publicKey, info, aad, plain) => {
    const secret = random(32)
    const enc = sm2Encrypt(publicKey, secret)
    return concat(enc, demSeal(sm4Dem, secret, { enc, info, aad }, plain))
  },
  open: (privateKey, info, aad, enc, body) => {
    const secret = sm2Decrypt(privateKey, enc)
    return secret && demOpen(sm4Dem, secret, { enc, info, aad }, body)
  },
}

// OpenSSL throws for what does not fit: one face for all of it.
const attempt = (work: () => Uint8Array): Uint8Array | null => {
  try {
    return new Uint8Array(work())
  } catch {
    return null
  }
}

/** Every scheme, by number from 17 on. */
export const schemes: readonly Scheme[] = [x25519, xwing, rsa, sm2, p256]
