// Changes that wait for their moment, and drafts: what comes into force when, in every process, and what stays out and why.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Actor, type Clock, isFault, userPrincipal } from '#kernel'
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
  // Only Sam and Ada can change policies: when Sam leaves before the moment, nobody but Ada would be left.
  const narrow = await control.propose(house.admin, 'narrow', document('narrow'))
  await control.decide(second, narrow, true, '', soon(hour))
  const sam = await house.vault.get(house.admin, 'user', second.principal.id)
  await house.vault.update(house.admin, 'user', sam.id, sam.version, { active: false })
  ahead += hour + 2000
  await control.tick()
  assert.equal(rules.current.number, number)
  const [told] = await acts('policy.activate-failed')
  assert.match(JSON.stringify(told?.detail), /policy-lock-out/)
  assert.equal(told?.decision, 'deny')
  const back = await house.vault.get(house.admin, 'user', sam.id)
  await house.vault.update(house.admin, 'user', back.id, back.version, { active: true })
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
