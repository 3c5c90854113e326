// A root key exchanged under a vault with data in it, killed between any two steps, and the named keys that come back from the data.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { catalogue } from '#crm'
import { type Keys, openKeys, recoverKeys, wrappedBy } from '#encryption'
import { isFault, services, systemClock } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { createVault } from './create.ts'
import { bringBackNamedKeys, keepNamedKeys } from './named-keys.ts'
import { exchangeRoot, type RootExchange, type RootExchanged } from './rewrap-root.ts'

const scopeOf = (house: TestVault): RootExchange['scope'] => ({ tenant: house.tenant, principal: services.system })

const exchange = (house: TestVault, keys: Keys, more: Partial<RootExchange> = {}): Promise<RootExchanged> =>
  exchangeRoot({
    store: house.store,
    journal: house.journal,
    keys,
    scope: scopeOf(house),
    channel: 'cli',
    add: () => keys.addRoot('as-before'),
    ...more,
  })

/** The values of a contact read through a vault that was opened with these keys. */
const reads = async (house: TestVault, keys: Keys, id: string): Promise<unknown> => {
  const { store, journal, tenant } = house
  const opened = await createVault({
    store,
    journal,
    keys,
    catalogue,
    clock: systemClock,
    tenant,
  })
  try {
    return (await opened.vault.get(house.admin, 'account', id)).values.name
  } finally {
    await opened.close()
  }
}

const rootsInUse = (house: TestVault): Promise<readonly (string | null)[]> =>
  house.store.transaction(scopeOf(house), async (tx) => {
    const epochs = await tx.query<{ a: Uint8Array; b: Uint8Array; c: Uint8Array }>({
      text: 'select sym_wrapped as a, index_wrapped as b, hpke_wrapped as c from keyring.epoch where tenant_id = $1',
      values: [house.tenant],
    })
    const named = await tx.query<{ a: Uint8Array }>({
      text: 'select sealed as a from keyring.named_key where tenant_id = $1',
      values: [house.tenant],
    })
    const indexes = await tx.query<{ a: Uint8Array; b: Uint8Array }>({
      text: 'select wrapped as a, import_wrapped as b from keyring.search_generation where tenant_id = $1',
      values: [house.tenant],
    })
    const all = [
      ...epochs.flatMap(({ a, b, c }) => [a, b, c]),
      ...named.map(({ a }) => a),
      ...indexes.flatMap(({ a, b }) => [a, b]),
    ]
    return [...new Set(all.map(wrappedBy))]
  })

test('[vault-41] a root key is exchanged under a vault that goes on reading and writing; the old one opens nothing any more', async () => {
  const house = await openTestVault()
  const before = house.keys.sheet()
  const { id } = await house.vault.create(house.admin, 'account', { values: { name: '星海贸易' } })
  const done = await exchange(house, house.keys)
  assert.deepEqual(done.dropped, [before.fingerprint])
  assert.equal(done.epochs, 1)
  assert.deepEqual(await rootsInUse(house), [done.fingerprint])
  assert.equal((await house.vault.get(house.admin, 'account', id)).values.name, '星海贸易')
  await house.vault.create(house.ann, 'account', { values: { name: 'after' } })
  assert.equal(await reads(house, await openKeys(house.keys.directory), id), '星海贸易')
  const old = await recoverKeys(join(house.keys.directory, 'old'), before.blocks)
  await assert.rejects(reads(house, old, id), (error) => isFault(error, 'keystore-foreign'))
  // Told in the journal, with nothing left under the old one.
  const told = await house.store.transaction(scopeOf(house), (tx) =>
    house.journal.list(tx, house.tenant, { limit: 50 }),
  )
  const acts = told.items.map(({ act }) => act)
  assert.ok(acts.includes('key.root-add') && acts.includes('key.root-drop'))
  await house.close()
})

test('[vault-41] killed between any two steps, an exchange goes on where it was; everything opens at every moment', async () => {
  const house = await openTestVault()
  const { id } = await house.vault.create(house.admin, 'account', { values: { name: 'kept' } })
  await keepNamedKeys(house.store, house.keys, scopeOf(house))
  // Each step fails once, as if the process had died there; what a new process then finds must open.
  const steps = ['added', 'named-1', 'epochs', 'drop'] as const
  for (const step of steps) {
    const keys = await openKeys(house.keys.directory)
    const died = new Error(step)
    const dying: Keys = {
      ...keys,
      provider: keys.provider,
      roots: () => keys.roots(),
      named: {
        ...keys.named,
        rewrap: async () => {
          if (step === 'added') throw died
          const n = await keys.named.rewrap()
          if (step === 'named-1') throw died
          return n
        },
      },
      dropRoots: async () => {
        if (step === 'drop') throw died
        return keys.dropRoots()
      },
    }
    const onProgress = (done: number): void => {
      if (step === 'epochs' && done > 0) throw died
    }
    await assert.rejects(exchange(house, dying, { add: () => keys.addRoot('as-before'), onProgress }), died)
    assert.equal(await reads(house, await openKeys(house.keys.directory), id), 'kept', step)
  }
  const last = await exchange(house, await openKeys(house.keys.directory))
  assert.equal(last.resumed, true)
  assert.equal((await openKeys(house.keys.directory)).roots().length, 1)
  assert.deepEqual(await rootsInUse(house), [last.fingerprint])
  await house.close()
})

test('[vault-40] named keys come back from the data with the new sheet alone, and are the same', async () => {
  const house = await openTestVault()
  const { id } = await house.vault.create(house.admin, 'account', { values: { name: 'kept' } })
  const signer = await house.keys.signer('journal')
  const secret = await house.keys.secret('throttle')
  await keepNamedKeys(house.store, house.keys, scopeOf(house))
  await exchange(house, house.keys)
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-lost-'))
  const back = await recoverKeys(join(folder, 'keys'), house.keys.sheet().blocks)
  assert.deepEqual(await bringBackNamedKeys(house.store, back, scopeOf(house)), [
    'secret-throttle',
    'signer-journal',
    'signer-policies',
  ])
  assert.deepEqual((await back.signer('journal')).publicKey, signer.publicKey)
  assert.deepEqual(await back.secret('throttle'), secret)
  assert.equal(await reads(house, back, id), 'kept')
  await rm(folder, { recursive: true })
  await house.close()
})

test('[vault-40] a named key is kept with the data the moment it is made; a foreign root brings nothing back', async () => {
  const house = await openTestVault()
  house.keys.named.watch(() => keepNamedKeys(house.store, house.keys, scopeOf(house)))
  await house.keys.signer('capture')
  const names = await house.store.transaction(scopeOf(house), (tx) =>
    tx.query<{ name: string }>({
      text: 'select name from keyring.named_key where tenant_id = $1 order by name',
      values: [house.tenant],
    }),
  )
  assert.deepEqual(
    names.map(({ name }) => name),
    ['capture', 'journal', 'policies'],
  )
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-foreign-'))
  const other = await recoverKeys(join(folder, 'keys'), await foreignSheet())
  await assert.rejects(bringBackNamedKeys(house.store, other, scopeOf(house)), (error) =>
    isFault(error, 'keystore-foreign'),
  )
  assert.deepEqual(await readdir(join(folder, 'keys')), ['keystore.json'])
  await rm(folder, { recursive: true })
  await house.close()
})

const foreignSheet = async (): Promise<string> => {
  const { createKeys } = await import('#encryption')
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-other-'))
  const { sheet } = await createKeys(join(folder, 'keys'))
  await rm(folder, { recursive: true })
  return sheet.blocks
}
