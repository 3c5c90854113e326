// Emergency access: what it opens and what not, when it ends, what stands in the journal, and the second person.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Actor, type Clock, isFault, type Uuid } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import type { BreakGlass } from './break-glass.ts'
import { dueBy, glassCheck } from './glass-check.ts'

let later = 0
const clock: Clock = { now: () => new Date(Date.now() + later) }
let opened: Promise<TestVault> | undefined
const world = (): Promise<TestVault> => (opened ??= openTestVault(clock))
after(async () => {
  if (opened) await (await opened).close()
})

/** Letters that were put down. */
const letters: { readonly user: Uuid; readonly glass: Uuid; readonly minutes: number }[] = []
const glassOf = (house: TestVault): BreakGlass =>
  house.opened.breakGlass((_, user, { id, minutes }) => {
    letters.push({ user, glass: id, minutes })
    return Promise.resolve()
  })

const at = (actor: Actor): Actor => ({ ...actor, env: { ...actor.env, now: clock.now() } })
const sees = async ({ vault }: TestVault, actor: Actor, id: Uuid): Promise<boolean> =>
  vault.get(at(actor), 'account', id).then(
    () => true,
    (error: unknown) => {
      if (isFault(error, 'not-found') || isFault(error, 'denied')) return false
      throw error
    },
  )
async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text))
}
const account = async (house: TestVault, actor: Actor, name: string): Promise<Uuid> =>
  (await house.vault.create(at(actor), 'account', { values: { name, phone: '021-5550001' } })).id

test('[vault-196] it opens one record to read, says so in every entry and at once as an alarm, and ends by time or early', async () => {
  const house = await world()
  const { alarms, notifications } = house.opened
  const breakGlass = glassOf(house)
  const wanted = await account(house, house.dan, 'Wanted')
  const beside = await account(house, house.dan, 'Beside')
  const wish = { type: 'account', scope: 'record', of: wanted, reason: 'fire at the customer', minutes: 10 } as const
  assert.equal(await sees(house, house.ann, wanted), false)
  await assert.rejects(breakGlass.open(at(house.ann), { ...wish, reason: ' ' }), (error) => isFault(error, 'bad-value'))
  await assert.rejects(breakGlass.open(at(house.ann), { ...wish, minutes: 61 }), (error) => isFault(error, 'bad-value'))
  const glass = await breakGlass.open(at(house.ann), wish)
  assert.deepEqual(
    [await sees(house, house.ann, wanted), await sees(house, house.ann, beside), await sees(house, house.bob, wanted)],
    [true, false, false],
  )
  await assert.rejects(house.vault.update(at(house.ann), 'account', wanted, 1, { name: 'Changed' }))
  const [alarm] = await alarms.list()
  assert.deepEqual([alarm?.kind, alarm?.userId], ['break-glass', house.ann.principal.id])
  // Told at once: by letter and notice to who answers for it, by a notice to the owner, to nobody else, and not to who opened it.
  assert.deepEqual(letters, [{ user: house.admin.principal.id, glass: glass.id, minutes: 10 }])
  const notices = async (who: Actor) =>
    (await notifications.list(at(who), { limit: 50 })).items.filter(({ kind }) => kind === 'break-glass')
  assert.deepEqual((await notices(house.admin)).map(({ type, record }) => [type, record]), [[null, null]]) // prettier-ignore
  assert.deepEqual((await notices(house.dan)).map(({ type, record }) => [type, record?.id]), [['account', wanted]]) // prettier-ignore
  for (const who of [house.ann, house.bob]) assert.equal((await notices(who)).length, 0)
  await house.opened.flushReads()
  const { items } = await house.store.transaction(
    { tenant: house.tenant, principal: house.system.principal.id },
    (tx) => house.journal.list(tx, house.tenant, { act: 'record.view', recordId: wanted }),
  )
  assert.ok(items.length > 0)
  assert.ok(items.every(({ policy }) => policy.endsWith(` break-glass ${glass.id}`)))
  assert.ok((await breakGlass.reads(glass)) >= 1)
  later += 10 * 60_000
  assert.equal(await sees(house, house.ann, wanted), false)
  const second = await breakGlass.open(at(house.ann), wish)
  assert.equal(await sees(house, house.ann, wanted), true)
  await assert.rejects(breakGlass.end(at(house.bob), second.id), (error) => isFault(error, 'not-found'))
  await breakGlass.end(at(house.ann), second.id)
  assert.equal(await sees(house, house.ann, wanted), false)
})

