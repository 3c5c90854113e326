// Recertification: what a campaign asks, who decides what, what taking back does, when it starts by itself, and what the journal and ACC-04 say.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Actor, canonical, type Clock, isFault, newId, userPrincipal, type Uuid } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { recertifyCheck } from './recertify-check.ts'
import { unusedCheck } from './unused-check.ts'
import type { Line, Recertifications } from './recertify.ts'
import type { FieldValue } from './vault.ts'

let later = 0
const clock: Clock = { now: () => new Date(Date.now() + later) }
let house: TestVault
let recertify: Recertifications
let security: Actor
const keys: { id: Uuid; userId: Uuid; label: string; expiresAt: Date }[] = []
const revokedKeys: Uuid[] = []
const reminded: [Uuid, string, Uuid][] = []
let fail = false

const day = 86_400_000
const at = (actor: Actor): Actor => ({ ...actor, env: { ...actor.env, now: clock.now() } })
const inDays = (days: number): Date => new Date(clock.now().getTime() + days * day)
const refused =
  (code: Parameters<typeof isFault>[1]) =>
  (error: unknown): boolean =>
    isFault(error, code)
const person = async (name: string, values: Readonly<Record<string, FieldValue>>): Promise<Actor> => {
  const made = await house.vault.create(at(house.admin), 'user', { values: { name, email: `${name}@r.example.com`, role: 'sales', active: true, ...values } }) // prettier-ignore
  const user = await house.opened.staff.get(made.id)
  assert.ok(user)
  return { ...house.admin, principal: userPrincipal(house.tenant, user) }
}
const stored = async (actor: Actor) => house.opened.staff.get(actor.principal.id)

before(async () => {
  house = await openTestVault(clock)
  security = await person('sec', { role: 'security-administrator' })
  recertify = house.opened.recertifications({
    keys: () => Promise.resolve(keys),
    remind: (_tx, user, stage, campaign) => Promise.resolve(void reminded.push([user, stage, campaign])),
    revokeKey: (id) => Promise.resolve(void revokedKeys.push(id)),
    changeUser: async (id, change, by) => {
      if (fail) throw new Error('killed')
      const found = await house.opened.staff.get(id)
      const values = found && change(found)
      const system = { ...house.system, env: { ...house.system.env, now: clock.now(), purpose: by.purpose } }
      if (found && values) await house.vault.update(system, 'user', id, found.version, values)
    },
  })
})
after(() => house.close())

const of = async (who: Actor, campaign: Uuid, about: Actor): Promise<readonly (Line & { mine: boolean })[]> =>
  (await recertify.lines(at(who), campaign)).filter(({ personId }) => personId === about.principal.id)
const check = async () => {
  const query = <Row extends object>(text: string, values: readonly unknown[] = []) =>
    house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) => tx.query<Row>({ text, values })) // prettier-ignore
  return recertifyCheck.run({ query, tenant: house.tenant, now: clock.now() })
}
const journal = async (act: string, recordId: Uuid) =>
  (
    await house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) =>
      house.journal.list(tx, house.tenant, { act, recordId, limit: 100 }),
    )
  ).items

test('[vault-256] a campaign asks about every role, team, grant, deputyship and key as they are when it starts, and about no other', async () => {
  const two = await person('two', { furtherRoles: ['finance'], unit: house.ann.principal.team })
  const off = await person('off', {})
  await house.vault.update(at(house.admin), 'user', off.principal.id, 1, { active: false })
  const { id: contact } = await house.vault.create(at(house.ann), 'contact', { values: { name: 'A', mobile: '13800138001' } }) // prettier-ignore
  const grant = await house.opened.grants.giveRecord(at(house.ann), { to: two.principal.id, type: 'contact', record: contact, level: 'read', until: inDays(5), reason: 'x' }) // prettier-ignore
  const deputy = await house.opened.deputies.name(at(house.ann), { person: house.ann.principal.id, deputy: two.principal.id, until: inDays(5), reason: 'x' }) // prettier-ignore
  keys.push({ id: newId(), userId: two.principal.id, label: 'sync', expiresAt: inDays(50) })
  await assert.rejects(recertify.start(at(house.manager)), refused('denied'))
  const campaign = await recertify.start(at(security))
  await assert.rejects(recertify.start(at(house.admin)), refused('already-exists'))
  const lines = await of(security, campaign, two)
  assert.deepEqual(
    lines.map(({ kind, what, thingId }) => [kind, what, thingId]).toSorted(),
    [
      ['role', 'sales', null],
      ['role', 'finance', null],
      ['team', '', two.principal.team],
      ['grant', 'read', grant.id],
      ['deputy', '', deputy.id],
      ['key', 'sync', keys[0]?.id],
    ].toSorted(),
  )
  assert.deepEqual(await of(security, campaign, off), [])
  assert.deepEqual((await of(security, campaign, security)).map(({ privileged, mine }) => [privileged, mine]), [[true, false]]) // prettier-ignore
  await recertify.finish(at(security), campaign)
  await assert.rejects(recertify.decide(at(security), campaign, [lines[0]?.id ?? ''], 'keep', 'x'), refused('not-found')) // prettier-ignore
})

