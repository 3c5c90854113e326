// The table of algorithms and the sources, in both directions: every file that asks a library for cryptography is named here with what
// it asks for, every name it writes is among that, and every algorithm of the table is used by one of them.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { algorithms } from './algorithms.ts'

const root = new URL('../../', import.meta.url).pathname

const random = 'CTR_DRBG AES-256'
const old = algorithms.filter(({ decryptOnly }) => decryptOnly).map(({ name }) => name)
const rsa = ['RSASSA-PKCS1-v1_5-SHA256', 'RSASSA-PSS-SHA256']
const hashes = ['SHA-256', 'SHA-384']
const tls = ['AES-256-GCM', 'AES-128-GCM', 'ChaCha20-Poly1305', 'X25519MLKEM768', 'X25519', 'ECDH-P256', ...hashes]
const certificates = ['ECDSA-P256-SHA256', ...rsa]
const hkdf = ['HKDF-SHA256', 'HMAC-SHA256']
const gm = ['SM2 with SM4-GCM', 'SM4-GCM', 'HKDF-SM3', 'HMAC-SM3', 'SM3']

const usedIn: Readonly<Record<string, readonly string[]>> = {
  'src/access/answers.ts': ['SHA-256'],
  'src/access/checks.ts': ['SHA-256'],
  'src/access/official.ts': ['SHA-256'],
  'src/access/rails.ts': ['Ed25519'],
  'src/access/sign-rails.ts': ['Ed25519', random],
  'src/backup/digest.ts': ['SHA-256'],
  'src/backup/pack.ts': ['SHA-256', random],
  'src/backup/press.ts': ['HMAC-SHA256'],
  'src/backup/segment.ts': ['AES-256-GCM'],
  'src/encryption/blind.ts': ['HMAC-SHA256', 'HMAC-SM3'],
  'src/encryption/certificates.ts': [...certificates, 'Ed25519'],
  'src/encryption/curve.ts': ['X25519', 'Ed25519'],
  'src/encryption/dem.ts': ['SHA-256', 'SM3', 'HKDF-SHA256', 'HKDF-SM3'],
  'src/encryption/digest.ts': ['SHA-256', ...hkdf, 'HKDF-SM3', random],
  'src/encryption/gcm-batch.ts': ['AES-256-GCM'],
  'src/encryption/hpke.ts': ['HPKE X25519', 'X25519', ...hkdf, 'AES-256-GCM', random],
  'src/encryption/legacy/cipher.ts': old,
  'src/encryption/mlkem.ts': ['ML-KEM-768'],
  'src/encryption/nonce.ts': [random],
  'src/encryption/p256.ts': ['ECDH-P256', 'ECDSA-P256-SHA256'],
  'src/encryption/password.ts': ['Argon2id', random],
  'src/encryption/provider/aliyun.ts': ['SHA-256', 'HMAC-SHA256', random],
  'src/encryption/provider/aws.ts': ['SHA-256', 'HMAC-SHA256'],
  'src/encryption/provider/https.ts': [...tls, ...certificates],
  'src/encryption/provider/keyfile.ts': [random],
  'src/encryption/provider/keystore.ts': ['Argon2id', 'AES-256-GCM', random],
  'src/encryption/provider/lease.ts': ['AES-256-GCM', random],
  'src/encryption/provider/pkcs11-host.ts': ['AES-256-GCM', random],
  'src/encryption/provider/share.ts': ['Shamir secret sharing, GF(256)'],
  'src/encryption/scheme.ts': [
    'HPKE X25519',
    'HPKE X25519+ML-KEM-768',
    'HPKE P-256',
    'RSA-3072-OAEP-SHA256',
    'ECDH-P256',
    'X25519',
    'SHA-256',
    'AES-256-GCM',
    ...gm,
    random,
  ],
  'src/encryption/signature.ts': ['Ed25519', 'ECDSA-P256-SHA256', 'ML-DSA-65', 'SM2', 'SM3', 'SHA-256'],
  'src/encryption/sm2.ts': ['SM2', 'SM2 with SM4-GCM', 'SM3'],
  'src/encryption/suite.ts': [
    'AES-256-GCM',
    'ChaCha20-Poly1305',
    'SM4-GCM',
    'AES-256-GCM-SIV',
    'HKDF-SHA256',
    'HKDF-SM3',
  ],
  'src/encryption/xwing.ts': ['X-Wing', 'X25519', 'ML-KEM-768', 'SHA3-256', 'SHAKE256', random],
  'src/identity/passkey-use.ts': ['Ed25519', 'ECDSA-P256-SHA256', 'RSASSA-PKCS1-v1_5-SHA256'],
  'src/identity/passkey.ts': ['Ed25519', 'ECDSA-P256-SHA256', 'RSASSA-PKCS1-v1_5-SHA256'],
  'src/identity/sso/client.ts': ['Ed25519', ...certificates, ...tls],
  'src/identity/totp.ts': ['HMAC-SHA1', 'SHA-1'],
  'src/journal/entry.ts': [random],
  'src/journal/note-suite.ts': ['Ed25519'],
  'src/journal/tree.ts': ['SHA-256'],
  'src/kernel/id.ts': [random],
  'src/server/client-authority.ts': certificates,
  'src/server/listen.ts': tls,
  'src/server/post.ts': [...tls, ...certificates],
  'src/server/probe.ts': [...tls, ...certificates],
  'src/server/renewal.ts': ['SHA-256'],
  // The key identifiers of the certificates it makes are SHA-1 (RFC 5280 section 4.2.1.2).
  'src/server/tls.ts': [...tls, 'ECDSA-P256-SHA256', 'SHA-1', random],
  'src/server/webhook-send.ts': [...tls, ...certificates],
  // The driver of the database: its passwords (SCRAM-SHA-256) and, to a server of the customer's own, TLS.
  'src/store/cluster.ts': ['SHA-256', random],
  'src/store/embedded.ts': ['PBKDF2-HMAC-SHA256', random],
  'src/store/migrate.ts': ['SHA-256'],
  'src/store/roles.ts': ['SHA-256'],
  'src/store/transaction.ts': [],
  'src/store/wire.ts': ['PBKDF2-HMAC-SHA256', ...tls, ...certificates],
  'src/vault/export-control.ts': ['SHA-256'],
  'src/vault/upload.ts': ['SHA-256'],
  'src/web/capture/gm.ts': [...gm, random],
  'src/web/capture/manifest.ts': ['Ed25519', 'ML-DSA-65', 'SM2'],
  'src/web/capture/seal.ts': ['HPKE X25519', 'HPKE X25519+ML-KEM-768', 'X25519', ...hkdf, 'AES-256-GCM', random],
  'src/web/parts/found-file.tsx': ['SHA-256'],
}

