// The certificate of an erasure: what was destroyed, when, and how far backups go, signed so that an outsider can check it with
// openssl alone. It names the subject by id and holds no personal value. Keeps vault-15, vault-101.
import { canonical, Fault, hex, type Uuid, utf8 } from '#kernel'
import {
  parseVerifyKeyPem,
  sha256,
  signatureForTools,
  signatureFromTools,
  type SignatureSuite,
  type Signer,
  verifiedBy,
  verifyKeyPem,
} from '#encryption'

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
  /** Of key and signature. */
  readonly suite: SignatureSuite
  readonly publicKey: Uint8Array
  /** Hex; what the journal and the next certificate name it by. */
  readonly sha256: string
}

/** The first is of Ed25519 and does not say so; the second names its suite. */
const formats = { first: 'holdfast-erasure-certificate-1', second: 'holdfast-erasure-certificate-2' } as const
const context = 'holdfast erasure certificate v1\n'

/** Signs what was done. */
export const certify = (facts: ErasureFacts, signer: Signer): Certificate => {
  const signed = context + canonical(facts)
  const bytes = utf8(signed)
  const { suite, publicKey } = signer
  return { facts, signed, signature: signer.sign(bytes), suite, publicKey, sha256: hex(sha256(bytes)) }
}

/** The file: readable facts beside the very text that is signed, key and signature as openssl takes them. */
export const printCertificate = (certificate: Omit<Certificate, 'facts' | 'sha256'>): string =>
  `${JSON.stringify(
    {
      ...(certificate.suite === 'Ed25519'
        ? { format: formats.first }
        : { format: formats.second, suite: certificate.suite }),
      certificate: factsOf(certificate.signed),
      signed: certificate.signed,
      publicKey: verifyKeyPem(certificate),
      signature: Buffer.from(signatureForTools(certificate.suite, certificate.signature)).toString('base64'),
    },
    null,
    2,
  )}\n`

/** Reads a file and checks its signature. Throws certificate-invalid where it is no certificate or does not hold. */
export const readCertificate = (text: string): Certificate => {
  try {
    const file = JSON.parse(text) as Readonly<Record<string, unknown>>
    const { signed, publicKey, signature } = file
    if (typeof signed !== 'string' || typeof publicKey !== 'string' || typeof signature !== 'string')
      throw new TypeError('a member is missing')
    const facts = factsOf(signed)
    // What a person reads must be what was signed.
    if (context + canonical(file['certificate']) !== signed || context + canonical(facts) !== signed)
      throw new TypeError('the readable part is not what was signed')
    const key = parseVerifyKeyPem(publicKey)
    demandSuite(file, key.suite)
    const bytes = signatureFromTools(key.suite, new Uint8Array(Buffer.from(signature, 'base64')))
    if (!verifiedBy(key, utf8(signed), bytes)) throw new TypeError('the signature does not hold')
    return { facts, signed, signature: bytes, ...key, sha256: hex(sha256(utf8(signed))) }
  } catch (cause) {
    throw new Fault('certificate-invalid', {}, { cause })
  }
}

/** Facts of a signed text that is known to be one. */
export const factsOf = (signed: string): ErasureFacts => {
  if (!signed.startsWith(context)) throw new TypeError('another context')
  return JSON.parse(signed.slice(context.length)) as ErasureFacts
}

/** A file that names another suite than its key is of is refused, whichever of the two would hold. */
const demandSuite = (file: Readonly<Record<string, unknown>>, suite: SignatureSuite): void => {
  const { format, suite: told } = file
  const named =
    format === formats.first && told === undefined
      ? 'Ed25519'
      : format === formats.second && told !== 'Ed25519'
        ? told
        : undefined
  if (named !== suite) throw new TypeError('another format, or another suite than the key')
}
