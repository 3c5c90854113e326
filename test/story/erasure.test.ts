import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { createJournal } from '#journal'
import { isFault, newId, systemClock, type Uuid } from '#kernel'
import { catalogue, openTestDatabase, temporaryFolder, type TestDatabase } from '#testing'
import { createVault, type Erasures, type Vault } from '#vault'
import { openTestVault, type TestVault } from '../support/vault.ts'
import {
  type Backups,
  createBackupIdentity,
  createBackups,
  fingerprint,
  restoreBackup,
  type Verification,
  verifyRepository,
} from '#backup'
import { type Manifest, manifestName, parseManifest, signManifest } from '../../src/backup/manifest.ts'
import { packPath } from '../../src/backup/pack.ts'

interface World extends TestVault {
  readonly backups: Backups
  readonly erasures: Erasures
  readonly identity: string
  readonly repo: string
  readonly contact: Uuid
  erase(subject: Uuid): Promise<void>
}

const open = async (t: TestContext): Promise<World> => {
  const world = await openTestVault()
  const folder = temporaryFolder()
  t.after(async () => {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  })
  const signer = await world.keys.signer('backup')
  const { identity, recipient } = createBackupIdentity({ verifyKey: signer.publicKey })
  const writer = { recipient, recipientId: fingerprint(recipient), signer, dedupKey: randomBytes(32) }
  const { store, journal, tenant } = world
  const backups = createBackups({ store, journal, clock: systemClock, tenant, catalogue, writer })
  const erasures = world.opened.erasures({ signer: await world.keys.signer('erasure'), backupDays: 30 })
  const { id } = await world.vault.create(world.ann, 'contact', {
    values: { name: '张伟', mobile: '13800138001', notes: 'secret' },
  })
  await world.vault.create(world.ann, 'contact', { values: { name: '李娜', mobile: '13900139002' } })
  const erase = async (subject: Uuid): Promise<void> => {
    await erasures.erase(world.admin, { subject, reason: 'request', code: subject.slice(-8) })
  }
  return { ...world, backups, erasures, identity, repo: join(folder, 'repo'), contact: id, erase }
}

const restored = async (
  t: TestContext,
  world: World,
  backup: Uuid,
  repo = world.repo,
): Promise<{ to: TestDatabase; vault: Vault; replayed: { erasures: number; records: number } }> => {
  const to = await openTestDatabase()
  await to.store.owner((tx) => tx.query({ text: 'delete from ops.installation' }))
  const { replayed } = await restoreBackup({ repo, identity: world.identity, store: to.store, backup })
  const journal = createJournal({
    store: to.store,
    clock: systemClock,
    signer: await world.keys.signer('journal'),
    origin: world.journal.origin,
  })
  const opened = await createVault({
    store: to.store,
    journal,
    keys: world.keys,
    catalogue,
    clock: systemClock,
    tenant: world.tenant,
  })
  t.after(async () => {
    await opened.close()
    await to.close()
  })
  return { to, vault: opened.vault, replayed }
}

const namesIn = async (world: World, vault: Vault): Promise<readonly unknown[]> =>
  (await vault.list(world.because(world.admin, 'test'), 'contact', {})).items.map((item) => item.values['name']).sort()

/** The person is gone in a restored house: no key, no cell, no token, nothing in the record's history. */
const demandGone = async (world: World, house: { to: TestDatabase; vault: Vault }): Promise<void> => {
  const { to, vault } = house
  const [row] = await to.store.owner((tx) =>
    tx.query<{ keys: number; cells: number; live: number; ledger: number }>({
      text: `select (select count(*)::int from keyring.subject_key where subject_id = $1) as keys,
        (select count(*)::int from crm.contact where subject_id = $1 and (cell_basic is not null or cell_contact is not null or cell_notes is not null)) as cells,
        (select count(*)::int from crm.contact where subject_id = $1 and deleted_at is null) as live,
        (select count(*)::int from ops.erasure where subject_id = $1) as ledger`,
      values: [world.contact],
    }),
  )
  assert.deepEqual(row, { keys: 0, cells: 0, live: 0, ledger: 1 })
  assert.deepEqual(
    (await vault.list(world.because(world.admin, 'test'), 'contact', { search: '13800138001' })).items,
    [],
  )
  // Even with the record put back past the product nothing of it opens, from the journal either.
  await to.store.owner((tx) =>
    tx.query({ text: 'update crm.contact set deleted_at = null where id = $1', values: [world.contact] }),
  )
  const text = JSON.stringify([
    await vault.get(world.admin, 'contact', world.contact),
    await vault.history(world.admin, 'contact', world.contact),
  ])
  assert.ok(!text.includes('张伟') && !text.includes('13800138001') && !text.includes('secret'), text)
}

