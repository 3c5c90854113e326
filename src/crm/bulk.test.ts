import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault, newId } from '#kernel'
import { openTestVault } from '../../test/support/vault.ts'
import { editMany, previewEdits } from './bulk.ts'

test('[crm-105] many deals move as one does: lost needs a reason, won marks the accounts, texts are changed one by one', async () => {
  const house = await openTestVault()
  try {
    const { vault, ann, manager, cleo } = house
    const deals = []
    for (const name of ['A', 'B']) {
      const account = (await vault.create(ann, 'account', { values: { name } })).id
      deals.push(await vault.create(ann, 'deal', { values: { name, account, stage: 'proposal' } }))
    }
    const records = deals.map(({ id, version }) => ({ id, version }))
    for (const edit of [{ values: { stage: 'lost' } }, { values: { stage: 'nowhere' } }, { values: { name: 'C' } }])
      await assert.rejects(previewEdits(vault, ann, 'deal', { records }, edit), (error) => isFault(error, 'bad-value'))
    await assert.rejects(previewEdits(vault, ann, 'account', { records: [] }, { values: {}, ownerId: null }), (error) =>
      isFault(error, 'bad-value'),
    )
    const lost = { values: { stage: 'lost' }, reason: 'price' }
    assert.deepEqual((await previewEdits(vault, ann, 'deal', { records }, lost)).records, records)
    assert.equal((await editMany(vault, ann, 'deal', newId(), records, lost)).changed.length, 2)
    const one = await vault.get(ann, 'deal', deals[0]?.id ?? '')
    assert.deepEqual([one.values['lostReason'], one.values['closeDate']], ['price', ann.env.now.toISOString().slice(0, 10)]) // prettier-ignore
    const next = records.map(({ id, version }) => ({ id, version: version + 1 }))
    const won = await editMany(vault, manager, 'deal', newId(), next, { values: { stage: 'won' }, ownerId: cleo.principal.id }) // prettier-ignore
    assert.equal(won.changed.length, 2)
    const after = await vault.get(cleo, 'deal', deals[1]?.id ?? '')
    assert.deepEqual([after.values['stage'], after.values['lostReason'] ?? null, after.ownerId], ['won', null, cleo.principal.id]) // prettier-ignore
    for (const deal of deals)
      assert.equal((await vault.get(ann, 'account', String(deal.values['account']))).values['status'], 'won')
  } finally {
    await house.close()
  }
})
