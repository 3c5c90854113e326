// The exchange of the root key as a job: done once, however often its last step is run, and refused where holders or a provider are needed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createJobs, type Job } from '#store'
import { services } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { rootJob, rootJobKind } from './rotate-root.ts'

const jobsOf = (house: TestVault) => {
  const { store, journal, keys, tenant } = house
  const kind = rootJob({ store, journal, keys, tenant })
  const jobs = createJobs({ store, scope: { tenant, principal: services.system } })
  jobs.register(kind)
  return { kind, jobs }
}

test('[vault-110] a root rotation runs as a job; its last step, run again after a crash, exchanges nothing twice', async () => {
  const house = await openTestVault()
  const { kind, jobs } = jobsOf(house)
  const { id } = await house.vault.create(house.admin, 'account', { values: { name: '星海贸易' } })
  const before = house.keys.provider.fingerprint
  const { id: jobId } = await jobs.start(rootJobKind, {}, house.admin.principal.id)
  const done = await jobs.run(jobId)
  assert.equal(done.state, 'done')
  const now = house.keys.provider.fingerprint
  assert.notEqual(now, before)
  assert.equal(house.keys.roots().length, 1)
  assert.equal((await house.vault.get(house.admin, 'account', id)).values.name, '星海贸易')
  // As after kill -9 between the exchange and the note that it was done.
  const again = await kind.step(
    { ...done, state: 'running', finishedAt: null } satisfies Job,
    new AbortController().signal,
  )
  assert.equal(again.finished, true)
  assert.equal(house.keys.provider.fingerprint, now)
  // Killed in the middle: the new root key was added, nothing was wrapped by it yet.
  const added = await house.keys.addRoot('as-before')
  const next = await jobs.run((await jobs.start(rootJobKind, {}, house.admin.principal.id)).id)
  assert.equal(next.state, 'done')
  assert.equal(house.keys.provider.fingerprint, added)
  assert.equal(house.keys.roots().length, 1)
  await house.close()
})

test('[vault-110] a root key in shares is not exchanged by a job', async () => {
  const house = await openTestVault()
  const { jobs } = jobsOf(house)
  await house.keys.protect({ kind: 'shares', threshold: 2, of: 3, deliver: () => Promise.resolve() })
  const before = house.keys.provider.fingerprint
  const job = await jobs.run((await jobs.start(rootJobKind, {}, house.admin.principal.id)).id)
  assert.deepEqual([job.state, job.errorCode], ['failed', 'bad-input'])
  assert.equal(house.keys.provider.fingerprint, before)
  await house.close()
})
