import assert from 'node:assert/strict'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import type { CheckContext, CheckResult } from '#kernel'
import { services } from '#kernel'
import { type BackupHouse, openBackupHouse } from '../../test/support/backup-house.ts'
import { backupChecks } from './index.ts'

interface Place {
  readonly h: BackupHouse
  readonly keys: string
  readonly data: string
  readonly run: (control: string, later?: number) => Promise<CheckResult>
}

const place = async (t: TestContext): Promise<Place> => {
  const h = await openBackupHouse()
  t.after(() => h.close())
  const root = join(h.repo, '..')
  const [keys, data] = [join(root, 'keys'), join(root, 'data')]
  for (const folder of [keys, data]) await mkdir(folder)
  const checks = backupChecks({ data, keys, repository: h.repo })
  const run = (control: string, later = 0): Promise<CheckResult> =>
    h.store.transaction(
      { tenant: h.tenant, principal: services.compliance },
      async (tx) => {
        const context: CheckContext = {
          query: (text, values) => tx.query({ text, ...(values ? { values } : {}) }),
          tenant: h.tenant,
          now: new Date(Date.now() + later),
        }
        const check = checks.find((one) => one.control === control)
        assert.ok(check)
        return await check.run(context)
      },
      { readOnly: true },
    )
  return { h, keys, data, run }
}

const day = 24 * 3_600_000

test('[backup-15] BKP-01 wants a recent full backup, verified, and no gap above the objective', async (t) => {
  const { h, run } = await place(t)
  assert.equal((await run('BKP-01')).state, 'fail')
  await h.backups.create({ type: 'full', repo: h.repo })
  const unverified = await run('BKP-01')
  assert.deepEqual([unverified.state, unverified.observed['verifiedLevel']], ['fail', null])
  await h.backups.verify({ repo: h.repo, level: 0 })
  assert.equal((await run('BKP-01')).state, 'fail')
  await h.backups.verify({ repo: h.repo, level: 1 })
  assert.equal((await run('BKP-01')).state, 'pass')
  await h.backups.verify({ repo: h.repo, level: 0 })
  assert.equal((await run('BKP-01')).state, 'pass', 'a lighter look takes nothing back')
  assert.equal((await run('BKP-01', 2 * day)).state, 'fail')
  await setting(h, 'backup.rpoMinutes', 10_000)
  assert.equal((await run('BKP-01', 2 * day)).state, 'pass')
  assert.equal((await run('BKP-01', 8 * day)).state, 'fail')
  await rm(join(h.repo, 'packs'), { recursive: true })
  await h.backups.verify({ repo: h.repo, level: 0 })
  assert.equal((await run('BKP-01')).state, 'fail', 'a fault does')
})

const setting = (h: BackupHouse, name: string, value: unknown): Promise<unknown> =>
  h.store.transaction(h.scope, (tx) =>
    tx.query({
      text: 'insert into ops.setting (tenant_id, name, value) values ($1, $2, $3) on conflict (tenant_id, name) do update set value = $3',
      values: [h.tenant, name, JSON.stringify(value)],
    }),
  )

test('[backup-15] BKP-02 wants a drill of the last thirty days', async (t) => {
  const { h, run } = await place(t)
  assert.equal((await run('BKP-02')).state, 'fail')
  await h.journal.record(h.scope, [{ act: 'backup.drill', obj: 'backup', actor: services.backup, channel: 'job' }])
  assert.equal((await run('BKP-02')).state, 'pass')
  assert.equal((await run('BKP-02', 31 * day)).state, 'fail')
})

test('[backup-15] BKP-03 wants an off-site copy that cannot be deleted for thirty days', async (t) => {
  const { h, run } = await place(t)
  assert.equal((await run('BKP-03')).state, 'fail')
  await setting(h, 'backup.offSite', { place: 'other city', immutableDays: 7 })
  assert.equal((await run('BKP-03')).state, 'fail')
  await setting(h, 'backup.offSite', { place: 'other city', immutableDays: 30 })
  assert.equal((await run('BKP-03')).state, 'pass')
})

test('[backup-15] BKP-04 wants the identity apart from backups and data, and for its owner alone', async (t) => {
  const { h, keys, data, run } = await place(t)
  assert.equal((await run('BKP-04')).state, 'not-applicable')
  await h.backups.create({ type: 'full', repo: h.repo })
  assert.equal((await run('BKP-04')).state, 'pass')
  await writeFile(join(keys, 'backup.identity'), h.identity, { mode: 0o600 })
  assert.equal((await run('BKP-04')).state, 'pass')
  await chmod(join(keys, 'backup.identity'), 0o644)
  assert.equal((await run('BKP-04')).state, 'fail')
  for (const [folder, name] of [
    [data, 'data'],
    [h.repo, 'repository'],
  ] as const) {
    await writeFile(join(folder, 'backup.identity'), h.identity, { mode: 0o600 })
    const [check] = backupChecks({ data, keys: folder, repository: h.repo }).filter((one) => one.control === 'BKP-04')
    const result = await h.store.transaction(h.scope, async (tx) => {
      const query: CheckContext['query'] = (text, values) => tx.query({ text, ...(values ? { values } : {}) })
      return await check?.run({ query, tenant: h.tenant, now: new Date() })
    })
    assert.deepEqual([result?.state, result?.observed['beside']], ['fail', [name]])
  }
})

test('[backup-15] BKP-05 wants erasures replayed after a restore', async (t) => {
  const { h, run } = await place(t)
  assert.equal((await run('BKP-05')).state, 'not-applicable')
  await h.store.owner((tx) => tx.query({ text: 'update ops.installation set incarnation = 2' }))
  assert.equal((await run('BKP-05')).state, 'not-applicable')
  await h.store.owner((tx) =>
    tx.query({
      text: `insert into ops.erasure (tenant_id, number, id, subject_id, signed, signature, public_key, sha256, erased_by, erased_at)
        values ($1, 1, $1, $1, '', '', '', decode(repeat('00', 32), 'hex'), $1, now())`,
      values: [h.tenant],
    }),
  )
  assert.equal((await run('BKP-05')).state, 'fail')
  const replayed = { act: 'backup.restore', obj: 'installation', actor: services.system, channel: 'job' } as const
  await h.journal.record(h.scope, [replayed])
  assert.equal((await run('BKP-05')).state, 'fail', 'a restore that says nothing of erasures is no evidence')
  await h.journal.record(h.scope, [{ ...replayed, detail: { erasures: 1, records: 0 } }])
  assert.equal((await run('BKP-05')).state, 'pass')
})
