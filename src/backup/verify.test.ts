import assert from 'node:assert/strict'
import { cp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { canonical, fromUtf8, utf8 } from '#kernel'
import { openTestDatabase } from '#testing'
import {
  addAccounts,
  type BackupHouse,
  changeAccounts,
  newSigner,
  openBackupHouse,
} from '../../test/support/backup-house.ts'
import {
  createBackupIdentity,
  listBackups,
  pinVerifyKey,
  restoreBackup,
  type Verification,
  verifyRepository,
} from './index.ts'
import { type Manifest, parseManifest, signManifest } from './manifest.ts'
import { packPath } from './pack.ts'

interface Sample extends BackupHouse {
  /** Ids of a full, an increment on it and a differential. */
  readonly ids: readonly string[]
}

let made: Promise<Sample> | undefined
const sample = (): Promise<Sample> => (made ??= make())

const make = async (): Promise<Sample> => {
  const h = await openBackupHouse()
  const accounts = await h.store.transaction(h.scope, (tx) => addAccounts(tx, h.journal, h.tenant, 600))
  const ids: string[] = []
  for (const type of ['full', 'incremental', 'differential'] as const) {
    ids.push((await h.backups.create({ type, repo: h.repo })).id)
    await h.store.transaction(h.scope, (tx) => changeAccounts(tx, h.journal, h.tenant, accounts.slice(0, 20)))
  }
  return { ...h, ids }
}

test.after(async () => {
  await (await made)?.close()
})

/** A copy of the sample's repository to damage. */
const copyOf = async (t: TestContext, h: Sample): Promise<string> => {
  const folder = `${h.repo}-${t.name.replaceAll(/[^a-z]/g, '').slice(0, 60)}-${String(Math.random()).slice(2)}`
  await cp(h.repo, folder, { recursive: true })
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const filesOf = async (folder: string, end: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true }))
    .filter((name) => name.endsWith(end))
    .map((name) => join(folder, name))
    .sort()

/** The first pack of the full backup. */
const packOf = async (h: Sample, repo: string): Promise<string> => {
  const [path = ''] = await filesOf(repo, '.manifest')
  const [pack] = parseManifest(await readFile(path), path).manifest.packs
  return packPath(repo, pack?.id ?? h.tenant)
}

const flip = async (path: string, at: number): Promise<void> => {
  const bytes = await readFile(path)
  const index = at < 0 ? bytes.length + at : at
  bytes[index] = (bytes[index] ?? 0) ^ 1
  await writeFile(path, bytes)
}

const errors = (verification: Verification): readonly string[] =>
  verification.problems.filter((one) => one.severity === 'error').map((one) => one.code)

const verify = (h: Sample, repo: string, level: 0 | 1 | 2): Promise<Verification> =>
  verifyRepository({ repo, level, identity: h.identity })

/** Whatever is wrong, the restore refuses it too, and leaves its database empty. */
const demandRefusal = async (h: Sample, repo: string, backup?: string): Promise<void> => {
  const to = await openTestDatabase()
  try {
    const input = { repo, identity: h.identity, store: to.store, ...(backup === undefined ? {} : { backup }) }
    await assert.rejects(restoreBackup(input), { code: 'backup-damaged' })
    const [row] = await to.store.owner((tx) =>
      tx.query<{ n: bigint }>({ text: 'select count(*)::bigint as n from crm.account' }),
    )
    assert.equal(row?.n, 0n)
  } finally {
    await to.close()
  }
}

test('[backup-10] an intact repository passes each level, and lists what is in it', async () => {
  const h = await sample()
  for (const level of [0, 1, 2] as const) {
    const verification = await verify(h, h.repo, level)
    assert.deepEqual(
      [verification.ok, verification.problems, verification.backups.map((one) => one.ok)],
      [true, [], [true, true, true]],
    )
  }
  const listed = await listBackups(h.repo)
  assert.deepEqual(
    listed.map((one) => [one.id, one.type, one.parent]),
    [
      [h.ids[0], 'full', null],
      [h.ids[1], 'incremental', h.ids[0]],
      [h.ids[2], 'differential', h.ids[0]],
    ],
  )
  const kept = await h.backups.verify({ repo: h.repo, level: 1 })
  assert.equal(kept.ok, true)
  const rows = await h.store.transaction(h.scope, (tx) =>
    tx.query<{ level: number }>({ text: 'select verified_level as level from ops.backup' }),
  )
  assert.deepEqual(
    rows.map((row) => row.level),
    [1, 1, 1],
  )
})

