// A change of policies from proposal to roll-back: two people, test cases, no lock-out, every step in the journal.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Actor, isFault, userPrincipal } from '#kernel'
import { type PolicyDocument, shippedDocument } from '#access'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'

let house: TestVault
let second: Actor
before(async () => {
  house = await openTestVault()
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
const stricter: PolicyDocument = {
  ...shippedDocument,
  restrictions: [{ name: 'quiet', roles: ['sales'], types: ['task'], actions: ['create'], mode: 'when', conditions: [] }],
  cases: [{ name: 'no tasks', who: { role: 'sales' }, action: 'create', on: 'task', stance: 'own', expect: 'deny' }],
} // prettier-ignore
const task = () => house.vault.create({ ...house.ann, env: { ...house.ann.env, now: new Date() } }, 'task', { values: { title: 'call' } }) // prettier-ignore

test('[vault-156] a change is proposed with its cases, approved by somebody else, in force at once, and taken back', async () => {
  const { policyControl: control, rules } = house.opened
  const before_ = rules.current.number
  await task()
  const id = await control.propose(house.admin, 'no tasks by sales', stricter)
  await assert.rejects(control.decide(house.admin, id, true, ''), refusedAs('policy-second-person'))
  await task()
  const number = await control.decide(second, id, true, 'agreed')
  assert.equal(number, before_ + 1)
  await assert.rejects(task(), refusedAs('denied'))
  await assert.rejects(control.decide(second, id, true, ''), refusedAs('not-found'))
  assert.equal(await control.rollBack(house.admin, before_), before_ + 2)
  await task()
  const { versions, changes, document } = await control.state(second)
  assert.deepEqual(versions.slice(0, 2).map((one) => [one.number, one.active]), [[before_ + 2, true], [before_ + 1, false]]) // prettier-ignore
  assert.deepEqual([changes[0]?.state, changes[0]?.number, document.restrictions.length], ['active', before_ + 1, 0])
  const acts = async (act: string) =>
    (await house.store.transaction({ tenant: house.tenant, principal: second.principal.id }, (tx) => house.journal.list(tx, house.tenant, { act }))).items // prettier-ignore
  for (const act of ['policy.propose', 'policy.activate', 'policy.rollback']) assert.equal((await acts(act)).length, 1, act) // prettier-ignore
  assert.match(JSON.stringify((await acts('policy.activate'))[0]?.detail), new RegExp(String(versions[1]?.digest)))
})

test('[vault-156] what does not compile, fails its cases, or is not one’s to change is refused, and journalled where it is a right', async () => {
  const { policyControl: control } = house.opened
  await assert.rejects(control.propose(house.ann, 'x', stricter), refusedAs('denied'))
  await assert.rejects(control.state(house.ann), refusedAs('denied'))
  await assert.rejects(
    control.propose(house.admin, 'x', { ...stricter, restrictions: [] }),
    refusedAs('policy-case-failed'),
  )
  await assert.rejects(control.check(house.admin, { ...stricter, policies: [{ id: 'a', text: 'permit' }] }), refusedAs('policy-invalid')) // prettier-ignore
  const rejected = await control.propose(house.admin, 'x', stricter)
  assert.equal(await control.decide(second, rejected, false, 'no'), null)
})

test('[vault-156] of two changes on the same ground one comes into force; one that would leave nobody to change policies never does', async () => {
  const { policyControl: control } = house.opened
  const [one, two] = [await control.propose(house.admin, 'one', stricter), await control.propose(house.admin, 'two', stricter)] // prettier-ignore
  const outcome = await Promise.allSettled([control.decide(second, one, true, ''), control.decide(second, two, true, '')]) // prettier-ignore
  assert.deepEqual(outcome.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  const lock = await control.propose(house.admin, 'lock', { ...shippedDocument, administrator: false })
  await assert.rejects(control.decide(second, lock, true, ''), refusedAs('policy-lock-out'))
})
