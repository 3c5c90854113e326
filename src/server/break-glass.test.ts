// Emergency access over HTTP: opened by a person, seen and reviewed by whoever manages alarms.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTestServer, type TestServer } from '../../test/support/server.ts'
import type { GlassItem } from './contract.ts'
import { breakGlassRoutes } from './break-glass.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

test('[server-193] emergency access opens behind a fresh confirmation, and another person in charge reviews it', async () => {
  const { admin, sales, other, ids } = await server()
  const row = breakGlassRoutes.find(({ method, path }) => method === 'POST' && path === '/api/break-glass')
  assert.equal(row?.confirm, true)
  const made = await other.ask('POST', '/api/accounts', { body: { values: { name: 'Closed Ltd' } } })
  const { id } = made.json() as { id: string }
  assert.equal((await sales.ask('GET', `/api/accounts/${id}`)).status, 404)
  const wish = { type: 'account', scope: 'record', of: id, reason: 'burst pipe at the customer', minutes: 5 }
  assert.equal((await sales.ask('POST', '/api/break-glass', { body: { ...wish, minutes: 90 } })).status, 400)
  const answer = await sales.ask('POST', '/api/break-glass', { body: wish })
  assert.equal(answer.status, 201, answer.text)
  const glass = answer.json() as GlassItem
  assert.equal((await sales.ask('GET', `/api/accounts/${id}`)).status, 200)
  const list = async (who: typeof sales): Promise<readonly GlassItem[]> =>
    ((await who.ask('GET', '/api/break-glass')).json() as { items: GlassItem[] }).items
  assert.deepEqual((await list(other)).length, 0)
  assert.equal((await list(sales))[0]?.id, glass.id)
  await new Promise((resolve) => setTimeout(resolve, 900))
  const [seen] = await list(admin)
  assert.equal(seen?.userId, ids.sales)
  assert.ok(seen.reads >= 1)
  const review = { justified: true, note: 'a burst pipe indeed' }
  assert.equal((await other.ask('POST', `/api/break-glass/${glass.id}/review`, { body: review })).status, 403)
  assert.equal((await sales.ask('POST', `/api/break-glass/${glass.id}/end`)).status, 204)
  assert.equal((await sales.ask('GET', `/api/accounts/${id}`)).status, 404)
  assert.equal((await admin.ask('POST', `/api/break-glass/${glass.id}/review`, { body: review })).status, 204)
  assert.equal((await list(admin))[0]?.justified, true)
})