test('[vault-257] managers decide for their people, the security administrator for administrators, nobody for themself; decided once, with a reason', async () => {
  const campaign = await recertify.start(at(house.admin))
  const ids = (lines: readonly Line[]) => lines.map(({ id }) => id)
  const [ann, dan, admin] = [await of(house.admin, campaign, house.ann), await of(house.admin, campaign, house.dan), await of(security, campaign, house.admin)] // prettier-ignore
  const keep = (who: Actor, lines: readonly Line[], reason = 'needed') =>
    recertify.decide(at(who), campaign, ids(lines), 'keep', reason)
  assert.deepEqual(ids(await of(house.manager, campaign, house.ann)), ids(ann))
  assert.deepEqual(await of(house.manager, campaign, house.dan), [])
  assert.deepEqual(await of(house.ann, campaign, house.ann), [])
  await assert.rejects(keep(house.manager, dan), refused('denied'))
  await assert.rejects(keep(house.manager, admin), refused('denied'))
  await assert.rejects(keep(house.ann, ann), refused('denied'))
  await assert.rejects(keep(house.admin, admin), refused('denied'))
  await assert.rejects(keep(house.manager, ann, ' '), refused('bad-value'))
  await assert.rejects(recertify.decide(at(house.manager), campaign, [newId()], 'keep', 'x'), refused('not-found'))
  await assert.rejects(keep(house.manager, [...ann, ...dan]), refused('denied'))
  // Two at once: one decides.
  const both = await Promise.allSettled([keep(house.manager, ann), keep(house.admin, ann)])
  assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const one of both) if (one.status === 'rejected') assert.ok(isFault(one.reason, 'conflict'))
  await keep(security, admin)
  const told = await journal('recertify.keep', campaign)
  assert.equal(told.length, ann.length + admin.length)
  for (const { purpose } of told) assert.equal(purpose, 'needed')
  assert.equal((await recertify.waiting(at(house.manager)))?.campaign, campaign)
  // The database itself: nobody reviews themself.
  const [own] = await of(security, campaign, house.dan)
  await assert.rejects(
    house.store.owner((tx) =>
      tx.query({
        text: `update ops.recertification_line set decision = 'keep', reason = 'x', decided_by = person_id, decided_at = now() where id = $1`,
        values: [own?.id],
      }),
    ),
    /check/,
  )
  await recertify.finish(at(house.admin), campaign)
})

