// What people are told: with the act, never of what they did, one notice for one act; and of a record no more than they may see when they read it.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Actor, type Clock, isFault, newId, type Uuid } from '#kernel'
import { createJobs } from '#store'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import type { BulkRecord } from './bulk.ts'
import { handOverKind } from './hand-over.ts'
import { keptNotices, type ShownNotice } from './notifications.ts'

let later = 0
const clock: Clock = { now: () => new Date(Date.now() + later) }
let opened: Promise<TestVault> | undefined
const world = (): Promise<TestVault> => (opened ??= openTestVault(clock))
after(async () => {
  if (opened) await (await opened).close()
})

const at = (actor: Actor): Actor => ({ ...actor, env: { ...actor.env, now: clock.now() } })
const idOf = (actor: Actor): Uuid => actor.principal.id
const account = async (house: TestVault, owner: Actor, name: string): Promise<Uuid> =>
  (await house.vault.create(at(owner), 'account', { values: { name } })).id
const told = async (house: TestVault, actor: Actor): Promise<readonly ShownNotice[]> =>
  (await house.opened.notifications.list(at(actor), { limit: 50 })).items
const clear = (house: TestVault): Promise<unknown> =>
  house.store.owner((tx) => tx.query({ text: 'delete from ops.notification' }))
const short = ({ kind, number, record, actorId }: ShownNotice) => [kind, number, record?.title ?? null, actorId]
const denied = (error: unknown): boolean => isFault(error, 'denied')

test('[vault-269] whoever receives a record is told with the act: assigned, shared, lent, made for them; never of what they did themselves', async () => {
  const house = await world()
  const { vault, opened: rooms, manager, ann, bob, cleo, dan } = house
  const one = await account(house, ann, '海港精密')
  await vault.assign(at(manager), 'account', one, idOf(bob))
  assert.deepEqual((await told(house, bob)).map(short), [['assigned', 1, '海港精密', idOf(manager)]])
  // Oneself, the one who gave, and the former owner are told nothing; neither is who has it already.
  await vault.assign(at(manager), 'account', one, idOf(bob))
  const pooled = await account(house, ann, 'Pooled')
  await vault.assign(at(manager), 'account', pooled, null)
  await vault.claim(at(ann), 'account', pooled)
  assert.equal((await told(house, bob)).length, 1)
  for (const who of [ann, manager, cleo]) assert.deepEqual(await told(house, who), [])
  await vault.share(at(bob), 'account', one, [idOf(dan), idOf(cleo)])
  await vault.share(at(bob), 'account', one, [idOf(dan), idOf(cleo), idOf(bob)])
  for (const who of [cleo, dan])
    assert.deepEqual((await told(house, who)).map(short), [['shared', 1, '海港精密', idOf(bob)]])
  await vault.create(at(manager), 'account', { values: { name: 'For Ann' }, ownerId: idOf(ann) })
  assert.deepEqual((await told(house, ann)).map(short), [['assigned', 1, 'For Ann', idOf(manager)]])
  await vault.importBatch(at(manager), 'account', [{ values: { name: 'Imported' }, ownerId: idOf(ann) }])
  assert.equal((await told(house, ann)).length, 1)
  // What was refused tells nobody.
  await assert.rejects(vault.assign(at(dan), 'account', one, idOf(cleo)), denied)
  assert.equal((await told(house, cleo)).length, 1)
  // Something lent is told of when it begins, and not at all where it ends before.
  await clear(house)
  const from = new Date(clock.now().getTime() + 3_600_000)
  const until = new Date(from.getTime() + 3_600_000)
  const wish = { to: idOf(dan), type: 'account', record: pooled, level: 'read', from, until, reason: 'visit' } as const
  await rooms.grants.giveRecord(at(ann), wish)
  const second = await rooms.grants.giveRecord(at(ann), { ...wish, to: idOf(cleo) })
  await rooms.grants.end(at(ann), second.id)
  assert.deepEqual([await told(house, dan), await rooms.notifications.unread(at(dan))], [[], 0])
  later += 3_700_000
  assert.deepEqual((await told(house, dan)).map(short), [['lent', 1, 'Pooled', idOf(ann)]])
  assert.deepEqual(await told(house, cleo), [])
  await rooms.grants.giveRole(at(house.admin), { to: idOf(dan), role: 'finance', until: new Date(clock.now().getTime() + 3_600_000), reason: 'quarter' }) // prettier-ignore
  assert.deepEqual((await told(house, dan)).map(short)[0], ['role', 1, null, idOf(house.admin)])
})

