// Deputies: what they see and may do, for how long, what the journal says, and what is refused: overlap, circles, chains of offices.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Actor, type Clock, isFault, newId, userPrincipal, type Uuid } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import type { FieldValue } from './vault.ts'

let later = 0
const clock: Clock = { now: () => new Date(Date.now() + later) }
let opened: Promise<TestVault> | undefined
const world = (): Promise<TestVault> => (opened ??= openTestVault(clock))
after(async () => {
  if (opened) await (await opened).close()
})

const hour = 3_600_000
const at = (actor: Actor): Actor => ({ ...actor, env: { ...actor.env, now: clock.now() } })
const inHours = (hours: number): Date => new Date(clock.now().getTime() + hours * hour)
const refused =
  (code: Parameters<typeof isFault>[1]) =>
  (error: unknown): boolean =>
    isFault(error, code)
const sees = async ({ vault }: TestVault, actor: Actor, id: Uuid): Promise<boolean> =>
  vault.get(at(actor), 'contact', id).then(
    () => true,
    (error: unknown) => {
      if (isFault(error, 'not-found')) return false
      throw error
    },
  )
const contact = async (house: TestVault, owner: Actor): Promise<Uuid> =>
  (await house.vault.create(at(owner), 'contact', { values: { name: '张伟', mobile: '13800138001' } })).id
const person = async (house: TestVault, name: string, values: Readonly<Record<string, FieldValue>> = {}): Promise<Actor> => {
  const made = await house.vault.create(at(house.admin), 'user', { values: { name, email: `${name}@d.example.com`, role: 'sales', active: true, ...values } }) // prettier-ignore
  const user = await house.opened.staff.get(made.id)
  assert.ok(user)
  return { ...house.admin, principal: userPrincipal(house.tenant, user) }
} // prettier-ignore
const journalled = (house: TestVault, recordId: Uuid) =>
  house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) =>
    house.journal.list(tx, house.tenant, { recordId, limit: 100 }),
  )

test('[vault-253] the deputy sees and works on the records of who is away, as theirs, within the time; giving away stays with the person', async () => {
  const house = await world()
  const { deputies } = house.opened
  const id = await contact(house, house.ann)
  const lent = await contact(house, house.cleo)
  const until = inHours(48)
  await house.opened.grants.giveRecord(at(house.cleo), { to: house.ann.principal.id, type: 'contact', record: lent, level: 'read', until, reason: 'x' }) // prettier-ignore
  const made = await deputies.name(at(house.ann), { person: house.ann.principal.id, deputy: house.dan.principal.id, from: inHours(1), until: inHours(3), reason: '年假' }) // prettier-ignore
  assert.equal(await sees(house, house.dan, id), false)
  later += hour
  assert.deepEqual([await sees(house, house.dan, id), await sees(house, house.dan, lent)], [true, false])
  const dan = at(house.dan)
  // A list, a search and a count hold it as well: one query builder.
  assert.deepEqual((await house.vault.list(dan, 'contact', {})).items.map((one) => one.id), [id]) // prettier-ignore
  assert.equal((await house.vault.count(dan, 'contact', { search: '8001' })).count, 1)
  // Somebody else's phone number needs a reason: guard rails bind the deputy.
  const seen = await house.vault.get(dan, 'contact', id)
  assert.equal(seen.groups.contact, 'masked')
  assert.equal((await house.vault.unmask(house.because(dan, 'calling back'), 'contact', id, 'contact'))['mobile'], '13800138001') // prettier-ignore
  await house.vault.update(dan, 'contact', id, 1, { jobTitle: 'CFO' })
  for (const act of [
    () => house.vault.assign(dan, 'contact', id, house.dan.principal.id),
    () => house.vault.share(dan, 'contact', id, [house.cleo.principal.id]),
    () => house.vault.remove(dan, 'contact', id, 2),
    () => house.opened.grants.giveRecord(dan, { to: house.cleo.principal.id, type: 'contact', record: id, level: 'read', until, reason: 'x' }), // prettier-ignore
  ])
    await assert.rejects(act, refused('denied'))
  const key: Actor = { ...dan, principal: { ...dan.principal, bounds: { contact: ['read', 'write'] } } }
  assert.equal(await sees(house, key, id), false)
  // Who sees the record is told that it is as a deputy.
  const told = await house.opened.explainer.who(at(house.admin), 'contact', id, 'contact', { limit: 500, supposed: { mfa: true, deviceTrusted: false, ip: '', purpose: '' } }) // prettier-ignore
  const line = told.items.find((one) => one.person === house.dan.principal.id)
  assert.deepEqual([line?.permits, line?.lent[0]?.deputyFor], [['deputy.sales.own'], house.ann.principal.id])
  // Every deed says for whom.
  await house.opened.flushReads()
  const { items } = await journalled(house, id)
  const deeds = items.filter(({ actor, decision }) => actor === house.dan.principal.id && decision === 'allow')
  assert.ok(deeds.length >= 3)
  for (const { act, detail } of deeds) assert.equal((detail as { onBehalfOf?: string }).onBehalfOf, house.ann.principal.id, act) // prettier-ignore
  const [change] = (await house.vault.history(at(house.ann), 'contact', id)).filter(({ act }) => act === 'record.update') // prettier-ignore
  assert.deepEqual([change?.actorId, change?.onBehalfOf], [house.dan.principal.id, house.ann.principal.id])
  later += 2 * hour
  assert.equal(await sees(house, house.dan, id), false)
  await assert.rejects(deputies.end(at(house.ann), made.id), refused('not-found'))
})

