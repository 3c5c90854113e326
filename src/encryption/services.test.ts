// Key services behind HTTPS, against strict doubles: signatures, contexts, patience, refusals; and how long keys live when they are silent.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type FaultCode, isFault, newId, utf8 } from '#kernel'
import {
  aliyun,
  aliyunDouble,
  aws,
  awsDouble,
  awsSigningKey,
  type KeyService,
  transit,
  vaultDouble,
} from '../../test/support/key-services.ts'
import { openCell, sealCell } from './cell.ts'
import { createEpoch, openEpoch } from './epoch.ts'
import { contextFor } from './fixtures/keys.ts'
import { aliyunProvider } from './provider/aliyun.ts'
import { awsProvider } from './provider/aws.ts'
import { createOuterKeys, openKeys } from './provider/file.ts'
import { leasedProvider } from './provider/lease.ts'
import { type RootProvider, wrappedBy } from './provider/root.ts'
import { transitProvider } from './provider/transit.ts'
import { newSubjectKey, openSubjectKey } from './subject.ts'

const fault = (code: FaultCode) => (error: unknown) => isFault(error, code)
const quick = { timeoutMs: 400, retries: 2, pauseMs: 5 }

interface Kind {
  readonly name: string
  readonly double: () => Promise<KeyService>
  readonly provider: (service: KeyService, more?: Readonly<Record<string, unknown>>) => RootProvider
}

const kinds: readonly Kind[] = [
  {
    name: 'vault',
    double: () => vaultDouble(),
    provider: (service, more = {}) =>
      transitProvider({
        provider: 'vault',
        url: service.url,
        ca: service.ca,
        key: transit.key,
        credentials: () => Promise.resolve({ token: transit.token }),
        ...quick,
        ...more,
      }),
  },
  {
    name: 'aws',
    double: awsDouble,
    provider: (service, more = {}) =>
      awsProvider({
        provider: 'aws',
        endpoint: service.url,
        ca: service.ca,
        region: aws.region,
        keyId: aws.keyId,
        credentials: () => Promise.resolve(aws),
        ...quick,
        ...more,
      }),
  },
  {
    name: 'aliyun',
    double: aliyunDouble,
    provider: (service, more = {}) =>
      aliyunProvider({
        provider: 'aliyun',
        endpoint: service.url,
        ca: service.ca,
        region: aliyun.region,
        keyId: aliyun.keyId,
        credentials: () => Promise.resolve(aliyun),
        ...quick,
        ...more,
      }),
  },
]

const each = async (work: (kind: Kind, service: KeyService) => Promise<void>): Promise<void> => {
  for (const kind of kinds) {
    const service = await kind.double()
    try {
      await work(kind, service)
    } finally {
      await service.close()
    }
  }
}

test('[encryption-62] what a service wrapped opens under its key and context only; every changed byte is the one Fault', () =>
  each(async (kind, service) => {
    const provider = kind.provider(service)
    await provider.check?.()
    const key = new Uint8Array(32).fill(3)
    const wrapped = await provider.wrap(key, 'holdfast/epoch/1/x')
    assert.equal(wrappedBy(wrapped), provider.fingerprint, kind.name)
    assert.ok(!Buffer.from(wrapped).includes(Buffer.from(key)))
    assert.deepEqual(await provider.unwrap(wrapped, 'holdfast/epoch/1/x'), key)
    await assert.rejects(provider.unwrap(wrapped, 'holdfast/epoch/1/y'), fault('cell-does-not-open'))
    for (const at of [0, 1, 20, 40, wrapped.length - 4]) {
      const changed = new Uint8Array(wrapped)
      changed[at] = (changed[at] ?? 0) ^ 2
      await assert.rejects(
        provider.unwrap(changed, 'holdfast/epoch/1/x'),
        fault('cell-does-not-open'),
        `${kind.name} ${at}`,
      )
    }
    const foreign = new Uint8Array(wrapped)
    foreign[5] = (foreign[5] ?? 0) ^ 1
    await assert.rejects(provider.unwrap(foreign, 'holdfast/epoch/1/x'), fault('keystore-foreign'))
  }))

