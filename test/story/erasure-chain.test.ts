// Chains of backups over an erasure: full, incremental, differential, of before and after it, reached in time or late.
import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Uuid } from '#kernel'
import { demandGone, filesOf, namesIn, open, restored, snapshotsIn } from '../support/erasure-house.ts'

test('[backup-121] full, incremental and differential backups of before and after an erasure bring the person back from none, on both sides of the window', async (t) => {
  let days = 0
  const world = await open(t, { now: () => new Date(Date.now() + days * 86_400_000) })
  const { backups, vault, ann, repo, contact } = world
  const backup = async (type: 'full' | 'incremental' | 'differential', of = repo): Promise<Uuid> =>
    (await backups.create({ type, repo: of })).id
  const made = [await backup('full')]
  await vault.update(ann, 'contact', contact, 1, { notes: 'more secret' })
  made.push(await backup('incremental'))
  await vault.update(ann, 'contact', contact, 2, { mobile: '13800138001', notes: 'secret once more' })
  made.push(await backup('differential'), await backup('incremental'))
  // A copy that nobody reaches for a while, such as one off site.
  const away = `${repo}-away`
  await cp(repo, away, { recursive: true })
  const old = await filesOf(join(repo, 'keyring'))
  assert.deepEqual(await namesIn(world, (await restored(t, world, made.at(-1) ?? '')).vault), ['张伟', '李娜'])
  await world.erase(contact)
  await backups.shred()
  await vault.create(ann, 'contact', { values: { name: '王芳' } })
  made.push(await backup('incremental'), await backup('differential'))
  const demandNone = async (from: string, ids: readonly Uuid[]): Promise<void> => {
    for (const id of ids) {
      const house = await restored(t, world, id, from)
      assert.equal(house.replayed.erasures, 1)
      assert.ok(!(await namesIn(world, house.vault)).includes('张伟'))
      await demandGone(world, house)
    }
  }
  await demandNone(repo, made)
  // Within the window the copy keeps its keys; the first backup that reaches it ends that and carries the erasure to all before.
  days = 29
  assert.equal((await snapshotsIn(away)).length, 4)
  const late = await backup('incremental', away)
  assert.equal((await snapshotsIn(away)).length, 1)
  await demandNone(away, [...made.slice(0, 4), late])
  // Behind it no key of then is left in any snapshot, whatever backups were made meanwhile, and the old ones still come back without.
  const between = await backup('differential')
  days = 61
  await backup('incremental')
  const [left, kept] = [await filesOf(join(repo, 'keyring')), await filesOf(join(away, 'keyring'))]
  assert.equal((await snapshotsIn(repo)).length, 1)
  for (const file of old) assert.ok(!left.includes(file) && !kept.includes(file.replace(repo, away)), file)
  await demandNone(repo, [made[0] ?? '', made[3] ?? '', between])
})
