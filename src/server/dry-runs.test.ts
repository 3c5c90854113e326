// A dry run over HTTPS: what people did on the server, decided anew, with names for who may see them.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { services } from '#kernel'
import { openTestServer, type TestServer } from '../../test/support/server.ts'
import type { DryRunAnswer, DryRunItem, DryRunsAnswer, PolicyControlAnswer } from './contract.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

test('[server-220] what people did is decided anew over the interface, shown by role and by name to who may see the policies, to nobody else', async () => {
  const { admin, sales, manager, house, ids } = await server()
  const from = new Date(Date.now() - 60_000).toISOString()
  const made = await sales.ask('POST', '/api/tasks', { body: { values: { title: 'Quiet words 5511' } } })
  const { id } = made.json() as { id: string }
  for (let i = 0; i < 4; i++) assert.equal((await sales.ask('GET', `/api/tasks/${id}`)).status, 200)
  const { document } = (await admin.ask('GET', '/api/policies/control')).json() as PolicyControlAnswer
  const next = {
    ...document,
    restrictions: [{ name: 'quiet', roles: ['sales'], types: ['task'], actions: ['view.basic'], mode: 'when', conditions: [] }],
  } // prettier-ignore
  // Reads are written within a second.
  await new Promise((resolve) => setTimeout(resolve, 1200))
  const path = '/api/policies/dry-runs'
  const body = { document: next, from, to: new Date().toISOString() }
  for (const who of [sales, manager]) {
    assert.equal((await who.ask('POST', path, { body })).status, 403)
    assert.equal((await who.ask('GET', path)).status, 403)
  }
  assert.equal((await admin.ask('POST', path, { body: { ...body, from: 'yesterday' } })).status, 422)
  const started = await admin.ask('POST', path, { body })
  assert.equal(started.status, 202, started.text)
  const run = started.json() as DryRunItem
  await house.jobs.resume()
  const answer = await admin.ask('GET', `${path}/${run.id}`)
  const told = answer.json() as DryRunAnswer
  assert.equal(told.state, 'done', answer.text)
  const { report } = told
  assert.ok(report)
  assert.deepEqual(report.roles.find(({ role }) => role === 'sales')?.newlyDenied, 4)
  assert.deepEqual(report.people[0], { person: ids.sales, name: 'sales', role: 'sales', accesses: report.people[0]?.accesses, newlyDenied: 4, newlyAllowed: 0 }) // prettier-ignore
  assert.deepEqual(report.actions, [{ on: 'task', action: 'view.basic', newlyDenied: 4, newlyAllowed: 0 }])
  assert.deepEqual([report.examples[0]?.record, report.examples[0]?.policies], [id, ['restriction.quiet']])
  assert.ok(!answer.text.includes('5511'))
  const of = (await admin.ask('POST', `${path}/of`, { body: { document: next } })).json() as DryRunsAnswer
  assert.deepEqual(of.items.map((one) => one.id), [run.id]) // prettier-ignore
  assert.deepEqual(((await admin.ask('POST', `${path}/of`, { body: { document } })).json() as DryRunsAnswer).items, [])
  const second = (await admin.ask('POST', path, { body })).json() as DryRunItem
  const cancelled = await admin.ask('POST', `${path}/${second.id}/cancel`)
  assert.ok(['cancelled', 'done'].includes((cancelled.json() as DryRunItem).state))
  assert.equal((await sales.ask('POST', `${path}/${second.id}/cancel`)).status, 403)
  assert.equal((await admin.ask('GET', `${path}/${services.system}`)).status, 404)
})
