// The cryptographic inventory of this installation: its keys and certificates as they stand, handed to the table of algorithms. Keeps
// server-70, server-71.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CertificateFile,
  type CertificateInUse,
  cryptographicInventory,
  envelopeSuites,
  type KeyInUse,
  type NamedKey,
  readCertificates,
  type RootHome,
  sha256,
  signatureSuiteOf,
  type SignatureSuite,
  type SuiteId,
  suites,
} from '#encryption'
import { Fault, hex, type Json, newId } from '#kernel'
import type { EpochState } from '#vault'
import type { House } from './house.ts'
import { product } from './product.ts'
import type { GuardedRoute } from './route.ts'
import { answer, anything, integer, list, string } from './schema.ts'

export const inventoryRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/keys/cbom',
    summary: 'Algorithms and keys of this installation as a cryptographic bill of materials, CycloneDX 1.6',
    action: 'keys.view',
    resource: 'system',
    out: answer({
      bomFormat: string,
      specVersion: string,
      serialNumber: string,
      version: integer,
      metadata: anything,
      components: list(anything),
      dependencies: list(anything),
    }),
    handler: async ({ house, actor }) => {
      await house.vault.demand(actor, 'keys.view')
      return inventoryOf(house)
    },
  },
]

/** The inventory of a house. No key is opened for it. */
export const inventoryOf = async (house: House): Promise<Readonly<Record<string, Json>>> => {
  const [{ epochs }, search, named, dataKeys] = [
    await house.rotation.states(),
    await house.search.state(),
    await house.keys.named.list(),
    await dataKeysOf(house),
  ]
  const active = epochs.find(({ state }) => state === 'active')
  const signs = active ? signatureSuiteOf(active.suite, active.captureSuite) : null
  return cryptographicInventory({
    now: new Date(),
    serial: newId(),
    product,
    certificates: await certificatesOf(house),
    tls: house.config.tlsMin === 'TLSv1.2' ? '1.2' : '1.3',
    keys: [
      ...house.keys.roots().map(rootKey),
      ...epochs.flatMap(epochKeys),
      ...dataKeys,
      {
        ref: `index/${String(search.generation)}`,
        name: `keys of the search index, generation ${String(search.generation)}`,
        type: 'secret-key',
        algorithm: suiteOf(search.suite).hash === 'sm3' ? 'HMAC-SM3' : 'HMAC-SHA256',
        state: 'active',
        bits: 256,
        created: search.createdAt,
        securedBy: { mechanism: 'root key' },
      },
      ...named.map((key) => namedKey(key, signs)),
    ],
  })
}

/** The certificate that is served, and the authorities by which others are believed, from the files that are configured. */
const certificatesOf = async ({ config, store }: House): Promise<readonly CertificateInUse[]> => {
  const files: CertificateFile[] = []
  const add = async (name: string, purpose: string, path: string | undefined): Promise<void> => {
    if (path === undefined) return
    try {
      const file = { purpose, pem: await readFile(path, 'utf8') }
      readCertificates([file])
      files.push(file)
    } catch (cause) {
      // Made at the first start.
      if (name === 'server.crt' && (cause as NodeJS.ErrnoException).code === 'ENOENT') return
      throw new Fault('config-invalid', { name, what: 'expected a certificate (PEM)' }, { cause })
    }
  }
  if (config.tlsCert === undefined)
    await add('server.crt', 'TLS of this server', join(config.keys, 'tls', 'server.crt'))
  else await add('tlsCert', 'TLS of this server', config.tlsCert)
  await add('tlsClientCa', 'authority for certificates of programs', config.tlsClientCa)
  await add('databaseUrl', 'authority for the certificate of the database', store.link.authorities)
  await add('mailCa', 'authority for the certificate of the mail server', config.mailCa)
  await add('webhookCa', 'authority for certificates of webhook targets', config.webhookCa)
  return readCertificates(files)
}

