// The cryptographic bill of materials: algorithms and keys of an installation as CycloneDX 1.6, for whoever must know what would have to
// be exchanged. Says which keys and certificates there are, how old and in which state; never what they are. Keeps encryption-35,
// encryption-36.
import type { Json } from '#kernel'
import { type Algorithm, algorithms } from './algorithms.ts'
import {
  certificateComponents,
  certificateDependencies,
  type CertificateInUse,
  foreignAlgorithms,
} from './certificates.ts'

/** A key, or many of one kind, as it stands. */
export interface KeyInUse {
  /** Unique in the inventory: epoch/3/wrapping. */
  readonly ref: string
  readonly name: string
  readonly type: 'secret-key' | 'private-key' | 'public-key'
  /** Name of its algorithm in the table. */
  readonly algorithm: string
  readonly state: 'active' | 'decrypt-only' | 'destroyed'
  readonly bits: number
  readonly created?: Date
  /** Since when it seals nothing new, or is gone. */
  readonly changed?: Date
  /** Fingerprint or other public name. */
  readonly id?: string
  /** What keeps it: an algorithm of the table under another key, or a place. */
  readonly securedBy?: { readonly mechanism: string; readonly algorithm?: string }
  /** How many keys this stands for; one when absent. */
  readonly count?: number
}

export interface InventoryRequest {
  readonly now: Date
  /** A fresh UUID. */
  readonly serial: string
  readonly product: { readonly name: string; readonly version: string }
  readonly keys: readonly KeyInUse[]
  readonly certificates: readonly CertificateInUse[]
  /** Oldest version of TLS that is spoken. */
  readonly tls: '1.2' | '1.3'
}

