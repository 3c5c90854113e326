// Somebody leaves: everything passes on, and a process killed in the middle leaves nothing half-owned.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createJobs, type Job, type JobKind } from '#store'
import { isFault, type Json, type Uuid } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { handOverKind, type HandOverPlan } from './hand-over.ts'

let opened: Promise<TestVault> | undefined
const world = (): Promise<TestVault> => (opened ??= openTestVault())
after(async () => {
  if (opened) await (await opened).close()
})

const jobsOf = (house: TestVault, kind: JobKind, leaseMs?: number) => {
  const scope = { tenant: house.tenant, principal: house.system.principal.id }
  const jobs = createJobs({ store: house.store, scope, ...(leaseMs === undefined ? {} : { leaseMs }) })
  jobs.register(kind)
  return jobs
}

const make = async (house: TestVault, actor: TestVault['ann'], type: string, values: object): Promise<Uuid> =>
  (await house.vault.create(actor, type, { values: values as Record<string, string> })).id

const entries = async (house: TestVault, act: string, recordId: Uuid) =>
  (
    await house.store.transaction({ tenant: house.tenant, principal: house.admin.principal.id }, (tx) =>
      house.journal.list(tx, house.tenant, { act, recordId, limit: 100 }),
    )
  ).items

test('[vault-190] records and shares pass on by type, each journalled, then the account is switched off', async () => {
  const house = await world()
  const off: Uuid[] = []
  const handOvers = house.opened.handOvers((user) => {
    off.push(user)
    return Promise.resolve()
  })
  const leaver = house.ann
  const accounts = await Promise.all(
    [1, 2, 3].map((n) => make(house, leaver, 'account', { name: `Firma ${String(n)}` })),
  )
  const lead = await make(house, leaver, 'lead', { name: 'Wen' })
  const gone = await make(house, leaver, 'account', { name: 'Gone' })
  await house.vault.remove(leaver, 'account', gone, 1)
  const foreign = await make(house, house.cleo, 'account', { name: 'Cleo’s' })
  await house.vault.share(house.cleo, 'account', foreign, [leaver.principal.id, house.dan.principal.id])
  const before = new Map((await handOvers.preview(leaver.principal.id)).map((one) => [one.type, one]))
  assert.deepEqual([before.get('account')?.owned, before.get('account')?.shared, before.get('lead')?.owned], [3, 1, 1])

  const plan: HandOverPlan = {
    from: leaver.principal.id,
    to: house.bob.principal.id,
    byType: { lead: null },
  }
  const { spec, total } = await handOvers.check(house.admin, plan)
  assert.equal(total, 5)
  const jobs = jobsOf(house, handOvers.job)
  const job = await jobs.start(handOverKind, spec, house.admin.principal.id)
  // Another one is refused while this one is open.
  await assert.rejects(jobs.start(handOverKind, spec, house.admin.principal.id), (error) => isFault(error, 'job-open'))
  const ended = await jobs.run(job.id)
  assert.deepEqual([ended.state, ended.done], ['done', 5])
  assert.deepEqual(off, [leaver.principal.id])
  for (const id of accounts) {
    const seen = await house.vault.get(house.bob, 'account', id)
    assert.equal(seen.ownerId, house.bob.principal.id)
    assert.equal(seen.teamId, house.bob.principal.team)
    const told = await entries(house, 'record.assign', id)
    assert.equal(told.length, 1)
    assert.equal(told[0]?.purpose, `hand-over ${job.id}`)
  }
  assert.equal((await house.vault.get(house.admin, 'lead', lead)).ownerId, null)
  const shared = await house.vault.get(house.admin, 'account', foreign)
  assert.deepEqual(new Set(shared.sharedWith), new Set([house.dan.principal.id, house.bob.principal.id]))
  const done = await entries(house, 'hand-over.done', leaver.principal.id)
  assert.deepEqual(done[0]?.detail, { job: job.id, records: 4, shares: 1, skipped: 0 })
  assert.equal(done[0].actor, house.admin.principal.id)
  for (const one of await handOvers.preview(leaver.principal.id)) assert.equal(one.owned + one.shared, 0, one.type)
  await jobs.close()
})

test('[vault-191] dead after any record or before any cursor, another process goes on: one owner each, handed over once', async () => {
  const house = await world()
  const leaver = house.dan.principal.id
  const ids: Uuid[] = []
  for (let n = 0; n < 60; n++) ids.push(await make(house, house.dan, 'account', { name: `Half ${String(n)}` }))
  const handOvers = house.opened.handOvers(() => Promise.resolve())
  const { spec } = await handOvers.check(house.admin, { from: leaver, to: house.cleo.principal.id, byType: {} })
  // A process that works and dies before it can write down how far it came: its lease runs out, its cursor is old.
  const dying = jobsOf(house, { ...handOvers.job, step: (job) => dieAfter(handOvers.job, job) }, 300)
  const job = await dying.start(handOverKind, spec, house.admin.principal.id)
  void dying.run(job.id)
  const owners = async (): Promise<readonly (string | null)[]> =>
    Promise.all(ids.map(async (id) => (await house.vault.get(house.admin, 'account', id)).ownerId))
  while ((await owners()).filter((owner) => owner === house.cleo.principal.id).length < 25)
    await new Promise((resolve) => setTimeout(resolve, 50))
  const halfway = await owners()
  assert.ok(halfway.every((owner) => owner === leaver || owner === house.cleo.principal.id))
  assert.ok(halfway.includes(leaver))
  assert.equal((await dying.get(job.id)).cursor, null)
  await house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) =>
    tx.query({
      text: 'update ops.job set lease_by = null, lease_until = null where tenant_id = $1 and id = $2',
      values: [house.tenant, job.id],
    }),
  )
  const jobs = jobsOf(house, handOvers.job)
  const ended = await jobs.run(job.id)
  assert.equal(ended.state, 'done')
  assert.ok((await owners()).every((owner) => owner === house.cleo.principal.id))
  for (const id of ids) assert.equal((await entries(house, 'record.assign', id)).length, 1)
  release()
  await Promise.all([jobs.close(), dying.close()])
})

let release = (): void => undefined
const dead = new Promise<void>((resolve) => {
  release = resolve
})

/** Does the batch, and never comes back to say so. */
const dieAfter = async (
  kind: JobKind,
  job: Job,
): Promise<{ cursor: Json; done: number; total: null; finished: boolean }> => {
  let at = job
  for (let n = 0; n < 2; n++) {
    const step = await kind.step(at, new AbortController().signal)
    at = { ...at, cursor: step.cursor }
  }
  await dead
  return { cursor: null, done: 0, total: null, finished: false }
}
