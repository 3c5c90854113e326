// Keys of programs over HTTP: the rights of their user within the bounds, never more; dead with their owner, their end, their network.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Client, openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import type { ApiKeyItem, NewApiKeyAnswer } from './contract.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

const usual = { label: 'ERP', networks: [], perMinute: 600, days: 30, password: testPassword }

const make = async (world: TestServer, wanted: object): Promise<NewApiKeyAnswer> => {
  const answer = await world.admin.ask('POST', '/api/api-keys', { body: { ...usual, ...wanted } })
  assert.equal(answer.status, 201, answer.text)
  return answer.json() as NewApiKeyAnswer
}

const program = (world: TestServer, key: string): Client['ask'] => {
  const client = world.stranger()
  return (method, path, asked = {}) =>
    client.ask(method, path, { ...asked, headers: { authorization: `Bearer ${key}`, ...asked.headers } })
}

const denials = async (world: TestServer): Promise<readonly string[]> =>
  (
    (await world.admin.ask('GET', '/api/journal?act=session.denied&limit=50')).json() as {
      items: { detail: { why?: string } }[]
    }
  ).items.map(({ detail }) => detail.why ?? '')

test('[server-180] a key acts as its user through the same gate, within its bounds and never beyond the user', async () => {
  const world = await server()
  const mine = await world.sales.ask('POST', '/api/accounts', { body: { values: { name: 'Mine Ltd' } } })
  const foreign = await world.other.ask('POST', '/api/accounts', { body: { values: { name: 'Foreign Ltd' } } })
  const [own, others] = [mine, foreign].map((answer) => (answer.json() as { id: string }).id)
  const { key, item } = await make(world, {
    userId: world.ids.sales,
    bounds: { account: ['read', 'export'], contact: ['read', 'write'] },
  })
  assert.match(key, /^hf_[\w-]{43}$/)
  assert.equal(key.startsWith(item.prefix), true)
  const ask = program(world, key)
  assert.equal((await ask('GET', `/api/accounts/${own}`)).status, 200)
  const list = (await ask('GET', '/api/accounts')).json() as { items: { id: string }[] }
  assert.deepEqual(
    list.items.map(({ id }) => id),
    [own],
  )
  // The user may see neither, so the key may not.
  assert.equal((await ask('GET', `/api/accounts/${others}`)).status, 404)
  // The user may, the key may not.
  const change = { body: { version: 1, values: { name: 'Other' } } }
  assert.ok([403, 404].includes((await ask('PATCH', `/api/accounts/${own}`, change)).status))
  assert.ok((await ask('POST', '/api/accounts', { body: { values: { name: 'x' } } })).status >= 400)
  assert.ok((await ask('POST', '/api/deals', { body: { values: { name: 'x' } } })).status >= 400)
  const deals = await ask('GET', '/api/deals')
  assert.ok(deals.status >= 400 || (deals.json() as { items: unknown[] }).items.length === 0)
  // The key may, the role of the user may not: representatives do not export.
  const out = await ask('POST', '/api/accounts/export', { body: { purpose: 'x' } })
  assert.equal(out.status, 403, out.text)
  // Within both.
  const made = await ask('POST', '/api/contacts', { body: { values: { name: 'From ERP' } } })
  assert.equal(made.status, 201, made.text)
  assert.equal((made.json() as { ownerId: string }).ownerId, world.ids.sales)
  const journal = (await world.admin.ask('GET', '/api/journal?act=record.create&obj=contact&limit=1')).json() as {
    items: { actorId: string; channel: string }[]
  }
  assert.deepEqual([journal.items[0]?.actorId, journal.items[0]?.channel], [world.ids.sales, 'api'])
})

test('[server-180] a key of an administrator does nothing to the system, and no key touches a sign-in', async () => {
  const world = await server()
  const { key } = await make(world, { userId: world.ids.admin, bounds: { account: ['read', 'write', 'export'] } })
  const ask = program(world, key)
  for (const path of ['/api/api-keys', '/api/journal', '/api/backups', '/api/client-certificates', '/api/keys'])
    assert.equal((await ask('GET', path)).status, 403, path)
  assert.deepEqual(((await ask('GET', '/api/me')).json() as { may: string[] }).may, [])
  assert.equal((await ask('GET', '/api/sessions')).status, 403)
  assert.equal((await ask('POST', '/api/me/totp', { body: {} })).status, 403)
  assert.equal(
    (await ask('POST', '/api/users/invite', { body: { name: 'x', email: 'x@y.zz', role: 'administrator' } })).status,
    403,
  )
  const { version } = await world.house.vault.get(world.house.system, 'user', world.ids.sales)
  assert.ok(
    (await ask('PATCH', `/api/users/${world.ids.sales}`, { body: { version, values: { role: 'administrator' } } }))
      .status >= 400,
  )
})