test('[encryption-63] what passes is tried again a few times, never longer than stated; a refusal is not', () =>
  each(async (kind, service) => {
    const provider = kind.provider(service)
    for (const fate of [500, 503, 429, 'drop', 'throttle'] as const) {
      if (kind.name === 'vault' && fate === 'throttle') continue
      service.next.push(fate, fate)
      await provider.wrap(new Uint8Array(32), 'x')
    }
    service.next.push(500, 502, 503)
    service.seen.length = 0
    await assert.rejects(provider.wrap(new Uint8Array(32), 'x'), fault('provider-away'))
    assert.equal(service.seen.length, 3)
    service.next.push('hang', 'hang', 'hang')
    const before = performance.now()
    await assert.rejects(provider.wrap(new Uint8Array(32), 'x'), fault('provider-away'))
    assert.ok(performance.now() - before < 3_000)
    service.disabled = true
    service.seen.length = 0
    await assert.rejects(provider.wrap(new Uint8Array(32), 'x'), fault('provider-refused'))
    // Vault: a token that was refused is fetched once more, since it may have run out.
    assert.ok(service.seen.length <= 2, kind.name)
    await service.close()
    await assert.rejects(provider.wrap(new Uint8Array(32), 'x'), fault('provider-away'))
  }))

test('[encryption-63] a service whose certificate is not trusted is refused at once', () =>
  each(async (kind, service) => {
    const other = await vaultDouble()
    await assert.rejects(
      kind.provider(service, { ca: other.ca }).wrap(new Uint8Array(1), 'x'),
      fault('provider-refused'),
    )
    assert.equal(service.seen.length, 0)
    await other.close()
  }))

test('[encryption-64] Vault: a token that ran out is fetched anew by the AppRole; a wrong secret is refused', async () => {
  const tokens = new Set<string>()
  const service = await vaultDouble(tokens)
  const role = (secretId: string): RootProvider =>
    transitProvider({
      provider: 'vault',
      url: service.url,
      ca: service.ca,
      key: transit.key,
      credentials: () => Promise.resolve({ roleId: transit.roleId, secretId }),
      ...quick,
    })
  const provider = role(transit.secretId)
  const wrapped = await provider.wrap(new Uint8Array(32).fill(1), 'x')
  tokens.clear()
  assert.deepEqual(await provider.unwrap(wrapped, 'x'), new Uint8Array(32).fill(1))
  await assert.rejects(role('wrong').wrap(new Uint8Array(1), 'x'), fault('provider-refused'))
  await service.close()
})

test('[encryption-64] AWS and 阿里云: wrong secrets and clocks that differ are refused; the signing key is that of the manual', async () => {
  // AWS General Reference, "Examples of how to derive a signing key for Signature Version 4".
  assert.equal(
    awsSigningKey(aws.secretAccessKey, '20150830', 'us-east-1', 'iam').toString('hex'),
    'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9',
  )
  await each(async (kind, service) => {
    if (kind.name === 'vault') return
    const wrong = { ...aws, ...aliyun, secretAccessKey: 'x', accessKeySecret: 'x' }
    await assert.rejects(
      kind.provider(service, { credentials: () => Promise.resolve(wrong) }).wrap(new Uint8Array(1), 'x'),
      fault('provider-refused'),
    )
    service.skewMs = 3_600_000
    await assert.rejects(kind.provider(service).wrap(new Uint8Array(1), 'x'), fault('provider-refused'))
    const ahead = { now: () => new Date(Date.now() + 3_600_000) }
    await kind.provider(service, ahead).wrap(new Uint8Array(1), 'x')
  })
})

