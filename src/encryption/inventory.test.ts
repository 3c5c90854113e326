// The inventory against the official schema of CycloneDX 1.6, and against our own tables.
import assert from 'node:assert/strict'
import { constants } from 'node:crypto'
import { test } from 'node:test'
import { newId } from '#kernel'
import { schemaErrors } from '../../test/support/cyclonedx.ts'
import { algorithms } from './algorithms.ts'
import { envelopeSuites } from './envelope.ts'
import { cryptographicInventory, type KeyInUse } from './inventory.ts'
import { legacyCiphers, legacyModes } from './legacy/spec.ts'
import { signatureSuites } from './signature.ts'
import { suites } from './suite.ts'

interface Property {
  readonly name: string
  readonly value: string
}
type Loose = Readonly<Record<string, unknown>>

const day = new Date('2026-01-02T03:04:05Z')
const keys: readonly KeyInUse[] = [
  {
    ref: 'root/1',
    name: 'root key',
    type: 'secret-key',
    algorithm: 'AES-256-GCM',
    state: 'active',
    bits: 256,
    created: day,
    id: 'ABCD',
    securedBy: { mechanism: 'passphrase', algorithm: 'Argon2id' },
  },
  {
    ref: 'epoch/1/wrapping',
    name: 'epoch 1',
    type: 'secret-key',
    algorithm: 'SM4-GCM',
    state: 'decrypt-only',
    bits: 256,
    created: day,
    changed: day,
  },
  {
    ref: 'epoch/0/capture',
    name: 'epoch 0',
    type: 'private-key',
    algorithm: 'RSA-3072-OAEP-SHA256',
    state: 'destroyed',
    bits: 3072,
    created: day,
  },
  { ref: 'data', name: 'data keys', type: 'secret-key', algorithm: 'SM4-GCM', state: 'active', bits: 256, count: 12 },
]
const request = {
  now: day,
  serial: newId(),
  product: { name: 'Holdfast', version: '1.0.0' },
  keys,
  certificates: [],
  tls: '1.3',
} as const
const made = cryptographicInventory(request)
const components = made.components as readonly Loose[]

const copy = (): { components: { cryptoProperties: Record<string, Record<string, unknown>> }[] } =>
  structuredClone(made) as never

test('[encryption-35] the inventory holds against the official schema of CycloneDX 1.6', async () => {
  assert.deepEqual([made.bomFormat, made.specVersion, made.version], ['CycloneDX', '1.6', 1])
  assert.equal(await schemaErrors(made), null)
  // And the schema is one that looks at what matters here.
  const spoilt = [
    { ...made, serialNumber: 'urn:uuid:1' },
    { ...made, more: 1 },
  ] as unknown[]
  for (const [member, value] of [
    ['primitive', 'magic'],
    ['mode', 'tls'],
    ['cryptoFunctions', ['seal']],
    ['nistQuantumSecurityLevel', 7],
    ['strength', 1],
  ] as const) {
    const bad = copy()
    const [first] = bad.components
    assert.ok(first?.cryptoProperties['algorithmProperties'])
    first.cryptoProperties['algorithmProperties'][member] = value
    spoilt.push(bad)
  }
  const state = copy()
  const key = state.components.at(-1)?.cryptoProperties['relatedCryptoMaterialProperties']
  assert.ok(key)
  key['state'] = 'decrypt-only'
  for (const [i, bad] of [...spoilt, state].entries())
    assert.notEqual(await schemaErrors(bad), null, `spoilt ${String(i)}`)
})

test('[encryption-35] every reference leads to a component, and none is there twice', () => {
  const refs = components.map((component) => String(component['bom-ref']))
  assert.equal(new Set(refs).size, refs.length)
  const known = new Set([...refs, 'holdfast'])
  for (const { ref, dependsOn } of made.dependencies as readonly { ref: string; dependsOn: readonly string[] }[])
    for (const each of [ref, ...dependsOn]) assert.ok(known.has(each), each)
  const dependencies = (made.dependencies as readonly { ref: string }[]).map(({ ref }) => ref)
  assert.equal(new Set(dependencies).size, dependencies.length)
  const named = JSON.stringify(made).matchAll(/"algorithmRef":"([^"]+)"/g)
  for (const [, ref = ''] of named) assert.ok(known.has(ref), ref)
})

