// A dry run over a real journal: what people did, decided anew, counted by role, person and action, with nothing personal in it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createJobs, type Jobs } from '#store'
import { isFault } from '#kernel'
import { type PolicyDocument, shippedDocument } from '#access'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { type DryRun, dryRunKind } from './dry-run.ts'
import type { DryTally } from './dry-tally.ts'

let house: TestVault
let jobs: Jobs
let begun: Date
before(async () => {
  begun = new Date(Date.now() - 1000)
  house = await openTestVault()
  jobs = createJobs({ store: house.store, scope: { tenant: house.tenant, principal: house.system.principal.id } })
  jobs.register(house.opened.dryRuns.job)
})
after(async () => {
  await jobs.close()
  await house.close()
})

const closed: PolicyDocument = {
  ...shippedDocument,
  restrictions: [
    { name: 'no-tasks', roles: ['sales'], types: ['task'], actions: ['view.basic', 'list'], mode: 'when', conditions: [] }, // prettier-ignore
  ],
}
const soon = (): Date => new Date(Date.now() + 1000)

const run = async (document: unknown, from = begun, to = soon()): Promise<DryRun & { readonly report: DryTally }> => {
  await house.opened.flushReads()
  const { id, spec } = await house.opened.dryRuns.prepare(house.admin, { document, from, to })
  const job = await jobs.start(dryRunKind, spec, house.admin.principal.id)
  await house.opened.dryRuns.started(house.admin, id, job.id)
  const ended = await jobs.run(job.id)
  assert.deepEqual([ended.state, ended.errorCode, ended.done], ['done', null, ended.total])
  const { report, ...rest } = await house.opened.dryRuns.get(house.admin, id)
  assert.ok(report)
  return { ...rest, report }
}

const task = async (who: TestVault['ann'], title: string) =>
  (await house.vault.create(who, 'task', { values: { title } })).id

test('[vault-240] accesses of a period are decided by both documents: newly denied, newly allowed, unchanged, by role, person and action', async () => {
  const { vault, ann, bob, cleo, manager } = house
  const secret = 'Ganz geheim 7319'
  const one = await task(ann, secret)
  const two = await task(cleo, 'other')
  for (let i = 0; i < 3; i++) await vault.get(ann, 'task', one)
  await vault.get(manager, 'task', one)
  await assert.rejects(vault.get(bob, 'task', two))
  await vault.list(cleo, 'task', {})
  const { report } = await run(closed)
  // Ann created one and read it three times, Cleo created one and listed; Bob was refused and stays refused; reading needs list and view.
  assert.deepEqual(
    [report.roles['sales']?.[1], report.people[ann.principal.id], report.people[cleo.principal.id]?.[1]],
    [4, [4, 3, 0], 1],
  )
  assert.deepEqual(report.people[bob.principal.id], [1, 0, 0])
  assert.deepEqual(report.people[manager.principal.id]?.[1], 0)
  assert.equal(report.actions['task list']?.[0], 4)
  assert.equal(report.actions['task view.basic']?.[0], 3)
  assert.equal(report.allowed + report.denied + report.newlyDenied + report.newlyAllowed + report.undecidable, report.accesses) // prettier-ignore
  assert.ok(report.questions < report.accesses && report.drifted === 0)
  const example = report.examples.find(({ record }) => record === one)
  assert.deepEqual([example?.person, example?.change, example?.policies], [ann.principal.id, 'newlyDenied', ['restriction.no-tasks']]) // prettier-ignore
  assert.ok(!JSON.stringify(report).includes('7319'))
  // The other way round: everybody inside may see tasks, and Bob's refusal would not have been one.
  const open = await run({ ...shippedDocument, defaults: { task: 'public' } })
  assert.deepEqual(open.report.people[bob.principal.id], [1, 0, 1])
  assert.equal(open.report.newlyDenied, 0)
  const same = await run(shippedDocument)
  assert.deepEqual([same.report.newlyDenied, same.report.newlyAllowed, same.report.actions], [0, 0, {}])
})

test('[vault-241] records deleted since are counted apart, and a period holds what is in it and no more', async () => {
  const { vault, ann } = house
  const id = await task(ann, 'gone soon')
  await vault.get(ann, 'task', id)
  await vault.remove(ann, 'task', id, 1)
  const { report } = await run(closed)
  assert.ok(report.gone >= 3)
  const none = await run(closed, new Date(begun.getTime() - 86_400_000), begun)
  assert.deepEqual([none.report.accesses, none.report.entries], [0, 0])
  const { dryRuns } = house.opened
  const to = new Date()
  for (const from of [to, new Date(to.getTime() - 401 * 86_400_000), new Date(NaN)])
    await assert.rejects(dryRuns.prepare(house.admin, { document: closed, from, to }), (error: unknown) => isFault(error, 'bad-value')) // prettier-ignore
})

