// What was lent does not outlive its people: switched off, removed, handed over; what passes on, what ends, and what the journal and ACC-06 say.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createJobs } from '#store'
import { type Actor, isFault, newId, userPrincipal, type Uuid } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { type HandOverPlan, handOverKind } from './hand-over.ts'
import { unusedCheck } from './unused-check.ts'

let house: TestVault
before(async () => {
  house = await openTestVault()
})
after(() => house.close())

const until = (): Date => new Date(Date.now() + 48 * 3_600_000)
const at = (actor: Actor): Actor => ({ ...actor, env: { ...actor.env, now: new Date() } })
const idOf = (actor: Actor): Uuid => actor.principal.id
const person = async (name: string, role: string, unit: Uuid | null = null): Promise<Actor> => {
  const made = await house.vault.create(at(house.admin), 'user', { values: { name, email: `${name}@l.example.com`, role, active: true, unit } }) // prettier-ignore
  const user = await house.opened.staff.get(made.id)
  assert.ok(user)
  return { ...house.admin, principal: userPrincipal(house.tenant, user) }
}
const setActive = async (who: Actor, active: boolean): Promise<void> => {
  const { version } = await house.vault.get(at(house.admin), 'user', idOf(who))
  await house.vault.update(at(house.admin), 'user', idOf(who), version, { active })
}
const contact = async (owner: Actor): Promise<Uuid> =>
  (await house.vault.create(at(owner), 'contact', { values: { name: '张伟' } })).id
const lend = async (from: Actor, to: Actor, record: Uuid, level: 'read' | 'write' = 'read'): Promise<Uuid> =>
  (await house.opened.grants.giveRecord(at(from), { to: idOf(to), type: 'contact', record, level, until: until(), reason: 'x' })).id // prettier-ignore
const lendRole = async (from: Actor, to: Actor, role: string): Promise<Uuid> =>
  (await house.opened.grants.giveRole(at(from), { to: idOf(to), role, until: until(), reason: 'x' })).id
const standIn = async (by: Actor, of: Actor, deputy: Actor): Promise<Uuid> =>
  (await house.opened.deputies.name(at(by), { person: idOf(of), deputy: idOf(deputy), until: until(), reason: 'x' })).id
const grant = async (id: Uuid) => (await house.opened.grants.list()).find((one) => one.id === id)
const deputyship = async (id: Uuid) => (await house.opened.deputies.list()).find((one) => one.id === id)
const sees = (actor: Actor, id: Uuid): Promise<boolean> =>
  house.vault.get(at(actor), 'contact', id).then(
    () => true,
    (error: unknown) => {
      if (isFault(error, 'not-found')) return false
      throw error
    },
  )
const told = async (act: string, recordId: Uuid) =>
  (
    await house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) =>
      house.journal.list(tx, house.tenant, { act, recordId }),
    )
  ).items

test('[vault-283] an account switched off takes along what was lent to it, what it lent and its deputies; none of it comes back with it', async () => {
  const leaver = await person('lea', 'sales', house.ann.principal.team)
  const [own, foreign] = [await contact(leaver), await contact(house.cleo)]
  const given = await lend(leaver, house.dan, own)
  const held = await lend(house.cleo, leaver, foreign)
  const role = await lendRole(house.admin, leaver, 'finance')
  const other = await lend(house.cleo, house.dan, foreign)
  const deputy = await standIn(leaver, leaver, house.bob)
  assert.deepEqual([await sees(house.dan, own), await sees(leaver, foreign), await sees(house.bob, own)], [true, true, true]) // prettier-ignore
  await setActive(leaver, false)
  assert.equal(await sees(house.dan, own), false)
  for (const [id, why] of [[given, 'giver-off'], [held, 'holder-off'], [role, 'holder-off']] as const) {
    const ended = await grant(id)
    assert.deepEqual([ended?.endedBy, ended?.endedAt instanceof Date], [idOf(house.admin), true], why)
    const [entry] = await told('grant.revoke', id)
    assert.equal((entry?.detail as { why: string }).why, why)
  } // prettier-ignore
  assert.ok((await deputyship(deputy))?.endedAt instanceof Date)
  assert.equal(((await told('deputy.end', deputy))[0]?.detail as { why: string }).why, 'person-off')
  assert.equal((await grant(other))?.endedAt, null)
  await setActive(leaver, true)
  assert.deepEqual([await sees(house.dan, own), await sees(leaver, foreign), await sees(house.bob, own)], [false, false, false]) // prettier-ignore
  // An account that is removed leaves nothing running either; other changes of it end nothing.
  const again = await lend(leaver, house.dan, own)
  const seen = await house.vault.get(at(house.admin), 'user', idOf(leaver))
  await house.vault.update(at(house.admin), 'user', idOf(leaver), seen.version, { language: 'zh' })
  assert.equal((await grant(again))?.endedAt, null)
  const { version } = await house.vault.get(at(house.admin), 'user', idOf(leaver))
  await house.vault.remove(at(house.admin), 'user', idOf(leaver), version)
  assert.ok((await grant(again))?.endedAt instanceof Date)
})

