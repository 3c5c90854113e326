import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId, type Uuid } from '#kernel'
import { listBackups } from './list.ts'
import { catalogue, openTestDatabase, type TestDatabase } from '#testing'
import type { Store, Tx } from '#store'
import {
  addAccounts,
  type BackupHouse,
  changeAccounts,
  newSigner,
  openBackupHouse,
} from '../../test/support/backup-house.ts'
import { createJournal } from '#journal'
import { createBackupIdentity, createBackups, restoreBackup } from './index.ts'
import { demandRepository, readManifests } from './repository.ts'
import { backupTables, nameOf } from './tables.ts'

const house = async (t: TestContext): Promise<BackupHouse> => {
  const opened = await openBackupHouse()
  t.after(() => opened.close())
  return opened
}
const target = async (t: TestContext): Promise<TestDatabase> => {
  const opened = await openTestDatabase()
  t.after(() => opened.close())
  return opened
}

/** Content of every table that is backed up, as PostgreSQL itself prints it: knows nothing of our digests. */
const contents = async (store: Store): Promise<Record<string, string>> => {
  const all: Record<string, string> = {}
  await store.owner(async (tx) => {
    for (const table of backupTables(catalogue)) {
      const name = nameOf(table)
      if (name === 'ops.backup' || name === 'ops.installation') continue
      // The transaction of an entry means nothing in another database.
      const row = name === 'journal.entry' ? `to_jsonb(t) - 'tx'` : 'to_jsonb(t)'
      const [found] = await tx.query<{ n: bigint; sum: string | null }>({
        text: `select count(*)::bigint as n, md5(string_agg(md5((${row})::text), '' order by md5((${row})::text))) as sum from ${name} t`,
      })
      all[name] = `${String(found?.n)} ${found?.sum ?? ''}`
    }
  })
  return all
}

const add = (h: BackupHouse, count: number): Promise<readonly Uuid[]> =>
  h.store.transaction(h.scope, (tx) => addAccounts(tx, h.journal, h.tenant, count))
const change = (h: BackupHouse, ids: readonly Uuid[]): Promise<void> =>
  h.store.transaction(h.scope, (tx) => changeAccounts(tx, h.journal, h.tenant, ids))

test('[backup-12] a full backup comes back row for row', async (t) => {
  const h = await house(t)
  await add(h, 3000)
  const seen: number[] = []
  const made = await h.backups.create({ type: 'full', repo: h.repo, onProgress: (done) => seen.push(done) })
  assert.equal(made.parent, null)
  assert.ok(made.rows > 3000 * 2)
  assert.equal(seen.at(-1), 1)
  assert.ok(
    seen.every((done, i) => done >= (seen[i - 1] ?? 0) && done <= 1),
    'progress only grows',
  )
  const before = await contents(h.store)
  const to = await target(t)
  const restored = await restoreBackup({ repo: h.repo, identity: h.identity, store: to.store })
  assert.equal(restored.id, made.id)
  assert.equal(restored.rows, made.rows + made.keyring.rows)
  assert.equal(restored.compared, true)
  assert.deepEqual(
    differences(await contents(to.store), before),
    ['journal.entry'],
    'the entry that tells of the backup came after it',
  )
})

/** Names of tables whose content differs. */
const differences = (a: Record<string, string>, b: Record<string, string>): readonly string[] =>
  Object.keys(a).filter((name) => a[name] !== b[name])