test('[vault-196] of an owner or a team it opens one type alone; guard rails bind it, and roles that do not work with records have none', async () => {
  const house = await world()
  const breakGlass = glassOf(house)
  const hers = await account(house, house.cleo, 'Cleo’s own')
  const lead = await house.vault.create(at(house.cleo), 'lead', { values: { name: 'A lead' } })
  const wish = { type: 'account', reason: 'she is ill', minutes: 5 } as const
  await breakGlass.open(at(house.dan), { ...wish, scope: 'owner', of: house.cleo.principal.id })
  assert.equal(await sees(house, house.dan, hers), true)
  await assert.rejects(house.vault.get(at(house.dan), 'lead', lead.id))
  const team = house.cleo.principal.team ?? ''
  await breakGlass.open(at(house.ann), { ...wish, scope: 'team', of: team })
  assert.equal(await sees(house, house.ann, hers), true)
  // Phone numbers of others stay masked until a purpose is given: a guard rail, whatever is broken.
  const seen = await house.vault.get(at(house.ann), 'account', hers)
  assert.equal(seen.groups.contact, 'masked')
  assert.equal(seen.groups.financial, 'hidden')
  for (const role of ['security-administrator', 'system-administrator', 'audit-administrator', 'partner', 'auditor']) {
    const officer: Actor = { ...at(house.bob), principal: { ...house.bob.principal, role } }
    await assert.rejects(breakGlass.open(officer, { ...wish, scope: 'record', of: hers }), (error) =>
      isFault(error, 'denied'),
    )
  }
})

test('[vault-196] without a second factor, with a key, or on the way to an office nothing opens; files and titles are flagged too', async () => {
  const house = await world()
  const breakGlass = glassOf(house)
  const target = await account(house, house.cleo, 'Behind glass')
  const wish = { type: 'account', scope: 'record', of: target, reason: 'flood', minutes: 60 } as const
  const ann = at(house.ann)
  const bare: Actor = { ...ann, env: { ...ann.env, mfa: false } }
  const key: Actor = { ...ann, principal: { ...ann.principal, bounds: { account: ['read'] } } }
  await assert.rejects(breakGlass.open(bare, wish), (error) => isFault(error, 'emergency-needs-factor'))
  await assert.rejects(breakGlass.open(key, wish), (error) => isFault(error, 'denied'))
  await assert.rejects(breakGlass.open(ann, { ...wish, type: 'user' }), (error) => isFault(error, 'denied'))
  // Those running from the tests before end first.
  for (const one of await breakGlass.list(ann.principal.id)) await breakGlass.end(ann, one.id).catch(() => undefined)
  const file = await house.vault.attachments.add(at(house.cleo), 'account', target, {
    name: 'plan.txt',
    declared: 'text/plain',
    group: 'notes',
    limit: 1000,
    bytes: pieces('a plan'),
  })
  const glass = await breakGlass.open(ann, wish)
  const now = at(house.ann)
  assert.equal(await sees(house, now, target), true)
  assert.equal(await sees(house, { ...now, env: { ...now.env, mfa: false } }, target), false)
  assert.equal(await sees(house, { ...now, principal: key.principal }, target), false)
  for (const role of ['security-administrator', 'system-administrator', 'audit-administrator'])
    assert.equal(await sees(house, { ...now, principal: { ...now.principal, role } }, target), false, role)
  const forFire: Actor = { ...now, env: { ...now.env, purpose: 'flood' } }
  await house.vault.attachments.open(forFire, 'account', target, file.id)
  await house.vault.unmask(forFire, 'account', target, 'contact')
  await house.vault.history(now, 'account', target)
  await house.vault.attachments.list(now, 'account', target)
  await house.vault.titles(now, 'account', [target])
  await house.vault.count(now, 'account', {})
  await house.vault.list(now, 'account', {})
  await house.opened.flushReads()
  const entries = await house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) =>
    house.journal.list(tx, house.tenant, { actor: now.principal.id, from: glass.openedAt, limit: 500 }),
  )
  const flagged = entries.items.filter(({ policy }) => policy.endsWith(` break-glass ${glass.id}`))
  const acts = flagged.map(({ act }) => act)
  for (const act of ['record.view', 'record.unmask', 'record.history', 'attachment.list', 'attachment.download'])
    assert.ok(acts.includes(act), `${act} of ${acts.join(' ')}`)
  const told = flagged.filter(({ act }) => act === 'record.list').map(({ detail }) => Object.keys(detail as object))
  assert.ok(told.some((keys) => keys.includes('titles')) && told.some((keys) => keys.includes('counted')))
  assert.ok(told.some((keys) => keys.includes('rows')))
  later += 60 * 60_000
  assert.equal(await sees(house, house.ann, target), false)
  await assert.rejects(house.vault.history(at(house.ann), 'account', target))
  await assert.rejects(house.vault.attachments.open({ ...at(house.ann), env: { ...at(house.ann).env, purpose: 'flood' } }, 'account', target, file.id)) // prettier-ignore
  assert.deepEqual(await house.vault.titles(at(house.ann), 'account', [target]), {})
})