test('[vault-242] grants count as they ran then, also those that have ended', async () => {
  const { ann, dan, vault, store, tenant } = house
  const id = await task(dan, 'lent')
  const start = new Date()
  const asAdmin = { tenant, principal: house.admin.principal.id }
  await store.transaction(asAdmin, (tx) =>
    tx.query({
      text: `insert into ops.access_grant (tenant_id, id, kind, user_id, record_type, record_id, level, reason, starts_at, expires_at, granted_by, created_at)
             values ($1, $2, 'record', $3, 'task', $2, 'read', 'test', $4, $4::timestamptz + interval '1 hour', $5, $4)`,
      values: [tenant, id, ann.principal.id, start, house.admin.principal.id],
    }),
  )
  // A change of the people makes the organisation, grants included, be read again.
  const newcomer = (email: string) =>
    vault.create(house.admin, 'user', { values: { name: 'Eve', email, role: 'sales', active: true } })
  await newcomer('eve@example.com')
  await vault.get({ ...ann, env: { ...ann.env, now: new Date() } }, 'task', id)
  // Entries bear the moment they were written, up to a second after the look.
  await house.opened.flushReads()
  // Theirs is in microseconds, ours is cut to a thousandth: not in the same one.
  await new Promise((resolve) => setTimeout(resolve, 5))
  const to = new Date()
  await store.transaction(
    asAdmin,
    (tx) =>
    tx.query({ text: 'update ops.access_grant set expires_at = $3 where tenant_id = $1 and id = $2', values: [tenant, id, to] }), // prettier-ignore
  )
  await newcomer('eva@example.com')
  await assert.rejects(vault.get({ ...ann, env: { ...ann.env, now: new Date() } }, 'task', id))
  const { report } = await run(closed, start)
  // Read while it was lent, refused once it had ended: one changes with the proposed document, and both are told as they were.
  assert.deepEqual([report.people[ann.principal.id], report.drifted], [[2, 1, 0], 0])
})

test('[vault-243] only who may see the policies runs one; the run stands in the journal with its digest at its start and its end', async () => {
  const { dryRuns } = house.opened
  const wish = { document: closed, from: begun, to: soon() }
  const refused = (error: unknown): boolean => isFault(error, 'denied')
  await assert.rejects(dryRuns.prepare(house.ann, wish), refused)
  const made = await run(closed)
  await assert.rejects(dryRuns.get(house.ann, made.id), refused)
  await assert.rejects(dryRuns.list(house.ann), refused)
  const found = await dryRuns.list(house.admin, closed)
  assert.ok(found.length > 0 && found.every(({ digest }) => digest === made.digest))
  const acts = (act: string) =>
    house.store.transaction({ tenant: house.tenant, principal: house.admin.principal.id }, (tx) =>
      house.journal.list(tx, house.tenant, { act }),
    )
  for (const act of ['policy.dry-run', 'policy.dry-run-done']) {
    const { items } = await acts(act)
    assert.ok(items.some(({ detail }) => JSON.stringify(detail).includes(made.id)), act) // prettier-ignore
  }
  await assert.rejects(dryRuns.prepare(house.admin, { ...wish, document: { v: 2 } }), (error: unknown) => isFault(error, 'policy-invalid')) // prettier-ignore
})

test('[vault-244] a run goes on in another process where it stopped and counts nothing twice; a cancelled one ends without a report', async () => {
  const to = new Date()
  const whole = await run(closed, begun, to)
  const { dryRuns } = house.opened
  const { id, spec } = await dryRuns.prepare(house.admin, { document: closed, from: whole.from, to: whole.to })
  const first = await dryRuns.job.step({ ...(await jobs.start(dryRunKind, spec, house.admin.principal.id)), cursor: null }, AbortSignal.abort()) // prettier-ignore
  assert.equal(first.finished, false)
  const other = await openTwin()
  const job = (await jobs.list())[0]
  assert.ok(job)
  let step = first
  while (!step.finished) step = await other.step({ ...job, cursor: step.cursor }, new AbortController().signal)
  const { report } = await dryRuns.get(house.admin, id)
  assert.deepEqual(report, whole.report)
  await jobs.cancel(job.id)
  const ended = await dryRuns.prepare(house.admin, { document: closed, from: begun, to: soon() })
  const cancelled = await jobs.start(dryRunKind, ended.spec, house.admin.principal.id)
  assert.equal((await jobs.cancel(cancelled.id)).state, 'cancelled')
  assert.equal((await jobs.run(cancelled.id)).state, 'cancelled')
  assert.equal((await dryRuns.get(house.admin, ended.id)).report, null)
})

/** The same job kind as another process would have it: nothing of the first one's memory. */
const openTwin = async () => {
  const { createVault } = await import('./create.ts')
  const { store, journal, keys, vault, tenant } = house
  const { systemClock } = await import('#kernel')
  return (await createVault({ store, journal, keys, catalogue: vault.catalogue, clock: systemClock, tenant })).dryRuns
    .job
}
