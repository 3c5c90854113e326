// The approvals inbox: what waits for whom, never one's own, and gone once it is decided by the route of its kind.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Client, openTestServer, testPassword } from '../../test/support/server.ts'
import { shippedDocument } from '#access'
import type { InboxAnswer } from './contract.ts'

const inbox = async (who: Client): Promise<InboxAnswer> => (await who.ask('GET', '/api/inbox')).json() as InboxAnswer

test('[server-243] the inbox holds what waits for whoever asks, never what is theirs, and empties as it is decided', async () => {
  const server = await openTestServer()
  try {
    const { admin, manager, sales, ids, house, signIn } = server
    const made = await house.vault.create(house.system, 'user', {
      values: { name: 'Sec', email: 'sec@example.org', role: 'security-administrator', active: true, language: 'en' },
    })
    await house.identity.setPassword(made.id, testPassword, { actor: house.system })
    const security = await signIn('sec@example.org', testPassword)
    for (const who of [admin, manager, sales, security]) assert.equal((await inbox(who)).count, 0)
    // A change of the policies, proposed by one of two who may approve.
    const document = { ...shippedDocument, defaults: { account: 'unit' } }
    const proposed = await security.ask('POST', '/api/policies/changes', { body: { title: 'Accounts', document } })
    assert.equal(proposed.status, 201, proposed.text)
    const { id: change } = proposed.json() as { id: string }
    // A large export asked for by the manager, an emergency access of the representative's that is over.
    const asked = await manager.ask('POST', '/api/exports/requests', { body: { type: 'account', rows: 100_000, purpose: 'audit' } }) // prettier-ignore
    assert.equal(asked.status, 201, asked.text)
    const actor = await house.actorOf(ids.sales, { channel: 'web', ip: '', mfa: true })
    const glass = await house.breakGlass.open(actor, { type: 'account', scope: 'owner', of: ids.other, reason: 'fire', minutes: 5 }) // prettier-ignore
    await house.breakGlass.end({ ...actor, env: { ...actor.env, now: new Date() } }, glass.id)
    const { id: campaign } = (await security.ask('POST', '/api/recertifications')).json() as { id: string }
    const full = await inbox(admin)
    assert.deepEqual(
      [
        full.policies.map(({ id }) => id),
        full.exports.map(({ userId }) => userId),
        full.emergencies.map(({ id }) => id),
      ],
      [[change], [ids.manager], [glass.id]],
    )
    assert.ok(full.rights && full.rights.lines > 3)
    assert.equal(full.count, 3 + full.rights.lines)
    // Who proposed it does not decide it; who may not approve sees none of it.
    const hers = await inbox(security)
    assert.deepEqual([hers.policies, hers.exports, hers.emergencies.length], [[], [], 1])
    const his = await inbox(manager)
    assert.deepEqual([his.policies, his.exports, his.emergencies], [[], [], []])
    assert.ok(his.rights && his.rights.lines < full.rights.lines)
    assert.equal((await inbox(sales)).count, 0)
    const decide = async (path: string, body: unknown): Promise<void> => {
      const answer = await admin.ask('POST', path, { body })
      assert.ok(answer.status < 300, `${path}: ${answer.text}`)
    }
    await decide(`/api/policies/changes/${change}/decision`, { approve: false, reason: 'not now' })
    await decide(`/api/exports/requests/${full.exports[0]?.id ?? ''}/decide`, { approved: false, reason: '' })
    await decide(`/api/break-glass/${glass.id}/review`, { justified: true, note: 'seen' })
    const lines = ((await admin.ask('GET', `/api/recertifications/${campaign}/lines`)).json() as { items: { id: string; mine: boolean }[] }).items // prettier-ignore
    await decide(`/api/recertifications/${campaign}/decide`, { lines: lines.filter(({ mine }) => mine).map(({ id }) => id), decision: 'keep', reason: 'needed' }) // prettier-ignore
    assert.equal((await inbox(admin)).count, 0)
  } finally {
    await server.close()
  }
})