const modules =
  /^(node:crypto|node:tls|node:https|pg|sm-crypto-v2|@noble\/.*|jose|openid-client|nodemailer|shamir-secret-sharing|@peculiar\/x509|@simplewebauthn\/server)$/
// What of them is no algorithm: keys held, equality.
const plain = new Set(['timingSafeEqual', 'createSecretKey'])

const sources = (): readonly (readonly [file: string, text: string])[] =>
  globSync('src/**/*.{ts,tsx}', { cwd: root })
    .filter((file) => !/\.test\.tsx?$|\/fixtures\//.test(file))
    .sort()
    .map((file) => [file, readFileSync(`${root}${file}`, 'utf8')])

/** Whether a file asks for cryptography itself. */
const asks = (text: string): boolean =>
  /\bcrypto\.subtle\.|\bcrypto\.getRandomValues\b|\bminVersion:/.test(text) ||
  [...text.matchAll(/\bimport\('([^']+)'\)/g)].some(([, from = '']) => modules.test(from)) ||
  [...text.matchAll(/^import (?!type )([^;']*?) from '([^']+)'/gm)].some(
    ([, names = '', from = '']) =>
      modules.test(from) &&
      names
        .replaceAll(/[{}\n]/g, ' ')
        .split(',')
        .map((name) => name.trim())
        .some((name) => name !== '' && !name.startsWith('type ') && !plain.has(name)),
  )

// What is written in sources, and what it can be in the table: one of these must stand with the file.
const spellings: readonly (readonly [RegExp, readonly string[]])[] = [
  [/'aes-256-gcm'|'AES-GCM'|\bckm\.aesGcm\b|'aes-256-ecb'/, ['AES-256-GCM']],
  [/'aes-256-gcm-siv'/, ['AES-256-GCM-SIV']],
  [/'chacha20-poly1305'/, ['ChaCha20-Poly1305']],
  [/'sm4-gcm'|\bsm4\b/, ['SM4-GCM']],
  [/'(aes-\d+-(cbc|ctr|ccm|ocb|xts|wrap).*|des.*|rc[24].*|bf.*|cast.*|seed.*|camellia.*|aria.*)'/, old],
  [/'(md[245]|ripemd.*|rmd.*|whirlpool|blake2.*|sha-?512.*|sha-?224|scrypt|pbkdf2)'|\b(scrypt|pbkdf2)(Sync)?\(/i, []],
  [/'sha-?1'/i, ['HMAC-SHA1', 'SHA-1']],
  [/'sha-?256'/i, ['SHA-256', 'HMAC-SHA256', 'HKDF-SHA256', 'ECDSA-P256-SHA256', 'RSA-3072-OAEP-SHA256']],
  [/'sha-?384'/i, ['SHA-384']],
  [/'sha3-256'/, ['SHA3-256']],
  [/'shake256'/, ['SHAKE256']],
  [/'sm3'/, ['SM3', 'HKDF-SM3', 'HMAC-SM3']],
  [/'RS256'/, ['RSASSA-PKCS1-v1_5-SHA256']],
  [/'PS256'/, ['RSASSA-PSS-SHA256']],
  [/'ES256'|'ECDSA'/, ['ECDSA-P256-SHA256']],
  [/'(RS|PS|ES|HS)(384|512)'|'HS256'|'ES256K'|'none'.*'RS256'/, []],
  [/'EdDSA'|'Ed25519'/i, ['Ed25519']],
  [/'x25519'/i, ['X25519']],
  [/'rsa'/, ['RSA-3072-OAEP-SHA256']],
  [/\bargon2(id)?\(/, ['Argon2id']],
  [/\bml_dsa65\b/, ['ML-DSA-65']],
  [/\bml_kem768_x25519\b/, ['HPKE X25519+ML-KEM-768']],
  [/\brandom(Bytes|UUID|FillSync)\b|\bgetRandomValues\b|\bgenerateKey(PairSync)?\b/, [random]],
]

test('[encryption-35] every file that asks for cryptography is known with what it uses, and no other', () => {
  const all = sources()
  assert.ok(all.length > 500)
  const asking = all.filter(([, text]) => asks(text))
  assert.deepEqual(
    Object.keys(usedIn).sort(),
    asking.map(([file]) => file),
  )
  for (const [file, text] of asking)
    for (const [written, names] of spellings) {
      const found = written.exec(text)
      if (found)
        assert.ok(
          names.some((name) => usedIn[file]?.includes(name)),
          `${file}: ${found[0]}`,
        )
    }
})

test('[encryption-35] the table has every algorithm that the sources use, and none that they do not', () => {
  const used = new Set(Object.values(usedIn).flat())
  assert.deepEqual(algorithms.map(({ name }) => name).sort(), [...used].sort())
})

test('[encryption-35] a file with a cipher that nobody named is found', () => {
  assert.ok(asks(`import { createHash } from 'node:crypto'\n`))
  assert.ok(asks(`import {\n  createSecretKey,\n  createCipheriv,\n} from 'node:crypto'\n`))
  assert.ok(asks(`const { createTransport } = await import('nodemailer')`))
  assert.ok(!asks(`import { type KeyObject, timingSafeEqual } from 'node:crypto'\n`))
  assert.ok(!asks(`import type { KeyObject } from 'node:crypto'\n`))
  const forbidden = (text: string): boolean =>
    spellings.some(([written, names]) => names.length === 0 && written.test(text))
  for (const text of [`createHash('md5')`, `hash('sha512', x)`, `scryptSync(x)`, `algorithms: ['HS256']`])
    assert.ok(forbidden(text), text)
})