const filesOf = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))
    .sort()

const snapshotsIn = async (repo: string): Promise<readonly string[]> =>
  (await readdir(join(repo, 'keyring/snapshots'))).sort()

const codes = (verification: Verification): readonly string[] =>
  [...new Set(verification.problems.map((one) => one.code))].sort()

const refused = (error: unknown): boolean => isFault(error, 'backup-damaged')

test('[backup-17] keys lie in snapshots alone; a new customer costs a small part of one, and old snapshots make room', async (t) => {
  const world = await open(t)
  const full = await world.backups.create({ type: 'full', repo: world.repo })
  const inc = await world.backups.create({ type: 'incremental', repo: world.repo })
  assert.equal((await snapshotsIn(world.repo)).length, 2)
  for (const name of await readdir(join(world.repo, 'backups'))) {
    const { manifest } = parseManifest(await readFile(join(world.repo, 'backups', name)), name)
    assert.equal(manifest.format, 'holdfast-backup-2')
    assert.ok(manifest.tables.every((table) => !table.name.startsWith('keyring.') && table.name !== 'ops.erasure'))
  }
  const packs = (await filesOf(join(world.repo, 'keyring/packs'))).length
  assert.equal(packs, 1, 'the second snapshot points to the keys of the first, which did not change')
  assert.deepEqual(codes(await verifyRepository({ repo: world.repo, level: 2, identity: world.identity })), [])
  for (const id of [full.id, inc.id])
    assert.deepEqual(await namesIn(world, (await restored(t, world, id)).vault), ['张伟', '李娜'])
})

test('[backup-18] after an erasure no backup of the repository opens anything of the person, those of before included', async (t) => {
  const world = await open(t)
  const full = await world.backups.create({ type: 'full', repo: world.repo })
  await world.vault.update(world.ann, 'contact', world.contact, 1, { notes: 'more secret' })
  const inc = await world.backups.create({ type: 'incremental', repo: world.repo })
  const kept = `${world.repo}-copy`
  await cp(world.repo, kept, { recursive: true })
  await world.erase(world.contact)
  const [outcome] = await world.backups.shred()
  assert.deepEqual([outcome?.deleted, outcome?.holding], [2, 0])
  assert.equal((await snapshotsIn(world.repo)).length, 1)
  assert.equal((await filesOf(join(world.repo, 'keyring/packs'))).length, 1)
  const later = await world.backups.create({ type: 'incremental', repo: world.repo })
  assert.deepEqual(codes(await verifyRepository({ repo: world.repo, level: 2, identity: world.identity })), [])
  for (const id of [full.id, inc.id, later.id]) {
    const house = await restored(t, world, id)
    assert.deepEqual(house.replayed, { erasures: 1, records: id === later.id ? 0 : 1 })
    assert.deepEqual(await namesIn(world, house.vault), ['李娜'])
    await demandGone(world, house)
  }
  // An old snapshot laid back into the folder brings nothing back: the newest wins, and the ledger stands.
  for (const name of await snapshotsIn(kept))
    await cp(join(kept, 'keyring/snapshots', name), join(world.repo, 'keyring/snapshots', name))
  await cp(join(kept, 'keyring/packs'), join(world.repo, 'keyring/packs'), { recursive: true })
  assert.deepEqual(codes(await verifyRepository({ repo: world.repo, level: 1, identity: world.identity })), [
    'keyring-outdated',
  ])
  await demandGone(world, await restored(t, world, full.id))
  // Even as the only snapshot of a folder whose newer ones are gone.
  for (const name of await snapshotsIn(world.repo))
    if (!(await snapshotsIn(kept)).includes(name)) await rm(join(world.repo, 'keyring/snapshots', name))
  await demandGone(world, await restored(t, world, full.id))
})

test('[backup-17] a repository that was away when a person was erased is put right by the next backup', async (t) => {
  const world = await open(t)
  const full = await world.backups.create({ type: 'full', repo: world.repo })
  await rename(world.repo, `${world.repo}-away`)
  await world.erase(world.contact)
  const [outcome] = await world.backups.shred()
  assert.equal(outcome?.deleted, null)
  await rename(`${world.repo}-away`, world.repo)
  const before = await filesOf(join(world.repo, 'keyring'))
  await world.backups.create({ type: 'incremental', repo: world.repo })
  const after = await filesOf(join(world.repo, 'keyring'))
  assert.deepEqual(
    after.filter((file) => before.includes(file)),
    [],
    'no pack and no snapshot of before is left',
  )
  await demandGone(world, await restored(t, world, full.id))
})

