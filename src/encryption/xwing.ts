// X-Wing, the KEM that holds while either X25519 or ML-KEM-768 does (draft-connolly-cfrg-xwing-kem). A private key is a seed of 32
// bytes; everything else is computed out of it.
import { decapsulate, diffieHellman, encapsulate, generateKeyPairSync, hash, type KeyObject } from 'node:crypto'
import { concat, fromHex } from '#kernel'
import { privateKeyOf, publicKeyOf, rawPublic } from './curve.ts'
import { mlkemCipherBytes, mlkemPrivate, mlkemPublic, mlkemPublicBytes, mlkemRaw, mlkemSeedBytes } from './mlkem.ts'

export const xwingPublicBytes = mlkemPublicBytes + 32
export const xwingEncBytes = mlkemCipherBytes + 32

interface Expanded {
  readonly mlkem: KeyObject
  readonly x25519: KeyObject
  readonly x25519Public: Uint8Array
}

// draft section 5.2: SHAKE256 of the seed, 96 bytes, is d ‖ z ‖ X25519 private key.
const expand = (seed: Uint8Array): Expanded => {
  if (seed.length !== 32) throw new RangeError('an X-Wing private key is a seed of 32 bytes')
  const bytes = hash('shake256', seed, { outputEncoding: 'buffer', outputLength: 96 })
  const mlkem = mlkemPrivate(bytes.subarray(0, mlkemSeedBytes))
  const x25519 = privateKeyOf('x25519', bytes.subarray(mlkemSeedBytes))
  bytes.fill(0)
  return { mlkem, x25519, x25519Public: rawPublic(x25519) }
}

/** The public key of a seed: ML-KEM-768 (1184) ‖ X25519 (32). */
export const xwingPublic = (seed: Uint8Array): Uint8Array => {
  const { mlkem, x25519Public } = expand(seed)
  return concat(mlkemRaw(mlkem), x25519Public)
}

/** A fresh secret (32) and what carries it to the holder of the seed (1120). Throws for what is no public key. */
export const xwingEncapsulate = (publicKey: Uint8Array): { readonly shared: Uint8Array; readonly enc: Uint8Array } => {
  if (publicKey.length !== xwingPublicBytes) throw new RangeError('an X-Wing public key has 1216 bytes')
  const mlkem = mlkemPublic(publicKey.subarray(0, mlkemPublicBytes))
  const theirs = publicKey.subarray(mlkemPublicBytes)
  const ephemeral = generateKeyPairSync('x25519')
  const { sharedKey: first, ciphertext } = encapsulate(mlkem)
  const second = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: publicKeyOf('x25519', theirs) })
  const sent = rawPublic(ephemeral.publicKey)
  return { shared: combine(first, second, sent, theirs), enc: concat(ciphertext, sent) }
}

/** The secret, or null where the bytes cannot be of X-Wing at all: wrong length, a point of small order. */
export const xwingDecapsulate = (seed: Uint8Array, enc: Uint8Array): Uint8Array | null => {
  if (enc.length !== xwingEncBytes) return null
  try {
    const { mlkem, x25519, x25519Public } = expand(seed)
    const sent = enc.subarray(mlkemCipherBytes)
    const first = decapsulate(mlkem, enc.subarray(0, mlkemCipherBytes))
    const second = diffieHellman({ privateKey: x25519, publicKey: publicKeyOf('x25519', sent) })
    return combine(first, second, sent, x25519Public)
  } catch {
    return null
  }
}

// draft section 5.3; the label is the six characters \./ /^\ of the drawing.
const label = fromHex('5c2e2f2f5e5c')

const combine = (mlkem: Uint8Array, x25519: Uint8Array, sent: Uint8Array, receiver: Uint8Array): Uint8Array => {
  const secrets = concat(mlkem, x25519, sent, receiver, label)
  const shared = new Uint8Array(hash('sha3-256', secrets, 'buffer'))
  secrets.fill(0)
  return shared
}
