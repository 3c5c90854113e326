// The certificate of an erasure: what was destroyed, when, and how far backups go, signed so that an outsider can check it with
// openssl alone. It names the subject by id and holds no personal value. Keeps vault-15.
import { createPublicKey } from 'node:crypto'
import { base64url, canonical, concat, Fault, fromHex, hex, type Uuid, utf8 } from '#kernel'
import { ed25519Verify, sha256, type Signer } from '#encryption'

export interface ErasureFacts {
  readonly number: number
  readonly id: Uuid
  readonly tenant: Uuid
  readonly installation: Uuid
  readonly subject: Uuid
  readonly at: string
  readonly by: Uuid
  readonly reason: string
  /** Records made empty, by type. */
  readonly records: Readonly<Record<string, number>>
  readonly attachments: number
  /** SHA-256 of the commitments of the data keys destroyed, generation by generation: which keys, without telling them. */
  readonly keys: readonly { readonly generation: number; readonly commitment: string }[]
  /** Days after which no snapshot of the keyring outside this database can hold the keys any more. */
  readonly backupDays: number
  /** SHA-256 of the certificate before this one; null for the first. */
  readonly previous: string | null
}

/** A certificate as it is handed out. */
export interface Certificate {
  readonly facts: ErasureFacts
  /** The text that is signed: its first line is the context, its second the canonical form of facts. */
  readonly signed: string
  readonly signature: Uint8Array
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** Hex; what the journal and the next certificate name it by. */
  readonly sha256: string
}

const format = 'holdfast-erasure-certificate-1'
const context = 'holdfast erasure certificate v1\n'

/** Signs what was done. */
export const certify = (facts: ErasureFacts, signer: Signer): Certificate => {
  const signed = context + canonical(facts)
  const bytes = utf8(signed)
  return { facts, signed, signature: signer.sign(bytes), publicKey: signer.publicKey, sha256: hex(sha256(bytes)) }
}

/** The file: readable facts beside the very text that is signed, key and signature as openssl takes them. */
export const printCertificate = (certificate: Omit<Certificate, 'facts' | 'sha256'>): string =>
  `${JSON.stringify(
    {
      format,
      certificate: factsOf(certificate.signed),
      signed: certificate.signed,
      publicKey: pemOf(certificate.publicKey),
      signature: Buffer.from(certificate.signature).toString('base64'),
    },
    null,
    2,
  )}\n`

/** Reads a file and checks its signature. Throws certificate-invalid where it is no certificate or does not hold. */
export const readCertificate = (text: string): Certificate => {
  try {
    const file = JSON.parse(text) as Readonly<Record<string, unknown>>
    const { signed, publicKey, signature } = file
    if (file['format'] !== format) throw new TypeError('another format')
    if (typeof signed !== 'string' || typeof publicKey !== 'string' || typeof signature !== 'string')
      throw new TypeError('a member is missing')
    const facts = factsOf(signed)
    // What a person reads must be what was signed.
    if (context + canonical(file['certificate']) !== signed || context + canonical(facts) !== signed)
      throw new TypeError('the readable part is not what was signed')
    const key = rawOf(publicKey)
    const bytes = new Uint8Array(Buffer.from(signature, 'base64'))
    if (!ed25519Verify(key, utf8(signed), bytes)) throw new TypeError('the signature does not hold')
    return { facts, signed, signature: bytes, publicKey: key, sha256: hex(sha256(utf8(signed))) }
  } catch (cause) {
    throw new Fault('certificate-invalid', {}, { cause })
  }
}

/** Facts of a signed text that is known to be one. */
export const factsOf = (signed: string): ErasureFacts => {
  if (!signed.startsWith(context)) throw new TypeError('another context')
  return JSON.parse(signed.slice(context.length)) as ErasureFacts
}

// RFC 8410 section 4: SubjectPublicKeyInfo of Ed25519.
const spki = fromHex('302a300506032b6570032100')

const pemOf = (raw: Uint8Array): string =>
  `-----BEGIN PUBLIC KEY-----\n${Buffer.from(concat(spki, raw)).toString('base64')}\n-----END PUBLIC KEY-----\n`

const rawOf = (pem: string): Uint8Array => {
  const der = createPublicKey(pem).export({ format: 'der', type: 'spki' })
  if (der.length !== spki.length + 32 || base64url(der.subarray(0, spki.length)) !== base64url(spki))
    throw new TypeError('not an Ed25519 key')
  return new Uint8Array(der.subarray(spki.length))
}