test('[backup-12] incremental on incremental and differential on full: each chain gives the state of its moment', async (t) => {
  const h = await house(t)
  const first = await add(h, 400)
  const full = await h.backups.create({ type: 'full', repo: h.repo })
  await change(h, first.slice(0, 40))
  const second = await add(h, 20)
  const inc1 = await h.backups.create({ type: 'incremental', repo: h.repo })
  const atInc1 = await recordsOf(h.store)
  await change(h, [...first.slice(20, 60), ...second.slice(0, 5)])
  await purge(h, first.slice(90, 100))
  const inc2 = await h.backups.create({ type: 'incremental', repo: h.repo })
  const atInc2 = await recordsOf(h.store)
  await change(h, first.slice(0, 10))
  const diff = await h.backups.create({ type: 'differential', repo: h.repo })
  const atDiff = await recordsOf(h.store)
  await add(h, 7)
  const inc3 = await h.backups.create({ type: 'incremental', repo: h.repo })
  const atInc3 = await recordsOf(h.store)
  assert.deepEqual(
    [inc1, inc2, diff, inc3].map((one) => one.parent),
    [full.id, inc1.id, full.id, diff.id],
  )
  assert.ok(inc2.rows < 1000, `an increment holds what changed, not ${String(inc2.rows)} rows`)
  const moments: readonly (readonly [Uuid, Record<string, string>])[] = [
    [inc1.id, atInc1],
    [inc2.id, atInc2],
    [diff.id, atDiff],
    [inc3.id, atInc3],
  ]
  for (const [backup, expected] of moments) {
    const to = await target(t)
    await restoreBackup({ repo: h.repo, identity: h.identity, store: to.store, backup })
    // Of the keyring the newest snapshot counts, whichever backup comes back.
    assert.deepEqual(await recordsOf(to.store), { ...expected, ...keyringIn(atInc3) })
  }
})

const keyringIn = (all: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith('keyring.')))

/** Records, tokens and subjects' keys: what the entries of backups themselves do not touch. */
const recordsOf = async (store: Store): Promise<Record<string, string>> =>
  Object.fromEntries(Object.entries(await contents(store)).filter(([name]) => /^(crm|keyring|identity)\./.test(name)))

/** Takes records away for good, with tokens and subject's key: only the owner can. */
const purge = (h: BackupHouse, ids: readonly Uuid[]): Promise<void> =>
  h.store.owner(async (tx) => {
    for (const [table, column] of [
      ['crm.account', 'id'],
      ['keyring.subject_key', 'subject_id'],
    ])
      await tx.query({ text: `delete from ${table ?? ''} where ${column ?? ''} = any($1::uuid[])`, values: [ids] })
    await h.journal.append(
      tx,
      h.tenant,
      ids.map((recordId) => ({ act: 'record.purge', obj: 'account', recordId, actor: h.tenant, channel: 'job' })),
    )
  })

test('[backup-8] 12 writers during a full and increments: what is restored is what the database holds, no row missed', async (t) => {
  const h = await house(t)
  const ids = [...(await add(h, 300))]
  let stop = false
  const writer = async (n: number): Promise<number> => {
    let commits = 0
    while (!stop) {
      const picks = Array.from({ length: 3 }, () => ids[Math.floor(Math.random() * ids.length)] ?? newId()).sort()
      const kind = Math.random()
      const work = async (tx: Tx): Promise<void> => {
        // An entry's id is taken early, its transaction may commit late: the order of ids is not the order of commits.
        if (kind < 0.3) ids.push(...(await addAccounts(tx, h.journal, h.tenant, 2)))
        else await changeAccounts(tx, h.journal, h.tenant, [...new Set(picks)])
        await sleep(Math.random() * 30)
        if (kind > 0.6 && kind < 0.8) {
          await tx.query({ text: 'savepoint s' })
          await addAccounts(tx, h.journal, h.tenant, 1)
          await tx.query({ text: kind > 0.7 ? 'rollback to savepoint s' : 'release savepoint s' })
        }
        if (kind > 0.9) throw new Error('changed my mind')
      }
      try {
        await h.store.transaction(h.scope, work)
        commits++
      } catch (error) {
        // Deadlocks and changed minds are part of the picture.
        if (error instanceof Error && !/changed my mind|deadlock|foreign key/.test(error.message)) throw error
      }
      await sleep(n % 4)
    }
    return commits
  }
  const writers = Array.from({ length: 12 }, (_, n) => writer(n))
  await sleep(100)
  await h.backups.create({ type: 'full', repo: h.repo })
  for (let i = 0; i < 3; i++) {
    await sleep(150)
    await h.backups.create({ type: 'incremental', repo: h.repo })
  }
  await h.backups.create({ type: 'differential', repo: h.repo })
  await sleep(150)
  await h.backups.create({ type: 'incremental', repo: h.repo })
  const concurrent = await openTestDatabase()
  t.after(() => concurrent.close())
  // Compared with the counts and versions of the moment, written down by the backup itself.
  await restoreBackup({ repo: h.repo, identity: h.identity, store: concurrent.store })
  await sleep(100)
  stop = true
  const commits = (await Promise.all(writers)).reduce((a, b) => a + b, 0)
  assert.ok(commits > 50, `the writers wrote: ${String(commits)}`)
  await h.backups.create({ type: 'incremental', repo: h.repo })
  const before = await contents(h.store)
  const to = await target(t)
  await restoreBackup({ repo: h.repo, identity: h.identity, store: to.store })
  assert.deepEqual(differences(await contents(to.store), before), ['journal.entry'])
  assert.equal(await entriesApart(h.store, to.store), 1, 'only the entry that tells of the last backup is not in it')
})