test('[vault-269] many changes of one act are one notice, two at once included; a hand-over is one for each who receives', async () => {
  const house = await world()
  const { vault, opened: rooms, manager, ann, bob, cleo } = house
  await clear(house)
  const records: BulkRecord[] = []
  for (let n = 0; n < 12; n++) records.push({ id: await account(house, ann, `Bulk ${String(n)}`), version: 1 })
  const act = newId()
  const give = (part: readonly BulkRecord[]) => vault.bulk.apply(at(manager), 'account', act, part, { values: {}, ownerId: idOf(cleo) }) // prettier-ignore
  const done = await Promise.all([give(records.slice(0, 6)), give(records.slice(6))])
  assert.equal(done[0].changed.length + done[1].changed.length, 12)
  const [notice, ...more] = await told(house, cleo)
  assert.ok(notice)
  assert.deepEqual([short(notice), notice.type, notice.hidden, more], [['assigned', 12, null, idOf(manager)], 'account', false, []]) // prettier-ignore
  // Two who assign one record at once: who lost it again was told once, and nobody twice.
  const [raced] = records
  assert.ok(raced)
  await Promise.all([ann, bob].map((who) => vault.assign(at(manager), 'account', raced.id, idOf(who))))
  for (const who of [ann, bob]) assert.equal((await told(house, who)).length, 1)
  await clear(house)
  const handOvers = rooms.handOvers(() => Promise.resolve())
  const { spec } = await handOvers.check(at(house.admin), { from: idOf(cleo), to: idOf(bob), byType: {} })
  const jobs = createJobs({ store: house.store, scope: { tenant: house.tenant, principal: idOf(house.system) } })
  jobs.register(handOvers.job)
  await jobs.run((await jobs.start(handOverKind, spec, idOf(house.admin))).id)
  await jobs.close()
  const [over, ...none] = await told(house, bob)
  assert.ok(over && over.number >= 11 && none.length === 0)
  assert.deepEqual([over.kind, over.type, over.record, over.actorId], ['hand-over', 'user', { id: idOf(cleo), title: 'Cleo' }, idOf(house.admin)]) // prettier-ignore
})

test('[vault-270] a notice shows of its record what the reader may see now: taken away, hidden, masked, deleted', async () => {
  const house = await world()
  const { vault, manager, ann, dan, store } = house
  await clear(house)
  // The role that was lent above has ended.
  later += 7_200_000
  const { id } = await vault.create(at(ann), 'contact', { values: { name: '欧阳娜娜', mobile: '13800138001' } })
  const of = async (actor: Actor) => {
    const [notice] = await told(house, actor)
    return notice && [notice.type, notice.record, notice.hidden]
  }
  await vault.share(at(ann), 'contact', id, [idOf(dan)])
  const seen = await vault.get(at(dan), 'contact', id)
  assert.deepEqual(await of(dan), ['contact', { id, title: seen.values['name'] }, false])
  // Nothing of the record lies in the notice itself.
  const [row] = await store.owner((tx) => tx.query({ text: 'select to_jsonb(n) as all from ops.notification n' }))
  assert.ok(!JSON.stringify(row).includes('欧阳'))
  const gone = [null, null, true]
  await vault.share(at(ann), 'contact', id, [])
  assert.deepEqual(await of(dan), gone)
  await vault.share(at(ann), 'contact', id, [idOf(dan)])
  assert.deepEqual(await of(dan), ['contact', { id, title: '欧阳娜娜' }, false])
  // Above the reader's clearance: the guard rails close it, in the policies and in the database.
  const cleared = { ...at(manager), principal: { ...manager.principal, clearance: 3 } }
  const { version } = await vault.get(cleared, 'contact', id)
  await vault.update(cleared, 'contact', id, version, { classification: 3 })
  assert.deepEqual(await of(dan), gone)
  await vault.update(cleared, 'contact', id, version + 1, { classification: 0 })
  // Another role, another sight of the same notice: what a list masks or hides is masked or hidden here.
  const shown = new Map<string, unknown>()
  for (const role of ['sales', 'manager', 'finance', 'support', 'marketing', 'auditor', 'system-administrator']) {
    const reader = { ...at(dan), principal: { ...dan.principal, role } }
    const titles = await vault.titles(reader, 'contact', [id])
    const notice = (await told(house, reader)).at(-1)
    assert.equal(notice?.record?.title ?? undefined, titles[id], role)
    shown.set(role, titles[id])
  }
  assert.deepEqual([shown.get('sales'), shown.get('auditor'), shown.get('system-administrator')], ['欧阳娜娜', '欧阳**', undefined]) // prettier-ignore
  await vault.remove(at(ann), 'contact', id, version + 2)
  assert.deepEqual(await of(dan), gone)
})

