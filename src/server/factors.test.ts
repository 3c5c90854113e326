// Second factors, confirmations and remembered browsers over HTTPS, with an authenticator in software.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { authenticator } from '../../test/support/authenticator.ts'
import { type Client, openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import { services } from '#kernel'
import { routes } from './routes.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

const ok = async (client: Client, method: string, path: string, body?: unknown): Promise<unknown> => {
  const answer = await client.ask(method, path, body === undefined ? {} : { body })
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
  return answer.text === '' ? null : answer.json()
}
const code = async (client: Client, method: string, path: string, body?: unknown): Promise<string> =>
  ((await client.ask(method, path, body === undefined ? {} : { body })).json() as { code: string }).code

/** As if the last confirmations of a user were an hour old. */
const age = (world: TestServer, user: string): Promise<unknown> =>
  world.house.store.transaction({ tenant: world.house.tenant, principal: services.system }, (tx) =>
    tx.query({
      text: `update identity.session set confirmed_at = confirmed_at - interval '1 hour', mfa_at = mfa_at - interval '1 hour' where user_id = $1`,
      values: [user],
    }),
  )

test('[server-171] a passkey is added over the interface, signs in alone, and confirms', async () => {
  const world = await server()
  const client = await world.signIn('other@example.org', testPassword)
  const key = authenticator(world.url)
  const options = await ok(client, 'POST', '/api/me/passkeys/begin')
  const added = (await ok(client, 'POST', '/api/me/passkeys', { name: 'Key', response: key.create(options) })) as {
    csrf: string
    recoveryCodes: string[]
  }
  client.csrf = added.csrf
  assert.equal(added.recoveryCodes.length, 10)
  const me = (await ok(client, 'GET', '/api/me')) as Record<string, unknown>
  assert.deepEqual(
    [me['secondFactor'], me['totp'], me['passkeysPossible'], me['mustEnrol']],
    [true, false, true, false],
  )
  const wrong = authenticator('https://elsewhere.example:8443')
  const asked = await ok(client, 'POST', '/api/me/passkeys/begin')
  assert.equal(
    await code(client, 'POST', '/api/me/passkeys', { name: 'x', response: wrong.create(asked) }),
    'passkey-refused',
  )
  const stranger = world.stranger()
  const passkey = key.get(await ok(stranger, 'POST', '/api/passkey/challenge'))
  const signed = (await ok(stranger, 'POST', '/api/session/passkey', { passkey })) as { id: string; csrf: string }
  assert.equal(signed.id, world.ids.other)
  stranger.csrf = signed.csrf
  assert.equal(await code(world.stranger(), 'POST', '/api/session/passkey', { passkey }), 'passkey-refused')
  const before = { email: 'other@example.org', password: testPassword }
  assert.equal(await code(world.stranger(), 'POST', '/api/session', before), 'code-needed')
  await age(world, world.ids.other)
  assert.equal(await code(stranger, 'POST', '/api/me/passkeys/begin'), 'confirm-needed')
  assert.equal(await code(stranger, 'POST', '/api/me/confirm', { password: testPassword }), 'code-needed')
  await ok(stranger, 'POST', '/api/me/confirm', {
    passkey: key.get(await ok(stranger, 'POST', '/api/me/confirm/challenge')),
  })
  const { items } = (await ok(stranger, 'GET', '/api/me/passkeys')) as { items: { id: string }[] }
  await ok(stranger, 'PATCH', `/api/me/passkeys/${items[0]?.id ?? ''}`, { name: 'Blue key' })
  await ok(stranger, 'DELETE', `/api/me/passkeys/${items[0]?.id ?? ''}`)
  assert.deepEqual(world.log, [])
})

test('[server-172] what is dangerous asks for a fresh confirmation, rights first looked at by the vault as ever', async () => {
  const world = await server()
  const { admin, ids } = world
  await age(world, ids.admin)
  const dangerous: readonly (readonly [string, string, unknown?])[] = [
    ['POST', `/api/users/${ids.sales}/password`],
    ['DELETE', `/api/users/${ids.sales}/totp`],
    ['POST', '/api/me/totp'],
    ['POST', '/api/me/recovery-codes'],
    ['POST', '/api/me/devices'],
    ['POST', '/api/sign-in-rules', { secondFactorRoles: [], confirmMinutes: 10 }],
    ['POST', '/api/keys/rotations', { what: 'index' }],
    ['POST', '/api/keys/epochs/destroy', { epoch: 1 }],
    ['POST', `/api/users/${ids.sales}/hand-over`, { to: ids.other, byType: {} }],
    [
      'POST',
      '/api/api-keys',
      { label: 'ERP', userId: ids.admin, bounds: { account: ['read'] }, networks: [], perMinute: 60, days: 1 },
    ],
    // Every row that names itself dangerous: asked before the body is looked at.
    ...routes.flatMap((route): [string, string, unknown][] =>
      'confirm' in route ? [[route.method, route.path.replace(/:\w+/g, ids.sales), {}]] : [],
    ),
  ]
  assert.ok(dangerous.some(([method, path]) => method === 'POST' && path === '/api/identity-providers'))
  assert.ok(dangerous.some(([method, path]) => method === 'POST' && path === '/api/provisioning-tokens'))
  for (const [method, path, body] of dangerous) {
    const answer = await admin.ask(method, path, body === undefined ? {} : { body })
    assert.equal((answer.json() as { code: string }).code, 'confirm-needed', `${method} ${path}`)
    assert.equal(answer.status, 403)
  }
  assert.equal(await code(admin, 'POST', '/api/me/confirm', { password: 'not it' }), 'sign-in-failed')
  await ok(admin, 'POST', '/api/me/confirm', { password: testPassword })
  await ok(admin, 'POST', '/api/sign-in-rules', { secondFactorRoles: [], confirmMinutes: 10 })
  assert.equal(
    await code(world.sales, 'POST', '/api/sign-in-rules', { secondFactorRoles: [], confirmMinutes: 5 }),
    'denied',
  )
  const unknown = { secondFactorRoles: ['emperor'], confirmMinutes: 10 }
  assert.equal(await code(admin, 'POST', '/api/sign-in-rules', unknown), 'bad-value')
})

test('[server-173] a role that needs a second factor can do nothing but set one up', async () => {
  const world = await server()
  const { admin, manager } = world
  await ok(admin, 'POST', '/api/me/confirm', { password: testPassword })
  await ok(admin, 'POST', '/api/sign-in-rules', { secondFactorRoles: ['manager'], confirmMinutes: 10 })
  try {
    for (const [method, path] of [
      ['GET', '/api/accounts'],
      ['GET', '/api/sessions'],
      ['GET', '/api/directory'],
      ['POST', '/api/me/devices'],
    ] as const)
      assert.equal(await code(manager, method, path), 'second-factor-needed', path)
    assert.equal(((await ok(manager, 'GET', '/api/me')) as { mustEnrol: boolean }).mustEnrol, true)
    const key = authenticator(world.url)
    const response = key.create(await ok(manager, 'POST', '/api/me/passkeys/begin'))
    const added = (await ok(manager, 'POST', '/api/me/passkeys', { name: 'Key', response })) as { csrf: string }
    manager.csrf = added.csrf
    await ok(manager, 'GET', '/api/accounts')
  } finally {
    await ok(admin, 'POST', '/api/sign-in-rules', { secondFactorRoles: [], confirmMinutes: 10 })
  }
})

test('[server-174] sessions and remembered browsers are listed and ended, one or all, by their owner and the administrator', async () => {
  const world = await server()
  const { admin, ids } = world
  const client = await world.signIn('sales@example.org', testPassword)
  const second = await world.signIn('sales@example.org', testPassword)
  const answer = await client.ask('POST', '/api/me/devices')
  assert.equal(answer.status, 204)
  const cookie = String(answer.headers['set-cookie'])
  assert.match(
    cookie,
    /^__Host-holdfast-device=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=2592000$/,
  )
  const list = async (path: string) =>
    (
      (await ok(path.includes('/users/') ? admin : client, 'GET', path)) as {
        items: { id: string; current: boolean; trusted: boolean }[]
      }
    ).items
  assert.equal((await list('/api/me/devices')).length, 1)
  assert.deepEqual(
    (await list('/api/sessions')).filter((one) => one.current).map((one) => one.trusted),
    [true],
  )
  const theirs = await list(`/api/users/${ids.sales}/sessions`)
  const other = theirs.find((one) => !one.trusted)
  assert.ok(theirs.length >= 2 && other)
  await ok(admin, 'DELETE', `/api/users/${ids.sales}/sessions/${other.id}`)
  assert.equal(await code(admin, 'DELETE', `/api/users/${ids.sales}/sessions/${other.id}`), 'not-found')
  assert.equal(await code(client, 'DELETE', `/api/users/${ids.admin}/sessions/${other.id}`), 'denied')
  const third = await world.signIn('sales@example.org', testPassword)
  assert.ok(((await ok(client, 'DELETE', '/api/sessions')) as { ended: number }).ended >= 1)
  for (const ended of [second, third]) assert.equal((await ended.ask('GET', '/api/me')).status, 401)
  assert.equal((await list('/api/sessions')).length, 1)
  assert.equal((await list('/api/me/devices')).length, 1, 'this browser stays')
  await ok(admin, 'DELETE', `/api/users/${ids.sales}/sessions`)
  assert.equal((await client.ask('GET', '/api/me')).status, 401)
})

test('[server-170] the address of the installation is the configured one, or the one listened on', async () => {
  const { siteOf } = await import('./site.ts')
  assert.equal(siteOf(undefined, '127.0.0.1', 8443).origin, 'https://localhost:8443')
  assert.equal(siteOf(undefined, 'crm.example.org', 443).origin, 'https://crm.example.org')
  assert.equal(siteOf(undefined, '2001:db8::1', 8443).origin, 'https://[2001:db8::1]:8443')
  assert.equal(siteOf('https://crm.example.org', '0.0.0.0', 8443).origin, 'https://crm.example.org')
  const { readConfig } = await import('./config.ts')
  assert.equal(readConfig({ publicUrl: 'https://CRM.example.org/' }, {}, '/').publicUrl, 'https://crm.example.org')
  for (const publicUrl of ['http://crm.example.org', 'https://crm.example.org/path', 'crm', 'https://a@b.example'])
    assert.throws(() => readConfig({ publicUrl }, {}, '/'), /publicUrl/)
})
