import assert from 'node:assert/strict'
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test from 'node:test'
import { isFault, newId, type Uuid } from '#kernel'
import { openTestDatabase } from '#testing'
import { restoreBackup, verifyRepository } from '#backup'
import { type Manifest, manifestName, parseManifest, signManifest } from '../../src/backup/manifest.ts'
import { packPath } from '../../src/backup/pack.ts'
import {
  codes,
  demandGone,
  filesOf,
  namesIn,
  open,
  restored,
  snapshotsIn,
  type World,
} from '../support/erasure-house.ts'

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
  // A colleague is told of the person's record; the notice goes with it.
  await world.vault.share(world.ann, 'contact', world.contact, [world.bob.principal.id])
  assert.equal((await world.opened.notifications.list(world.bob, { limit: 5 })).items.length, 1)
  const full = await world.backups.create({ type: 'full', repo: world.repo })
  await world.vault.update(world.ann, 'contact', world.contact, 2, { notes: 'more secret' })
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
