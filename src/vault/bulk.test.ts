// One change for many records: what is told beforehand is what happens, each record for itself, and nothing changed meanwhile is overwritten.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Actor, isFault, newId, type Uuid } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import type { Seen } from './vault.ts'

let opened: Promise<TestVault> | undefined
const world = (): Promise<TestVault> => (opened ??= openTestVault())
after(async () => {
  if (opened) await (await opened).close()
})

const account = (house: TestVault, actor: Actor, name: string, more: object = {}): Promise<Seen> =>
  house.vault.create(actor, 'account', { values: { name, ...more } })
const named = (seen: Seen): { readonly id: Uuid; readonly version: number } => ({ id: seen.id, version: seen.version })

test('[vault-266] a preview says of each record whether it would change, and of the others why not; nothing is written', async () => {
  const house = await world()
  const { vault, ann, bob, dan } = house
  const mine = await account(house, ann, 'Mine')
  const done = await account(house, ann, 'Done', { source: 'website' })
  const stale = await account(house, ann, 'Stale')
  await vault.update(ann, 'account', stale.id, stale.version, { name: 'Stale no more' })
  const hidden = await account(house, dan, 'Hidden')
  const shared = await account(house, bob, 'Shared')
  await vault.share(bob, 'account', shared.id, [ann.principal.id])
  const now = { id: shared.id, version: shared.version + 1 }
  const change = { values: { source: 'website' } }
  const records = [named(mine), named(done), named(stale), named(hidden), now]
  const told = await vault.bulk.preview(ann, 'account', { records }, change)
  assert.deepEqual([told.total, told.capped, told.unchanged], [5, false, 1])
  assert.deepEqual(told.records, [named(mine)])
  assert.deepEqual(told.refused.map(({ why, ids }) => [why.code, why.details['action'], ids]).toSorted(), [
    ['conflict', undefined, [stale.id]],
    ['denied', 'edit.basic', [shared.id]],
    ['not-found', undefined, [hidden.id]],
  ])
  assert.equal((await vault.get(ann, 'account', mine.id)).version, mine.version)
  // All that a list holds, at most a thousand of them.
  const all = await vault.bulk.preview(ann, 'account', { query: { search: 'Mine' } }, change)
  assert.deepEqual([all.total, all.records], [1, [named(mine)]])
  // What belongs to one record is not said of many, and nothing at all is no change.
  for (const wrong of [{ values: { phone: '021-5550000' } }, { values: { parent: mine.id } }, { values: {} }, { values: { source: 'no such' } }])
    await assert.rejects(vault.bulk.preview(ann, 'account', { records: [named(mine)] }, wrong), (error) => isFault(error, 'bad-value') || isFault(error, 'bad-input')) // prettier-ignore
  await assert.rejects(
    vault.bulk.preview(house.admin, 'user', { records: [] }, { values: { active: false } }),
    (error) => isFault(error, 'denied'),
  )
})

test('[vault-267] each record changes for itself under one act of the journal; of two at once one wins and the other is told', async () => {
  const house = await world()
  const { vault, manager, ann, bob, cleo, dan } = house
  const [one, two, three] = [
    await account(house, ann, 'One'),
    await account(house, bob, 'Two'),
    await account(house, dan, 'Three'),
  ]
  const act = newId()
  const change = { values: { source: 'referral' }, ownerId: cleo.principal.id }
  const records = [one, two, three].map(named)
  const result = await vault.bulk.apply(manager, 'account', act, records, change)
  assert.deepEqual(result.changed, [one.id, two.id])
  assert.deepEqual(result.refused.map(({ why, ids }) => [why.code, ids]), [['not-found', [three.id]]]) // prettier-ignore
  for (const { id } of [one, two]) {
    const seen = await vault.get(cleo, 'account', id)
    assert.deepEqual([seen.ownerId, seen.values['source'], seen.version], [cleo.principal.id, 'referral', 2])
  }
  const entries = await house.store.transaction(
    { tenant: house.tenant, principal: house.system.principal.id },
    async (tx) => [
      await house.journal.list(tx, house.tenant, { act: 'record.bulk', limit: 1 }),
      await house.journal.list(tx, house.tenant, { act: 'record.update', recordId: one.id, limit: 5 }),
      await house.journal.list(tx, house.tenant, { act: 'record.update', recordId: two.id, limit: 5 }),
    ],
  )
  const details = entries.map(({ items }) => items.map(({ detail }) => detail as { bulk: string; changed?: string[] }))
  assert.deepEqual(details.map((each) => each.map(({ bulk }) => bulk)), [[act], [act], [act]]) // prettier-ignore
  assert.deepEqual(details[0]?.[0]?.changed, [one.id, two.id])
  // Seen before, and changed since: named, not overwritten.
  const again = await vault.bulk.apply(manager, 'account', newId(), [named(one)], { values: { source: 'website' } })
  assert.deepEqual([again.changed, again.refused[0]?.why.code], [[], 'conflict'])
  assert.equal((await vault.get(cleo, 'account', one.id)).values['source'], 'referral')
  const seen = [{ id: one.id, version: 2 }]
  const both = await Promise.all(
    ['website', 'exhibition'].map((source) =>
      vault.bulk.apply(manager, 'account', newId(), seen, { values: { source } }),
    ),
  )
  assert.deepEqual(both.map(({ changed }) => changed.length).toSorted(), [0, 1])
  assert.equal(both.flatMap(({ refused }) => refused)[0]?.why.code, 'conflict')
  // Nobody gives away what is not theirs to give, whatever else would change.
  const cleos = await vault.get(cleo, 'account', two.id)
  const given = await vault.bulk.apply(dan, 'account', newId(), [named(cleos)], {
    values: {},
    ownerId: dan.principal.id,
  })
  assert.deepEqual([given.changed, given.refused[0]?.why.code], [[], 'not-found'])
  const nothing = await vault.bulk.apply(cleo, 'account', newId(), [named(cleos)], { values: { source: 'referral' } })
  assert.deepEqual([nothing.changed, nothing.unchanged], [[], 1])
  const many = Array.from({ length: 101 }, () => named(one))
  await assert.rejects(vault.bulk.apply(manager, 'account', newId(), many, change), (error) =>
    isFault(error, 'too-large'),
  )
})

test('[vault-265] the reason of a change unmasks nothing in its answer, and a right guess is answered as a wrong one', async () => {
  const house = await world()
  const { vault, manager, ann } = house
  const { id } = await account(house, ann, 'Masked', { phone: '021-5550099' })
  const before = await vault.get(manager, 'account', id)
  assert.equal(before.groups.contact, 'masked')
  const answers = []
  answers.push(await vault.assign(house.because(manager, 'house-keeping'), 'account', id, house.bob.principal.id))
  answers.push(await vault.share(house.because(manager, 'house-keeping'), 'account', id, [ann.principal.id]))
  for (const answer of answers) {
    assert.equal(answer.groups.contact, 'masked')
    assert.ok(!JSON.stringify(answer).includes('5550099'))
  }
  // Ann reads it now, and may change nothing of it.
  const outcomes = []
  for (const phone of ['021-5550099', '021-5550098'])
    outcomes.push(
      await vault.update(ann, 'account', id, 3, { phone }).catch((error: unknown) => isFault(error, 'denied')),
    )
  assert.deepEqual(outcomes, [true, true])
})
