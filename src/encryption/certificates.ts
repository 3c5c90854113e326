// Certificates of the installation as the inventory lists them: names, validity, algorithms and digests; nothing of a private key is
// ever read. Keeps encryption-36.
import { type KeyObject, X509Certificate } from 'node:crypto'
import { hex, type Json, utf8 } from '#kernel'
import { type Algorithm, algorithms } from './algorithms.ts'
import { sha256 } from './digest.ts'

/** A certificate, and what it is there for. */
export interface CertificateInUse {
  /** Unique in the inventory: digest of the certificate. */
  readonly ref: string
  readonly purposes: readonly string[]
  readonly subject: string
  readonly issuer: string
  readonly notBefore: Date
  readonly notAfter: Date
  /** SHA-256 of the DER form, and of the serial number alone. */
  readonly fingerprint: string
  readonly serialDigest: string
  readonly authority: boolean
  readonly signature: Algorithm
  readonly key: { readonly algorithm: Algorithm; readonly bits: number; readonly fingerprint: string }
}

/** PEM text that may hold several certificates, and what they are there for. */
export interface CertificateFile {
  readonly purpose: string
  readonly pem: string
}

/** Every certificate of some files, each once. Throws TypeError where a text holds none, or one that cannot be read. */
export const readCertificates = (files: readonly CertificateFile[]): readonly CertificateInUse[] => {
  const read = files.flatMap(({ purpose, pem }) => {
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
    if (!blocks) throw new TypeError('no certificate')
    return blocks.map((block) => ({ purpose, certificate: new X509Certificate(block) }))
  })
  const all = read.map(({ certificate }) => certificate)
  const found = new Map<string, CertificateInUse>()
  for (const { purpose, certificate } of read) {
    const one = describe(certificate, all)
    const before = found.get(one.ref)
    found.set(one.ref, { ...one, purposes: [...new Set([...(before?.purposes ?? []), purpose])] })
  }
  return [...found.values()]
}

const describe = (certificate: X509Certificate, all: readonly X509Certificate[]): CertificateInUse => {
  const fingerprint = hex(sha256(certificate.raw))
  const issuer = all.find((one) => certificate.checkIssued(one) && certificate.verify(one.publicKey))
  return {
    ref: fingerprint,
    purposes: [],
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
    fingerprint,
    // The hexadecimal digits, as every tool shows them.
    serialDigest: hex(sha256(utf8(certificate.serialNumber.toLowerCase()))),
    authority: certificate.ca,
    signature: signatureOf(certificate, issuer?.publicKey),
    key: keyOf(certificate.publicKey),
  }
}

const oneLine = (name: string): string => name.split('\n').join(', ')

/** The row of the table, or one for an algorithm that others signed with. */
const named = (name: string, of: Partial<Algorithm> & Pick<Algorithm, 'classical'>): Algorithm =>
  algorithms.find((algorithm) => algorithm.name === name) ?? {
    name,
    primitive: 'signature',
    functions: ['verify'],
    quantum: 0,
    ...of,
  }

// RFC 5758, RFC 4055, RFC 8410, RFC 9881, GB/T 33560: object identifiers of signatures. A hash is named where the table has it.
const ecdsa: Readonly<Record<string, string>> = {
  '1.2.840.10045.4.3.2': '-SHA256',
  '1.2.840.10045.4.3.3': '-SHA384',
  '1.2.840.10045.4.3.4': '-SHA512',
}
const others: Readonly<Record<string, readonly [name: string, classical: number]>> = {
  '1.2.840.113549.1.1.5': ['RSASSA-PKCS1-v1_5-SHA1', 63],
  '1.2.840.113549.1.1.10': ['RSASSA-PSS', 112],
  '1.2.840.113549.1.1.11': ['RSASSA-PKCS1-v1_5-SHA256', 112],
  '1.2.840.113549.1.1.12': ['RSASSA-PKCS1-v1_5-SHA384', 112],
  '1.2.840.113549.1.1.13': ['RSASSA-PKCS1-v1_5-SHA512', 112],
  '1.3.101.112': ['Ed25519', 128],
  '1.3.101.113': ['Ed448', 224],
  '2.16.840.1.101.3.4.3.17': ['ML-DSA-44', 128],
  '2.16.840.1.101.3.4.3.18': ['ML-DSA-65', 192],
  '2.16.840.1.101.3.4.3.19': ['ML-DSA-87', 256],
  '1.2.156.10197.1.501': ['SM2', 128],
}

const signatureOf = (certificate: X509Certificate, issuer: KeyObject | undefined): Algorithm => {
  const oid = certificate.signatureAlgorithmOid
  const hash = ecdsa[oid]
  if (hash !== undefined) {
    // The identifier does not say the curve: that is the issuer's, who may not be at hand.
    const curve = curveOf(issuer)
    const name = `ECDSA${curve === undefined ? '' : `-${curve}`}${hash}`
    return named(name, { classical: curve === undefined ? 112 : strengthOf(curve), oid })
  }
  const [name, classical] = others[oid] ?? [certificate.signatureAlgorithm ?? oid, 0]
  return named(name, { classical, oid })
}

