// Certificates in the inventory: those of openssl, of every kind that authorities sign with, against the official schema.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newId } from '#kernel'
import { temporaryFolder } from '#testing'
import { schemaErrors } from '../../test/support/cyclonedx.ts'
import { readCertificates } from './certificates.ts'
import { cryptographicInventory } from './inventory.ts'

interface Part {
  readonly 'bom-ref': string
  readonly name: string
  readonly cryptoProperties: {
    readonly assetType: string
    readonly certificateProperties?: Readonly<Record<string, string>>
    readonly relatedCryptoMaterialProperties?: Readonly<Record<string, unknown>>
  }
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}

const has = (kind: string): boolean => spawnSync('openssl', ['genpkey', '-algorithm', kind, '-out', '/dev/null']).status === 0 // prettier-ignore

test('[encryption-36] certificates of every kind are listed once, with issuer, validity and algorithms, and no private key', async (t) => {
  if (!has('ed25519')) return t.skip('skipped: needs openssl')
  const folder = temporaryFolder()
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const at = (name: string): string => join(folder, name)
  const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' }) // prettier-ignore
  const authority = (name: string, ...how: readonly string[]): string => {
    openssl('req', '-x509', '-nodes', '-subj', `/O=Firm/CN=${name}`, '-days', '30', '-keyout', `${name}.key`, '-out', `${name}.crt`, ...how) // prettier-ignore
    return readFileSync(at(`${name}.crt`), 'utf8')
  }
  const rsa = authority('rsa', '-newkey', 'rsa:2048', '-sha384')
  const pss = authority('pss', '-newkey', 'rsa:3072', '-sha256', '-sigopt', 'rsa_padding_mode:pss')
  const p384 = authority('p384', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384')
  const p256 = authority('p256', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-sha256')
  const edwards = authority('edwards', '-newkey', 'ed25519')
  openssl('req', '-new', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-subj', '/CN=leaf', '-keyout', 'leaf.key', '-out', 'leaf.csr') // prettier-ignore
  const leafOf = (by: string): string => {
    openssl('x509', '-req', '-in', 'leaf.csr', '-CA', `${by}.crt`, '-CAkey', `${by}.key`, '-CAcreateserial', '-days', '9', '-sha256', '-out', 'leaf.crt') // prettier-ignore
    return readFileSync(at('leaf.crt'), 'utf8')
  }
  const [leaf, orphan] = [leafOf('rsa'), leafOf('p384')]
  const secret = readFileSync(at('leaf.key'), 'utf8')
  const certificates = readCertificates([
    // As servers are given them: key, leaf and authority in one file.
    { purpose: 'TLS', pem: `${secret}${leaf}${rsa}` },
    { purpose: 'programs', pem: `${rsa}${pss}` },
    { purpose: 'database', pem: `${p384}${p256}${edwards}` },
  ])
  const made = cryptographicInventory({
    now: new Date('2026-01-02T03:04:05Z'),
    serial: newId(),
    product: { name: 'Holdfast', version: '1.0.0' },
    keys: [],
    certificates,
    tls: '1.3',
  })
  assert.equal(await schemaErrors(made), null)
  const parts = made['components'] as unknown as readonly Part[]
  const told = parts.flatMap(({ name, cryptoProperties: { certificateProperties: of }, properties }) => {
    if (!of) return []
    const key = parts.find((one) => one['bom-ref'] === of['subjectPublicKeyRef'])?.cryptoProperties
    const purposes = (properties ?? []).flatMap((one) => (one.name === 'holdfast:for' ? [one.value] : []))
    const { algorithmRef, size, type } = key?.relatedCryptoMaterialProperties ?? {}
    return [[name, of['issuerName'], of['signatureAlgorithmRef'], algorithmRef, size, type, purposes.join()]]
  })
  const algorithm = (name: string): string => `algorithm/${name}`
  assert.deepEqual(told, [
    ['CN=leaf', 'O=Firm, CN=rsa', algorithm('rsassa-pkcs1-v1-5-sha256'), algorithm('ecdsa-p256-sha256'), 256, 'public-key', 'TLS'], // prettier-ignore
    ['O=Firm, CN=rsa', 'O=Firm, CN=rsa', algorithm('rsassa-pkcs1-v1-5-sha384'), algorithm('rsa-2048'), 2048, 'public-key', 'TLS,programs'], // prettier-ignore
    ['O=Firm, CN=pss', 'O=Firm, CN=pss', algorithm('rsassa-pss'), algorithm('rsa-3072'), 3072, 'public-key', 'programs'], // prettier-ignore
    ['O=Firm, CN=p384', 'O=Firm, CN=p384', algorithm('ecdsa-p384-sha384'), algorithm('ec-p384'), 384, 'public-key', 'database'], // prettier-ignore
    ['O=Firm, CN=p256', 'O=Firm, CN=p256', algorithm('ecdsa-p256-sha256'), algorithm('ecdsa-p256-sha256'), 256, 'public-key', 'database'], // prettier-ignore
    ['O=Firm, CN=edwards', 'O=Firm, CN=edwards', algorithm('ed25519'), algorithm('ed25519'), 256, 'public-key', 'database'], // prettier-ignore
  ])
  // Who signed it is not at hand, so its curve is unknown.
  assert.equal(readCertificates([{ purpose: 'TLS', pem: orphan }])[0]?.signature.name, 'ECDSA-SHA256')

  const days = parts.flatMap(({ name, cryptoProperties: { certificateProperties: of } }) =>
    of && name === 'CN=leaf' ? [Date.parse(of['notValidAfter'] ?? '') - Date.parse(of['notValidBefore'] ?? '')] : [],
  )
  assert.deepEqual(days, [9 * 86_400_000])
  const refs = new Set(['holdfast', ...parts.map((part) => part['bom-ref'])])
  assert.equal(refs.size, parts.length + 1)
  for (const { ref, dependsOn } of made['dependencies'] as readonly { ref: string; dependsOn: readonly string[] }[])
    for (const one of [ref, ...dependsOn]) assert.ok(refs.has(one), one)
  const text = JSON.stringify(made)
  for (const [, ref = ''] of text.matchAll(/"(?:algorithmRef|signatureAlgorithmRef|subjectPublicKeyRef)":"([^"]+)"/g))
    assert.ok(refs.has(ref), ref)
  const body = secret.split('\n')[1] ?? ''
  assert.ok(body.length > 40 && !text.includes(body.slice(0, 40)) && !text.includes('PRIVATE'))

  for (const pem of [
    '',
    secret,
    leaf.replace('M', '-'),
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
  ])
    assert.throws(() => readCertificates([{ purpose: 'TLS', pem }]), Error)
})
