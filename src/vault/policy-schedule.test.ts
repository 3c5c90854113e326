// Changes that wait for their moment, and drafts: what comes into force when, in every process, and what stays out and why.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Actor, type Clock, isFault, readCustomField, services, userPrincipal, withCustom } from '#kernel'
import { type PolicyDocument, shippedDocument } from '#access'
import { catalogue } from '#testing'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { createVault, type OpenVault } from './create.ts'

let ahead = 0
const clock: Clock = { now: () => new Date(Date.now() + ahead) }
let house: TestVault
let second: Actor
before(async () => {
  house = await openTestVault(clock)
  const made = await house.vault.create(house.admin, 'user', {
    values: { name: 'Sam', email: 'sam@example.com', role: 'security-administrator', active: true },
  })
  const user = await house.opened.staff.get(made.id)
  assert.ok(user)
  second = { ...house.admin, principal: userPrincipal(house.tenant, user) }
})
after(() => house.close())

const refusedAs =
  (code: Parameters<typeof isFault>[1]) =>
  (error: unknown): boolean =>
    isFault(error, code)
const hour = 3_600_000
const soon = (ms: number): Date => new Date(clock.now().getTime() + ms)
const another = (): Promise<OpenVault> => {
  const { store, journal, keys, tenant } = house
  return createVault({ store, journal, keys, catalogue, clock, tenant })
}
const document = (name: string): PolicyDocument => ({
  ...house.opened.rules.current.document,
  restrictions: [{ name, roles: ['sales'], types: ['task'], actions: ['create'], mode: 'when', conditions: [] }],
})
const task = (opened: OpenVault = house.opened) =>
  opened.vault.create({ ...house.ann, env: { ...house.ann.env, now: clock.now() } }, 'task', { values: { title: 'call' } }) // prettier-ignore
const acts = async (act: string) =>
  (await house.store.transaction({ tenant: house.tenant, principal: second.principal.id }, (tx) => house.journal.list(tx, house.tenant, { act }))).items // prettier-ignore
const active = async (who: Actor, on: boolean): Promise<void> => {
  const { id, version } = await house.vault.get(house.system, 'user', who.principal.id)
  await house.vault.update(house.system, 'user', id, version, { active: on })
}
const found = async (id: string) =>
  (await house.opened.policyControl.state(second)).changes.find((one) => one.id === id)

test('[vault-245] what was approved for a moment comes into force then, in every process, also in one that starts afterwards', async () => {
  const { policyControl: control } = house.opened
  const twin = await another()
  const number = house.opened.rules.current.number
  const id = await control.propose(house.admin, 'from tonight', document('tonight'))
  await assert.rejects(control.decide(second, id, true, '', soon(-1000)), refusedAs('bad-value'))
  await assert.rejects(control.decide(house.admin, id, true, '', soon(hour)), refusedAs('policy-second-person'))
  assert.equal(await control.decide(second, id, true, 'agreed', soon(hour)), null)
  assert.equal((await found(id))?.state, 'approved')
  await task()
  await task(twin)
  ahead += hour + 2000
  await assert.rejects(task(twin), refusedAs('denied'))
  await assert.rejects(task(), refusedAs('denied'))
  const change = await found(id)
  assert.deepEqual([change?.state, change?.number, change?.decidedBy], ['active', number + 1, second.principal.id])
  const [entry] = await acts('policy.activate')
  assert.match(JSON.stringify(entry?.detail), new RegExp(house.opened.rules.current.digest))
  assert.equal((await acts('policy.activate')).length, 1)
  // Nobody asks anything until after the moment: a process that starts then decides by it from its first answer.
  const next = await control.propose(house.admin, 'next', document('next'))
  await control.decide(second, next, true, '', soon(hour))
  ahead += 2 * hour
  const late = await another()
  assert.equal(late.rules.current.number, number + 2)
  await Promise.all([twin.close(), late.close()])
})