test('[vault-254] a deputy is named by the person, by who could hand the records on, or with grant.manage, never by the deputy; it is ended early by them too', async () => {
  const house = await world()
  const { deputies } = house.opened
  const id = await contact(house, house.bob)
  const wish = { person: house.bob.principal.id, deputy: house.dan.principal.id, until: inHours(5), reason: 'leave' }
  for (const who of [house.dan, house.cleo, house.ann])
    await assert.rejects(deputies.name(at(who), wish), refused('denied'))
  const key: Actor = { ...at(house.bob), principal: { ...house.bob.principal, bounds: { contact: ['write'] } } }
  await assert.rejects(deputies.name(key, wish), refused('denied'))
  await assert.rejects(deputies.name(at(house.manager), { ...wish, deputy: house.manager.principal.id }), refused('bad-value')) // prettier-ignore
  for (const more of [{ deputy: house.bob.principal.id }, { reason: '' }, { until: inHours(-1) }, { deputy: newId() }])
    await assert.rejects(deputies.name(at(house.bob), { ...wish, ...more }), refused('bad-value'), JSON.stringify(more))
  await assert.rejects(deputies.name(at(house.bob), { ...wish, until: inHours(24 * 93) }), refused('lent-too-long'))
  for (const who of [house.bob, house.manager, house.admin]) {
    const { id: one } = await deputies.name(at(who), wish)
    assert.equal(await sees(house, house.dan, id), true)
    await assert.rejects(deputies.end(at(house.cleo), one), refused('not-found'))
    await deputies.end(at(who === house.bob ? house.dan : house.bob), one)
    assert.equal(await sees(house, house.dan, id), false)
    const acts = (await journalled(house, one)).items.map(({ act }) => act)
    assert.deepEqual(acts.toSorted(), ['deputy.end', 'deputy.name'])
  }
  const names = await deputies.mayNameFor(at(house.manager))
  assert.ok(names.includes(house.ann.principal.id) && !names.includes(house.dan.principal.id))
  assert.deepEqual(await deputies.mayNameFor(at(house.cleo)), [house.cleo.principal.id])
  // Whoever leaves is stood in for no more, and stands in for nobody.
  const leaver = await person(house, 'leaver')
  const theirs = await contact(house, leaver)
  await deputies.name(at(leaver), { ...wish, person: leaver.principal.id })
  assert.equal(await sees(house, house.dan, theirs), true)
  await house.vault.update(at(house.admin), 'user', leaver.principal.id, 1, { active: false })
  assert.equal(await sees(house, house.dan, theirs), false)
})

