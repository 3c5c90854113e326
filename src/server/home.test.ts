// The first page, asked by every role that is shipped.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldOf, typeOf } from '#kernel'
import { catalogue } from '#crm'
import { openTestServer, testPassword } from '../../test/support/server.ts'
import type { Home } from './contract.ts'

test('[server-310] the first page opens for every role, with what the role shows and nothing else', async () => {
  const { house, other, signIn, ids, close } = await openTestServer()
  const account = await other.ask('POST', '/api/accounts', { body: { values: { name: '绿洲食品' } } })
  const { id } = account.json() as { id: string }
  const at = '2026-11-28T06:00:00.000Z'
  const followup = await other.ask('POST', '/api/followups', {
    body: { values: { account: id, kind: 'call', at, summary: '回访' } },
  })
  assert.equal(followup.status, 201, followup.text)
  const roles = fieldOf(typeOf(catalogue, 'user'), 'role')?.options?.map(({ value }) => value) ?? []
  assert.ok(roles.length >= 15)
  for (const role of roles) {
    const email = `home-${role}@example.org`
    const values = { name: role, email, role, unit: ids.team, active: true, language: 'en' }
    const { id: person } = await house.vault.create(house.system, 'user', { values })
    await house.identity.setPassword(person, testPassword, { actor: house.system })
    const answer = await (await signIn(email, testPassword)).ask('GET', '/api/home')
    assert.equal(answer.status, 200, `${role}: ${answer.text}`)
    const home = answer.json() as Home
    const keeps = ['system-administrator', 'security-administrator', 'audit-administrator'].includes(role)
    assert.equal(Object.keys(home.counts).length === 0 && home.pipeline.length === 0, keeps, role)
    const reads = ['administrator', 'manager', 'auditor'].includes(role)
    if (keeps || reads) assert.equal(home.followups.length, reads ? 1 : 0, role)
  }
  await close()
})
