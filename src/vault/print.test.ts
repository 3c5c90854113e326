// Paper: what a print holds, what of it stands in the journal, and when it is an export.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { isFault } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'

let opened: Promise<TestVault> | undefined
const world = (): Promise<TestVault> => (opened ??= openTestVault())
after(async () => {
  if (opened) await (await opened).close()
})

test('[vault-268] a print holds what a look shows, under a mark in the journal; a purpose unmasks one record, counted, and no list', async () => {
  const house = await world()
  const { vault, ann, dan, manager, because } = { ...house, because: house.because.bind(house) }
  const { id } = await vault.create(ann, 'account', { values: { name: 'Paper', phone: '021-5550077' } })
  const looked = await vault.print(manager, 'account', { id })
  assert.equal(looked.items[0]?.groups.contact, 'masked')
  const why = because(manager, 'for the signing')
  const unmasked = await vault.print(why, 'account', { id })
  assert.equal(unmasked.items[0]?.values['phone'], '021-5550077')
  const list = await vault.print(why, 'account', { query: {} })
  assert.equal(list.items.length, 1)
  assert.ok(!JSON.stringify(list).includes('5550077'))
  await assert.rejects(vault.print(dan, 'account', { id }), (error) => isFault(error, 'not-found'))
  assert.equal((await vault.print(dan, 'account', { query: {} })).items.length, 0)
  const { items } = await house.store.transaction(
    { tenant: house.tenant, principal: house.system.principal.id },
    (tx) => house.journal.list(tx, house.tenant, { act: 'record.print', limit: 10 }),
  )
  const told = new Map(items.map(({ detail, purpose, groups }) => [(detail as { print: string }).print, { detail, purpose, groups }])) // prettier-ignore
  assert.equal(told.size, 4)
  const entry = told.get(unmasked.mark)
  assert.deepEqual([entry?.purpose, (entry?.detail as { unmasked: string[] }).unmasked.includes('contact')], ['for the signing', true]) // prettier-ignore
  assert.deepEqual((told.get(looked.mark)?.detail as { unmasked: string[] }).unmasked, [])
  const counted = await house.store.owner((tx) =>
    tx.query<{ count: number }>({
      text: 'select count from ops.unmask_count where user_id = $1',
      values: [manager.principal.id],
    }),
  )
  assert.deepEqual(counted.map(({ count }) => count), [1]) // prettier-ignore
})

test('[vault-268] more than a page of a list is an export: with its right, its purpose and its count', async () => {
  const house = await world()
  const { vault, cleo, manager } = house
  const drafts = Array.from({ length: 201 }, (_, i) => ({ values: { name: `Many ${String(i)}` }, ownerId: cleo.principal.id })) // prettier-ignore
  await vault.importBatch(house.because(house.admin, 'import'), 'lead', drafts.map((draft) => ({ ...draft }))) // prettier-ignore
  await assert.rejects(vault.print(cleo, 'lead', { query: {} }), (error) => isFault(error, 'denied'))
  await assert.rejects(vault.print(manager, 'lead', { query: {} }), (error) => isFault(error, 'bad-input'))
  const { mark, items } = await vault.print(house.because(manager, 'the fair in May'), 'lead', { query: {} })
  assert.equal(items.length, 201)
  const [row] = await house.store.owner((tx) =>
    tx.query<{ rows: number }>({ text: 'select rows from ops.export where id = $1', values: [mark] }),
  )
  assert.equal(row?.rows, 201)
})
