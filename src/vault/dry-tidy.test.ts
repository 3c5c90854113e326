// How long a report of a dry run stays whole: a clock that is set forward, changes that are open or decided, and what is left afterwards.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Actor, userPrincipal, type Uuid } from '#kernel'
import { type PolicyDocument, shippedDocument } from '#access'
import { createJobs, type Jobs } from '#store'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { dryRunKind } from './dry-run.ts'
import type { DryTally } from './dry-tally.ts'
import { reportDigest } from './dry-tidy.ts'

const day = 86_400_000
let ahead = 0
const clock = { now: () => new Date(Date.now() + ahead) }
let house: TestVault
let jobs: Jobs
let second: Actor
before(async () => {
  house = await openTestVault(clock)
  jobs = createJobs({ store: house.store, scope: { tenant: house.tenant, principal: house.system.principal.id } })
  jobs.register(house.opened.dryRuns.job)
  const made = await house.vault.create(house.admin, 'user', { values: { name: 'sam', email: 'sam@example.com', active: true, role: 'security-administrator' } }) // prettier-ignore
  const user = await house.opened.staff.get(made.id)
  assert.ok(user)
  second = { ...house.admin, principal: userPrincipal(house.tenant, user) }
})
after(async () => {
  await jobs.close()
  await house.close()
})

const closed = (name: string): PolicyDocument => ({
  ...shippedDocument,
  restrictions: [{ name, roles: ['sales'], types: ['task'], actions: ['view.basic'], mode: 'when', conditions: [] }],
})

const run = async (document: PolicyDocument): Promise<Uuid> => {
  const { dryRuns } = house.opened
  await house.opened.flushReads()
  const now = clock.now().getTime()
  const { id, spec } = await dryRuns.prepare(house.admin, { document, from: new Date(now - day), to: new Date(now + 1000) }) // prettier-ignore
  const job = await jobs.start(dryRunKind, spec, house.admin.principal.id)
  await dryRuns.started(house.admin, id, job.id)
  assert.equal((await jobs.run(job.id)).state, 'done')
  return id
}

const reportOf = async (id: Uuid): Promise<DryTally> => {
  const { report } = await house.opened.dryRuns.get(house.admin, id)
  assert.ok(report)
  return report
}

const told = async (act: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const { items } = await house.store.transaction(
    { tenant: house.tenant, principal: house.system.principal.id },
    (tx) => house.journal.list(tx, house.tenant, { act, limit: 50 }),
  )
  return items.map(({ detail, channel, actor }) => ({ ...(detail as object), channel, actor }))
}

test('[vault-296] a report is whole for 180 days after it was made, or after the last step of a change over the same policies, and while one is open', async () => {
  const { dryRuns, policyControl } = house.opened
  const task = await house.vault.create(house.ann, 'task', { values: { title: 'Secret 4471' } })
  for (let i = 0; i < 3; i++) await house.vault.get(house.ann, 'task', task.id)
  const [alone, proposed] = [await run(closed('alone')), await run(closed('proposed'))]
  const whole = await reportOf(alone)
  assert.ok(whole.examples.length > 0 && Object.keys(whole.people).length > 0)
  const change = await policyControl.propose(house.admin, 'quiet', closed('proposed'))
  ahead = 179 * day
  assert.equal(await dryRuns.tidy(), 0)
  assert.deepEqual(await reportOf(alone), whole)
  ahead = 181 * day
  const later = await run(closed('later'))
  assert.equal(await dryRuns.tidy(), 1)
  assert.ok((await reportOf(proposed)).examples.length > 0, 'its change is open')
  await policyControl.decide(second, change, false, 'not now')
  ahead = 360 * day
  assert.equal(await dryRuns.tidy(), 0)
  ahead = 362 * day
  assert.equal(await dryRuns.tidy(), 2)
  assert.equal(await dryRuns.tidy(), 0)
  for (const id of [alone, proposed, later]) {
    const left = await reportOf(id)
    assert.deepEqual([left.people, left.examples], [{}, []])
  }
  const stored = await house.store.owner((tx) => tx.query<{ row: string }>({ text: 'select report::text as row from ops.policy_dry_run' })) // prettier-ignore
  for (const { row } of stored) for (const gone of [task.id, house.ann.principal.id]) assert.ok(!row.includes(gone))
  // What stays: every sum, the digest of the policies, and the hash that the journal has held since the run ended.
  const { people, examples, ...sums } = whole
  const { cleared, people: nobody, examples: none, ...left } = await reportOf(alone)
  assert.deepEqual([left, nobody, none], [sums, {}, []])
  assert.ok(cleared)
  assert.deepEqual(cleared, { at: cleared.at, people: Object.keys(people).length, examples: examples.length, sha256: reportDigest(whole) }) // prettier-ignore
  assert.match((await dryRuns.get(house.admin, alone)).digest, /^[0-9a-f]{64}$/)
  const ended = (await told('policy.dry-run-done')).find((one) => one['run'] === alone)
  assert.equal(ended?.['sha256'], cleared.sha256)
  const entries = await told('policy.dry-run-cleared')
  assert.deepEqual(new Set(entries.map((one) => one['run'])), new Set([alone, proposed, later]))
  for (const one of entries) assert.deepEqual([one['channel'], one['actor']], ['job', house.system.principal.id])
})

test('[vault-296] two processes that tidy at once clear each report once', async () => {
  ahead = 400 * day
  for (let i = 0; i < 3; i++) await run(closed(`beside-${String(i)}`))
  ahead = 581 * day
  const { dryRuns } = house.opened
  const before = (await told('policy.dry-run-cleared')).length
  const [one, two] = await Promise.all([dryRuns.tidy(), dryRuns.tidy()])
  assert.equal(one + two, 3)
  assert.equal((await told('policy.dry-run-cleared')).length, before + 3)
})
