// Every algorithm the product uses, as CycloneDX 1.6 describes algorithms: what it is, what it is made of, how strong it is said to be.
// The suites have tables of their own; a test holds them, the sources and this table together. What a primitive is made of inside
// (SHA-512 in Ed25519, BLAKE2b in Argon2id) is not listed. Keeps encryption-35.
import { legacyCiphers, legacyModes } from './legacy/spec.ts'

/** What algorithms of a kind are used for, in the words of CycloneDX. */
const functions = {
  ae: ['keygen', 'encrypt', 'decrypt'],
  'block-cipher': ['decrypt'],
  combiner: ['keygen', 'encapsulate', 'decapsulate'],
  drbg: ['generate'],
  hash: ['digest'],
  kdf: ['keyderive'],
  kem: ['keygen', 'encapsulate', 'decapsulate'],
  'key-agree': ['keygen', 'keyderive'],
  mac: ['tag', 'verify'],
  other: ['other'],
  pke: ['keygen', 'encrypt', 'decrypt'],
  signature: ['keygen', 'sign', 'verify'],
  xof: ['digest'],
} as const

export type Primitive = keyof typeof functions

interface Details {
  readonly parameterSet?: string
  readonly curve?: string
  readonly mode?: 'gcm' | 'cbc' | 'ecb' | 'other'
  readonly padding?: 'oaep' | 'pkcs1v15' | 'other'
  readonly oid?: string
  /** Names of the algorithms it is made of. */
  readonly of?: readonly string[]
  /** What the product uses it for whatever a tenant chooses. */
  readonly always?: string
  /** Opens what other systems sealed, and seals nothing: what it gives is not authenticated, so it is a claim. */
  readonly decryptOnly?: true
  /** Checks what others signed; the product signs nothing with it. */
  readonly verifyOnly?: true
}

export interface Algorithm extends Details {
  readonly name: string
  readonly primitive: Primitive
  readonly functions: readonly string[]
  /** Bits against a classical machine. */
  readonly classical: number
  /** Category of NIST against a quantum one; 0: none. */
  readonly quantum: number
}

const row = (
  name: string,
  primitive: Primitive,
  classical: number,
  quantum: number,
  more: Details = {},
): Algorithm => ({
  name,
  primitive,
  functions: more.verifyOnly ? ['verify'] : functions[primitive],
  classical,
  quantum,
  ...more,
})

const curve25519 = { curve: 'other/Curve25519' }
const p256 = { curve: 'nist/P-256' }
const sm2 = { curve: 'oscca/sm2p256v1' }
const hpke = ['HKDF-SHA256', 'AES-256-GCM']

// What old systems sealed with is read by a process of its own (legacy/decoder.ts). Strengths: SP 800-57 part 1 table 2; DES by its
// size. Three-key 3DES is meant; with two keys it has 80 bits.
const legacyStrengths = {
  des: [56, 0],
  '3des': [112, 0],
  'aes-128': [128, 1],
  'aes-192': [192, 3],
  'aes-256': [256, 5],
} as const

const legacyOids: Readonly<Record<string, string>> = {
  'des-ecb': '1.3.14.3.2.6',
  'des-cbc': '1.3.14.3.2.7',
  '3des-ecb': '1.3.14.3.2.17',
  '3des-cbc': '1.2.840.113549.3.7',
  'aes-128-ecb': '2.16.840.1.101.3.4.1.1',
  'aes-128-cbc': '2.16.840.1.101.3.4.1.2',
  'aes-192-ecb': '2.16.840.1.101.3.4.1.21',
  'aes-192-cbc': '2.16.840.1.101.3.4.1.22',
  'aes-256-ecb': '2.16.840.1.101.3.4.1.41',
  'aes-256-cbc': '2.16.840.1.101.3.4.1.42',
}

const legacyRows = (): readonly Algorithm[] =>
  legacyCiphers.flatMap((cipher) =>
    legacyModes.map((mode) => {
      const [classical, quantum] = legacyStrengths[cipher]
      const oid = legacyOids[`${cipher}-${mode}`]
      return row(`${cipher}-${mode}`.toUpperCase(), 'block-cipher', classical, quantum, {
        parameterSet: cipher.startsWith('aes-') ? cipher.slice(4) : String(classical),
        mode,
        padding: 'other',
        ...(oid === undefined ? {} : { oid }),
        decryptOnly: true,
      })
    }),
  )

