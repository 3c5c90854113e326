// A record that row security hides from somebody is still there where that matters: for an import, for an index in memory, for keys and erasures.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { catalogue } from '#crm'
import { type Actor, isFault, scopeOf } from '#kernel'
import { createJobs } from '#store'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { needsOfGenerations } from './key-needs.ts'
import { firstPolicy } from './search-policy.ts'

let house: TestVault
let cleared: Actor
before(async () => {
  house = await openTestVault()
  cleared = { ...house.manager, principal: { ...house.manager.principal, clearance: 3 } }
})
after(() => house.close())

const secret = { name: '欧阳修', mobile: '13900139001', classification: 3 }

test('[vault-233] an import meets a record that is closed to the importer, and refuses', async () => {
  const once = await house.vault.importBatch(cleared, 'contact', [{ values: secret, importKey: 'k 1' }])
  assert.equal(once[0]?.state, 'created')
  // Allowed to whoever imports but for the clearance.
  for (const values of [secret, { ...secret, name: '张伟', classification: 0 }]) {
    const again = await house.vault.importBatch(house.manager, 'contact', [{ values, importKey: 'k 1' }])
    assert.equal(again[0]?.state, 'refused')
  }
  const other = await house.vault.importBatch(house.manager, 'contact', [
    { values: { name: '张伟' }, importKey: 'k 1' },
    { values: { name: '王芳' }, importKey: 'k 2' },
  ])
  assert.deepEqual(
    other.map(({ state }) => state),
    ['refused', 'created'],
  )
})

test('[vault-233] an index in memory holds it, whoever searched first', async (t) => {
  const jobs = createJobs({ store: house.store, scope: { tenant: house.tenant, principal: house.system.principal.id } })
  t.after(() => jobs.close())
  jobs.register(house.opened.search.job)
  const spec = await house.opened.search.rebuild({ keys: 'same', policy: { ...firstPolicy, storage: 'memory' } })
  const { id } = await jobs.start('search.rebuild', spec, house.admin.principal.id)
  assert.equal((await jobs.run(id)).state, 'done')
  const found = async (actor: Actor): Promise<number> =>
    (await house.vault.list(actor, 'contact', { search: '欧阳修' })).items.length
  assert.deepEqual([await found(house.manager), await found(cleared), await found(house.manager)], [0, 1, 0])
})

test('[vault-233] its keys count as needed, and an erasure finds it, whoever asks', async () => {
  const { items } = await house.vault.list(cleared, 'contact', { search: '欧阳修' })
  const subject = items[0]?.id ?? ''
  const needs = await house.store.transaction(scopeOf(house.ann), (tx) =>
    needsOfGenerations(tx, catalogue, house.tenant, [{ subject, generation: 1 }]),
  )
  assert.ok([...needs.values()].every(({ live }) => live > 0) && needs.size === 1)
  const erasures = house.opened.erasures({ signer: () => Promise.reject(new Error('unused')), backupDays: 1 })
  assert.deepEqual(
    (await erasures.preview(house.admin, subject)).records.map(({ type, count }) => [type, count]),
    [['contact', 1]],
  )
  await assert.rejects(house.vault.get(house.admin, 'contact', subject), (error) => isFault(error, 'not-found'))
})

test('[vault-233] an e-mail that somebody has stays taken', async () => {
  const values = { name: 'Zed', email: 'ann@example.com', role: 'sales', active: true }
  await assert.rejects(house.vault.create(house.admin, 'user', { values }), (error) => isFault(error, 'already-exists'))
})

test('[vault-234] who sees a record that a guard rail lets them not change is told which right is missing', async () => {
  const colleague = await house.vault.get(house.ann, 'user', house.bob.principal.id)
  const refusedFor =
    (action: string) =>
    (error: unknown): boolean =>
      isFault(error, 'denied') && error.details['action'] === action
  const change = house.vault.update(house.ann, 'user', colleague.id, colleague.version, { name: 'Rob' })
  await assert.rejects(change, refusedFor('edit.basic'))
  await assert.rejects(house.vault.remove(house.ann, 'user', colleague.id, colleague.version), refusedFor('delete'))
  const after = await house.vault.get(house.ann, 'user', colleague.id)
  assert.deepEqual([after.version, after.values['name']], [colleague.version, 'Bob'])
})