test('[backup-10] one flipped bit in a pack, at its head, in a segment, in its contents: named at level 1, refused by a restore', async (t) => {
  const h = await sample()
  for (const at of [3, 40, 5000, -30, -1]) {
    const repo = await copyOf(t, h)
    const pack = await packOf(h, repo)
    await flip(pack, at)
    assert.equal((await verify(h, repo, 0)).ok, true)
    const verification = await verify(h, repo, 1)
    assert.deepEqual([...new Set(errors(verification))], ['pack-damaged'])
    const [one] = verification.problems
    assert.ok(pack.endsWith(one?.object ?? '-') && one?.remedy !== '' && one?.zh.remedy !== '')
    assert.ok(verification.backups.some((backup) => !backup.ok))
    await demandRefusal(h, repo, h.ids[0])
  }
})

test('[backup-10] any flipped bit of a manifest is named', async (t) => {
  const h = await sample()
  const repo = await copyOf(t, h)
  const [, manifest = ''] = await filesOf(repo, '.manifest')
  const bytes = await readFile(manifest)
  for (let at = 0; at < bytes.length; at += 97) {
    const damaged = Buffer.from(bytes)
    damaged[at] = (damaged[at] ?? 0) ^ 1
    await writeFile(manifest, damaged)
    const verification = await verify(h, repo, 0)
    assert.equal(verification.ok, false, `byte ${String(at)}`)
    assert.ok(
      errors(verification).some((code) =>
        ['manifest-damaged', 'manifest-signature', 'manifest-foreign', 'signer-unknown', 'manifest-misnamed'].includes(
          code,
        ),
      ),
      `byte ${String(at)}: ${errors(verification).join()}`,
    )
  }
  // The newest may not quietly become an older one.
  await demandRefusal(h, repo)
})

test('[backup-10] a deleted, a cut and a longer pack are named without a key', async (t) => {
  const h = await sample()
  const gone = await copyOf(t, h)
  const first = await packOf(h, gone)
  await rm(first)
  const missing = await verifyRepository({ repo: gone, level: 0, verifyKeys: [h.writer.signer] })
  assert.deepEqual([...new Set(errors(missing))], ['pack-missing'])
  await demandRefusal(h, gone, h.ids[0])
  const cut = await copyOf(t, h)
  const pack = await packOf(h, cut)
  await truncate(pack, 1000)
  assert.deepEqual([...new Set(errors(await verify(h, cut, 0)))], ['pack-size'])
  await demandRefusal(h, cut, h.ids[0])
  await writeFile(pack, Buffer.concat([await readFile(join(h.repo, pack.slice(cut.length))), Buffer.of(0)]))
  assert.deepEqual([...new Set(errors(await verify(h, cut, 0)))], ['pack-size'])
})

test('[backup-7] packs that changed places are named, and open under no other name', async (t) => {
  const h = await sample()
  const repo = await copyOf(t, h)
  const [one = '', other = ''] = await filesOf(join(repo, 'packs'), '.pack')
  await rename(one, `${one}.x`)
  await rename(other, one)
  await rename(`${one}.x`, other)
  assert.ok(errors(await verify(h, repo, 0)).length > 0)
  assert.deepEqual([...new Set(errors(await verify(h, repo, 2)))], ['pack-size'])
  await demandRefusal(h, repo)
})

test('[backup-7] a signed manifest that points at other segments is found by opening them', async (t) => {
  const h = await sample()
  const repo = await copyOf(t, h)
  const [path = ''] = await filesOf(repo, '.manifest')
  const { manifest } = parseManifest(await readFile(path), path)
  // Even the holder of the signing key cannot pass one table's rows off as another's.
  const account = manifest.tables.find((table) => table.name === 'crm.account')
  assert.ok(account)
  const tables = manifest.tables.map((table) =>
    table.name === 'crm.contact' ? { ...table, rows: account.rows } : table,
  )
  await writeFile(path, signManifest({ ...manifest, tables }, h.writer.signer).file)
  const verification = await verify(h, repo, 2)
  assert.ok(verification.problems.some((one) => one.code === 'rows-differ' && one.object === 'crm.contact/rows'))
  await demandRefusal(h, repo, manifest.id)
})

test('[backup-4] a signed count or digest that is not that of the rows is found by level 2 and by a restore', async (t) => {
  const h = await sample()
  for (const lie of [{ digest: 'ab'.repeat(32) }, { rows: 599 }]) {
    const repo = await copyOf(t, h)
    const [path = ''] = await filesOf(repo, '.manifest')
    const { manifest } = parseManifest(await readFile(path), path)
    const tables = manifest.tables.map((table) =>
      table.name === 'crm.account' ? { ...table, rows: { ...table.rows, ...lie } } : table,
    )
    await writeFile(path, signManifest({ ...manifest, tables }, h.writer.signer).file)
    assert.ok(errors(await verify(h, repo, 2)).includes('rows-differ'))
    await demandRefusal(h, repo, manifest.id)
  }
})

