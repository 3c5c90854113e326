// Policies changed over HTTPS: who may look, propose, decide and take back, and what it does to the next request.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestServer } from '../../test/support/server.ts'
import type { PolicyCheckAnswer, PolicyControlAnswer } from './contract/policies.ts'

test('[server-150] policies are shown, checked and proposed by those who may, never approved by who proposed them', async () => {
  const { admin, manager, sales, close } = await openTestServer()
  const shown = await admin.ask('GET', '/api/policies/control')
  const { document, versions } = shown.json() as PolicyControlAnswer
  assert.equal(versions.filter(({ active }) => active).length, 1)
  assert.ok(document.roles.some(({ name }) => name === 'audit-administrator'))
  const next = { ...document, defaults: { task: 'public' } }
  const checked = (
    await admin.ask('POST', '/api/policies/check', { body: { document: next } })
  ).json() as PolicyCheckAnswer
  assert.ok(checked.policies.some(({ id }) => id === 'default.task') && checked.digest !== versions[0]?.digest)
  const wrong = await admin.ask('POST', '/api/policies/check', { body: { document: { ...next, defaults: { task: 'open' } } } }) // prettier-ignore
  assert.equal(wrong.status, 422, wrong.text)
  assert.match(wrong.text, /defaults\.task/)
  for (const who of [manager, sales])
    for (const [method, path, body] of [
      ['GET', '/api/policies/control', undefined],
      ['POST', '/api/policies/check', { document: next }],
      ['POST', '/api/policies/changes', { title: 'x', document: next }],
      ['POST', '/api/policies/versions/1/rollback', undefined],
    ] as const)
      assert.equal((await who.ask(method, path, body === undefined ? {} : { body })).status, 403, path)
  const made = await admin.ask('POST', '/api/policies/changes', { body: { title: 'open tasks', document: next } })
  assert.equal(made.status, 201, made.text)
  const { id } = made.json() as { id: string }
  const decided = await admin.ask('POST', `/api/policies/changes/${id}/decision`, { body: { approve: true, reason: '' } }) // prettier-ignore
  assert.equal(decided.status, 409, decided.text)
  assert.equal((await admin.ask('POST', '/api/policies/versions/99999/rollback')).status, 404)
  await close()
})