test('[vault-245] an approved change waits for whoever activates it, gets another moment, or is taken back before', async () => {
  const { policyControl: control, rules } = house.opened
  const id = await control.propose(house.admin, 'later', document('later'))
  await assert.rejects(control.activate(second, id, 'now'), refusedAs('not-found'))
  await control.decide(second, id, true, '', 'later')
  assert.deepEqual([(await found(id))?.state, (await found(id))?.activateAt], ['approved', null])
  await control.activate(second, id, soon(3 * hour))
  await assert.rejects(control.activate(house.ann, id, 'now'), refusedAs('denied'))
  await assert.rejects(control.withdraw(house.ann, id), refusedAs('denied'))
  await control.withdraw(house.admin, id)
  const { number } = rules.current
  ahead += 4 * hour
  await control.tick()
  assert.deepEqual([rules.current.number, (await found(id))?.state, (await found(id))?.withdrawnBy], [number, 'withdrawn', house.admin.principal.id]) // prettier-ignore
  await assert.rejects(control.withdraw(house.admin, id), refusedAs('not-found'))
  const now = await control.propose(house.admin, 'now', document('now'))
  await control.decide(second, now, true, '', 'later')
  assert.equal(await control.activate(second, now, 'now'), number + 1)
  for (const act of ['policy.approve', 'policy.schedule', 'policy.withdraw']) assert.ok((await acts(act)).length > 0, act) // prettier-ignore
})

test('[vault-246] one whose ground has changed, or that would leave no two people by then, stays out when its moment comes and says why', async () => {
  const { policyControl: control, rules } = house.opened
  const stale = await control.propose(house.admin, 'stale', document('stale'))
  await control.decide(second, stale, true, '', soon(hour))
  const other = await control.propose(house.admin, 'other', document('other'))
  await control.decide(second, other, true, '')
  const { number } = rules.current
  ahead += hour + 2000
  await control.tick()
  assert.deepEqual([rules.current.number, (await found(stale))?.state, (await found(stale))?.failure], [number, 'failed', 'conflict']) // prettier-ignore
  // Only Sam and Ada can change policies: when Ada leaves before the moment, nobody but Sam, who approved, would be left.
  const narrow = await control.propose(house.admin, 'narrow', document('narrow'))
  await control.decide(second, narrow, true, '', soon(hour))
  await active(house.admin, false)
  ahead += hour + 2000
  await control.tick()
  assert.equal(rules.current.number, number)
  const [told] = await acts('policy.activate-failed')
  assert.match(JSON.stringify(told?.detail), /policy-lock-out/)
  assert.equal(told?.decision, 'deny')
  await active(house.admin, true)
})

test('[vault-246] what nobody approved, and what its approver could no longer approve, stays out', async () => {
  const { policyControl: control, rules } = house.opened
  const { number } = rules.current
  const approve = async (name: string): Promise<string> => {
    const id = await control.propose(house.admin, name, document(name))
    await control.decide(second, id, true, '', soon(hour))
    return id
  }
  const write = (text: string, ...values: readonly unknown[]) => house.store.owner((tx) => tx.query({ text, values }))
  // Whoever writes in the database puts other policies in, another moment, or a change that nobody approved.
  const [other, earlier, unsigned] = [await approve('other-text'), await approve('earlier'), await approve('unsigned')]
  const wider = JSON.stringify({ ...document('other-text'), defaults: { account: 'public' } })
  await write('update ops.policy_change set document = $2 where id = $1', other, wider)
  await write(`update ops.policy_change set activate_at = activate_at - interval '50 minutes' where id = $1`, earlier)
  await write('update ops.policy_change set approval = null where id = $1', unsigned)
  await assert.rejects(control.activate(second, other, 'now'), refusedAs('policy-approval-changed'))
  await assert.rejects(control.activate(second, other, soon(hour)), refusedAs('policy-approval-changed'))
  const gone = await approve('approver-gone')
  await active(second, false)
  ahead += hour + 2000
  await control.tick()
  await active(second, true)
  for (const id of [other, earlier, unsigned])
    assert.deepEqual([(await found(id))?.state, (await found(id))?.failure], ['failed', 'policy-approval-changed'])
  assert.equal((await found(gone))?.failure, 'policy-approver-gone')
  assert.equal(rules.current.number, number)
  // Another moment is signed anew.
  const moved = await approve('moved')
  await control.activate(second, moved, soon(2 * hour))
  ahead += 2 * hour + 2000
  await control.tick()
  assert.equal((await found(moved))?.number, number + 1)
})

