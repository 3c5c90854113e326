// What a lock says is what the bytes in the database say; and the leakage measured as a job is the one measured at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault, services } from '#kernel'
import { createJobs } from '#store'
import { openTestVault } from '../../test/support/vault.ts'
import { measuredBy, measureJobKind } from './measure.ts'

test('[vault-112] the protection of a record follows its cells and the epoch that wraps its key, and hides what is hidden', async () => {
  const house = await openTestVault()
  const { vault, opened, store, tenant } = house
  const { id } = await vault.create(house.ann, 'contact', { values: { name: '诸葛亮', mobile: '13912345678' } })
  const jobs = createJobs({ store, scope: { tenant, principal: services.system } })
  for (const kind of opened.rotation.kinds) jobs.register(kind)
  const contact = async () =>
    (await vault.protection(house.ann, 'contact', id)).groups.find(({ group }) => group === 'contact')
  const first = await contact()
  assert.deepEqual([first?.suite, first?.generation, first?.epoch], [1, 1, 1])
  await jobs.run((await jobs.start('keys.epoch', {}, house.admin.principal.id)).id)
  const rewrapped = await contact()
  assert.deepEqual([rewrapped?.generation, rewrapped?.epoch], [1, 2])
  await jobs.run((await jobs.start('keys.profile', { profile: 'gm' }, house.admin.principal.id)).id)
  const resealed = await contact()
  assert.deepEqual([resealed?.suite, resealed?.generation, resealed?.epoch], [3, 2, 3])
  const notes = (await vault.protection(house.ann, 'contact', id)).groups.find(({ group }) => group === 'notes')
  assert.deepEqual([notes?.suite, notes?.bytes], [0, 0])
  await assert.rejects(vault.protection(house.dan, 'contact', id), (error) => isFault(error, 'not-found'))
  const roles = vault.whoMay('contact')
  assert.ok(roles['contact']?.view.includes('sales'))
  assert.ok(roles['contact']?.unmask.includes('administrator'))
  await house.close()
})

test('[vault-111] the leakage measured as a job is the leakage, stays in the job, and holds no value', async () => {
  const house = await openTestVault()
  const { vault, opened, store, tenant } = house
  for (let i = 0; i < 12; i++)
    await vault.create(house.ann, 'contact', { values: { name: '欧阳修', mobile: `139123450${String(10 + i)}` } })
  const jobs = createJobs({ store, scope: { tenant, principal: services.system } })
  jobs.register(opened.search.measuring)
  assert.equal(await jobs.last(measureJobKind), null)
  const open = await jobs.start(measureJobKind, {}, house.admin.principal.id)
  assert.equal(measuredBy(open), null)
  await jobs.run(open.id)
  const last = await jobs.last(measureJobKind)
  assert.ok(last)
  const at = JSON.parse(JSON.stringify(await opened.search.leakage())) as unknown
  assert.deepEqual(measuredBy(last), at)
  const text = JSON.stringify(last.cursor)
  assert.ok(!text.includes('欧阳') && !text.includes('1391234'))
  await house.close()
})