test('[backup-6] a parent that was replaced, or is gone, is named, and its children are not restored', async (t) => {
  const h = await sample()
  const replaced = await copyOf(t, h)
  const [path = ''] = await filesOf(replaced, '.manifest')
  const { manifest } = parseManifest(await readFile(path), path)
  // The true signing key signs another full under the same id.
  await writeFile(path, signManifest({ ...manifest, server: '1.0' }, h.writer.signer).file)
  const verification = await verify(h, replaced, 0)
  assert.deepEqual(errors(verification), ['parent-changed', 'parent-changed'])
  assert.deepEqual(
    verification.backups.map((one) => one.ok),
    [true, false, false],
  )
  await demandRefusal(h, replaced, h.ids[1])
  await rm(path)
  assert.deepEqual(errors(await verify(h, replaced, 0)), ['parent-missing', 'parent-missing'])
  await demandRefusal(h, replaced, h.ids[1])
})

test('[backup-6] a folder put back to an earlier state is noticed by the installation that wrote it', async (t) => {
  const h = await sample()
  const repo = await copyOf(t, h)
  const manifests = await filesOf(repo, '.manifest')
  await rm(manifests.at(-1) ?? '')
  const known = parseManifest(await readFile(manifests[0] ?? ''), '')
  const expected = h.ids.map((id) => ({ id, sha256: id === h.ids[0] ? known.sha256 : '00' }))
  const verification = await verifyRepository({ repo, level: 0, identity: h.identity, expected })
  assert.deepEqual([...errors(verification)].sort(), ['backup-replaced', 'backup-vanished'])
})

test('[backup-5] a manifest of a stranger, a foreign one and a misnamed one are named', async (t) => {
  const h = await sample()
  const repo = await copyOf(t, h)
  const [path = ''] = await filesOf(repo, '.manifest')
  const { manifest } = parseManifest(await readFile(path), path)
  const write = async (changed: Manifest, signer = h.writer.signer): Promise<readonly string[]> => {
    await writeFile(path, signManifest(changed, signer).file)
    return errors(await verify(h, repo, 0))
  }
  assert.ok((await write(manifest, newSigner('stranger'))).includes('signer-unknown'))
  assert.ok((await write({ ...manifest, repo: manifest.id })).includes('manifest-foreign'))
  assert.ok((await write({ ...manifest, createdAt: '2020-01-01T00:00:00.000Z' })).includes('manifest-misnamed'))
  // A stranger's key written into repo.json does not help where the identity pins another.
  const stranger = newSigner('stranger')
  const description = JSON.parse(fromUtf8(await readFile(join(repo, 'repo.json')))) as Record<string, unknown>
  const signers = [Buffer.from(stranger.publicKey).toString('base64url')]
  await writeFile(join(repo, 'repo.json'), utf8(canonical({ ...description, signers })))
  assert.ok((await write(manifest, stranger)).includes('signer-unknown'))
})

test('[backup-5] without a pinned key the signer comes from the repository, and that is said', async (t) => {
  const h = await sample()
  const repo = await copyOf(t, h)
  const loose = await verifyRepository({ repo, level: 0 })
  assert.deepEqual([loose.ok, loose.problems.map((one) => one.code)], [true, ['signer-not-pinned']])
  await writeFile(join(repo, 'repo.json'), '{}')
  assert.deepEqual(errors(await verifyRepository({ repo, level: 0 })), ['repository-damaged'])
  assert.deepEqual(errors(await verifyRepository({ repo: `${repo}-not-there`, level: 0 })), ['repository-missing'])
})

test('[backup-2] another identity is named by level 2 and trusted for nothing', async () => {
  const h = await sample()
  const other = createBackupIdentity({ verifyKey: h.writer.signer }).identity
  const verification = await verifyRepository({ repo: h.repo, level: 2, identity: other })
  assert.deepEqual([...new Set(errors(verification))], ['identity-does-not-open'])
  await assert.rejects(verifyRepository({ repo: h.repo, level: 2 }), { code: 'wrong-use' })
  const pinned = pinVerifyKey(createBackupIdentity().identity, newSigner('x'))
  assert.ok(errors(await verifyRepository({ repo: h.repo, level: 0, identity: pinned })).includes('signer-unknown'))
})