test('[server-180] keys are made by who manages users, behind the password, and never shown again', async () => {
  const world = await server()
  const bounds = { account: ['read'] }
  const body = { ...usual, userId: world.ids.sales, bounds }
  assert.equal((await world.sales.ask('POST', '/api/api-keys', { body })).status, 403)
  assert.equal((await world.manager.ask('GET', '/api/api-keys')).status, 403)
  const wrong = async (more: object): Promise<number> =>
    (await world.admin.ask('POST', '/api/api-keys', { body: { ...body, ...more } })).status
  assert.equal(await wrong({ password: 'not-it' }), 401)
  assert.equal(await wrong({ bounds: {} }), 422)
  assert.equal(await wrong({ bounds: { user: ['write'] } }), 422)
  assert.equal(await wrong({ bounds: { nothing: ['read'] } }), 400)
  assert.equal(await wrong({ networks: ['10.0.0.0/33'] }), 422)
  assert.equal(await wrong({ days: 0 }), 400)
  assert.equal(await wrong({ label: ' ' }), 422)
  assert.equal(await wrong({ service: { name: 'x', role: 'sales' } }), 400)
  const { key, item } = await make(world, {
    bounds,
    service: { name: 'Data feed', role: 'sales', teamId: world.ids.team },
  })
  const listed = await world.admin.ask('GET', '/api/api-keys')
  assert.ok(!listed.text.includes(key))
  assert.equal((listed.json() as { items: ApiKeyItem[] }).items.find(({ id }) => id === item.id)?.state, 'live')
  const stored = await world.house.store.owner((tx) =>
    tx.query<{ row: string }>({ text: 'select k::text as row from identity.api_key k' }),
  )
  assert.ok(stored.length > 0 && stored.every(({ row }) => !row.includes(key.slice(9))))
  const me = (await program(world, key)('GET', '/api/me')).json() as { name: string; role: string }
  assert.deepEqual([me.name, me.role], ['Data feed', 'sales'])
})

test('[identity-180] a key dies with its revocation, its end, its owner and the role it was made for', async () => {
  const world = await server()
  const { house } = world
  const user = async (): Promise<string> =>
    (
      await house.vault.create(house.system, 'user', {
        values: { name: 'Temp', email: `${Math.random()}@example.org`, role: 'sales', active: true, language: 'en' },
      })
    ).id
  const bounds = { account: ['read'] }
  const status = async (key: string): Promise<number> => (await program(world, key)('GET', '/api/me')).status
  const change = async (id: string, values: Record<string, string | boolean>): Promise<void> => {
    const { version } = await house.vault.get(house.system, 'user', id)
    await house.vault.update(house.system, 'user', id, version, values)
  }

  const revoked = await make(world, { userId: await user(), bounds })
  assert.equal(await status(revoked.key), 200)
  assert.equal((await world.admin.ask('DELETE', `/api/api-keys/${revoked.item.id}`)).status, 204)
  assert.equal(await status(revoked.key), 401)
  assert.equal((await world.admin.ask('DELETE', `/api/api-keys/${revoked.item.id}`)).status, 404)

  const leaver = await user()
  const off = await make(world, { userId: leaver, bounds })
  await change(leaver, { active: false })
  assert.equal(await status(off.key), 401)

  const riser = await user()
  const risen = await make(world, { userId: riser, bounds })
  await change(riser, { role: 'manager' })
  assert.equal(await status(risen.key), 401, 'a higher role is not what was agreed to')

  const ended = await make(world, { userId: await user(), bounds })
  await house.store.owner((tx) =>
    tx.query({
      text: `update identity.api_key set expires_at = now() - interval '1 second' where id = $1`,
      values: [ended.item.id],
    }),
  )
  assert.equal(await status(ended.key), 401)

  const states = ((await world.admin.ask('GET', '/api/api-keys')).json() as { items: ApiKeyItem[] }).items
  const stateOf = (made: NewApiKeyAnswer): string | undefined => states.find(({ id }) => id === made.item.id)?.state
  assert.deepEqual([revoked, off, risen, ended].map(stateOf), ['revoked', 'owner-off', 'owner-role', 'expired'])
  const told = await denials(world)
  for (const why of ['revoked', 'inactive user', 'another role', 'expired'])
    assert.ok(told.includes(`api key: ${why}`), why)
})

