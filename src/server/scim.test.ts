// Provisioning over HTTP as a provider of identity does it: accounts made, changed, switched off; groups that give roles; and what it may not.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Answer, openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

const providerOf = async (world: TestServer, more: object = {}): Promise<string> => {
  const answer = await world.admin.ask('POST', '/api/identity-providers', {
    body: {
      name: 'Works ID',
      issuer: 'https://login.works.example',
      clientId: 'holdfast',
      active: true,
      version: 0,
      settings: {
        origin: world.url,
        scopes: ['openid'],
        claims: { email: 'email', name: 'name', groups: 'groups' },
        rules: [
          { group: 'Leads', role: 'manager', teamId: world.ids.team },
          { group: 'Sales', role: 'sales', teamId: world.ids.team },
        ],
        defaultRole: null,
        accounts: 'existing',
        domains: [],
        trustMfa: false,
        only: false,
        signOut: true,
        ...more,
      },
    },
  })
  assert.equal(answer.status, 200, answer.text)
  return (answer.json() as { id: string }).id
}

interface Client {
  readonly id: string
  readonly token: string
  readonly ask: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
}

const clientOf = async (
  world: TestServer,
  providerId: string,
  scopes: readonly string[] = ['users', 'groups'],
): Promise<Client> => {
  const answer = await world.admin.ask('POST', '/api/provisioning-tokens', {
    body: { providerId, label: 'Works', scopes, days: 30 },
  })
  assert.equal(answer.status, 201, answer.text)
  const { token, item } = answer.json() as { token: string; item: { id: string } }
  const ask: Client['ask'] = (method, path, body, headers = {}) =>
    world.stranger().ask(method, `/scim/v2${path}`, {
      ...(body === undefined ? {} : { raw: JSON.stringify(body) }),
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
        ...headers,
      },
    })
  return { id: item.id, token, ask }
}

interface ScimUser {
  readonly id: string
  readonly userName: string
  readonly externalId?: string
  readonly active: boolean
  readonly displayName: string
  readonly emails: readonly { readonly value: string }[]
  readonly groups: readonly { readonly display: string }[]
  readonly meta: { readonly version: string; readonly location: string }
}
interface ScimList {
  readonly totalResults: number
  readonly itemsPerPage: number
  readonly startIndex: number
  readonly Resources: readonly ScimUser[]
}
const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'
const patch = (...Operations: object[]): object => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations,
})

test('[server-182] users and groups are provisioned as a provider does it, and groups give the role', async () => {
  const world = await server()
  const { house } = world
  const { ask } = await clientOf(world, await providerOf(world))
  const made = await ask('POST', '/Users', {
    schemas: [userSchema, 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'],
    userName: 'Li.Lei@works.example',
    externalId: 'entra-0001',
    name: { familyName: '李', givenName: '雷' },
    emails: [{ value: 'Li.Lei@works.example', type: 'work', primary: true }],
    active: true,
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'X' },
  })
  assert.equal(made.status, 201, made.text)
  assert.match(String(made.headers['content-type']), /application\/scim\+json/)
  const user = made.json() as ScimUser
  assert.equal(made.headers['location'], user.meta.location)
  assert.equal(made.headers['etag'], user.meta.version)
  assert.deepEqual(
    [user.userName, user.externalId, user.displayName, user.active],
    ['Li.Lei@works.example', 'entra-0001', '李雷', true],
  )
  const inHouse = async () => {
    const found = await house.staff.get(user.id)
    assert.ok(found)
    return found
  }
  // In no group that has a role: the account waits, switched off.
  assert.equal((await inHouse()).active, false)
  const again = await ask('POST', '/Users', { schemas: [userSchema], userName: 'li.lei@WORKS.example' })
  assert.equal(again.status, 409)
  assert.equal((again.json() as { scimType: string }).scimType, 'uniqueness')

  const group = await ask('POST', '/Groups', {
    schemas: [groupSchema],
    displayName: 'Sales',
    members: [{ value: user.id }],
  })
  assert.equal(group.status, 201, group.text)
  const { id: sales } = group.json() as { id: string }
  assert.deepEqual(
    [(await inHouse()).active, (await inHouse()).role, (await inHouse()).team],
    [true, 'sales', world.ids.team],
  )
  await house.identity.setPassword(user.id, testPassword, { actor: house.system })
  const person = await world.signIn('li.lei@works.example', testPassword)
  // Promoted: the group of leads counts first, and the session with the old role ends.
  const leads = (await ask('POST', '/Groups', { displayName: 'Leads' })).json() as { id: string }
  const added = await ask(
    'PATCH',
    `/Groups/${leads.id}`,
    patch({ op: 'Add', path: 'members', value: [{ value: user.id }] }),
  )
  assert.equal(added.status, 200, added.text)
  assert.equal((await inHouse()).role, 'manager')
  assert.equal((await person.ask('GET', '/api/me')).status, 401)
  assert.deepEqual(
    ((await ask('GET', `/Users/${user.id}`)).json() as ScimUser).groups.map(({ display }) => display),
    ['Leads', 'Sales'],
  )
  await ask('PATCH', `/Groups/${leads.id}`, patch({ op: 'Remove', path: 'members', value: [{ value: user.id }] }))
  assert.equal((await inHouse()).role, 'sales')

  // Switched off as Entra ID does it: out at once.
  const here = await world.signIn('li.lei@works.example', testPassword)
  const off = await ask('PATCH', `/Users/${user.id}`, patch({ op: 'Replace', path: 'active', value: 'False' }))
  assert.equal((off.json() as ScimUser).active, false)
  assert.equal((await here.ask('GET', '/api/me')).status, 401)
  assert.equal((await inHouse()).active, false)
  await ask('PATCH', `/Users/${user.id}`, patch({ op: 'replace', value: { active: true } }))
  assert.equal((await inHouse()).active, true)
  // Renamed as a whole.
  const put = await ask('PUT', `/Users/${user.id}`, {
    schemas: [userSchema],
    userName: 'li.lei@works.example',
    displayName: 'Lei Li',
    emails: [{ value: 'lei@works.example', primary: true }],
    externalId: 'entra-0001',
    active: true,
  })
  assert.equal(put.status, 200, put.text)
  assert.deepEqual([(await inHouse()).name, (await inHouse()).email], ['Lei Li', 'lei@works.example'])
  // The last group gone: out, though the provider still wants the account.
  assert.equal((await ask('DELETE', `/Groups/${sales}`)).status, 204)
  assert.equal((await inHouse()).active, false)
  assert.equal((await ask('DELETE', `/Users/${user.id}`)).status, 204)
  assert.equal((await ask('GET', `/Users/${user.id}`)).status, 404)
  assert.equal(await house.staff.get(user.id), null)
  const acts = await house.store.owner((tx) =>
    tx.query<{ act: string }>({ text: `select act from journal.entry where act like 'provision.%' order by id` }),
  )
  assert.ok(acts.filter(({ act }) => act === 'provision.user').length >= 6)
  assert.ok(acts.some(({ act }) => act === 'provision.group'))
  // Names and what the provider calls people lie sealed.
  const rows = await house.store.owner((tx) =>
    tx.query<{ row: string }>({ text: 'select u::text as row from crm.app_user u' }),
  )
  const scim = await house.store.owner((tx) =>
    tx.query<{ row: string }>({ text: 'select u::text as row from identity.scim_user u' }),
  )
  for (const { row } of [...rows, ...scim]) assert.ok(!/entra-0001|works\.example|李雷/.test(row))
})