test('[vault-196] an account that is switched off takes its emergency accesses along, and they do not come back with it', async () => {
  const house = await world()
  const breakGlass = glassOf(house)
  const target = await account(house, house.cleo, 'Left open')
  const wish = { type: 'account', scope: 'record', of: target, reason: 'storm', minutes: 60 } as const
  const glass = await breakGlass.open(at(house.dan), wish)
  assert.equal(await sees(house, house.dan, target), true)
  const setActive = async (active: boolean): Promise<void> => {
    const { version } = await house.vault.get(at(house.admin), 'user', house.dan.principal.id)
    await house.vault.update(at(house.admin), 'user', house.dan.principal.id, version, { active })
  }
  await setActive(false)
  await setActive(true)
  assert.equal(await sees(house, house.dan, target), false)
  const found = (await breakGlass.list()).find(({ id }) => id === glass.id)
  assert.ok(found?.endedAt)
  const { items } = await house.store.transaction(
    { tenant: house.tenant, principal: house.system.principal.id },
    (tx) => house.journal.list(tx, house.tenant, { act: 'break-glass.end', recordId: glass.id }),
  )
  assert.deepEqual(items.map(({ detail }) => detail), [{ why: 'person-off' }]) // prettier-ignore
})

test('[vault-197] another person reviews it once it is over; ACC-07 fails while one waits longer than two working days', async () => {
  const house = await world()
  const breakGlass = glassOf(house)
  const check = async (): Promise<string> => {
    const query = <Row extends object>(text: string, values: readonly unknown[] = []) =>
      house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) =>
        tx.query<Row>({ text, values }),
      )
    return (await glassCheck.run({ query, tenant: house.tenant, now: clock.now() })).state
  }
  const target = await account(house, house.dan, 'To review')
  const glass = await breakGlass.open(at(house.admin), {
    type: 'account',
    scope: 'record',
    of: target,
    reason: 'court order',
    minutes: 5,
  })
  await assert.rejects(breakGlass.review(at(house.manager), glass.id, true, 'fine'), (error) =>
    isFault(error, 'bad-input'),
  )
  await breakGlass.end(at(house.admin), glass.id)
  assert.equal(await check(), 'pass')
  await assert.rejects(breakGlass.review(at(house.admin), glass.id, true, 'fine'), (error) => isFault(error, 'denied'))
  await assert.rejects(breakGlass.review(at(house.manager), glass.id, true, ' '), (error) =>
    isFault(error, 'bad-value'),
  )
  later += 7 * 24 * 3_600_000
  assert.equal(await check(), 'fail')
  for (const one of await breakGlass.list())
    await breakGlass.review(at(reviewer(house, one.userId)), one.id, false, 'seen')
  assert.equal(await check(), 'pass')
  await assert.rejects(breakGlass.review(at(house.manager), glass.id, true, 'x'), (error) =>
    isFault(error, 'not-found'),
  )
  assert.ok((await house.opened.alarms.list()).every((alarm) => alarm.settledAt !== null))
  assert.equal(dueBy(new Date('2026-01-02T10:00:00Z')).toISOString(), '2026-01-06T10:00:00.000Z')
})

const reviewer = (house: TestVault, user: Uuid): Actor =>
  house.manager.principal.id === user ? house.admin : house.manager