test('[identity-181] a key is worth something from its networks alone, and no more often than agreed', async () => {
  const world = await server()
  const { house } = world
  const bounds = { account: ['read'] }
  const near = await make(world, { userId: world.ids.sales, bounds, networks: ['127.0.0.1', '2001:db8::/32'] })
  const far = await make(world, { userId: world.ids.sales, bounds, networks: ['10.0.0.0/8'] })
  assert.equal((await program(world, near.key)('GET', '/api/me')).status, 200)
  assert.equal((await program(world, far.key)('GET', '/api/me')).status, 401)
  const from = (key: string, ip: string): Promise<unknown> =>
    house.identity.apiKeys.authenticate(key, { ip, userAgent: '', channel: 'api' })
  await from(far.key, '10.200.3.4')
  await from(far.key, '::ffff:10.200.3.4')
  await from(near.key, '2001:db8:1::7')
  for (const ip of ['11.0.0.1', '', '2001:db9::1', '::1'])
    await assert.rejects(from(near.key, ip), { code: 'not-signed-in' })
  const slow = await make(world, { userId: world.ids.sales, bounds, perMinute: 3 })
  const ask = program(world, slow.key)
  const answers = [await ask('GET', '/api/me'), await ask('GET', '/api/me'), await ask('GET', '/api/me')]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  )
  const beyond = await ask('GET', '/api/me')
  assert.equal(beyond.status, 429)
  assert.ok(Number(beyond.headers['retry-after']) > 0)
})

test('[identity-182] what is no key is nobody, however it looks, and guessing is counted', async () => {
  const world = await server()
  for (const key of ['hf_', 'x', `hf_${'A'.repeat(43)}`, `hf_${'A'.repeat(42)}`, 'hf_\u00e9', `xx_${'A'.repeat(43)}`])
    assert.equal((await program(world, encodeURI(key))('GET', '/api/me')).status, 401, key)
  // A cookie beside it changes nothing: the key is what counts.
  const answer = await world.admin.ask('GET', '/api/me', { headers: { authorization: `Bearer hf_${'B'.repeat(43)}` } })
  assert.equal(answer.status, 401)
  let seen = 0
  for (let i = 0; i < 70 && seen !== 429; i++)
    seen = (await program(world, `hf_${'C'.repeat(43)}`)('GET', '/api/me')).status
  assert.equal(seen, 429)
})

test('[vault-312] who manages people gets neither key nor password nor factor of who has every right; a representative’s they may reset', async () => {
  const world = await server()
  const { house, ids, signIn } = world
  const values = { name: 'Sec', email: 'sec@example.org', role: 'security-administrator', active: true, language: 'en' }
  const { id } = await house.vault.create(house.system, 'user', { values })
  await house.identity.setPassword(id, testPassword, { actor: house.system })
  const sec = await signIn(values.email, testPassword)
  const key = (userId: string) =>
    sec.ask('POST', '/api/api-keys', { body: { ...usual, userId, bounds: { account: ['read'] } } })
  for (const [what, answer] of Object.entries({
    key: await key(ids.admin),
    password: await sec.ask('POST', `/api/users/${ids.admin}/password`),
    factors: await sec.ask('DELETE', `/api/users/${ids.admin}/totp`),
    invitation: await sec.ask('POST', `/api/users/${ids.admin}/invitation`),
  }))
    assert.deepEqual([what, answer.status, (answer.json() as { code: string }).code], [what, 403, 'administrators-way-in']) // prettier-ignore
  assert.equal((await sec.ask('DELETE', `/api/users/${ids.other}/totp`)).status, 204)
  assert.equal((await sec.ask('POST', `/api/users/${ids.other}/password`)).status, 200)
  assert.equal((await world.admin.ask('GET', '/api/me')).status, 200)
})