test('[encryption-35] every suite of cells, envelopes and signatures is in it; what no key needs is marked as offered', () => {
  const names = new Set(algorithms.map(({ name }) => name))
  for (const name of [...suites, ...envelopeSuites].map((suite) => suite.name)) assert.ok(names.has(name), name)
  for (const name of signatureSuites) assert.ok(names.has(name), name)
  for (const { of = [] } of algorithms) for (const name of of) assert.ok(names.has(name), name)
  const use = (name: string): unknown =>
    (components.find((component) => component.name === name)?.properties as readonly { value: string }[])[0]?.value
  for (const name of ['AES-256-GCM', 'SM4-GCM', 'Argon2id', 'X25519']) assert.equal(use(name), 'in use', name)
  // The capture key of RSA is destroyed, X-Wing was never chosen.
  for (const name of ['RSA-3072-OAEP-SHA256', 'X-Wing', 'SM2', 'AES-256-GCM-SIV'])
    assert.equal(use(name), 'offered', name)
})

test('[encryption-35] what old systems sealed with is there as decrypt-only and without authentication, TLS as it is spoken', () => {
  const old = legacyCiphers.flatMap((cipher) => legacyModes.map((mode) => `${cipher}-${mode}`.toUpperCase()))
  const marked = components.filter(({ properties }) =>
    (properties as readonly Property[] | undefined)?.some(({ value }) => value === 'decrypt-only'),
  )
  assert.deepEqual(marked.map(({ name }) => name).sort(), old.sort())
  for (const { name, cryptoProperties, properties } of marked) {
    const { primitive, cryptoFunctions, mode } = (cryptoProperties as Loose)['algorithmProperties'] as Loose
    assert.deepEqual(
      [primitive, cryptoFunctions, mode],
      ['block-cipher', ['decrypt'], String(name).slice(-3).toLowerCase()],
    )
    assert.ok(
      (properties as readonly Property[]).some((one) => one.name === 'holdfast:authenticated' && one.value === 'no'),
    )
  }
  for (const { name, functions } of algorithms)
    if (name.startsWith('RSASSA')) assert.deepEqual(functions, ['verify'], name)
  const refs = new Set(components.map((component) => component['bom-ref']))
  const protocol = components.find(({ name }) => name === 'TLS 1.3')
  const { cipherSuites } = (protocol?.cryptoProperties as Loose)['protocolProperties'] as Loose
  const named = (cipherSuites as readonly { name: string; algorithms: readonly string[] }[]).map((suite) => {
    for (const ref of suite.algorithms) assert.ok(refs.has(ref), ref)
    return suite.name
  })
  // What the runtime would speak.
  assert.deepEqual(
    named,
    constants.defaultCipherList.split(':').filter((name) => name.startsWith('TLS_')),
  )
})

test('[encryption-35] keys keep their state, age and number; one of an unknown algorithm is refused', () => {
  const shown = components.slice(-keys.length).map(({ 'bom-ref': ref, cryptoProperties, properties }) => {
    const { state, creationDate, size } = (cryptoProperties as Loose).relatedCryptoMaterialProperties as Loose
    return [ref, state, creationDate, size, (properties as readonly { value: string }[] | undefined)?.[0]?.value]
  })
  const at = day.toISOString()
  assert.deepEqual(shown, [
    ['key/root/1', 'active', at, 256, undefined],
    ['key/epoch/1/wrapping', 'deactivated', at, 256, undefined],
    ['key/epoch/0/capture', 'destroyed', at, 3072, undefined],
    ['key/data', 'active', undefined, 256, '12'],
  ])
  // TLS 1.2 may be spoken to services outside whatever comes in.
  const for12 = (tls: '1.2' | '1.3'): unknown =>
    (cryptographicInventory({ ...request, tls }).components as readonly Loose[])
      .filter(({ name }) => name === 'TLS 1.2')
      .map(({ properties }) => (properties as readonly Property[])[0]?.value)
  assert.deepEqual(for12('1.3'), ['services outside that speak nothing newer'])
  assert.deepEqual(for12('1.2'), ['browsers, programs and services outside'])
  const odd: KeyInUse = { ref: 'x', name: 'x', type: 'secret-key', algorithm: 'RC4', state: 'active', bits: 56 }
  assert.throws(() => cryptographicInventory({ ...request, keys: [odd] }), RangeError)
})