test('[vault-257] what is taken back goes the ordinary way and at once; after a killed process the next look finishes it', async () => {
  const eve = await person('eve', { furtherRoles: ['finance'], unit: house.ann.principal.team })
  const fred = await person('fred', {})
  const { id: contact } = await house.vault.create(at(house.ann), 'contact', { values: { name: 'B', mobile: '13800138002' } }) // prettier-ignore
  await house.opened.grants.giveRecord(at(house.ann), { to: eve.principal.id, type: 'contact', record: contact, level: 'read', until: inDays(5), reason: 'x' }) // prettier-ignore
  await house.opened.deputies.name(at(house.bob), { person: house.bob.principal.id, deputy: eve.principal.id, until: inDays(5), reason: 'x' }) // prettier-ignore
  keys.push({ id: newId(), userId: eve.principal.id, label: 'job', expiresAt: inDays(50) })
  const campaign = await recertify.start(at(security))
  const lines = await of(security, campaign, eve)
  const take = (picked: readonly Line[]) =>
    recertify.decide(at(security), campaign, picked.map(({ id }) => id), 'revoke', 'no longer needed') // prettier-ignore
  assert.equal((await house.vault.get(at(eve), 'contact', contact)).id, contact)
  await take(lines.filter(({ detail }) => detail['main'] !== true))
  const after = await stored(eve)
  assert.ok(after)
  const now = { ...at(eve), principal: userPrincipal(house.tenant, after) }
  await assert.rejects(house.vault.get(now, 'contact', contact), refused('not-found'))
  assert.deepEqual([after.role, after.roles, after.team, after.active], ['sales', [], null, true])
  assert.deepEqual(revokedKeys, [keys.at(-1)?.id])
  const open = await house.opened.deputies.list(eve.principal.id)
  assert.ok(open.every(({ endedBy }) => endedBy === security.principal.id) && open.length === 1)
  const settled = (await of(security, campaign, eve)).filter(({ decision }) => decision === 'revoke')
  assert.ok(settled.length === 5 && settled.every(({ settledAt }) => settledAt !== null))
  // Killed between the decision and what it does.
  fail = true
  await assert.rejects(take(await of(security, campaign, fred)), /killed/)
  assert.equal((await stored(fred))?.active, true)
  fail = false
  assert.equal(await recertify.settle(house.system), 1)
  assert.equal((await stored(fred))?.active, false)
  assert.equal(await recertify.settle(house.system), 0)
  await recertify.finish(at(security), campaign)
})

test('[vault-258] it starts by itself after the days set, for offices after thirty; finished with a digest in the journal; ACC-04 reads it', async () => {
  later += 31 * day
  assert.equal(await recertify.startIfDue(house.system), true)
  assert.equal(await recertify.startIfDue(house.system), false)
  const [open] = await recertify.list()
  assert.deepEqual([open?.scope, open?.finishedAt], ['privileged', null])
  assert.ok(open)
  const lines = await recertify.lines(at(security), open.id)
  assert.ok(lines.length >= 2 && lines.every(({ privileged }) => privileged))
  assert.equal((await check()).state, 'fail')
  for (const [who, about] of [[security, house.admin], [house.admin, security]] as const)
    await recertify.decide(at(who), open.id, (await of(who, open.id, about)).map(({ id }) => id), 'keep', 'in office') // prettier-ignore
  const others = (await recertify.lines(at(security), open.id)).filter(({ mine }) => mine).map(({ id }) => id)
  if (others.length > 0) await recertify.decide(at(security), open.id, others, 'keep', 'in office')
  // The last decision ended it.
  const [done] = await recertify.list()
  assert.ok(done?.finishedAt !== null && done?.kept === done?.lines)
  const [told] = await journal('recertify.finish', open.id)
  const record = (await recertify.lines(at(security), open.id))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, kind, personId, thingId, what, detail, privileged, decision, reason, decidedBy, decidedAt }) => ({
      ...{ id, kind, personId, thingId, what, detail, privileged, decision, reason, decidedBy },
      decidedAt: decidedAt?.toISOString(),
    }))
  const digest = createHash('sha256').update(canonical(record)).digest('hex')
  assert.deepEqual([(told?.detail as { sha256: string }).sha256, done?.sha256], [digest, digest])
  later += 60 * day
  assert.equal(await recertify.startIfDue(house.system), true)
  const [all] = await recertify.list()
  assert.equal(all?.scope, 'all')
  assert.ok(all)
  const rest = (await recertify.lines(at(house.admin), all.id)).filter(({ mine }) => mine).map(({ id }) => id)
  await recertify.decide(at(house.admin), all.id, rest, 'keep', 'needed')
  const own = (await recertify.lines(at(security), all.id)).filter(({ mine }) => mine).map(({ id }) => id)
  await recertify.decide(at(security), all.id, own, 'keep', 'needed')
  const passed = await check()
  assert.equal(passed.state, 'pass', JSON.stringify(passed.observed))
  later += 200 * day
  assert.equal((await check()).observed['accessReviews.overdue'], 2)
  const undecided = await recertify.start(at(security))
  await recertify.finish(at(security), undecided)
  const left = await check()
  assert.deepEqual([left.state, left.observed['accessReviews.overdue']], ['fail', 0])
  assert.ok(Number(left.observed['accessReviews.itemsUndecided']) > 5)
})

