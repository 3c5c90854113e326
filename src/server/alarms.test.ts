// Alarms and large exports over HTTP: who may see, mark, settle and approve, and the session of who reads too fast.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { openTestServer, type TestServer } from '../../test/support/server.ts'
import type { AlarmItem, ExportFoundItem, ExportRequestItem, LimitsAnswer } from './contract.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

test('[server-191] canaries, alarms and limits are for those with the right; reading too fast ends the session where set', async () => {
  const { admin, sales, manager, ids } = await server()
  const made = await sales.ask('POST', '/api/accounts', { body: { values: { name: 'Bait Ltd' } } })
  const { id } = made.json() as { id: string }
  const bait = { type: 'account', recordId: id, note: 'bait' }
  for (const who of [sales, manager]) {
    assert.equal((await who.ask('POST', '/api/canaries', { body: bait })).status, 403)
    assert.equal((await who.ask('GET', '/api/alarms')).status, 403)
    assert.equal((await who.ask('GET', '/api/canaries')).status, 403)
  }
  assert.equal((await admin.ask('POST', '/api/canaries', { body: bait })).status, 204)
  assert.equal((await sales.ask('GET', `/api/accounts/${id}`)).status, 200)
  const alarms = async (): Promise<readonly AlarmItem[]> => {
    await new Promise((resolve) => setTimeout(resolve, 900))
    return ((await admin.ask('GET', '/api/alarms')).json() as { items: AlarmItem[] }).items
  }
  const [alarm] = await alarms()
  assert.deepEqual([alarm?.kind, alarm?.userId, alarm?.recordId], ['canary', ids.sales, id])
  const settle = await admin.ask('POST', `/api/alarms/${alarm?.id ?? ''}/settle`, { body: { note: 'asked; a slip' } })
  assert.equal(settle.status, 204, settle.text)
  const limits = (await admin.ask('GET', '/api/limits')).json() as LimitsAnswer
  const reading = { ...limits.reading, openedPerMinute: 5, endSession: true }
  assert.equal((await admin.ask('PUT', '/api/limits', { body: { ...limits, reading } })).status, 204)
  for (let n = 0; n < 6; n++) await sales.ask('GET', `/api/accounts/${id}`)
  assert.ok((await alarms()).some(({ kind, userId }) => kind === 'pace' && userId === ids.sales))
  assert.equal((await sales.ask('GET', '/api/me')).status, 401)
  assert.equal((await admin.ask('PUT', '/api/limits', { body: limits })).status, 204)
})

test('[server-191] [vault-155] how many values a person may reveal in a day is set beside the other limits', async () => {
  const { admin, manager, other } = await server()
  const made = await other.ask('POST', '/api/contacts', {
    body: { values: { name: 'Wang Wu', mobile: '13800138123' } },
  })
  const { id } = made.json() as { id: string }
  const reveal = () =>
    manager.ask('POST', `/api/contacts/${id}/unmask`, { body: { group: 'contact', reason: 'a call' } })
  const limits = (await admin.ask('GET', '/api/limits')).json() as LimitsAnswer
  assert.equal(limits.revealing.perDay, 200)
  const set = (perDay: number) => admin.ask('PUT', '/api/limits', { body: { ...limits, revealing: { perDay } } })
  assert.equal((await set(-1)).status, 400)
  assert.equal((await set(1)).status, 204)
  assert.equal((await reveal()).status, 200)
  const refused = await reveal()
  assert.deepEqual([refused.status, (refused.json() as { code: string }).code], [429, 'unmask-limit'])
  assert.equal((await set(200)).status, 204)
  assert.equal((await reveal()).status, 200)
})

test('[server-192] a large export waits for another person, and a found file leads back to it', async () => {
  const { admin, manager, other, ids } = await server()
  for (const name of ['One', 'Two']) await other.ask('POST', '/api/accounts', { body: { values: { name } } })
  const limits = (await admin.ask('GET', '/api/limits')).json() as LimitsAnswer
  const exporting = { ...limits.exporting, roles: { manager: 1 } }
  assert.equal((await admin.ask('PUT', '/api/limits', { body: { ...limits, exporting } })).status, 204)
  const run = () => manager.ask('POST', '/api/accounts/export', { body: { purpose: 'audit' } })
  const refused = await run()
  assert.equal(refused.status, 403)
  assert.equal((refused.json() as { code: string }).code, 'export-needs-approval')
  assert.equal(
    (await other.ask('POST', '/api/exports/requests', { body: { type: 'account', rows: 5, purpose: 'x' } })).status,
    403,
  )
  const asked = await manager.ask('POST', '/api/exports/requests', {
    body: { type: 'account', rows: 10, purpose: 'audit' },
  })
  const { id } = asked.json() as { id: string }
  assert.equal(
    (await manager.ask('POST', `/api/exports/requests/${id}/decide`, { body: { approved: true, reason: '' } })).status,
    403,
  )
  const waiting = (await admin.ask('GET', '/api/exports/requests')).json() as { items: ExportRequestItem[] }
  assert.deepEqual(
    waiting.items.map((one) => [one.id, one.userId, one.rows]),
    [[id, ids.manager, 10]],
  )
  assert.equal(
    (await admin.ask('POST', `/api/exports/requests/${id}/decide`, { body: { approved: true, reason: 'fine' } }))
      .status,
    204,
  )
  const file = await run()
  assert.equal(file.status, 200)
  const check = { sha256: createHash('sha256').update(file.text).digest('hex'), marks: [] }
  assert.equal((await manager.ask('POST', '/api/exports/check', { body: check })).status, 403)
  const found = (await admin.ask('POST', '/api/exports/check', { body: check })).json() as { items: ExportFoundItem[] }
  assert.deepEqual(
    found.items.map((one) => [one.userId, one.unchanged, one.journalled]),
    [[ids.manager, true, true]],
  )
  assert.equal((await run()).status, 403)
})
