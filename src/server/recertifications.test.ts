// Recertification over HTTP: started by who manages grants, decided by managers for their people, taken back for real: roles, sessions and keys.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { systemClock } from '#kernel'
import { type Client, openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import type { RecertificationsAnswer, RecertifyLine } from './contract.ts'
import { reviewDaily } from './daily.ts'
import { seatOf } from './seat.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

const path = '/api/recertifications'
const state = async (who: Client): Promise<RecertificationsAnswer> =>
  (await who.ask('GET', path)).json() as RecertificationsAnswer
const linesOf = async (who: Client, campaign: string): Promise<readonly RecertifyLine[]> =>
  ((await who.ask('GET', `${path}/${campaign}/lines`)).json() as { items: RecertifyLine[] }).items

test('[server-242] a campaign is started by who manages grants and decided by managers; a role and a key taken back are gone, with the sessions', async () => {
  const { admin, manager, sales, ids, house, signIn } = await server()
  const made = await house.vault.create(house.system, 'user', {
    values: { name: 'Eve', email: 'eve@example.org', role: 'sales', furtherRoles: ['finance'], unit: ids.team, active: true, language: 'en' },
  }) // prettier-ignore
  await house.identity.setPassword(made.id, testPassword, { actor: house.system })
  const eve = await signIn('eve@example.org', testPassword)
  const key = await house.identity.apiKeys.create(
    { userId: made.id, label: 'sync', bounds: { account: ['read'] }, networks: [], perMinute: 60, expiresAt: new Date(Date.now() + 86_400_000) },
    { actor: house.system },
  ) // prettier-ignore
  assert.equal((await sales.ask('POST', path)).status, 403)
  assert.equal((await manager.ask('POST', path)).status, 403)
  const started = await admin.ask('POST', path)
  assert.equal(started.status, 201, started.text)
  const { id } = started.json() as { id: string }
  assert.equal((await admin.ask('POST', path)).status, 409)
  assert.deepEqual([(await state(sales)).waiting?.lines, (await state(sales)).manages], [0, false])
  assert.deepEqual(await linesOf(sales, id), [])
  const ofEve = (await linesOf(manager, id)).filter(({ personId }) => personId === made.id)
  assert.deepEqual(ofEve.map(({ kind }) => kind).toSorted(), ['key', 'role', 'role', 'team'])
  assert.equal((await linesOf(manager, id)).length, (await state(manager)).waiting?.lines)
  const decide = (who: Client, lines: readonly RecertifyLine[], decision: string, reason = 'as agreed') =>
    who.ask('POST', `${path}/${id}/decide`, { body: { lines: lines.map((one) => one.id), decision, reason } })
  assert.equal((await decide(sales, ofEve, 'keep')).status, 403)
  assert.equal((await decide(manager, ofEve, 'keep', ' ')).status, 422)
  assert.equal((await decide(manager, ofEve, 'forget')).status, 400)
  const gone = ofEve.filter(({ kind, what }) => kind === 'key' || what === 'finance')
  assert.equal((await decide(manager, gone, 'revoke')).status, 204)
  assert.equal((await decide(manager, gone, 'keep')).status, 409)
  assert.deepEqual((await house.staff.get(made.id))?.roles, [])
  assert.equal((await eve.ask('GET', '/api/me')).status, 401)
  const left = (await house.identity.apiKeys.list(made.id)).find((one) => one.id === key.made.id)
  assert.ok(left?.revokedAt instanceof Date)
  const rest = (await linesOf(manager, id)).filter(({ mine }) => mine)
  assert.equal((await decide(manager, rest, 'keep')).status, 204)
  const [campaign] = (await state(admin)).items
  assert.deepEqual([campaign?.revoked, campaign?.kept, campaign?.finishedAt], [2, rest.length, null])
  assert.equal((await manager.ask('POST', `${path}/${id}/finish`)).status, 403)
  assert.equal((await admin.ask('POST', `${path}/${id}/finish`)).status, 204)
  const [done] = (await state(admin)).items
  const told = (await admin.ask('GET', '/api/journal?act=recertify.finish')).json() as { items: { detail: { sha256: string; undecided: number } }[] } // prettier-ignore
  assert.equal(told.items[0]?.detail.sha256, done?.sha256)
  assert.ok((told.items[0]?.detail.undecided ?? 0) > 0)
})

test('[server-242] a running server starts one by itself when it is due, once however many processes run', async () => {
  const { house } = await server()
  const later = { now: () => new Date(Date.now() + 91 * 86_400_000) }
  const tick = (clock: typeof systemClock) =>
    reviewDaily(seatOf(house), { clock, log: () => undefined, everyMs: 0 }).tick()
  const count = async (): Promise<number> => (await house.recertifications.list()).length
  const before = await count()
  await tick(systemClock)
  assert.equal(await count(), before)
  await house.store.owner(
    (tx) =>
    tx.query({ text: `update ops.recertification set started_at = started_at - interval '91 days', due_at = due_at - interval '91 days'` }), // prettier-ignore
  )
  await Promise.all([tick(systemClock), tick(later)])
  assert.equal(await count(), before + 1)
  const [open] = await house.recertifications.list()
  assert.deepEqual([open?.scope, open?.startedBy], ['all', house.system.principal.id])
})