test('[encryption-65] while the service is silent, reading goes on for the stated time and no new key is made; then nothing opens', () =>
  each(async (kind, service) => {
    const clock = { ms: 0 }
    const leased = leasedProvider(kind.provider(service), { maxAgeMs: 60_000, checkEveryMs: 0, now: () => clock.ms })
    const row = await createEpoch(leased, newId(), 1, 1)
    const epoch = await openEpoch(leased, row)
    const subject = newSubjectKey(epoch, newId(), 1)
    const context = contextFor()
    const cell = sealCell(subject.key, context, { name: '张伟' })
    await leased.lease?.demandNew()
    service.next.push(...Array.from({ length: 60 }, () => 503))
    clock.ms = 30_000
    assert.deepEqual(leased.lease?.age(), { sinceMs: 30_000, maxMs: 60_000, kept: 3 }, 'what a page shows of it')
    await assert.rejects(leased.lease.demandNew(), fault('provider-away'))
    assert.deepEqual(openCell(subject.key, context, cell), { name: '张伟' })
    // Opened again out of the sealed cache, as another rotation would make it.
    const again = await openEpoch(leased, row)
    assert.deepEqual(openCell(openSubjectKey(again, subject.row), context, cell), { name: '张伟' })
    await assert.rejects(createEpoch(leased, newId(), 1, 1), fault('provider-away'))
    clock.ms = 60_001
    for (const use of [
      () => openCell(subject.key, context, cell),
      () => sealCell(subject.key, context, {}),
      () => openSubjectKey(epoch, subject.row),
      () => newSubjectKey(epoch, newId(), 1),
    ])
      assert.throws(use, fault('provider-expired'), kind.name)
    await assert.rejects(
      openEpoch(leased, row),
      (error) => fault('provider-expired')(error) || fault('provider-away')(error),
    )
    // It answers again: everything opens again.
    service.next.length = 0
    await leased.check?.()
    assert.deepEqual(openCell(subject.key, context, cell), { name: '张伟' })
    leased.close?.()
  }))

test('[encryption-65] a refusal ends the lease at once: a key that was switched off opens nothing', () =>
  each(async (kind, service) => {
    const leased = leasedProvider(kind.provider(service), { checkEveryMs: 0 })
    const epoch = await openEpoch(leased, await createEpoch(leased, newId(), 1, 1))
    const { key } = newSubjectKey(epoch, newId(), 1)
    const context = contextFor()
    const cell = sealCell(key, context, { a: 1 })
    service.disabled = true
    await assert.rejects(leased.check?.() ?? Promise.resolve(), fault('provider-refused'))
    assert.throws(() => openCell(key, context, cell), fault('provider-refused'), kind.name)
    service.disabled = false
    await leased.check?.()
    assert.deepEqual(openCell(key, context, cell), { a: 1 })
    leased.close?.()
  }))

test('[encryption-62] a keystore with a provider outside holds no key; named keys are random and sealed by it', async () => {
  const service = await vaultDouble()
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-outer-'))
  const [kind] = kinds
  assert.ok(kind)
  const connect = (): Promise<RootProvider> => Promise.resolve(kind.provider(service))
  const directory = join(folder, 'keys')
  const keys = await createOuterKeys(directory, 'vault', { url: service.url, key: transit.key }, { connect })
  const signer = await keys.signer('journal')
  const wrapped = await keys.provider.wrap(utf8('x'), 'x')
  assert.equal(keys.provider.kind, 'vault')
  assert.equal(keys.sheet().blocks, '')
  for (const language of ['zh', 'en'] as const) assert.ok(keys.sheet().text(language).includes('vault'))
  keys.close()
  const again = await openKeys(directory, { connect })
  assert.deepEqual((await again.signer('journal')).publicKey, signer.publicKey)
  assert.deepEqual(await again.provider.unwrap(wrapped, 'x'), utf8('x'))
  assert.match(await readFile(join(directory, 'keystore.json'), 'utf8'), /"keys": \[\]/)
  await assert.rejects(openKeys(directory), fault('provider-refused'))
  // Moved into a file and out again: what the one wrapped the other takes over.
  const root = await again.addRoot({ kind: 'machine' })
  await again.named.rewrap()
  assert.deepEqual(await again.dropRoots(), [keys.roots()[0]?.fingerprint ?? wrappedBy(wrapped)])
  const inFile = await openKeys(directory)
  assert.equal(inFile.provider.fingerprint, root)
  assert.deepEqual((await inFile.signer('journal')).publicKey, signer.publicKey)
  await rm(folder, { recursive: true })
  await service.close()
})