test('[vault-284] in a hand-over what the leaver lent passes to who could have given it, and the rest ends; the receiver answers for it then', async () => {
  const leaver = await person('mag', 'manager', house.ann.principal.team)
  const security = await person('sec', 'security-administrator')
  const next = await person('nat', 'manager', house.ann.principal.team)
  const [one, two, foreign] = [await contact(leaver), await contact(leaver), await contact(house.cleo)]
  const passes = await lend(leaver, house.dan, one)
  const toNext = await lend(leaver, next, two)
  const held = await lend(house.cleo, leaver, foreign)
  // The manager names who stands in for somebody of the team; and for somebody no receiver could name for.
  const named = await standIn(leaver, house.bob, house.dan)
  const hand = handOvers()
  assert.deepEqual(await hand.lent(idOf(leaver)), { held: 1, given: 2, deputies: 0, named: 1 })
  assert.ok((await hand.preview(idOf(leaver))).length > 0)
  await run(hand, { from: idOf(leaver), to: idOf(next), byType: {} })
  const passed = await grant(passes)
  assert.deepEqual([passed?.givenBy, passed?.passedTo, passed?.endedAt], [idOf(leaver), idOf(next), null])
  assert.equal(await sees(house.dan, one), true)
  // Nobody answers for what they hold themselves.
  assert.ok((await grant(toNext))?.endedAt instanceof Date)
  assert.ok((await grant(held))?.endedAt instanceof Date)
  assert.deepEqual([(await deputyship(named))?.passedTo, (await deputyship(named))?.endedAt], [idOf(next), null])
  assert.deepEqual((await told('grant.pass', passes))[0]?.detail, { from: idOf(leaver), to: idOf(next), holder: idOf(house.dan) }) // prettier-ignore
  assert.equal((await told('deputy.pass', named)).length, 1)
  assert.deepEqual(await hand.lent(idOf(leaver)), { held: 0, given: 0, deputies: 0, named: 0 })
  // Whoever took it over finds it among what they gave, and ends it; it ends with their account as it did with the first one's.
  assert.ok((await house.opened.grants.list(idOf(next))).some(({ id }) => id === passes))
  await house.opened.grants.end(at(next), passes)
  assert.equal(await sees(house.dan, one), false)
  await setActive(next, false)
  assert.ok((await deputyship(named))?.endedAt instanceof Date)

  // A role passes to who manages grants and to nobody else; to the pool nothing passes.
  const admin = await person('adm', 'security-administrator')
  for (const [to, runs] of [[security, true], [house.bob, false], [null, false]] as const) {
    const giver = to === security ? admin : await person(`giv${to === null ? 'a' : 'b'}`, 'security-administrator')
    const role = await lendRole(giver, house.dan, 'finance')
    const hand = handOvers()
    await run(hand, { from: idOf(giver), to: to === null ? null : idOf(to), byType: {} })
    const after_ = await grant(role)
    assert.deepEqual([after_?.passedTo ?? null, after_?.endedAt === null], [runs ? idOf(security) : null, runs])
  } // prettier-ignore
})

test('[vault-283] what outlived an account all the same is found by ACC-06 and ended by the daily look', async () => {
  const gone = await person('gon', 'sales')
  await setActive(gone, false)
  const observed = async () => {
    const query = <Row extends object>(text: string, values: readonly unknown[] = []) =>
      house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) => tx.query<Row>({ text, values })) // prettier-ignore
    const { state, observed } = await unusedCheck.run({ query, tenant: house.tenant, now: new Date() })
    return [state, observed['grants.outliveAccount']]
  }
  assert.deepEqual(await observed(), ['pass', 0])
  // As an older version of the program left them.
  const record = await contact(house.cleo)
  const [byGone, toGone] = [newId(), newId()]
  await house.store.owner(async (tx) => {
    for (const [id, by, to] of [[byGone, idOf(gone), idOf(house.dan)], [toGone, idOf(house.cleo), idOf(gone)]])
      await tx.query({
        text: `insert into ops.access_grant (tenant_id, id, kind, user_id, record_type, record_id, level, reason, starts_at, expires_at, granted_by, created_at)
               values ($1, $2, 'record', $3, 'contact', $4, 'read', 'x', now(), now() + interval '1 day', $5, now())`,
        values: [house.tenant, id, to, record, by],
      }) // prettier-ignore
  })
  assert.deepEqual(await observed(), ['fail', 2])
  assert.equal(await house.opened.lending.endOrphans(), 2)
  assert.equal(await house.opened.lending.endOrphans(), 0)
  assert.deepEqual(await observed(), ['pass', 0])
  for (const id of [byGone, toGone]) assert.equal((await told('grant.revoke', id))[0]?.purpose, 'account off')
})

const handOvers = () =>
  house.opened.handOvers(async (user) => {
    const found = await house.opened.staff.get(user)
    if (found?.active === true)
      await house.vault.update(at(house.system), 'user', user, found.version, { active: false })
  })

const run = async ({ check, job }: Pick<ReturnType<typeof handOvers>, 'check' | 'job'>, plan: HandOverPlan) => {
  const { spec } = await check(at(house.admin), plan)
  const jobs = createJobs({ store: house.store, scope: { tenant: house.tenant, principal: house.system.principal.id } })
  jobs.register(job)
  const started = await jobs.start(handOverKind, spec, idOf(house.admin))
  assert.equal((await jobs.run(started.id)).state, 'done')
  await jobs.close()
}