test('[vault-280] what fails at its moment raises an alarm about nobody and is told to those who administer policies', async () => {
  const { alarms, notifications } = house.opened
  // A field of the house's own that policies ask for, and that is not there any more when the moment comes.
  const field = {
    ...{ id: 10_000, name: 'x_tier', kind: 'integer', label: { zh: '级别', en: 'Tier' }, dataClass: 'internal' },
    ...{ group: 'custom', storage: 'plain', search: [], required: false, maxLength: 0, inList: false, custom: true },
    purpose: { zh: '管理', en: 'managing' },
  }
  const { store, journal, keys, tenant } = house
  const own = withCustom(catalogue, [readCustomField('account', 10_000, 1, field)])
  const wider = await createVault({ store, journal, keys, catalogue: own, clock, tenant })
  const text = '@id("own.tier")\nforbid (principal, action == Action::"delete", resource is Account) when { resource has x_tier && resource.x_tier > 3 };' // prettier-ignore
  const wish = { ...document('tier'), policies: [{ id: 'own.tier', text }] }
  const id = await wider.policyControl.propose(house.admin, 'Tiers', wish)
  await wider.policyControl.decide(second, id, true, '', soon(hour))
  await wider.close()
  const plain = await another()
  const unread = async (who: Actor) => (await notifications.list({ ...who, env: { ...who.env, now: clock.now() } }, { limit: 50 })).items // prettier-ignore
  const had = (await alarms.list()).length
  const toldBefore = (await unread(second)).length
  ahead += hour + 2000
  await plain.policyControl.tick()
  await plain.policyControl.tick()
  const change = await found(id)
  assert.deepEqual([change?.state, change?.failure], ['failed', 'policy-invalid'])
  const raised = await alarms.list()
  assert.equal(raised.length, had + 1)
  const [alarm] = raised
  assert.deepEqual([alarm?.kind, alarm?.userId, alarm?.recordId], ['policy-not-activated', services.system, null])
  const detail = alarm?.detail as Record<string, unknown>
  assert.deepEqual([detail['change'], detail['approvedBy'], detail['why']], [id, second.principal.id, 'policy-invalid'])
  // It is about nobody, so whoever approved the change may settle it too.
  await alarms.settle(second, alarm?.id ?? '', 'the field was taken away')
  const [entry] = await acts('alarm.policy-not-activated')
  assert.equal(entry?.decision, 'deny')
  // A title is free text: it stands on the change alone.
  assert.doesNotMatch(JSON.stringify([entry.detail, detail]), /Tiers/)
  const [notice] = await unread(second)
  assert.deepEqual([notice?.kind, notice?.record, notice?.hidden, notice?.readAt], ['policy-failed', null, false, null])
  assert.equal((await unread(second)).length, toldBefore + 1)
  assert.equal((await unread(house.admin))[0]?.kind, 'policy-failed')
  for (const who of [house.ann, house.manager]) assert.deepEqual((await unread(who)).filter(({ kind }) => kind === 'policy-failed'), []) // prettier-ignore
  await plain.close()
})

test('[vault-246] a proposal from a version that is no longer in force is refused; the same document under a newer number is no other ground', async () => {
  const { policyControl: control, versions } = { ...house.opened, versions: house.opened.rules }
  const { number, document: same } = versions.current
  await assert.rejects(control.propose(house.admin, 'old', shippedDocument, number - 1), refusedAs('conflict'))
  // As after an update of the program: the same document is put in force under the next number.
  await control.rollBack(second, number)
  assert.equal(versions.current.number, number + 1)
  const id = await control.propose(house.admin, 'still good', { ...same, cases: [] }, number)
  assert.equal((await control.change(second, id)).differences.length, 0)
  assert.equal(await control.decide(second, id, true, ''), number + 2)
})

test('[vault-247] a draft is kept as it was typed, one for each person, never overwritten by a second tab, and says when its ground has moved', async () => {
  const { policyDrafts: drafts, policyControl: control, rules } = house.opened
  const wish = { title: 'half a thought', document: '{"v": 1, "roles": [', base: rules.current.number, revision: null }
  await assert.rejects(drafts.save(house.ann, wish), refusedAs('denied'))
  await assert.rejects(drafts.all(house.ann), refusedAs('denied'))
  assert.equal(await drafts.own(house.admin), null)
  const first = await drafts.save(house.admin, wish)
  assert.deepEqual([first.document, first.revision, first.moved], [wish.document, 1, false])
  await assert.rejects(drafts.save(house.admin, wish), refusedAs('conflict'))
  const next = await drafts.save(house.admin, { ...wish, title: 'more', revision: 1 })
  await assert.rejects(drafts.save(house.admin, { ...wish, revision: 1 }), refusedAs('conflict'))
  assert.equal((await drafts.own(second)), null) // prettier-ignore
  assert.deepEqual((await drafts.all(second)).map(({ title, userId }) => [title, userId]), [['more', house.admin.principal.id]]) // prettier-ignore
  const id = await control.propose(house.admin, 'moves the ground', document('ground'))
  await control.decide(second, id, true, '')
  const moved = await drafts.own(house.admin)
  assert.deepEqual([moved?.revision, moved?.moved], [next.revision, true])
  await drafts.discard(house.admin)
  assert.equal(await drafts.own(house.admin), null)
})
