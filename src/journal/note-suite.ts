// Signature types of notes: which byte, or which name behind ff, says how a note was signed. Keeps journal-100.
import { createPublicKey, verify } from 'node:crypto'
import { base64url, concat, utf8 } from '#kernel'

export type NoteSuite = 'Ed25519' | 'ML-DSA-65' | 'SM2'

/** Whether a signature is good, by the suite named and no other. */
export type Verify = (suite: NoteSuite, publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array) => boolean

// C2SP signed-note, "Signature types": 01 is Ed25519. No byte is assigned to plain ML-DSA-65 or to SM2 (as of 2026-11-26); such types
// begin with ff and go on with a name nobody else uses.
const ours = (name: string): Uint8Array => concat(Uint8Array.of(0xff), utf8(`holdfast.crm/note/${name}\n`))

/** By suite: the bytes of its signature type, and how long its public keys are. */
export const noteTypes: Readonly<Record<NoteSuite, { readonly type: Uint8Array; readonly publicBytes: number }>> = {
  Ed25519: { type: Uint8Array.of(1), publicBytes: 32 },
  'ML-DSA-65': { type: ours('ML-DSA-65'), publicBytes: 1952 },
  SM2: { type: ours('SM2'), publicBytes: 65 },
}

export const isNoteSuite = (suite: string): suite is NoteSuite => Object.hasOwn(noteTypes, suite)

/** Ed25519 (RFC 8032) and nothing else: for who verifies without the suites of another room. */
export const verifyEd25519: Verify = (suite, publicKey, bytes, signature) => {
  if (suite !== 'Ed25519' || signature.length !== 64 || publicKey.length !== 32) return false
  const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: base64url(publicKey) } })
  return verify(null, bytes, key, signature)
}