test('[vault-255] one deputy at a time, no circle; A for B for C opens nothing of A to C', async () => {
  const house = await world()
  const { deputies } = house.opened
  const [a, b, c] = [await person(house, 'a'), await person(house, 'b'), await person(house, 'c')]
  const [ofA, ofB] = [await contact(house, a), await contact(house, b)]
  const name = (who: Actor, deputy: Actor, from = 0, until = 9) =>
    deputies.name(at(who), { person: who.principal.id, deputy: deputy.principal.id, from: inHours(from), until: inHours(until), reason: 'x' }) // prettier-ignore
  await name(a, b)
  await assert.rejects(name(a, c, 8, 12), refused('deputy-overlap'))
  await assert.rejects(name(b, a, 8, 12), refused('deputy-circle'))
  await name(b, c)
  await assert.rejects(name(c, a, 1, 2), refused('deputy-circle'))
  await name(c, a, 9, 12)
  assert.deepEqual([await sees(house, b, ofA), await sees(house, c, ofB), await sees(house, c, ofA)], [true, true, false]) // prettier-ignore
  // Two at once for the same person: one wins.
  const d = await person(house, 'd')
  const both = await Promise.allSettled([name(d, b), name(d, c)])
  assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const one of both) if (one.status === 'rejected') assert.ok(isFault(one.reason, 'deputy-overlap'))
})

test('[vault-255] no chain of deputies joins two offices in one person: not when named, not by a role lent or given later, not in the database', async () => {
  const house = await world()
  const { deputies, grants } = house.opened
  const system = await person(house, 'sys-a', { furtherRoles: ['system-administrator'] })
  const [middle, last] = [await person(house, 'middle'), await person(house, 'last')]
  const audit = await person(house, 'aud-c', { furtherRoles: ['audit-administrator'] })
  const name = (who: Actor, deputy: Actor) =>
    deputies.name(at(who), { person: who.principal.id, deputy: deputy.principal.id, until: inHours(9), reason: 'x' })
  // An office never comes along: whoever stands in for an administrator has no right of the office.
  const ofSystem = await contact(house, house.ann)
  await name(system, middle)
  assert.equal(await house.vault.may(at(middle), 'backup.create'), false)
  assert.equal(await sees(house, middle, ofSystem), false)
  await assert.rejects(name(system, audit), refused('lent-in-vain'))
  // Who holds an office does not come to customers as a deputy.
  await assert.rejects(name(house.cleo, audit), refused('lent-in-vain'))
  await name(middle, last)
  // A -> B -> C: C stands at the end of a chain that begins with the system administrator.
  const lend = (to: Actor, role: string) =>
    grants.giveRole(at(house.admin), { to: to.principal.id, role, until: inHours(5), reason: 'x' })
  await assert.rejects(lend(last, 'audit-administrator'), refused('duties-apart'))
  await assert.rejects(lend(middle, 'security-administrator'), refused('duties-apart'))
  await lend(last, 'system-administrator')
  for (const [who, values] of [
    [last, { furtherRoles: ['audit-administrator'] }],
    [middle, { role: 'security-administrator' }],
  ] as const)
    await assert.rejects(house.vault.update(at(house.admin), 'user', who.principal.id, 1, values), refused('duties-apart')) // prettier-ignore
  // The database itself, whoever writes there.
  const insert = (who: Actor, deputy: Actor): Promise<unknown> =>
    house.store.owner((tx) =>
      tx.query({
        text: `insert into ops.deputyship (tenant_id, id, person_id, deputy_id, reason, starts_at, expires_at, named_by, created_at)
               values ($1, $2, $3, $4, 'x', $5, $6, $3, $5)`,
        values: [house.tenant, newId(), who.principal.id, deputy.principal.id, clock.now(), inHours(9)],
      }),
    )
  await assert.rejects(insert(last, audit), /offices/)
  await assert.rejects(insert(last, system), /circle/)
  await assert.rejects(insert(middle, audit), /one deputy/)
})

test('[vault-253] a program with a key, an office and a role without records of its own have no deputies', async () => {
  const house = await world()
  const finance = await person(house, 'fin', { role: 'finance' })
  const wish = { person: finance.principal.id, deputy: house.dan.principal.id, until: inHours(5), reason: 'leave' }
  await assert.rejects(house.opened.deputies.name(at(finance), wish), refused('bad-value'))
  const security = await person(house, 'secu', { role: 'security-administrator' })
  await assert.rejects(house.opened.deputies.name(at(security), { ...wish, person: security.principal.id }), refused('bad-value')) // prettier-ignore
})