const entriesApart = async (a: Store, b: Store): Promise<number> => {
  const count = async (store: Store): Promise<number> =>
    await store.owner(async (tx) =>
      Number((await tx.query<{ n: bigint }>({ text: 'select count(*)::bigint as n from journal.entry' }))[0]?.n),
    )
  return (await count(a)) - (await count(b))
}

test('[backup-8] a transaction that began before a full backup and commits after it is in the next increment', async (t) => {
  const h = await house(t)
  const [id] = await add(h, 5)
  let full: Promise<unknown> | undefined
  await h.store.transaction(h.scope, async (tx) => {
    await changeAccounts(tx, h.journal, h.tenant, [id ?? newId()])
    full = h.backups.create({ type: 'full', repo: h.repo })
    await full
    // Somebody else writes and commits with a later transaction: ids and times are now out of order.
    await add(h, 1)
  })
  await h.backups.create({ type: 'incremental', repo: h.repo })
  const to = await target(t)
  await restoreBackup({ repo: h.repo, identity: h.identity, store: to.store })
  assert.deepEqual(await recordsOf(to.store), await recordsOf(h.store))
})

test('[backup-8] looking at records makes no increment', async (t) => {
  const h = await house(t)
  const ids = await add(h, 50)
  await h.backups.create({ type: 'full', repo: h.repo })
  await h.journal.record(
    h.scope,
    ids.map((recordId) => ({ act: 'record.view', obj: 'account', recordId, actor: h.tenant, channel: 'web' })),
  )
  await h.backups.create({ type: 'incremental', repo: h.repo })
  const manifest = (await readManifests(await demandRepository(h.repo))).at(-1)?.envelope?.manifest
  assert.equal(manifest?.tables.find((table) => table.name === 'crm.account')?.rows.rows, 0)
  assert.equal(manifest.tables.find((table) => table.name === 'journal.entry')?.rows.rows, 51)
})

test('[backup-8] an increment needs a full of the same database', async (t) => {
  const h = await house(t)
  await add(h, 5)
  await assert.rejects(h.backups.create({ type: 'incremental', repo: h.repo }), { code: 'backup-no-parent' })
  await assert.rejects(h.backups.create({ type: 'differential', repo: h.repo }), { code: 'backup-no-parent' })
  await h.backups.create({ type: 'full', repo: h.repo })
  await h.store.owner((tx) => tx.query({ text: 'update ops.installation set incarnation = 7' }))
  await assert.rejects(h.backups.create({ type: 'incremental', repo: h.repo }), { code: 'backup-no-parent' })
  const states = await h.store.transaction(h.scope, (tx) =>
    tx.query<{ state: string }>({ text: 'select state from ops.backup order by created_at' }),
  )
  assert.deepEqual(
    states.map((row) => row.state),
    ['failed', 'failed', 'done', 'failed'],
  )
})

