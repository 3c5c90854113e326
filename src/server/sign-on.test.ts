// Single sign-on against a real provider, and against one that lies: who gets in, as whom, and who never does.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, test } from 'node:test'
import { openAdversary, openBrowser, openProvider, type TestProvider } from '../../test/support/oidc.ts'
import { type Answer, type Client, openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import type { IdentityProvider, IdentityProviderSettings } from './contract.ts'

const opened: { world?: TestServer; provider?: TestProvider } = {}
const world = async (): Promise<TestServer> => (opened.world ??= await openTestServer())
const provider = async (): Promise<TestProvider> => (opened.provider ??= await openProvider())
after(async () => {
  await opened.world?.close()
  await opened.provider?.close()
})

const usual = (origin: string, more: Partial<IdentityProviderSettings> = {}): IdentityProviderSettings => ({
  origin,
  scopes: ['openid', 'email', 'profile'],
  claims: { email: 'email', name: 'name', groups: 'groups' },
  rules: [],
  defaultRole: null,
  accounts: 'existing',
  domains: [],
  trustMfa: false,
  only: false,
  signOut: true,
  ...more,
})

const save = (
  at: TestServer,
  of: { issuer: string; clientId: string; secret: string },
  more: Partial<IdentityProviderSettings> = {},
  before?: IdentityProvider,
): Promise<Answer> =>
  at.admin.ask('POST', '/api/identity-providers', {
    body: {
      ...(before ? { id: before.id } : {}),
      name: 'Works ID',
      issuer: of.issuer,
      clientId: of.clientId,
      ...(before ? {} : { secret: of.secret }),
      active: true,
      version: before?.version ?? 0,
      settings: usual(at.url, more),
    },
  })

/** A provider set up here and there. */
const joined = async (more: Partial<IdentityProviderSettings> = {}): Promise<IdentityProvider> => {
  const at = await world()
  const theirs = await provider()
  const answer = await save(at, theirs, more)
  assert.equal(answer.status, 200, answer.text)
  const made = answer.json() as IdentityProvider
  theirs.register(made.callback, made.logout, at.ca)
  return made
}

const begin = async (client: Client, id: string): Promise<string> => {
  const answer = await client.ask('POST', `/api/sso/${id}/begin`)
  assert.equal(answer.status, 200, answer.text)
  return (answer.json() as { url: string }).url
}

const come = async (client: Client, back: URL): Promise<string> => {
  const answer = await client.ask('GET', `${back.pathname}${back.search}`)
  assert.equal(answer.status, 303, answer.text)
  return String(answer.headers['location'])
}

/** Signs somebody in, from the button to the page they end at. */
const signIn = async (
  made: IdentityProvider,
  login: string,
  browser = openBrowser(),
): Promise<{ client: Client; to: string }> => {
  const client = (await world()).stranger()
  const url = await begin(client, made.id)
  return { client, to: await come(client, await browser.signIn(url, login)) }
}

const meOf = async (client: Client): Promise<{ id: string; email: string; role: string; name: string }> => {
  const answer = await client.ask('GET', '/api/me')
  assert.equal(answer.status, 200, answer.text)
  return answer.json() as { id: string; email: string; role: string; name: string }
}

const person = (email: string, groups: readonly string[] = [], more: object = {}) => ({
  email,
  email_verified: true,
  name: '王小明',
  groups,
  ...more,
})

const remove = async (made: IdentityProvider): Promise<void> =>
  assert.equal((await (await world()).admin.ask('DELETE', `/api/identity-providers/${made.id}`)).status, 204)

test('[identity-186] somebody new gets an account, and the groups decide the role at each sign-in', async () => {
  const at = await world()
  const { people } = await provider()
  const made = await joined({
    accounts: 'create',
    domains: ['works.example'],
    rules: [
      { group: 'Leads', role: 'manager', teamId: at.ids.team },
      { group: 'Sales', role: 'sales', teamId: at.ids.team },
    ],
  })
  people.set('wang', person('Wang@Works.example', ['Sales']))
  const first = await signIn(made, 'wang')
  assert.equal(first.to, '/')
  const me = await meOf(first.client)
  assert.deepEqual([me.email, me.role, me.name], ['wang@works.example', 'sales', '王小明'])
  // Same groups: same account, both sessions live.
  const again = await signIn(made, 'wang')
  assert.equal((await meOf(again.client)).id, me.id)
  await meOf(first.client)
  // Another group: another role from the next sign-in on, and what had the old one ends.
  people.set('wang', person('wang@works.example', ['Sales', 'Leads']))
  const risen = await signIn(made, 'wang')
  assert.deepEqual([(await meOf(risen.client)).id, (await meOf(risen.client)).role], [me.id, 'manager'])
  assert.equal((await first.client.ask('GET', '/api/me')).status, 401)
  // No group with a role: out.
  people.set('wang', person('wang@works.example', ['Canteen']))
  assert.equal((await signIn(made, 'wang')).to, '/sign-in?sso=sso-no-role')
  const journal = (await at.admin.ask('GET', '/api/journal?act=provider.sign-in&limit=50')).json() as {
    items: unknown[]
  }
  assert.equal(journal.items.length, 3)
  await remove(made)
  assert.equal((await risen.client.ask('GET', '/api/me')).status, 401, 'sessions of a removed provider end')
})

test('[identity-187] an existing account is linked by a verified address alone; who is off, unverified or of another domain stays out', async () => {
  const at = await world()
  const { people } = await provider()
  const made = await joined({ domains: ['example.org'] })
  people.set('s1', person('sales@example.org', [], { email_verified: false }))
  assert.equal((await signIn(made, 's1')).to, '/sign-in?sso=sso-unverified')
  people.set('s1', person('sales@example.org'))
  const sales = await signIn(made, 's1')
  assert.equal((await meOf(sales.client)).id, at.ids.sales)
  people.set('s2', person('sales@elsewhere.example'))
  assert.equal((await signIn(made, 's2')).to, '/sign-in?sso=sso-domain')
  people.set('s3', person('nobody@example.org'))
  assert.equal((await signIn(made, 's3')).to, '/sign-in?sso=sso-no-account')
  // Linked by subject from now on, whatever the address becomes.
  people.set('s1', person('renamed@example.org'))
  assert.equal((await meOf((await signIn(made, 's1')).client)).id, at.ids.sales)
  const { house } = at
  const { version } = await house.vault.get(house.system, 'user', at.ids.sales)
  await house.vault.update(house.system, 'user', at.ids.sales, version, { active: false })
  assert.equal((await signIn(made, 's1')).to, '/sign-in?sso=sso-no-account')
  await house.vault.update(house.system, 'user', at.ids.sales, version + 1, { active: true })
  await remove(made)
})

test('[identity-187] a privileged account is linked only once its owner also signed in here, and never made or given by a provider', async () => {
  const at = await world()
  const { people } = await provider()
  const made = await joined({ accounts: 'create', defaultRole: 'sales' })
  people.set('boss', person('admin@example.org', ['Everything']))
  const { client, to } = await signIn(made, 'boss')
  assert.equal(to, '/sign-in?sso=confirm')
  assert.equal((await client.ask('GET', '/api/me')).status, 401, 'not signed in by the provider alone')
  // The wrong person's password confirms nothing.
  const waiting = client.cookie
  const wrong = { email: 'manager@example.org', password: testPassword }
  assert.equal((await client.ask('POST', '/api/session', { body: wrong })).status, 200)
  assert.equal((await signIn(made, 'boss')).to, '/sign-in?sso=confirm')
  client.cookie = waiting
  client.csrf = ''
  const body = { email: 'admin@example.org', password: testPassword }
  assert.equal((await client.ask('POST', '/api/session', { body })).status, 200)
  const linked = await signIn(made, 'boss')
  assert.equal(linked.to, '/')
  const me = await meOf(linked.client)
  assert.deepEqual([me.id, me.role], [at.ids.admin, 'administrator'], 'the groups leave a privileged role alone')
  for (const wish of [
    { defaultRole: 'administrator' },
    { rules: [{ group: 'x', role: 'administrator', teamId: null }] },
  ] as const)
    assert.equal((await save(at, await provider(), wish)).status, 422)
  await remove(made)
})

test('[identity-184] the way back is good once, in the browser that began, at the provider it began with', async () => {
  const at = await world()
  const { people } = await provider()
  const made = await joined({})
  people.set('s1', person('sales@example.org'))
  const client = at.stranger()
  const back = await openBrowser().signIn(await begin(client, made.id), 's1')
  const cookie = client.cookie
  // Stolen: another browser, without and with a sign-in of its own.
  assert.equal(await come(at.stranger(), back), '/sign-in?sso=sso-stale')
  const thief = at.stranger()
  await begin(thief, made.id)
  assert.equal(await come(thief, back), '/sign-in?sso=sso-stale')
  // Of another provider.
  const other = (
    await save(at, { ...(await provider()), issuer: 'https://login.elsewhere.example' })
  ).json() as IdentityProvider
  const astray = new URL(back)
  astray.pathname = new URL(other.callback).pathname
  assert.equal(await come(client, astray), '/sign-in?sso=sso-stale')
  // With a state that is not its own.
  client.cookie = cookie
  const altered = new URL(back)
  altered.searchParams.set('state', 'A'.repeat(43))
  assert.equal(await come(client, altered), '/sign-in?sso=sso-stale')
  client.cookie = cookie
  assert.equal(await come(client, back), '/')
  // Replayed.
  client.cookie = cookie
  assert.equal(await come(client, back), '/sign-in?sso=sso-stale')
  await remove(made)
  await remove(other)
})

test('[identity-185] tokens of another issuer, for another client, expired, unsigned, signed by others or with our secret are refused', async () => {
  const at = await world()
  const liar = await openAdversary()
  try {
    const secret = 'the-client-secret-as-a-hmac-key'
    const answer = await save(at, { issuer: liar.issuer, clientId: 'holdfast', secret })
    assert.equal(answer.status, 200, answer.text)
    const made = answer.json() as IdentityProvider
    const stranger = await openAdversary()
    const now = (): number => Math.floor(Date.now() / 1000)
    const attempt = async (
      token: (claims: Record<string, unknown>) => string,
      query: Record<string, string> = {},
    ): Promise<string> => {
      const client = at.stranger()
      const url = new URL(await begin(client, made.id))
      assert.equal(url.searchParams.get('code_challenge_method'), 'S256')
      const state = url.searchParams.get('state') ?? ''
      liar.idToken = token({
        iss: liar.issuer,
        aud: 'holdfast',
        sub: 'someone',
        iat: now(),
        exp: now() + 300,
        nonce: url.searchParams.get('nonce'),
        email: 'other@example.org',
        email_verified: true,
      })
      const back = new URL(made.callback)
      back.search = new URLSearchParams({ code: 'x', state, ...query }).toString()
      return come(client, back)
    }
    const failed = '/sign-in?sso=sso-failed'
    const plain = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const hmac = (key: string) => (claims: object) => {
      const body = `${plain({ alg: 'HS256', typ: 'JWT' })}.${plain(claims)}`
      return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`
    }
    assert.equal(await attempt((claims) => liar.sign(claims)), '/', 'a sound one is taken')
    const lies: Record<string, (claims: Record<string, unknown>) => string> = {
      'another issuer': (claims) => liar.sign({ ...claims, iss: 'https://login.elsewhere.example' }),
      'another client': (claims) => liar.sign({ ...claims, aud: 'somebody-else' }),
      'another nonce': (claims) => liar.sign({ ...claims, nonce: 'x' }),
      'no nonce': ({ nonce, ...claims }) => (nonce === '' ? '' : liar.sign(claims)),
      expired: (claims) => liar.sign({ ...claims, iat: now() - 900, exp: now() - 120 }),
      'not yet good': (claims) => liar.sign({ ...claims, nbf: now() + 600 }),
      unsigned: (claims) => `${plain({ alg: 'none', typ: 'JWT' })}.${plain(claims)}.`,
      'our secret': hmac(secret),
      'the public key as a secret': hmac(liar.publicPem),
      'a key of others': (claims) => stranger.sign(claims),
      'a logout token': (claims) => liar.sign(claims, { typ: 'logout+jwt' }),
      'an altered body': (claims) => {
        const [head, , tail] = liar.sign(claims).split('.')
        return `${head ?? ''}.${plain({ ...claims, email: 'admin@example.org' })}.${tail ?? ''}`
      },
      'no subject': ({ sub, ...claims }) => (sub === '' ? '' : liar.sign(claims)),
    }
    for (const [name, token] of Object.entries(lies)) assert.equal(await attempt(token), failed, name)
    // RFC 9207: an answer that says it is of another issuer.
    assert.equal(await attempt((claims) => liar.sign(claims), { iss: 'https://login.elsewhere.example' }), failed)
    // Within a minute of clock skew it holds, and so does a new key of the provider's.
    assert.equal(await attempt((claims) => liar.sign({ ...claims, exp: now() - 20 })), '/')
    // Discovery that names another issuer than it was asked at.
    liar.discovery['issuer'] = 'https://login.elsewhere.example'
    const probe = await at.admin.ask('POST', `/api/identity-providers/${made.id}/probe`)
    assert.equal(probe.status, 403, probe.text)
    await stranger.close()
    await remove(made)
  } finally {
    await liar.close()
  }
})

test('[identity-188] a provider that says somebody signed out ends their sessions here, and its word counts once', async () => {
  const at = await world()
  const theirs = await provider()
  const made = await joined({})
  theirs.people.set('s1', person('sales@example.org'))
  const browser = openBrowser()
  const { client } = await signIn(made, 's1', browser)
  const { client: elsewhere } = await signIn(made, 's1')
  client.csrf = ((await client.ask('GET', '/api/me')).json() as { csrf: string }).csrf
  // Signing out at the real provider, which tells us over the back channel: that browser's session ends, the other stays.
  const end = `${theirs.issuer}/session/end?client_id=holdfast&post_logout_redirect_uri=${encodeURIComponent(at.url)}`
  await browser.signOut(end)
  let status = 200
  for (let i = 0; i < 50 && status === 200; i++) {
    status = (await client.ask('GET', '/api/me')).status
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.equal(status, 401)
  await meOf(elsewhere)

  const now = (): number => Math.floor(Date.now() / 1000)
  const event = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  const sound = (): Record<string, unknown> => ({
    iss: theirs.issuer,
    aud: 'holdfast',
    sub: 's1',
    iat: now(),
    exp: now() + 120,
    jti: Math.random().toString(36),
    events: event,
  })
  const tell = async (token: string): Promise<number> =>
    (
      await at.stranger().ask('POST', new URL(made.logout).pathname, {
        raw: new URLSearchParams({ logout_token: token }).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    ).status
  const { events, ...eventless } = sound()
  const { jti, ...nameless } = sound()
  const { sub, ...bodiless } = sound()
  assert.ok(events !== undefined && jti !== undefined && sub !== undefined)
  const lies: Record<string, object> = {
    'no event': eventless,
    'another event': { ...sound(), events: { other: {} } },
    'a nonce': { ...sound(), nonce: 'x' },
    'no jti': nameless,
    'nobody named': bodiless,
    'another client': { ...sound(), aud: 'x' },
    'another issuer': { ...sound(), iss: 'https://login.elsewhere.example' },
    expired: { ...sound(), iat: now() - 900, exp: now() - 600 },
    'too old': { ...sound(), iat: now() - 3600, exp: now() + 600 },
  }
  for (const [name, claims] of Object.entries(lies)) assert.equal(await tell(theirs.sign(claims)), 400, name)
  await meOf(elsewhere)
  const token = theirs.sign(sound(), { typ: 'logout+jwt' })
  assert.equal(await tell(token), 200)
  assert.equal((await elsewhere.ask('GET', '/api/me')).status, 401)
  assert.equal(await tell(token), 400, 'the same word again is none')
  // A form is taken there alone.
  const elsewhereForm = await at.stranger().ask('POST', '/api/session', {
    raw: 'email=x&password=y',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  assert.equal(elsewhereForm.status, 400)
  await remove(made)
})

test('[identity-183] the client secret is sealed and never shown, a provider that is down says so, and passwords go on where they may', async () => {
  const at = await world()
  const theirs = await openProvider()
  const answer = await save(at, theirs, { only: true })
  const made = answer.json() as IdentityProvider
  theirs.register(made.callback, made.logout, at.ca)
  theirs.people.set('o', person('other@example.org'))
  const client = at.stranger()
  assert.equal(await come(client, await openBrowser().signIn(await begin(client, made.id), 'o')), '/')
  const rows = await at.house.store.owner((tx) =>
    tx.query<{ row: string }>({ text: 'select p::text as row from identity.provider p' }),
  )
  const hex = Buffer.from(theirs.secret).toString('hex')
  assert.ok(rows.length > 0 && rows.every(({ row }) => !row.includes(theirs.secret) && !row.includes(hex)))
  const shown = await at.admin.ask('GET', '/api/identity-providers')
  assert.ok(shown.text.includes(made.id) && !shown.text.includes(theirs.secret))
  assert.equal((await at.manager.ask('GET', '/api/identity-providers')).status, 403)
  // Linked, and the provider alone is wanted: no password, and no session left behind by the attempt.
  const password = (email: string): Promise<Answer> =>
    at.stranger().ask('POST', '/api/session', { body: { email, password: testPassword } })
  const refused = await password('other@example.org')
  assert.equal((refused.json() as { code: string }).code, 'sso-needed')
  assert.equal(refused.headers['set-cookie'], undefined)
  await theirs.close()
  // A change is a new version, and makes us ask the provider anew.
  assert.equal((await save(at, theirs, { only: false }, made)).status, 200)
  assert.equal((await save(at, theirs, {}, made)).status, 409, 'somebody else changed it meanwhile')
  const down = await at.stranger().ask('POST', `/api/sso/${made.id}/begin`)
  assert.equal(down.status, 503, down.text)
  const { code, detail } = down.json() as { code: string; detail: string }
  assert.equal(code, 'sso-unreachable')
  assert.match(detail, /Works ID does not answer/)
  assert.equal((await password('other@example.org')).status, 200)
  await remove(made)
})