test('[identity-191] lists are filtered, paged and cut to what is asked for, with versions that hold', async () => {
  const world = await server()
  const { ask } = await clientOf(world, await providerOf(world, { rules: [], defaultRole: 'sales' }))
  for (const name of ['an', 'bo', 'chen'])
    assert.equal(
      (await ask('POST', '/Users', { userName: `${name}@list.example`, externalId: `x-${name}` })).status,
      201,
    )
  const list = async (query: string): Promise<ScimList> => {
    const answer = await ask('GET', `/Users?${query}`)
    assert.equal(answer.status, 200, answer.text)
    return answer.json() as ScimList
  }
  const names = async (filter: string): Promise<string[]> =>
    (await list(`filter=${encodeURIComponent(filter)}`)).Resources.map((user) => user.userName).toSorted()
  assert.deepEqual(await names('userName eq "BO@list.example"'), ['bo@list.example'])
  assert.deepEqual(await names('externalId eq "x-an" or userName sw "chen"'), ['an@list.example', 'chen@list.example'])
  assert.deepEqual(await names('emails.value co "list.example" and not (externalId eq "x-bo")'), [
    'an@list.example',
    'chen@list.example',
  ])
  assert.deepEqual(await names('userName eq "nobody"'), [])
  const all = await list('count=2&startIndex=2')
  assert.deepEqual([all.itemsPerPage, all.startIndex, all.Resources.length], [2, 2, 2])
  const seen = new Set<string>()
  for (let start = 1; start <= all.totalResults; start += 2)
    for (const user of (await list(`count=2&startIndex=${start}`)).Resources) seen.add(user.id)
  assert.equal(seen.size, all.totalResults)
  assert.equal((await list('count=0')).Resources.length, 0)
  const slim = await list('attributes=userName&count=1')
  assert.deepEqual(Object.keys(slim.Resources[0] ?? {}).toSorted(), ['id', 'schemas', 'userName'])
  const wrong = await ask('GET', `/Users?filter=${encodeURIComponent('userName xx "a"')}`)
  assert.equal(wrong.status, 400)
  assert.deepEqual((wrong.json() as { schemas: string[]; status: string; scimType: string }).scimType, 'invalidFilter')

  const [bo] = (await list(`filter=${encodeURIComponent('externalId eq "x-bo"')}`)).Resources
  assert.ok(bo)
  const rename = (ifMatch: string): Promise<Answer> =>
    ask('PATCH', `/Users/${bo.id}`, patch({ op: 'replace', path: 'displayName', value: 'Bo' }), { 'if-match': ifMatch })
  assert.equal((await rename('W/"77"')).status, 412)
  assert.equal((await rename(bo.meta.version)).status, 200)
  assert.equal((await rename(bo.meta.version)).status, 412)
  const config = (await ask('GET', '/ServiceProviderConfig')).json() as {
    patch: { supported: boolean }
    bulk: { supported: boolean }
  }
  assert.deepEqual([config.patch.supported, config.bulk.supported], [true, false])
  assert.equal(((await ask('GET', '/Schemas')).json() as ScimList).totalResults, 2)
  assert.equal((await ask('GET', `/Schemas/${userSchema}`)).status, 200)
  assert.equal(((await ask('GET', '/ResourceTypes')).json() as ScimList).totalResults, 2)
})

