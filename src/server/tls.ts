// TLS 1.3: an own certificate where one is configured, else a local authority made at first start and a short-lived leaf of it. Keeps server-8.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import * as x509 from '@peculiar/x509'
import { Fault } from '#kernel'

export interface Certificate {
  readonly cert: string
  readonly key: string
  /** Whether it was configured rather than made here. */
  readonly own: boolean
  readonly notAfter: Date
}

/**
 * Groups of the key exchange (OpenSSL's list: / parts preferences, : is the client's choice). The hybrid of X25519 and ML-KEM-768
 * (draft-kwiatkowski-tls-ecdhe-mlkem) is taken wherever the client can do it, even if that costs a round trip.
 */
export const groups = 'X25519MLKEM768/X25519:P-256:P-384'

const day = 86_400_000
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const leafDays = 90
const authorityDays = 3650
/** Control NET-01: at least 20 days left. */
const renewDays = 20

/** The certificate to serve with. Throws config-invalid where a configured one cannot be used. */
export const certificateFor = async (options: {
  readonly keys: string
  readonly cert?: string
  readonly key?: string
  readonly now?: Date
}): Promise<Certificate> => {
  if (options.cert !== undefined && options.key !== undefined) return configured(options.cert, options.key)
  x509.cryptoProvider.set(webcrypto)
  const now = options.now ?? new Date()
  const folder = join(options.keys, 'tls')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const kept = await leafIn(folder, now)
  return kept ?? makeLeaf(folder, await authorityIn(folder, now), now)
}

const configured = async (certPath: string, keyPath: string): Promise<Certificate> => {
  const name = 'tlsCert'
  try {
    const [cert, key] = await Promise.all([readFile(certPath, 'utf8'), readFile(keyPath, 'utf8')])
    createSecureContext({ cert, key })
    const { notAfter } = new x509.X509Certificate(cert)
    if (notAfter.getTime() < Date.now())
      throw new Fault('config-invalid', { name, what: 'the certificate has expired' })
    return { cert, key, own: true, notAfter }
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault(
      'config-invalid',
      { name, what: 'certificate and key cannot be read or do not fit each other' },
      { cause },
    )
  }
}

interface Authority {
  readonly pem: string
  readonly certificate: x509.X509Certificate
  readonly key: CryptoKey
}

const leafIn = async (folder: string, now: Date): Promise<Certificate | undefined> => {
  try {
    const [cert, key] = await Promise.all([
      readFile(join(folder, 'server.crt'), 'utf8'),
      readFile(join(folder, 'server.key'), 'utf8'),
    ])
    const leaf = new x509.X509Certificate(cert)
    createSecureContext({ cert, key })
    const names = leaf.getExtension(x509.SubjectAlternativeNameExtension)?.names.items.map((item) => item.value) ?? []
    const fits = namesOf().every((name) => names.includes(name.value) || name.type === 'ip')
    return fits && leaf.notAfter.getTime() - now.getTime() > renewDays * day
      ? { cert, key, own: false, notAfter: leaf.notAfter }
      : undefined
  } catch {
    // Missing, torn or foreign: made anew below.
    return undefined
  }
}

const authorityIn = async (folder: string, now: Date): Promise<Authority> => {
  try {
    const pem = await readFile(join(folder, 'authority.crt'), 'utf8')
    const certificate = new x509.X509Certificate(pem)
    const key = await readKey(join(folder, 'authority.key'))
    if (certificate.notAfter.getTime() - now.getTime() > leafDays * day) return { pem, certificate, key }
  } catch {
    // As above.
  }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=Holdfast local authority (${hostname()})`,
    notBefore: new Date(now.getTime() - day),
    notAfter: new Date(now.getTime() + authorityDays * day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  const pem = certificate.toString('pem')
  await put(join(folder, 'authority.key'), await pemOf(keys.privateKey))
  await put(join(folder, 'authority.crt'), pem)
  return { pem, certificate, key: keys.privateKey }
}

const makeLeaf = async (folder: string, authority: Authority, now: Date): Promise<Certificate> => {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const notAfter = new Date(now.getTime() + leafDays * day)
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: 'CN=localhost',
    issuer: authority.certificate.subject,
    notBefore: new Date(now.getTime() - day),
    notAfter,
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(namesOf()),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  })
  const key = await pemOf(keys.privateKey)
  const cert = `${leaf.toString('pem')}\n${authority.pem}\n`
  await put(join(folder, 'server.key'), key)
  await put(join(folder, 'server.crt'), cert)
  return { cert, key, own: false, notAfter }
}

const namesOf = (): readonly { readonly type: 'dns' | 'ip'; readonly value: string }[] => [
  ...[...new Set(['localhost', hostname().toLowerCase()])].map((value) => ({ type: 'dns' as const, value })),
  { type: 'ip', value: '127.0.0.1' },
  { type: 'ip', value: '::1' },
]

/** RFC 5280 4.1.2.2: positive, at most 20 bytes; 15 random ones after a byte that keeps it so. */
const serial = (): string => `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex')}`

const pemOf = async (key: CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')

const readKey = async (path: string): Promise<CryptoKey> => {
  const [bytes] = x509.PemConverter.decode(await readFile(path, 'utf8'))
  if (!bytes) throw new Error('no key in the file')
  return webcrypto.subtle.importKey('pkcs8', bytes, algorithm, true, ['sign'])
}

const put = async (path: string, content: string): Promise<void> => {
  const file = await open(`${path}.partial`, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.partial`, path)
}
