// Handing over from the people page: who may, what is refused before anything starts, and that the account is dead afterwards.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import type { GrantsAnswer, HandOverPreview, JobAnswer } from './contract.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

test('[server-190] [server-282] one dialog hands everything over and switches the account off, for who manages users, behind the password', async () => {
  const { admin, manager, sales, ids, house, signIn } = await server()
  const made = await sales.ask('POST', '/api/accounts', { body: { values: { name: 'Leaving Ltd' } } })
  const { id } = made.json() as { id: string }
  const path = `/api/users/${ids.sales}/hand-over`
  const wanted = { to: ids.other, byType: {}, password: testPassword }
  assert.equal((await manager.ask('GET', path)).status, 403)
  assert.equal((await manager.ask('POST', path, { body: wanted })).status, 403)
  const until = new Date(Date.now() + 86_400_000).toISOString()
  const lent = await sales.ask('POST', '/api/grants/record', { body: { to: ids.other, type: 'account', record: id, level: 'read', until, reason: 'visit' } }) // prettier-ignore
  assert.equal(lent.status, 201, lent.text)
  const toManager = await sales.ask('POST', '/api/grants/record', { body: { to: ids.manager, type: 'account', record: id, level: 'read', until, reason: 'visit' } }) // prettier-ignore
  assert.equal(toManager.status, 201, toManager.text)
  const preview = (await admin.ask('GET', path)).json() as HandOverPreview
  assert.deepEqual(preview.lent, { held: 0, given: 2, deputies: 0, named: 0 })
  assert.equal(preview.types.find(({ type }) => type === 'account')?.owned, 1)
  const refused: readonly [object, number][] = [
    [{ ...wanted, password: 'wrong' }, 401],
    [{ ...wanted, to: ids.sales }, 422],
    [{ ...wanted, byType: { account: '00000000-0000-7000-8000-00000000ffff' } }, 422],
  ]
  for (const [body, status] of refused) {
    const answer = await admin.ask('POST', path, { body })
    assert.equal(answer.status, status, answer.text)
  }
  const own = await admin.ask('POST', `/api/users/${ids.admin}/hand-over`, { body: wanted })
  assert.equal(own.status, 422, own.text)
  assert.equal((await sales.ask('GET', `/api/accounts/${id}`)).status, 200)

  const started = await admin.ask('POST', path, { body: wanted })
  assert.equal(started.status, 202, started.text)
  const job = started.json() as JobAnswer
  await house.jobs.run(job.id)
  const ended = (await admin.ask('GET', `/api/hand-overs/${job.id}`)).json() as JobAnswer
  assert.deepEqual([ended.state, ended.done], ['done', 1])
  const account = (await admin.ask('GET', `/api/accounts/${id}`)).json() as { ownerId: string }
  assert.equal(account.ownerId, ids.other)
  // What was lent to the receiver ends; what was lent to somebody else the receiver answers for.
  const { items } = (await admin.ask('GET', '/api/grants')).json() as GrantsAnswer
  const found = items.map(({ userId, passedTo, endedAt }) => [userId, passedTo, endedAt === null])
  assert.deepEqual(new Set(found), new Set([[ids.manager, ids.other, true], [ids.other, null, false]])) // prettier-ignore
  assert.equal((await sales.ask('GET', '/api/me')).status, 401)
  await assert.rejects(signIn('sales@example.org', testPassword))
  const told = (await admin.ask('GET', `/api/journal?act=hand-over.start&limit=5`)).json() as { items: unknown[] }
  assert.equal(told.items.length, 1)
})
