// Rights for a while over HTTP: lent by who may share, seen by both, ended early, a role behind a fresh confirmation.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { services } from '#kernel'
import { type Client, openTestServer, type TestServer } from '../../test/support/server.ts'
import type { GrantItem, GrantsAnswer } from './contract.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString()
const list = async (who: Client): Promise<GrantsAnswer> => (await who.ask('GET', '/api/grants')).json() as GrantsAnswer
const codeOf = (answer: { json(): unknown }): string => (answer.json() as { code: string }).code

test('[server-240] a record is lent and ended over the interface; giver and receiver see it, others do not, administrators see all', async () => {
  const { admin, manager, sales, other, ids } = await server()
  const made = await other.ask('POST', '/api/accounts', { body: { values: { name: 'Lent Ltd' } } })
  const { id } = made.json() as { id: string }
  const body = { to: ids.sales, type: 'account', record: id, level: 'read', until: inHours(2), reason: 'joint visit' }
  assert.equal((await sales.ask('POST', '/api/grants/record', { body })).status, 404)
  const answer = await other.ask('POST', '/api/grants/record', { body })
  assert.equal(answer.status, 201, answer.text)
  const grant = answer.json() as GrantItem
  assert.equal((await sales.ask('GET', `/api/accounts/${id}`)).status, 200)
  for (const [who, sees, all] of [[sales, true, false], [other, true, false], [manager, false, false], [admin, true, true]] as const) {
    const found = await list(who)
    assert.deepEqual([found.items.some((one) => one.id === grant.id), found.all], [sees, all])
  } // prettier-ignore
  const onRecord = `/api/grants/record?type=account&id=${id}`
  assert.equal(((await other.ask('GET', onRecord)).json() as GrantsAnswer).items[0]?.id, grant.id)
  assert.equal((await sales.ask('GET', onRecord)).status, 403)
  assert.equal((await sales.ask('GET', `/api/grants/record?type=user&id=${ids.sales}`)).status, 404)
  for (const wrong of [{ until: 'tomorrow' }, { until: inHours(-1) }, { from: 'x' }, { level: 'own' }, { reason: ' ' }, { to: ids.other }])
    assert.ok([400, 422].includes((await other.ask('POST', '/api/grants/record', { body: { ...body, ...wrong } })).status), JSON.stringify(wrong)) // prettier-ignore
  assert.equal((await sales.ask('POST', `/api/grants/${grant.id}/end`)).status, 404)
  assert.equal((await other.ask('POST', `/api/grants/${grant.id}/end`)).status, 204)
  assert.equal((await sales.ask('GET', `/api/accounts/${id}`)).status, 404)
})

test('[server-240] a role is lent after a fresh confirmation by whoever manages grants; the longest time is a setting of theirs', async () => {
  const { admin, manager, ids, house } = await server()
  const body = { to: ids.other, role: 'finance', until: inHours(2), reason: 'quarter end' }
  const limits = { grantDays: 10, deputyDays: 20, recertifyDays: 30 }
  assert.equal((await manager.ask('POST', '/api/grants/role', { body })).status, 403)
  assert.equal((await manager.ask('PUT', '/api/grants/limits', { body: limits })).status, 403)
  assert.equal((await admin.ask('PUT', '/api/grants/limits', { body: { ...limits, grantDays: 0 } })).status, 400)
  assert.equal((await admin.ask('PUT', '/api/grants/limits', { body: limits })).status, 204)
  assert.deepEqual((await list(admin)).limits, limits)
  assert.equal(codeOf(await admin.ask('POST', '/api/grants/role', { body: { ...body, until: inHours(24 * 12) } })), 'lent-too-long') // prettier-ignore
  assert.equal((await admin.ask('POST', '/api/grants/role', { body })).status, 201)
  await house.store.transaction({ tenant: house.tenant, principal: services.system }, (tx) =>
    tx.query({ text: `update identity.session set confirmed_at = confirmed_at - interval '1 hour'` }),
  )
  assert.equal(codeOf(await admin.ask('POST', '/api/grants/role', { body })), 'confirm-needed')
})
