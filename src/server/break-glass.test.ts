// Emergency access over HTTP: opened by a person, seen and reviewed by whoever manages alarms.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { services } from '#kernel'
import { authenticator } from '../../test/support/authenticator.ts'
import { type Client, openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import type { GlassItem } from './contract.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

const open = '/api/break-glass'
const code = async (client: Client, path: string, body?: unknown): Promise<string> =>
  ((await client.ask('POST', path, body === undefined ? {} : { body })).json() as { code: string }).code

/** Gives a person a second factor, as the pages do. */
const enrol = async (client: Client, url: string): Promise<ReturnType<typeof authenticator>> => {
  const key = authenticator(url)
  const options = (await client.ask('POST', '/api/me/passkeys/begin')).json()
  const added = await client.ask('POST', '/api/me/passkeys', { body: { name: 'Key', response: key.create(options) } })
  assert.ok(added.status < 300, added.text)
  client.csrf = (added.json() as { csrf: string }).csrf
  return key
}

test('[server-193] emergency access wants a second factor, freshly given, and another person in charge reviews it', async () => {
  const { admin, sales, other, ids, url, house, signIn } = await server()
  const made = await other.ask('POST', '/api/accounts', { body: { values: { name: 'Closed Ltd' } } })
  const { id } = made.json() as { id: string }
  const wish = { type: 'account', scope: 'record', of: id, reason: 'burst pipe at the customer', minutes: 5 }
  // A fresh password, and no second factor at all: refused.
  assert.equal(await code(sales, open, wish), 'emergency-needs-factor')
  const key = await enrol(sales, url)
  const age = (): Promise<unknown> =>
    house.store.transaction({ tenant: house.tenant, principal: services.system }, (tx) =>
      tx.query({
        text: `update identity.session set confirmed_at = confirmed_at - interval '1 hour', mfa_at = mfa_at - interval '1 hour' where user_id = $1`,
        values: [ids.sales],
      }),
    )
  await age()
  assert.equal(await code(sales, open, wish), 'confirm-needed')
  assert.equal(await code(sales, '/api/me/confirm', { password: testPassword }), 'code-needed')
  assert.equal((await sales.ask('GET', `/api/accounts/${id}`)).status, 404)
  const challenge = (await sales.ask('POST', '/api/me/confirm/challenge')).json()
  assert.equal((await sales.ask('POST', '/api/me/confirm', { body: { passkey: key.get(challenge) } })).status, 204)
  for (const wrong of [{ minutes: 61 }, { minutes: 0 }, { minutes: 1.5 }, { reason: '' }, { reason: '  ' }, { type: 'user' }])
    assert.ok([400, 422].includes((await sales.ask('POST', open, { body: { ...wish, ...wrong } })).status), JSON.stringify(wrong)) // prettier-ignore
  const answer = await sales.ask('POST', open, { body: wish })
  assert.equal(answer.status, 201, answer.text)
  const glass = answer.json() as GlassItem
  assert.equal((await sales.ask('GET', `/api/accounts/${id}`)).status, 200)
  const list = async (who: Client): Promise<readonly GlassItem[]> =>
    ((await who.ask('GET', open)).json() as { items: GlassItem[] }).items
  assert.equal(((await sales.ask('GET', open)).json() as { possible: boolean }).possible, true)
  assert.deepEqual((await list(other)).length, 0)
  assert.equal((await list(sales))[0]?.id, glass.id)
  await new Promise((resolve) => setTimeout(resolve, 900))
  const [seen] = await list(admin)
  assert.equal(seen?.userId, ids.sales)
  assert.ok((seen.reads ?? 0) >= 1)
  const review = { justified: true, note: 'a burst pipe indeed' }
  assert.equal((await other.ask('POST', `${open}/${glass.id}/review`, { body: review })).status, 403)
  assert.equal((await other.ask('POST', `${open}/${glass.id}/end`)).status, 404)
  assert.equal((await sales.ask('POST', `${open}/${glass.id}/end`)).status, 204)
  assert.equal((await sales.ask('GET', `/api/accounts/${id}`)).status, 404)
  assert.equal((await sales.ask('POST', `${open}/${glass.id}/review`, { body: review })).status, 403)
  assert.equal((await admin.ask('POST', `${open}/${glass.id}/review`, { body: review })).status, 204)
  assert.equal((await list(admin))[0]?.justified, true)
  // Whoever reviews by office cannot review the own one.
  await enrol(admin, url)
  const own = (await admin.ask('POST', open, { body: wish })).json() as GlassItem
  await admin.ask('POST', `${open}/${own.id}/end`)
  assert.equal(await code(admin, `${open}/${own.id}/review`, review), 'denied')
  // The three administrators: none of them comes to customers this way.
  for (const role of ['system-administrator', 'security-administrator', 'audit-administrator']) {
    const email = `${role}@example.org`
    const user = await house.vault.create(house.system, 'user', {
      values: { name: role, email, role, unit: ids.team, active: true, language: 'en' },
    })
    await house.identity.setPassword(user.id, testPassword, { actor: house.system })
    const officer = await signIn(email, testPassword)
    await enrol(officer, url)
    assert.equal(await code(officer, open, wish), 'denied', role)
    assert.notEqual((await officer.ask('GET', `/api/accounts/${id}`)).status, 200, role)
    assert.equal(((await officer.ask('GET', open)).json() as { possible: boolean }).possible, false, role)
  }
})