const suiteOf = (id: number): { readonly name: string; readonly hash: string } =>
  suites.find((suite) => suite.id === id) ?? { name: '', hash: '' }

const rootKey = ({ fingerprint, kind, protection, created, shares }: RootHome, place: number): KeyInUse => {
  const kept: KeyInUse['securedBy'] = {
    machine: { mechanism: 'file that only the service may read' },
    passphrase: { mechanism: 'passphrase', algorithm: 'Argon2id' },
    shares: {
      mechanism: `custody shares, ${String(shares?.threshold ?? 0)} of ${String(shares?.of ?? 0)}`,
      algorithm: 'Shamir secret sharing, GF(256)',
    },
    provider: { mechanism: `provider ${kind}` },
  }[protection]
  return {
    ref: `root/${fingerprint}`,
    name: 'root key',
    type: 'secret-key',
    algorithm: 'AES-256-GCM',
    // The one that wraps comes first; the others only unwrap until nothing needs them.
    state: place === 0 ? 'active' : 'decrypt-only',
    bits: 256,
    created: new Date(created),
    id: fingerprint,
    securedBy: kept,
  }
}

const epochKeys = ({
  epoch,
  state,
  suite,
  captureSuite,
  createdAt,
  retiredAt,
  destroyedAt,
}: EpochState): readonly KeyInUse[] => {
  const changed = destroyedAt ?? retiredAt
  const common = {
    state,
    created: createdAt,
    ...(changed === null ? {} : { changed }),
    securedBy: { mechanism: 'root key' },
  }
  const number = String(epoch)
  return [
    {
      ...common,
      ref: `epoch/${number}/wrapping`,
      name: `tenant key, epoch ${number}`,
      type: 'secret-key',
      algorithm: suiteOf(suite).name,
      bits: 256,
    },
    {
      ...common,
      ref: `epoch/${number}/capture`,
      name: `key that web forms are opened with, epoch ${number}`,
      type: 'private-key',
      algorithm: envelopeSuites.find(({ id }) => id === captureSuite)?.name ?? '',
      bits: captureSuite === 19 ? 3072 : 256,
    },
  ]
}

/** Data keys of subjects, by epoch and suite: there may be millions, so they are counted and not listed. */
const dataKeysOf = async (house: House): Promise<readonly KeyInUse[]> => {
  const scope = { tenant: house.tenant, principal: house.system.principal.id }
  const rows = await house.store.transaction(scope, (tx) =>
    tx.query<{ epoch: number; suite: SuiteId; n: number; oldest: Date }>({
      text: `select epoch, suite, count(*)::int as n, min(created_at) as oldest from keyring.subject_key
             where tenant_id = $1 group by epoch, suite order by epoch, suite`,
      values: [house.tenant],
    }),
  )
  return rows.map(({ epoch, suite, n, oldest }) => ({
    ref: `data/${String(epoch)}/${String(suite)}`,
    name: `data keys of people and companies under epoch ${String(epoch)}; the age is that of the oldest`,
    type: 'secret-key',
    algorithm: suiteOf(suite).name,
    state: 'active',
    bits: 256,
    created: oldest,
    securedBy: { mechanism: `tenant key, epoch ${String(epoch)}` },
    count: n,
  }))
}

/** A signer of an earlier profile signs nothing new: what it signed is still checked by it. */
const namedKey = ({ kind, name, suite, publicKey }: NamedKey, signs: SignatureSuite | null): KeyInUse => ({
  ref: `named/${kind}/${name}`,
  name: `${kind} ${name}`,
  type: kind === 'signer' ? 'private-key' : 'secret-key',
  algorithm: suite ?? 'HMAC-SHA256',
  state: suite === null || suite === signs || name === 'policies' ? 'active' : 'decrypt-only',
  bits: 256,
  ...(publicKey === null ? {} : { id: hex(sha256(publicKey)) }),
  securedBy: { mechanism: 'root key' },
})
