// The inventory against what CycloneDX 1.6 demands (bom-1.6.schema.json), and against our own tables.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from '#kernel'
import { algorithms } from './algorithms.ts'
import { envelopeSuites } from './envelope.ts'
import { cryptographicInventory, type KeyInUse } from './inventory.ts'
import { signatureSuites } from './signature.ts'
import { suites } from './suite.ts'

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
  tls: '1.3',
} as const
const made = cryptographicInventory(request)
const components = made.components as readonly Loose[]

// The members of bom-1.6.schema.json that are named here and no others; "additionalProperties" is false in each of these objects.
const componentMembers = ['type', 'bom-ref', 'name', 'cryptoProperties', 'properties']
const assetMembers: Readonly<Record<string, readonly string[]>> = {
  algorithm: [
    'primitive',
    'parameterSetIdentifier',
    'curve',
    'executionEnvironment',
    'implementationPlatform',
    'certificationLevel',
    'mode',
    'padding',
    'cryptoFunctions',
    'classicalSecurityLevel',
    'nistQuantumSecurityLevel',
  ],
  'related-crypto-material': ['type', 'id', 'state', 'algorithmRef', 'creationDate', 'updateDate', 'size', 'securedBy'],
  protocol: ['type', 'version'],
}
const propertiesOf: Readonly<Record<string, string>> = {
  algorithm: 'algorithmProperties',
  'related-crypto-material': 'relatedCryptoMaterialProperties',
  protocol: 'protocolProperties',
}
const primitives =
  'drbg mac block-cipher stream-cipher signature hash pke xof kdf key-agree kem ae combiner other unknown'.split(' ')
const functionNames =
  'generate keygen encrypt decrypt digest tag keyderive sign verify encapsulate decapsulate other unknown'.split(' ')

const only = (object: Loose, members: readonly string[]): void => {
  for (const name of Object.keys(object)) assert.ok(members.includes(name), name)
}

test('[encryption-35] the inventory has the shape that CycloneDX 1.6 demands', () => {
  assert.deepEqual([made.bomFormat, made.specVersion, made.version], ['CycloneDX', '1.6', 1])
  assert.match(made.serialNumber as string, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  only(made, ['bomFormat', 'specVersion', 'serialNumber', 'version', 'metadata', 'components', 'dependencies'])
  for (const component of components) {
    only(component, componentMembers)
    assert.equal(component.type, 'cryptographic-asset')
    const { assetType, oid, ...rest } = component.cryptoProperties as Loose
    const kind = String(assetType)
    assert.deepEqual(Object.keys(rest), [propertiesOf[kind]])
    const properties = rest[propertiesOf[kind] ?? ''] as Loose
    only(properties, assetMembers[kind] ?? [])
    if (oid !== undefined) assert.match(oid as string, /^[0-2](\.[0-9]+)+$/)
    if (kind === 'algorithm') {
      assert.ok(primitives.includes(String(properties.primitive)))
      for (const name of properties.cryptoFunctions as readonly string[]) assert.ok(functionNames.includes(name))
      assert.ok(Number.isInteger(properties.classicalSecurityLevel) && Number(properties.nistQuantumSecurityLevel) <= 6)
      assert.ok(['undefined', 'gcm', 'other'].includes(String(properties.mode)))
    }
  }
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
  // The capture key of RSA is destroyed, ML-KEM was never chosen.
  for (const name of ['RSA-3072-OAEP-SHA256', 'ML-KEM-768', 'SM2', 'AES-256-GCM-SIV'])
    assert.equal(use(name), 'offered', name)
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
  const versions = (tls: '1.2' | '1.3'): readonly unknown[] =>
    (cryptographicInventory({ ...request, tls }).components as readonly Loose[])
      .map(({ name }) => name)
      .filter((name) => String(name).startsWith('TLS'))
  assert.deepEqual([versions('1.3'), versions('1.2')], [['TLS 1.3'], ['TLS 1.2', 'TLS 1.3']])
  const odd: KeyInUse = { ref: 'x', name: 'x', type: 'secret-key', algorithm: 'DES', state: 'active', bits: 56 }
  assert.throws(() => cryptographicInventory({ ...request, keys: [odd] }), RangeError)
})