/** The inventory as JSON of CycloneDX 1.6. Throws RangeError for a key whose algorithm is not in the table. */
export const cryptographicInventory = (request: InventoryRequest): Readonly<Record<string, Json>> => {
  const { now, serial, product, keys, certificates, tls } = request
  const used = namesUsed(keys, certificates)
  const foreign = foreignAlgorithms(certificates)
  const root = { type: 'application', 'bom-ref': 'holdfast', name: product.name, version: product.version }
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${serial}`,
    version: 1,
    metadata: { timestamp: now.toISOString(), component: root },
    components: [
      ...algorithms.map((algorithm) => algorithmComponent(algorithm, used.has(algorithm.name))),
      ...foreign.map((algorithm) => algorithmComponent(algorithm, true)),
      tls12(tls === '1.2'),
      tls13,
      ...keys.map(keyComponent),
      ...certificates.flatMap((one) => certificateComponents(one, algorithmRef)),
    ],
    dependencies: [
      { ref: 'holdfast', dependsOn: [...used, ...foreign.map(({ name }) => name)].map(algorithmRef).sort() },
      ...algorithms.flatMap(({ name, of }): Json[] =>
        of === undefined ? [] : [{ ref: algorithmRef(name), dependsOn: of.map(algorithmRef) }],
      ),
      ...keys.map(({ ref, algorithm }) => ({ ref: keyRef(ref), dependsOn: [algorithmRef(algorithm)] })),
      ...certificates.flatMap((one) => certificateDependencies(one, algorithmRef)),
    ],
  }
}

// What keys need and what is always used, with all that it is made of.
const namesUsed = (keys: readonly KeyInUse[], certificates: readonly CertificateInUse[]): ReadonlySet<string> => {
  const used = new Set<string>()
  const use = (name: string): void => {
    const found = algorithms.find((algorithm) => algorithm.name === name)
    if (!found) throw new RangeError(`there is no algorithm ${name} in the table`)
    if (used.has(name)) return
    used.add(name)
    found.of?.forEach(use)
  }
  for (const { name, always } of algorithms) if (always !== undefined) use(name)
  for (const { algorithm, securedBy, state } of keys) {
    if (state !== 'destroyed') use(algorithm)
    if (securedBy?.algorithm !== undefined) use(securedBy.algorithm)
  }
  for (const { signature, key } of certificates)
    for (const { name } of [signature, key.algorithm])
      if (algorithms.some((algorithm) => algorithm.name === name)) use(name)
  return used
}

const algorithmRef = (name: string): string => `algorithm/${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`
const keyRef = (ref: string): string => `key/${ref}`

const algorithmComponent = (algorithm: Algorithm, used: boolean): Json => ({
  type: 'cryptographic-asset',
  'bom-ref': algorithmRef(algorithm.name),
  name: algorithm.name,
  cryptoProperties: {
    assetType: 'algorithm',
    algorithmProperties: {
      primitive: algorithm.primitive,
      ...(algorithm.parameterSet === undefined ? {} : { parameterSetIdentifier: algorithm.parameterSet }),
      ...(algorithm.curve === undefined ? {} : { curve: algorithm.curve }),
      executionEnvironment: 'software-plain-ram',
      implementationPlatform: 'generic',
      certificationLevel: ['none'],
      ...(algorithm.mode === undefined ? {} : { mode: algorithm.mode }),
      ...(algorithm.padding === undefined ? {} : { padding: algorithm.padding }),
      cryptoFunctions: algorithm.functions,
      classicalSecurityLevel: algorithm.classical,
      nistQuantumSecurityLevel: algorithm.quantum,
    },
    ...(algorithm.oid === undefined ? {} : { oid: algorithm.oid }),
  },
  properties: [
    { name: 'holdfast:use', value: algorithm.decryptOnly ? 'decrypt-only' : used ? 'in use' : 'offered' },
    ...(algorithm.always === undefined ? [] : [{ name: 'holdfast:for', value: algorithm.always }]),
    ...(algorithm.decryptOnly
      ? [
          { name: 'holdfast:for', value: 'columns that an old system sealed, while they are imported' },
          { name: 'holdfast:authenticated', value: 'no' },
        ]
      : []),
  ],
})

// RFC 8446 appendix B.4: what the runtime speaks unless it is told otherwise.
const tlsSuites: readonly (readonly [name: string, number: string, cipher: string, hash: string])[] = [
  ['TLS_AES_256_GCM_SHA384', '0x02', 'AES-256-GCM', 'SHA-384'],
  ['TLS_CHACHA20_POLY1305_SHA256', '0x03', 'ChaCha20-Poly1305', 'SHA-256'],
  ['TLS_AES_128_GCM_SHA256', '0x01', 'AES-128-GCM', 'SHA-256'],
]

const tls13: Json = {
  type: 'cryptographic-asset',
  'bom-ref': 'protocol/tls-1.3',
  name: 'TLS 1.3',
  cryptoProperties: {
    assetType: 'protocol',
    protocolProperties: {
      type: 'tls',
      version: '1.3',
      cipherSuites: tlsSuites.map(([name, number, ...made]) => ({
        name,
        algorithms: made.map(algorithmRef),
        identifiers: ['0x13', number],
      })),
    },
  },
  properties: [{ name: 'holdfast:for', value: 'browsers, programs and services outside' }],
}

/** The oldest version binds who comes in; services outside (mail, sign-in, keys, webhooks) may speak 1.2 whatever it says. */
const tls12 = (comingIn: boolean): Json => ({
  type: 'cryptographic-asset',
  'bom-ref': 'protocol/tls-1.2',
  name: 'TLS 1.2',
  cryptoProperties: { assetType: 'protocol', protocolProperties: { type: 'tls', version: '1.2' } },
  properties: [
    {
      name: 'holdfast:for',
      value: comingIn ? 'browsers, programs and services outside' : 'services outside that speak nothing newer',
    },
    { name: 'holdfast:suites', value: 'the default list of the runtime (OpenSSL)' },
  ],
})

// SP 800-57 part 1 section 7: a key that opens but seals nothing new is deactivated.
const states = { active: 'active', 'decrypt-only': 'deactivated', destroyed: 'destroyed' } as const

const keyComponent = (key: KeyInUse): Json => ({
  type: 'cryptographic-asset',
  'bom-ref': keyRef(key.ref),
  name: key.name,
  cryptoProperties: {
    assetType: 'related-crypto-material',
    relatedCryptoMaterialProperties: {
      type: key.type,
      ...(key.id === undefined ? {} : { id: key.id }),
      state: states[key.state],
      algorithmRef: algorithmRef(key.algorithm),
      ...(key.created === undefined ? {} : { creationDate: key.created.toISOString() }),
      ...(key.changed === undefined ? {} : { updateDate: key.changed.toISOString() }),
      size: key.bits,
      ...(key.securedBy === undefined
        ? {}
        : {
            securedBy: {
              mechanism: key.securedBy.mechanism,
              ...(key.securedBy.algorithm === undefined ? {} : { algorithmRef: algorithmRef(key.securedBy.algorithm) }),
            },
          }),
    },
  },
  ...(key.count === undefined ? {} : { properties: [{ name: 'holdfast:count', value: String(key.count) }] }),
})