// Strengths: NIST SP 800-57 part 1 table 2, FIPS 203 and FIPS 204; those of SM4 and SM3 by their sizes. A hash counts by its collisions.
export const algorithms: readonly Algorithm[] = [
  row('AES-256-GCM', 'ae', 256, 5, {
    parameterSet: '256',
    mode: 'gcm',
    oid: '2.16.840.1.101.3.4.1.46',
    always: 'root keys, backups, files, TLS',
  }),
  row('AES-128-GCM', 'ae', 128, 1, {
    parameterSet: '128',
    mode: 'gcm',
    oid: '2.16.840.1.101.3.4.1.6',
    always: 'TLS, where the other side asks for it',
  }),
  row('ChaCha20-Poly1305', 'ae', 256, 5, {
    parameterSet: '256',
    oid: '1.2.840.113549.1.9.16.3.18',
    always: 'TLS, where the other side asks for it',
  }),
  row('SM4-GCM', 'ae', 128, 1, { parameterSet: '128', mode: 'gcm', oid: '1.2.156.10197.1.104.8' }),
  row('AES-256-GCM-SIV', 'ae', 256, 5, { parameterSet: '256', mode: 'other' }),
  row('HPKE X25519', 'pke', 128, 0, { ...curve25519, of: ['X25519', ...hpke], always: 'backups' }),
  row('HPKE X25519+ML-KEM-768', 'pke', 192, 3, { ...curve25519, parameterSet: '768', of: ['X-Wing', ...hpke] }),
  row('RSA-3072-OAEP-SHA256', 'pke', 128, 0, {
    parameterSet: '3072',
    padding: 'oaep',
    oid: '1.2.840.113549.1.1.7',
    of: ['SHA-256', ...hpke],
  }),
  row('SM2 with SM4-GCM', 'pke', 128, 0, { ...sm2, oid: '1.2.156.10197.1.301.3', of: ['SM3', 'HKDF-SM3', 'SM4-GCM'] }),
  row('HPKE P-256', 'pke', 128, 0, { ...p256, of: ['ECDH-P256', ...hpke] }),
  row('Ed25519', 'signature', 128, 0, {
    curve: 'other/Ed25519',
    oid: '1.3.101.112',
    always: 'guard rails, versions of the policies; checking passkeys and tokens of sign-in services',
  }),
  row('ECDSA-P256-SHA256', 'signature', 128, 0, {
    ...p256,
    oid: '1.2.840.10045.4.3.2',
    of: ['SHA-256'],
    always: 'the certificate made at first start; checking passkeys and tokens of sign-in services',
  }),
  row('RSASSA-PKCS1-v1_5-SHA256', 'signature', 112, 0, {
    padding: 'pkcs1v15',
    oid: '1.2.840.113549.1.1.11',
    of: ['SHA-256'],
    always: 'checking passkeys, tokens of sign-in services, certificates of others; keys from 2048 bits on',
    verifyOnly: true,
  }),
  row('RSASSA-PSS-SHA256', 'signature', 112, 0, {
    padding: 'other',
    oid: '1.2.840.113549.1.1.10',
    of: ['SHA-256'],
    always: 'checking tokens of sign-in services, certificates of others; keys from 2048 bits on',
    verifyOnly: true,
  }),
  row('ML-DSA-65', 'signature', 192, 3, { parameterSet: '65', oid: '2.16.840.1.101.3.4.3.18' }),
  row('SM2', 'signature', 128, 0, { ...sm2, oid: '1.2.156.10197.1.501', of: ['SM3'] }),
  row('X25519', 'key-agree', 128, 0, { ...curve25519, oid: '1.3.101.110' }),
  row('ECDH-P256', 'key-agree', 128, 0, { ...p256, always: 'key exchange of TLS, where the other side asks for it' }),
  row('ML-KEM-768', 'kem', 192, 3, { parameterSet: '768', oid: '2.16.840.1.101.3.4.4.2' }),
  row('X-Wing', 'combiner', 192, 3, { parameterSet: '768', of: ['X25519', 'ML-KEM-768', 'SHA3-256', 'SHAKE256'] }),
  row('X25519MLKEM768', 'combiner', 192, 3, {
    parameterSet: '768',
    of: ['X25519', 'ML-KEM-768'],
    always: 'key exchange of TLS wherever the other side offers it',
  }),
  row('SHA-256', 'hash', 128, 2, {
    parameterSet: '256',
    oid: '2.16.840.1.101.3.4.2.1',
    always: 'the Merkle tree of the journal, digests',
  }),
  row('SHA-384', 'hash', 192, 4, { parameterSet: '384', oid: '2.16.840.1.101.3.4.2.2', always: 'TLS' }),
  row('SHA-1', 'hash', 63, 0, {
    parameterSet: '160',
    oid: '1.3.14.3.2.26',
    always: 'inside HMAC-SHA1; names of keys in certificates (RFC 5280 4.2.1.2), where nothing hangs on it',
  }),
  row('SHA3-256', 'hash', 128, 2, { parameterSet: '256', oid: '2.16.840.1.101.3.4.2.8' }),
  row('SHAKE256', 'xof', 256, 2, { parameterSet: '256', oid: '2.16.840.1.101.3.4.2.12' }),
  row('SM3', 'hash', 128, 2, { parameterSet: '256', oid: '1.2.156.10197.1.401' }),
  row('HKDF-SHA256', 'kdf', 256, 5, { of: ['HMAC-SHA256'], always: 'every derived key' }),
  row('HKDF-SM3', 'kdf', 256, 5, { of: ['HMAC-SM3'] }),
  row('HMAC-SHA256', 'mac', 256, 5, {
    oid: '1.2.840.113549.2.9',
    of: ['SHA-256'],
    always: 'search indexes, import keys, signatures of webhooks, requests to key services',
  }),
  row('HMAC-SM3', 'mac', 256, 5, { oid: '1.2.156.10197.1.401.2', of: ['SM3'] }),
  row('HMAC-SHA1', 'mac', 160, 2, {
    oid: '1.2.840.113549.2.7',
    of: ['SHA-1'],
    always: 'codes of authenticator apps (RFC 6238), and nothing else',
  }),
  row('Argon2id', 'kdf', 0, 0, { always: 'passwords, the passphrase of a keystore' }),
  row('PBKDF2-HMAC-SHA256', 'kdf', 0, 0, {
    oid: '1.2.840.113549.1.5.12',
    of: ['HMAC-SHA256'],
    always: 'random passwords of the database roles (SCRAM-SHA-256)',
  }),
  row('Shamir secret sharing, GF(256)', 'other', 256, 5),
  row('CTR_DRBG AES-256', 'drbg', 256, 5, { always: 'keys, nonces, tokens: the generator of the runtime (OpenSSL)' }),
  ...legacyRows(),
]