test('[vault-270] notices are their person’s alone: nobody else reads or marks them, and no program with a key', async () => {
  const house = await world()
  const { notifications } = house.opened
  await clear(house)
  for (let n = 0; n < 5; n++)
    await house.vault.assign(at(house.manager), 'account', await account(house, house.ann, `Own ${String(n)}`), idOf(house.bob)) // prettier-ignore
  const bob = at(house.bob)
  const first = await notifications.list(bob, { limit: 2 })
  const second = await notifications.list(bob, { limit: 2, cursor: first.next })
  const last = await notifications.list(bob, { limit: 2, cursor: second.next })
  const all = [...first.items, ...second.items, ...last.items]
  assert.deepEqual(all.map(({ record }) => record?.title), [4, 3, 2, 1, 0].map((n) => `Own ${String(n)}`)) // prettier-ignore
  assert.equal(last.next, undefined)
  await assert.rejects(notifications.list(bob, { limit: 2, cursor: 'x' }), (error) => isFault(error, 'bad-input'))
  const [newest, next] = all
  assert.ok(newest && next)
  await notifications.read(at(house.manager), { ids: [newest.id] })
  assert.equal(await notifications.unread(bob), 5)
  await notifications.read(bob, { ids: [newest.id] })
  assert.equal(await notifications.unread(bob), 4)
  // All that was shown; what came meanwhile stays unread.
  await notifications.read(bob, { until: new Date(newest.createdAt.getTime() - 1) })
  await house.vault.assign(at(house.manager), 'account', await account(house, house.ann, 'New'), idOf(house.bob))
  assert.ok((await notifications.unread(bob)) <= 1)
  assert.deepEqual((await told(house, bob)).filter(({ readAt }) => readAt === null).map(({ record }) => record?.title), ['New']) // prettier-ignore
  const program: Actor = { ...bob, principal: { ...bob.principal, bounds: { account: ['read'] } } }
  for (const work of [() => notifications.list(program, { limit: 5 }), () => notifications.unread(program), () => notifications.read(program, { ids: [] })]) await assert.rejects(work(), denied) // prettier-ignore
})

test('[vault-271] notices go after 90 days, beyond the newest of a person, and with the erasure of whom they are about', async () => {
  const house = await world()
  const { notifications } = house.opened
  const count = async (): Promise<number> =>
    (await house.store.owner((tx) => tx.query<{ n: number }>({ text: 'select count(*)::int as n from ops.notification' })))[0]?.n ?? -1 // prettier-ignore
  await clear(house)
  const { id } = await house.vault.create(at(house.ann), 'contact', {
    values: { name: '李娜', email: 'li@example.com' },
  })
  await house.vault.share(at(house.ann), 'contact', id, [idOf(house.dan)])
  await house.vault.assign(at(house.manager), 'account', await account(house, house.ann, 'Kept'), idOf(house.bob))
  const erasures = house.opened.erasures({ signer: () => house.keys.signer('erasure'), backupDays: 30 })
  await erasures.erase(at(house.admin), { subject: id, reason: 'request 9', code: id.slice(-8) })
  assert.deepEqual([await count(), (await told(house, house.dan)).length], [1, 0])
  await notifications.tidy()
  assert.equal(await count(), 1)
  later += 91 * 86_400_000
  await notifications.tidy()
  assert.equal(await count(), 0)
  await house.store.owner((tx) =>
    tx.query({
      text: `insert into ops.notification (tenant_id, id, user_id, kind, actor_id, created_at)
             select $1, gen_random_uuid(), $2, 'role', $3, $4::timestamptz - n * interval '1 second' from generate_series(1, $5) n`,
      values: [house.tenant, idOf(house.bob), idOf(house.admin), clock.now(), keptNotices + 7],
    }),
  )
  assert.equal(await notifications.unread(at(house.bob)), 100)
  await notifications.tidy()
  assert.equal(await count(), keptNotices)
})
