// For tests of erasure and backups: a house with a repository, a restore of it, and what must be gone.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext } from 'node:test'
import {
  type Backups,
  createBackupIdentity,
  createBackups,
  fingerprint,
  restoreBackup,
  type Verification,
} from '#backup'
import { createJournal } from '#journal'
import { type Clock, systemClock, type Uuid } from '#kernel'
import { createVault, type Erasures, type Vault } from '#vault'
import { catalogue, openTestDatabase, temporaryFolder, type TestDatabase } from './index.ts'
import { openTestVault, type TestVault } from './vault.ts'

export interface World extends TestVault {
  readonly backups: Backups
  readonly erasures: Erasures
  readonly identity: string
  readonly repo: string
  readonly contact: Uuid
  erase(subject: Uuid): Promise<void>
}

/** A house with two customers and a backup writer. */
export const open = async (t: TestContext, clock: Clock = systemClock): Promise<World> => {
  const world = await openTestVault(clock)
  const folder = temporaryFolder()
  t.after(async () => {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  })
  const signer = await world.keys.signer('backup')
  const { identity, recipient } = createBackupIdentity({ verifyKey: signer })
  const writer = { recipient, recipientId: fingerprint(recipient), signer, dedupKey: randomBytes(32) }
  const { store, journal, tenant } = world
  const backups = createBackups({ store, journal, clock, tenant, catalogue, writer })
  const erasures = world.opened.erasures({ signer: () => world.keys.signer('erasure'), backupDays: 30 })
  const { id } = await world.vault.create(world.ann, 'contact', {
    values: { name: '张伟', mobile: '13800138001', notes: 'secret' },
  })
  await world.vault.create(world.ann, 'contact', { values: { name: '李娜', mobile: '13900139002' } })
  const erase = async (subject: Uuid): Promise<void> => {
    await erasures.erase(world.admin, { subject, reason: 'request', code: subject.slice(-8) })
  }
  return { ...world, backups, erasures, identity, repo: join(folder, 'repo'), contact: id, erase }
}

/** A backup brought back into a database of its own, opened with the keys of the house. */
export const restored = async (
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

export const namesIn = async (world: World, vault: Vault): Promise<readonly unknown[]> =>
  (await vault.list(world.because(world.admin, 'test'), 'contact', {})).items.map((item) => item.values['name']).sort()

/** The person is gone in a restored house: no key, no cell, no token, nothing in the record's history. */
export const demandGone = async (world: World, house: { to: TestDatabase; vault: Vault }): Promise<void> => {
  const { to, vault } = house
  const [row] = await to.store.owner((tx) =>
    tx.query<{ keys: number; cells: number; live: number; notices: number; ledger: number }>({
      text: `select (select count(*)::int from keyring.subject_key where subject_id = $1) as keys,
        (select count(*)::int from crm.contact where subject_id = $1 and (cell_basic is not null or cell_contact is not null or cell_notes is not null)) as cells,
        (select count(*)::int from crm.contact where subject_id = $1 and deleted_at is null) as live,
        (select count(*)::int from ops.notification where record_id = $1) as notices,
        (select count(*)::int from ops.erasure where subject_id = $1) as ledger`,
      values: [world.contact],
    }),
  )
  assert.deepEqual(row, { keys: 0, cells: 0, live: 0, notices: 0, ledger: 1 })
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

export const filesOf = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))
    .sort()

export const snapshotsIn = async (repo: string): Promise<readonly string[]> =>
  (await readdir(join(repo, 'keyring/snapshots'))).sort()

export const codes = (verification: Verification): readonly string[] =>
  [...new Set(verification.problems.map((one) => one.code))].sort()
