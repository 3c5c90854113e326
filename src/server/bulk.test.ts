// One change for many records over HTTP: previewed, carried out, told in words.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from '#kernel'
import { openTestServer } from '../../test/support/server.ts'
import type { BulkAnswer, BulkPreviewAnswer, RecordAnswer } from './contract.ts'

test('[server-252] a change of many is previewed, carried out and told in words, with the names the person may see', async () => {
  const server = await openTestServer()
  const { sales, other, manager, ids } = server
  const make = async (name: string, by = sales): Promise<RecordAnswer> => (await by.ask('POST', '/api/leads', { body: { values: { name } } })).json() as RecordAnswer // prettier-ignore
  const records = []
  for (const name of ['甲', '乙', '丙']) records.push(await make(name))
  const foreign = await make('别人的', other)
  const change = { values: { source: 'exhibition' } }
  const all = await sales.ask('POST', '/api/leads/bulk/preview', { body: { ...change, filters: [{ field: 'owner', op: 'eq', value: ids.sales }] } }) // prettier-ignore
  assert.equal(all.status, 200, all.text + server.log.join('\n'))
  const preview = all.json() as BulkPreviewAnswer
  assert.deepEqual([preview.total, preview.records.length, preview.unchanged, preview.capped], [3, 3, 0, false])
  // Changed between look and act: named and left alone.
  const [first] = records
  assert.ok(first)
  await sales.ask('PATCH', `/api/leads/${first.id}`, {
    body: { version: first.version, values: { source: 'referral' } },
  })
  const wanted = [...preview.records, { id: foreign.id, version: foreign.version }]
  const run = await sales.ask('POST', '/api/leads/bulk', { body: { ...change, act: newId(), records: wanted }, headers: { 'accept-language': 'zh' } }) // prettier-ignore
  assert.equal(run.status, 200, run.text)
  const done = run.json() as BulkAnswer
  assert.equal(done.changed, 2)
  assert.deepEqual(
    done.refused.map(({ count, records: of }) => [count, of[0]?.title]).toSorted(),
    [[1, ''], [1, '甲']],
  ) // prettier-ignore
  assert.ok(
    done.refused.every(({ reason }) => /\p{Script=Han}/u.test(reason)),
    run.text,
  )
  const now = (await sales.ask('GET', `/api/leads/${first.id}`)).json() as RecordAnswer
  assert.equal(now.values['source'], 'referral')
  // Owners too; and whoever may not give away is told so, for each.
  const given = { values: {}, ownerId: ids.other, records: [{ id: now.id, version: now.version }] }
  const refused = (await sales.ask('POST', '/api/leads/bulk/preview', { body: given })).json() as BulkPreviewAnswer
  const passed = (
    await manager.ask('POST', '/api/leads/bulk', { body: { ...given, act: newId() } })
  ).json() as BulkAnswer
  assert.equal(passed.changed, 1)
  assert.equal(refused.records.length + refused.refused.length, 1)
  for (const [body, status] of [
    [{ values: { mobile: '13900000000' } }, 422],
    [{ values: {} }, 400],
    [{ values: { source: 'no such' } }, 422],
    [{ values: {}, ownerId: null, records: [] }, 422],
  ] as const) {
    const answer = await sales.ask('POST', '/api/leads/bulk/preview', { body })
    assert.equal(answer.status, status, answer.text)
  }
  const acts = (await server.admin.ask('GET', '/api/journal?act=record.bulk&limit=5')).json() as { items: { actorId: string }[] } // prettier-ignore
  assert.equal(acts.items.length, 2)
  await server.close()
})
