// Refusals in words: every right has a sentence in both languages, and what one may not know of stays as unknown as before.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldGroups, refusalOf } from '#kernel'
import { fixedPolicies, recordActions, systemActions } from '#access'
import { openTestServer } from '../../test/support/server.ts'

test('[server-211] every action that can be refused has a sentence that names a right and whom to ask, and no policy', () => {
  const groups = fieldGroups.flatMap((group) => ['view', 'unmask', 'edit'].map((verb) => `${verb}.${group}`))
  const system = systemActions.filter((action) => action !== 'journal.write')
  const seen = new Set<string>()
  for (const action of [...recordActions, 'convert', ...groups, ...system]) {
    const [zh, en] = [refusalOf(action, 'zh'), refusalOf(action, 'en')]
    assert.match(zh ?? '', /^您没有.+的权限，如有需要请联系.+/, action)
    assert.match(en ?? '', /^you lack the right to .+; ask .+ if you need it$/, action)
    assert.doesNotMatch(zh ?? '', /[a-z]/, action)
    for (const { id } of fixedPolicies()) assert.ok(!en?.includes(id))
    seen.add(en ?? '')
  }
  assert.equal(seen.size, recordActions.length + 1 + groups.length + system.length)
  for (const other of ['', 'view', 'view.nothing', 'constructor', '__proto__.contact', 'view.__proto__'])
    assert.equal(refusalOf(other, 'en'), undefined, other)
})

test('[server-211] who sees a record and may not change it reads why in their language; who does not see it learns nothing', async () => {
  const { sales, other, close } = await openTestServer()
  const said = async (path: string, options: { body?: unknown } = {}, method = 'GET') => {
    const answer = await sales.ask(method, path, options)
    const { detail, code } = answer.json() as { detail: string; code: string }
    return { status: answer.status, detail, code }
  }
  const made = await other.ask('POST', '/api/accounts', { body: { values: { name: 'Kept Ltd', phone: '13800138001' } } }) // prettier-ignore
  const { id } = made.json() as { id: string }
  const missing = '01a00000-0000-7000-8000-000000000000'
  const edit = { body: { version: 1, values: { phone: '13900139001' } } }
  assert.deepEqual(await said(`/api/accounts/${id}`, edit, 'PATCH'), await said(`/api/accounts/${missing}`, edit, 'PATCH')) // prettier-ignore
  assert.equal((await said(`/api/accounts/${id}`)).status, 404)
  const me = ((await sales.ask('GET', '/api/me')).json() as { id: string }).id
  await other.ask('POST', `/api/accounts/${id}/share`, { body: { userIds: [me] } })
  const version = ((await sales.ask('GET', `/api/accounts/${id}`)).json() as { version: number }).version
  const refused = await said(`/api/accounts/${id}`, { body: { version, values: { phone: '13900139001' } } }, 'PATCH')
  assert.deepEqual([refused.status, refused.code], [403, 'denied'])
  assert.ok([refusalOf('edit.contact', 'zh'), refusalOf('edit.contact', 'en')].includes(refused.detail), refused.detail)
  const unmask = await said(`/api/accounts/${id}/unmask`, { body: { group: 'contact', reason: 'a call' } }, 'POST')
  assert.ok([refusalOf('unmask.contact', 'zh'), refusalOf('unmask.contact', 'en')].includes(unmask.detail))
  const out = await said('/api/accounts/export', { body: { purpose: 'a list' } }, 'POST')
  assert.ok([refusalOf('export', 'zh'), refusalOf('export', 'en')].includes(out.detail), out.detail)
  await close()
})
