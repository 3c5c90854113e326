// Sealing to a public key: one envelope for every asymmetric suite. Bytes: docs/formats/envelope.md; never edit a suite, add one.
// Keeps encryption-30.
import { concat, Fault } from '#kernel'
import { type EnvelopeSuite, type EnvelopeSuiteId, type Scheme, schemes } from './scheme.ts'
import { tagBytes } from './suite.ts'

export type { EnvelopeSuite, EnvelopeSuiteId } from './scheme.ts'

export interface Recipient {
  readonly suite: EnvelopeSuiteId
  /** Raw; SubjectPublicKeyInfo in DER for suite 19. */
  readonly publicKey: Uint8Array
}

export interface RecipientKeyPair extends Recipient {
  /** 32 bytes, seed or number; PKCS#8 in DER for suite 19. */
  readonly privateKey: Uint8Array
}

const magic = 0xc5
const headBytes = 2

/** A fresh pair of that suite. Fault suite-unknown. */
export const recipientKeyPair = (suite: EnvelopeSuiteId): RecipientKeyPair => {
  const { fresh, publicOf } = schemeOf(suite)
  const privateKey = fresh()
  return { suite, publicKey: publicOf(privateKey), privateKey }
}

/** The public half of a private key. Fault suite-unknown; RangeError where the bytes are no key of the suite. */
export const recipientOf = (suite: EnvelopeSuiteId, privateKey: Uint8Array): Recipient => ({
  suite,
  publicKey: schemeOf(suite).publicOf(privateKey),
})

/**
 * Seals to a recipient. info names the use, aad the place; both are needed again to open. Fault suite-unknown, or wrong-use where the
 * public key is none of the suite.
 */
export const sealEnvelope = (to: Recipient, info: Uint8Array, aad: Uint8Array, plain: Uint8Array): Uint8Array => {
  const scheme = schemeOf(to.suite)
  try {
    return concat(new Uint8Array([magic, to.suite]), scheme.seal(to.publicKey, info, aad, plain))
  } catch (cause) {
    throw new Fault('wrong-use', { what: `the public key does not fit ${scheme.name}` }, { cause })
  }
}

/** Opens an envelope. Another key, suite, info or aad, and any damage: the one Fault cell-does-not-open. */
export const openEnvelope = (
  own: RecipientKeyPair,
  info: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array => {
  const { encBytes, open } = schemeOf(own.suite)
  const bodyAt = headBytes + encBytes
  const ours = envelopeSuite(sealed) === own.suite && sealed.length >= bodyAt + tagBytes
  const plain = ours && open(own.privateKey, info, aad, sealed.subarray(headBytes, bodyAt), sealed.subarray(bodyAt))
  if (!plain) throw new Fault('cell-does-not-open')
  return plain
}

/** The suite an envelope says it is of, known or not; null where the bytes are no envelope. */
export const envelopeSuite = (sealed: Uint8Array): number | null => (sealed[0] === magic ? (sealed[1] ?? null) : null)

/** Every suite an envelope may be of. */
export const envelopeSuites: readonly EnvelopeSuite[] = schemes

/** The suite of that number; Fault suite-unknown where there is none. */
export const envelopeSuiteOf = (suite: number): EnvelopeSuite => schemeOf(suite)

const schemeOf = (suite: number): Scheme => {
  const scheme = schemes[suite - 17]
  if (scheme?.id !== suite) throw new Fault('suite-unknown', { suite })
  return scheme
}