test('[backup-18] a missing or damaged snapshot, a gap in the ledger, a forged entry: named, and refused by a restore', async (t) => {
  const world = await open(t)
  const full = await world.backups.create({ type: 'full', repo: world.repo })
  await world.erase(world.contact)
  await world.backups.shred()
  const spoil = async (name: string, how: (repo: string) => Promise<void>, ...expected: string[]): Promise<void> => {
    const repo = `${world.repo}-${name}`
    await cp(world.repo, repo, { recursive: true })
    await how(repo)
    assert.deepEqual(codes(await verifyRepository({ repo, level: 1, identity: world.identity })), expected, name)
    const to = await openTestDatabase()
    t.after(() => to.close())
    await assert.rejects(
      restoreBackup({ repo, identity: world.identity, store: to.store, backup: full.id }),
      refused,
      name,
    )
  }
  const only = async (folder: string): Promise<string> => join(folder, (await readdir(folder))[0] ?? '')
  const flip = async (path: string): Promise<void> => {
    const bytes = await readFile(path)
    bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 1
    await writeFile(path, bytes)
  }
  await spoil('gone', (repo) => rm(join(repo, 'keyring'), { recursive: true }), 'keyring-missing')
  await spoil(
    'flipped',
    async (repo) => flip(await only(join(repo, 'keyring/snapshots'))),
    'keyring-missing',
    'manifest-signature',
    'pack-unused',
  )
  await spoil(
    'pack',
    async (repo) => flip((await filesOf(join(repo, 'keyring/packs')))[0] ?? ''),
    'keyring-missing',
    'pack-damaged',
  )
  await spoil('gap', async (repo) => rm(await only(join(repo, 'erasures'))), 'erasure-missing')
  await spoil('forged', async (repo) => flip(await only(join(repo, 'erasures'))), 'erasure-damaged', 'erasure-missing')
})

test('[backup-18] a backup of the first format comes back, with its own keys, or with those of the newest snapshot', async (t) => {
  const world = await open(t)
  const made = await world.backups.create({ type: 'full', repo: world.repo })
  const first = `${world.repo}-first`
  const id = await asFirstFormat(world, first)
  assert.deepEqual(codes(await verifyRepository({ repo: first, level: 2, identity: world.identity })), [])
  assert.deepEqual(await namesIn(world, (await restored(t, world, id, first)).vault), ['张伟', '李娜'])
  await world.erase(world.contact)
  await world.backups.shred()
  await cp(join(world.repo, 'keyring'), join(first, 'keyring'), { recursive: true })
  await cp(join(world.repo, 'erasures'), join(first, 'erasures'), { recursive: true })
  assert.deepEqual(codes(await verifyRepository({ repo: first, level: 2, identity: world.identity })), [
    'backup-holds-keys',
  ])
  const house = await restored(t, world, id, first)
  assert.deepEqual(await namesIn(world, house.vault), ['李娜'])
  await demandGone(world, house)
  assert.notEqual(made.id, id)
})

/** The same full backup as the first format had it: the tables of the keyring among the others. Its id. */
const asFirstFormat = async (world: World, to: string): Promise<Uuid> => {
  await cp(world.repo, to, { recursive: true })
  const [name = ''] = await readdir(join(to, 'backups'))
  const [key = ''] = await snapshotsIn(to)
  const { manifest } = parseManifest(await readFile(join(to, 'backups', name)), name)
  const snapshot = parseManifest(await readFile(join(to, 'keyring/snapshots', key)), key).manifest
  for (const pack of snapshot.packs) {
    await mkdir(dirname(packPath(to, pack.id)), { recursive: true })
    await rename(packPath(join(to, 'keyring'), pack.id), packPath(to, pack.id))
  }
  await rm(join(to, 'keyring'), { recursive: true })
  const rest: Partial<Manifest> = { ...manifest }
  Reflect.deleteProperty(rest, 'erasures')
  Reflect.deleteProperty(rest, 'keyring')
  const old: Manifest = {
    ...(rest as Manifest),
    format: 'holdfast-backup-1',
    id: newId(),
    tables: [...snapshot.tables, ...manifest.tables],
    packs: [...snapshot.packs, ...manifest.packs],
  }
  await rm(join(to, 'backups', name))
  await writeFile(join(to, 'backups', manifestName(old)), signManifest(old, await world.keys.signer('backup')).file)
  return old.id
}