const keyOf = (key: KeyObject): CertificateInUse['key'] => {
  const { modulusLength } = key.asymmetricKeyDetails ?? {}
  const fingerprint = hex(sha256(key.export({ format: 'der', type: 'spki' })))
  const curve = curveOf(key)
  if (modulusLength !== undefined) {
    const bits = modulusLength
    return { bits, fingerprint, algorithm: named(`RSA-${String(bits)}`, { classical: rsaStrength(bits), parameterSet: String(bits), oid: '1.2.840.113549.1.1.1' }) } // prettier-ignore
  }
  if (curve !== undefined) {
    const bits = Number(/\d+/.exec(curve)?.[0] ?? 256)
    const name = curve === 'P256' ? 'ECDSA-P256-SHA256' : `EC-${curve}`
    return { bits, fingerprint, algorithm: named(name, { classical: strengthOf(curve), oid: '1.2.840.10045.2.1' }) }
  }
  const [name, bits, classical] = plainKeys[key.asymmetricKeyType ?? ''] ?? [key.asymmetricKeyType ?? 'unknown', 0, 0]
  return { bits, fingerprint, algorithm: named(name, { classical }) }
}

const plainKeys: Readonly<Record<string, readonly [name: string, bits: number, classical: number]>> = {
  ed25519: ['Ed25519', 256, 128],
  ed448: ['Ed448', 456, 224],
  'ml-dsa-44': ['ML-DSA-44', 10_496, 128],
  'ml-dsa-65': ['ML-DSA-65', 15_616, 192],
  'ml-dsa-87': ['ML-DSA-87', 20_736, 256],
}

const curves: Readonly<Record<string, string>> = { prime256v1: 'P256', secp384r1: 'P384', secp521r1: 'P521' }
const curveOf = (key: KeyObject | undefined): string | undefined => {
  const name = key?.asymmetricKeyDetails?.namedCurve
  return name === undefined ? undefined : (curves[name] ?? name)
}

// NIST SP 800-57 part 1 table 2.
const strengthOf = (curve: string): number => ({ P384: 192, P521: 256 })[curve] ?? 128
const rsaStrength = (bits: number): number =>
  ([[15_360, 256], [7680, 192], [3072, 128], [2048, 112], [1024, 80]] as const).find(([from]) => bits >= from)?.[1] ?? 0 // prettier-ignore

/** Algorithms of certificates that the table has no row for. */
export const foreignAlgorithms = (certificates: readonly CertificateInUse[]): readonly Algorithm[] => {
  const known = new Set(algorithms.map(({ name }) => name))
  const found = new Map<string, Algorithm>()
  for (const { signature, key } of certificates)
    for (const one of [signature, key.algorithm]) if (!known.has(one.name)) found.set(one.name, one)
  return [...found.values()]
}

/** A certificate and its public key as components of CycloneDX 1.6; refOf: the component of an algorithm. */
export const certificateComponents = (one: CertificateInUse, refOf: (name: string) => string): readonly Json[] => [
  {
    type: 'cryptographic-asset',
    'bom-ref': certificateRef(one),
    name: one.subject === '' ? one.fingerprint : one.subject,
    hashes: [{ alg: 'SHA-256', content: one.fingerprint }],
    cryptoProperties: {
      assetType: 'certificate',
      certificateProperties: {
        subjectName: one.subject,
        issuerName: one.issuer,
        notValidBefore: one.notBefore.toISOString(),
        notValidAfter: one.notAfter.toISOString(),
        signatureAlgorithmRef: refOf(one.signature.name),
        subjectPublicKeyRef: publicKeyRef(one),
        certificateFormat: 'X.509',
        certificateExtension: 'pem',
      },
    },
    properties: [
      ...one.purposes.map((value) => ({ name: 'holdfast:for', value })),
      { name: 'holdfast:authority', value: one.authority ? 'yes' : 'no' },
      { name: 'holdfast:serial-sha256', value: one.serialDigest },
    ],
  },
  {
    type: 'cryptographic-asset',
    'bom-ref': publicKeyRef(one),
    name: `public key of ${one.subject === '' ? one.fingerprint : one.subject}`,
    cryptoProperties: {
      assetType: 'related-crypto-material',
      relatedCryptoMaterialProperties: {
        type: 'public-key',
        id: one.key.fingerprint,
        state: 'active',
        algorithmRef: refOf(one.key.algorithm.name),
        size: one.key.bits,
      },
    },
  },
]

/** What a certificate and its key hang on. */
export const certificateDependencies = (one: CertificateInUse, refOf: (name: string) => string): readonly Json[] => [
  { ref: certificateRef(one), dependsOn: [publicKeyRef(one), refOf(one.signature.name)] },
  { ref: publicKeyRef(one), dependsOn: [refOf(one.key.algorithm.name)] },
]

const certificateRef = ({ ref }: CertificateInUse): string => `certificate/${ref}`
const publicKeyRef = ({ ref }: CertificateInUse): string => `key/certificate/${ref}`