test('[identity-193] privileged accounts, and those of another provider, are out of reach; no group gives a privileged role', async () => {
  const world = await server()
  const { house } = world
  const { ask } = await clientOf(world, await providerOf(world, { defaultRole: 'sales' }))
  const admin = `/Users/${world.ids.admin}`
  const found = await ask('GET', admin)
  assert.equal(found.status, 200, 'it is found, so that the provider does not make a second one')
  for (const [method, path, body] of [
    ['PATCH', admin, patch({ op: 'replace', path: 'active', value: false })],
    ['PATCH', admin, patch({ op: 'replace', path: 'emails[type eq "work"].value', value: 'thief@x.example' })],
    ['DELETE', admin, undefined],
  ] as const)
    assert.equal((await ask(method, path, body)).status, 403)
  // In a group that has a role: it stays what it is.
  assert.equal(
    (await ask('POST', '/Groups', { displayName: 'Sales', members: [{ value: world.ids.admin }] })).status,
    201,
  )
  const user = await house.staff.get(world.ids.admin)
  assert.deepEqual([user?.role, user?.active], ['administrator', true])
  const mine = (await ask('POST', '/Users', { userName: 'mine@x.example' })).json() as ScimUser
  const { ask: other } = await clientOf(world, await providerOf(world))
  assert.equal(
    (await other('PATCH', `/Users/${mine.id}`, patch({ op: 'replace', path: 'active', value: false }))).status,
    403,
  )
  assert.equal((await other('POST', '/Groups', { displayName: 'Leads', members: [{ value: mine.id }] })).status, 403)
  assert.equal((await house.staff.get(mine.id))?.role, 'sales')
  const nobody = { displayName: 'X', members: [{ value: '01a00000-0000-7000-8000-000000000000' }] }
  assert.equal((await other('POST', '/Groups', nobody)).status, 400)
})

test('[identity-192] a token is shown once, does what its scopes say, and is worth nothing once ended or revoked', async () => {
  const world = await server()
  const providerId = await providerOf(world, { defaultRole: 'sales' })
  const reader = await clientOf(world, providerId, ['users', 'read-only'])
  assert.equal((await reader.ask('GET', '/Users')).status, 200)
  assert.equal((await reader.ask('GET', '/Groups')).status, 403)
  assert.equal((await reader.ask('POST', '/Users', { userName: 'a@b.example' })).status, 403)
  const listed = await world.admin.ask('GET', '/api/provisioning-tokens')
  assert.ok(listed.text.includes(reader.id) && !listed.text.includes(reader.token))
  assert.equal((await world.manager.ask('GET', '/api/provisioning-tokens')).status, 403)
  const stored = await world.house.store.owner((tx) =>
    tx.query<{ row: string }>({ text: 'select k::text as row from identity.scim_token k' }),
  )
  assert.ok(stored.every(({ row }) => !row.includes(reader.token.slice(11))))
  // Nobody without a token, and no session instead of one; a key of a program is none.
  const stranger = await world.stranger().ask('GET', '/scim/v2/Users')
  assert.equal(stranger.status, 401)
  assert.equal(stranger.headers['www-authenticate'], 'Bearer')
  assert.equal((stranger.json() as { status: string }).status, '401')
  assert.equal((await world.admin.ask('GET', '/scim/v2/Users')).status, 401)
  assert.equal((await world.stranger().ask('POST', '/scim/v2/Users', { raw: '{not json' })).status, 401)
  // The token is for provisioning alone.
  const elsewhere = await world
    .stranger()
    .ask('GET', '/api/me', { headers: { authorization: `Bearer ${reader.token}` } })
  assert.equal(elsewhere.status, 401)
  const rotated = await clientOf(world, providerId)
  assert.equal((await world.admin.ask('DELETE', `/api/provisioning-tokens/${reader.id}`)).status, 204)
  assert.equal((await reader.ask('GET', '/Users')).status, 401)
  assert.equal((await rotated.ask('GET', '/Users')).status, 200)
  await world.house.store.owner((tx) =>
    tx.query({
      text: `update identity.scim_token set expires_at = now() - interval '1 second' where id = $1`,
      values: [rotated.id],
    }),
  )
  assert.equal((await rotated.ask('GET', '/Users')).status, 401)
})