test('[backup-14] a restored database is a new incarnation, goes on counting, and stands behind the second wall', async (t) => {
  const h = await house(t)
  await add(h, 30)
  const full = await h.backups.create({ type: 'full', repo: h.repo })
  const to = await target(t)
  await restoreBackup({ repo: h.repo, identity: h.identity, store: to.store })
  const journal = createJournal({
    store: to.store,
    clock: { now: () => new Date() },
    signer: newSigner('other'),
    origin: 'other',
  })
  const backups = createBackups({
    ...h,
    store: to.store,
    journal: { ...journal, sealUp: () => Promise.resolve({ size: 0n, root: new Uint8Array(32), behind: 0 }) },
    clock: { now: () => new Date() },
    catalogue,
  })
  await assert.rejects(backups.create({ type: 'incremental', repo: h.repo }), { code: 'backup-no-parent' })
  await to.store.owner(async (tx) => {
    const [row] = await tx.query<{ incarnation: number; ids: bigint; open: bigint }>({
      text: `select incarnation, (select max(id) from journal.entry) as ids, (select count(*)::bigint from pg_class c
        join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('crm', 'keyring', 'journal', 'identity', 'ops') and c.relkind = 'r'
        and not c.relforcerowsecurity) as open from ops.installation`,
    })
    assert.deepEqual([row?.incarnation, row?.open], [2, 0n])
    // The next entry takes the next number.
    await h.journal.append(tx, h.tenant, [{ act: 'test', actor: h.tenant, channel: 'job' }])
    const [next] = await tx.query<{ id: bigint }>({ text: 'select max(id) as id from journal.entry' })
    assert.equal(next?.id, (row?.ids ?? 0n) + 1n)
  })
  assert.equal((await h.journal.verify(h.tenant)).ok, true)
  const again = await backups.create({ type: 'full', repo: h.repo })
  await backups.create({ type: 'incremental', repo: h.repo })
  assert.notEqual(again.id, full.id)
})

test('[backup-14] the restored journal verifies against its own checkpoints', async (t) => {
  const signer = newSigner('journal')
  const h = await house(t)
  const journal = createJournal({ store: h.store, clock: { now: () => new Date() }, signer, origin: 'test/restored' })
  const backups = createBackups({ ...h, journal, clock: { now: () => new Date() }, catalogue })
  await h.store.transaction(h.scope, (tx) => addAccounts(tx, journal, h.tenant, 20))
  await backups.create({ type: 'full', repo: h.repo })
  await h.store.transaction(h.scope, (tx) => addAccounts(tx, journal, h.tenant, 20))
  await backups.create({ type: 'incremental', repo: h.repo })
  const to = await target(t)
  await restoreBackup({ repo: h.repo, identity: h.identity, store: to.store })
  const restored = createJournal({ store: to.store, clock: { now: () => new Date() }, signer, origin: 'test/restored' })
  await restored.sealUp(h.tenant)
  const verdict = await restored.verify(h.tenant)
  assert.equal(verdict.ok, true, JSON.stringify(verdict.firstBad))
  assert.equal(verdict.entries, 41)
})

test('[backup-13] a database that holds anything, a wrong identity, an unknown backup: refused, nothing changed', async (t) => {
  const h = await house(t)
  await add(h, 10)
  await h.backups.create({ type: 'full', repo: h.repo })
  const to = await target(t)
  const before = await contents(to.store)
  await assert.rejects(restoreBackup({ repo: h.repo, identity: h.identity, store: h.store, place: 'data' }), {
    code: 'restore-not-empty',
  })
  const other = createBackupIdentity({ verifyKey: h.writer.signer }).identity
  await assert.rejects(restoreBackup({ repo: h.repo, identity: other, store: to.store }), {
    code: 'backup-wrong-identity',
  })
  await assert.rejects(restoreBackup({ repo: h.repo, identity: 'something else', store: to.store }), {
    code: 'backup-wrong-identity',
  })
  await assert.rejects(restoreBackup({ repo: h.repo, identity: h.identity, store: to.store, backup: newId() }), {
    code: 'backup-not-found',
  })
  await assert.rejects(restoreBackup({ repo: `${h.repo}-no`, identity: h.identity, store: to.store }), {
    code: 'backup-damaged',
  })
  const stranger = createBackupIdentity({ verifyKey: newSigner('other') }).identity
  const [{ id: made } = { id: '' }] = await listBackups(h.repo)
  for (const named of [{}, { backup: made }])
    await assert.rejects(restoreBackup({ repo: h.repo, identity: stranger, store: to.store, ...named }), {
      code: 'backup-wrong-identity',
    })
  assert.deepEqual(await contents(to.store), before)
})