test('[vault-282] those who must decide are reminded once when it opens, a week before it is due, and each week it is overdue', async () => {
  const boss = house.manager.principal.id
  const team = (await house.opened.staff.get(house.bob.principal.id))?.team ?? null
  const lead = await person('lead', { role: 'manager', unit: team })
  await person('own', { role: 'sales', unit: team })
  reminded.length = 0
  const campaign = await recertify.start(at(security))
  const told = (stage: string) =>
    reminded.filter((one) => one[1] === stage && one[2] === campaign).map(([user]) => user)
  const first = told('opened').toSorted()
  // Whoever manages grants, and managers of whose people something is asked; nobody twice, and nobody who decides nothing.
  for (const who of [house.admin.principal.id, security.principal.id, boss, lead.principal.id]) assert.ok(first.includes(who), who) // prettier-ignore
  for (const who of [house.ann, house.bob, house.dan]) assert.ok(!first.includes(who.principal.id))
  assert.equal(new Set(first).size, first.length)
  assert.equal(await recertify.remind(), 0)
  later += 6 * day
  assert.equal(await recertify.remind(), 0)
  // Whoever has decided all that is theirs is left in peace.
  for (const who of [house.manager, lead]) {
    const mine = (await recertify.lines(at(who), campaign)).filter((one) => one.mine).map(({ id }) => id)
    if (mine.length > 0) await recertify.decide(at(who), campaign, mine, 'keep', 'needed')
  }
  later += 1.5 * day
  const twice = await Promise.all([recertify.remind(), recertify.remind()])
  assert.deepEqual([twice.filter((n) => n > 0).length, told('soon').includes(boss)], [1, false])
  assert.ok(told('soon').includes(security.principal.id))
  assert.equal(await recertify.remind(), 0)
  later += 7 * day
  assert.ok((await recertify.remind()) > 0)
  later += 3 * day
  assert.equal(await recertify.remind(), 0)
  later += 5 * day
  assert.ok((await recertify.remind()) > 0)
  assert.equal(told('overdue').filter((user) => user === security.principal.id).length, 2)
  await recertify.finish(at(security), campaign)
  assert.equal(await recertify.remind(), 0)
})

test('[vault-259] ACC-06 fails while an account or a key unused for ninety days was not confirmed since', async () => {
  const unused = async () => {
    const query = <Row extends object>(text: string, values: readonly unknown[] = []) =>
      house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) => tx.query<Row>({ text, values })) // prettier-ignore
    return (await unusedCheck.run({ query, tenant: house.tenant, now: clock.now() })).observed
  }
  const old = await person('old', {})
  const busy = await person('busy', {})
  later += 100 * day
  const about = async (): Promise<readonly boolean[]> => {
    const { items } = await unused()
    return [old, busy].map(({ principal }) => (items as readonly string[]).includes(`account ${principal.id}`))
  }
  assert.deepEqual(await about(), [true, true])
  await house.store.owner((tx) =>
    tx.query({
      text: `insert into identity.session (tenant_id, id, user_id, token_hash, csrf_hash, created_at, seen_at, expires_at, first_ip, last_ip, user_agent)
             values ($1, $2, $3, '\\x01', '\\x02', $4, $4, $4, '', '', '')`,
      values: [house.tenant, newId(), busy.principal.id, clock.now()],
    }),
  )
  assert.deepEqual(await about(), [true, false])
  const before = Number((await unused())['permissions.unused90d.unjustified'])
  const campaign = await recertify.start(at(house.admin))
  const lines = await of(house.admin, campaign, old)
  await recertify.decide(at(house.admin), campaign, lines.map(({ id }) => id), 'keep', 'on parental leave') // prettier-ignore
  assert.deepEqual(await about(), [false, false])
  assert.equal((await unused())['permissions.unused90d.unjustified'], before - 1)
  await recertify.finish(at(house.admin), campaign)
})
