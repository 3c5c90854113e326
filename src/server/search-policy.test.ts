// How the tenant searches, over HTTPS: who may see it, who may change it and behind what, and what comes out.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestServer, testPassword } from '../../test/support/server.ts'
import type { JobAnswer } from './contract/jobs.ts'
import type { LeakageAnswer, SearchAnswer } from './contract/search.ts'

test('[server-62] the search policy is shown and changed behind the password; leakage comes out as shares alone', async () => {
  const { admin, sales, house, close } = await openTestServer()
  const mobile = '13912345678'
  const made = await admin.ask('POST', '/api/contacts', { body: { values: { name: '诸葛亮', mobile } } })
  assert.equal(made.status, 201, made.text)
  const change = {
    storage: 'database',
    fields: [{ type: 'contact', field: 'mobile', modes: ['exact'], partitions: 1 }],
  }
  for (const [method, path] of [
    ['GET', '/api/keys/search'],
    ['GET', '/api/keys/leakage'],
  ] as const)
    assert.equal((await sales.ask(method, path)).status, 403, path)
  assert.equal(
    (await sales.ask('PATCH', '/api/keys/search', { body: { ...change, password: testPassword } })).status,
    403,
  )
  assert.ok((await admin.ask('PATCH', '/api/keys/search', { body: { ...change, password: 'no' } })).status >= 400)
  const unfit = { ...change, fields: [{ type: 'contact', field: 'mobile', modes: ['pinyin'], partitions: 1 }] }
  assert.equal(
    (await admin.ask('PATCH', '/api/keys/search', { body: { ...unfit, password: testPassword } })).status,
    400,
  )
  assert.equal((await house.jobs.list()).length, 0)
  const started = await admin.ask('PATCH', '/api/keys/search', { body: { ...change, password: testPassword } })
  assert.equal(started.status, 202, started.text)
  assert.equal((await house.jobs.run((started.json() as JobAnswer).id)).state, 'done')
  const rotated = await admin.ask('POST', '/api/keys/rotations', { body: { what: 'index', password: testPassword } })
  assert.equal((await house.jobs.run((rotated.json() as JobAnswer).id)).state, 'done')
  const shown = (await admin.ask('GET', '/api/keys/search')).json() as SearchAnswer
  assert.deepEqual([shown.generation, shown.building, shown.hash, shown.storage], [3, null, 'sha256', 'database'])
  assert.deepEqual(shown.fields.find((one) => one.type === 'contact' && one.field === 'mobile')?.modes, ['exact'])
  const leakage = await admin.ask('GET', '/api/keys/leakage')
  assert.equal(leakage.status, 200, leakage.text)
  const field = (leakage.json() as LeakageAnswer).fields.find((one) => one.type === 'contact' && one.field === 'mobile')
  assert.ok(field?.attacks.some((one) => one.attack === 'prefix' && one.recovered === 0 && one.unkeyed === 1))
  assert.ok(!leakage.text.includes(mobile) && !leakage.text.includes('诸葛'))
  await close()
})
