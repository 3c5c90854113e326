// Deputies over HTTP: named after a fresh confirmation, seen by those concerned, their deeds told as for somebody, ended early.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { services } from '#kernel'
import { type Client, openTestServer, type TestServer } from '../../test/support/server.ts'
import type { DeputiesAnswer, DeputyItem, HistoryItem, JournalAnswer } from './contract.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString()
const list = async (who: Client): Promise<DeputiesAnswer> =>
  (await who.ask('GET', '/api/deputies')).json() as DeputiesAnswer

test('[server-241] a deputy is named after a fresh confirmation, works on the records, is told in the history as for somebody, and ends', async () => {
  const { admin, manager, sales, other, ids, house } = await server()
  const made = await other.ask('POST', '/api/accounts', { body: { values: { name: 'Away Ltd' } } })
  const { id, version } = made.json() as { id: string; version: number }
  const body = { deputy: ids.sales, until: inHours(30), reason: 'annual leave' }
  await house.store.transaction(
    { tenant: house.tenant, principal: services.system },
    (tx) =>
    tx.query({ text: `update identity.session set confirmed_at = confirmed_at - interval '1 hour' where user_id = $1`, values: [ids.other] }), // prettier-ignore
  )
  assert.equal(((await other.ask('POST', '/api/deputies', { body })).json() as { code: string }).code, 'confirm-needed')
  assert.equal((await sales.ask('GET', `/api/accounts/${id}`)).status, 404)
  // A representative does not name for a colleague; the manager, who could hand the records on, does.
  assert.equal((await sales.ask('POST', '/api/deputies', { body: { ...body, person: ids.other, deputy: ids.manager } })).status, 403) // prettier-ignore
  const answer = await manager.ask('POST', '/api/deputies', { body: { ...body, person: ids.other } })
  assert.equal(answer.status, 201, answer.text)
  const one = answer.json() as DeputyItem
  assert.equal((await sales.ask('GET', `/api/accounts/${id}`)).status, 200)
  const changed = await sales.ask('PATCH', `/api/accounts/${id}`, { body: { version, values: { website: 'https://away.example' } } }) // prettier-ignore
  assert.equal(changed.status, 200, changed.text)
  const history = (await other.ask('GET', `/api/accounts/${id}/history`)).json() as { items: HistoryItem[] }
  const deed = history.items.find(({ act }) => act === 'record.update')
  assert.ok(deed && deed.onBehalfOf !== undefined && deed.onBehalfOf !== deed.actor)
  // The journal's list says it too, by name.
  const trail = (await admin.ask('GET', `/api/journal?act=record.update&recordId=${id}`)).json() as JournalAnswer
  assert.deepEqual(trail.items.map(({ actor, onBehalfOf }) => [actor, onBehalfOf]), [['sales', ['other']]]) // prettier-ignore
  for (const who of [sales, other, manager, admin])
    assert.ok((await list(who)).items.some((each) => each.id === one.id))
  assert.deepEqual((await list(sales)).mayNameFor, [ids.sales])
  assert.ok((await list(manager)).mayNameFor.includes(ids.other))
  assert.equal((await sales.ask('POST', `/api/deputies/${one.id}/end`)).status, 204)
  assert.equal((await sales.ask('GET', `/api/accounts/${id}`)).status, 404)
  assert.equal((await sales.ask('POST', `/api/deputies/${one.id}/end`)).status, 404)
})
