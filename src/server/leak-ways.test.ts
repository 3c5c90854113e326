// The leak matrix, path by path: every row of the route table that gives something of a record, asked by every role over records of every
// kind of sight; a row that nobody says how to ask fails here. Imports, keys of programs, provisioning and emergency access among them.
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { catalogue } from '#crm'
import { fieldGroups, type RecordType } from '#kernel'
import { beside } from '../../test/support/beside.ts'
import { canariesIn, canaryKey, canaryValue } from '../../test/support/canary.ts'
import {
  leaksIn,
  named,
  type Person,
  plant,
  type Planted,
  rowOf,
  type Sights,
  sightsOf,
  unused,
  type World,
} from '../../test/support/leak-world.ts'
import { type Ask, multipart, type Of, ownRow, recordWays, singleWays, urlOf } from '../../test/support/leak-ways.ts'
import { recordPath, verbPaths } from '../../test/support/record-paths.ts'
import { command } from '../../test/support/command.ts'
import { temporaryFolder } from '#testing'
import { type Answer, type Client, openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import type { NotificationsAnswer } from './contract.ts'
import { routes } from './routes.ts'

interface Ground {
  readonly server: TestServer
  readonly world: World
  readonly erasure: string
}

let opened: Promise<Ground> | undefined
const ground = (): Promise<Ground> =>
  (opened ??= openTestServer().then(async (server) => {
    const world = await plant(server)
    await tellOfAll(server, world)
    return { server, world, erasure: await erased(server) }
  }))
after(async () => {
  if (opened) await (await opened).server.close()
})

/** Somebody told everybody of every record, whatever they may see of it. */
const tellOfAll = async ({ house }: TestServer, world: World): Promise<void> => {
  for (const { id, planted } of world.people)
    await house.store.owner((tx) =>
      tx.query({
        text: `insert into ops.notification (tenant_id, id, user_id, kind, record_type, record_id, actor_id, created_at)
               select $1, gen_random_uuid(), $2, 'shared', type, record, $5, now() - interval '1 minute' from unnest($3::text[], $4::uuid[]) as one(type, record)`,
        values: [house.tenant, id, planted.map(({ type }) => type.name), planted.map((one) => one.id), world.stranger],
      }),
    )
}

/** An erasure that was carried out, of somebody who is in no list. */
const erased = async ({ house, admin }: TestServer): Promise<string> => {
  const { id } = await house.vault.create(house.system, 'contact', { values: { name: 'Gone' } })
  const preview = (await admin.ask('GET', `/api/erasures/preview?type=contact&id=${id}`)).json() as { subject: string; code: string } // prettier-ignore
  const body = { subject: preview.subject, reason: 'asked for', code: preview.code, password: testPassword }
  const answer = await admin.ask('POST', '/api/erasures', { body })
  assert.ok(answer.status < 300, answer.text)
  return (answer.json() as { id: string }).id
}

/** One record for each kind of sight a person has of a type, and of what may be changed in it. */
const kinds = (seen: Sights, { planted }: Person, rights: readonly string[] = ['view', 'unmask', 'edit']): readonly Planted[] => {
  const found = new Map<string, Planted>()
  for (const one of planted) {
    const asked = ['list', ...fieldGroups.flatMap((group) => rights.map((right) => `${right}.${group}`))]
    const key = asked.map((action) => String(seen.may(action, one.id)))
    found.set(`${one.type.name} ${key.join()}`, one)
  }
  return [...found.values()]
} // prettier-ignore

/** Paths that have a test of their own. */
const apart: ReadonlySet<string> = new Set(['provisioning', 'import', 'browsing'])

/** The routes that give something of a record, each with how it is asked: those that change come last. */
const ways = (types: readonly RecordType[]) => {
  const order = [...Object.keys(singleWays), ...Object.keys(recordWays)]
  return routes
    .flatMap(({ method, path }) => {
      const found = recordPath(method, path)
      if (!found || 'none' in found || apart.has(found.path)) return []
      const type = types.find((one) => path === `/api/${one.plural}` || path.startsWith(`/api/${one.plural}/`))
      // Users and teams are records of colleagues, not of customers.
      if (!type && /^\/api\/(users|teams)(\/|$)/.test(path)) return []
      const key = type ? `${method} ${path.slice(`/api/${type.plural}`.length)}` : `${method} ${path}`
      const way = (type ? recordWays : singleWays)[key]
      assert.ok(way, `${method} ${path}: say in test/support/leak-ways.ts how it is asked`)
      return [{ method, path, type, key, way }]
    })
    .toSorted((a, b) => order.indexOf(a.key) - order.indexOf(b.key))
}

test('[server-250] every route that gives something of a record says how it is asked, and every way belongs to a route', () => {
  const types = catalogue.types.filter(({ entity }) => entity !== 'User' && entity !== 'Team')
  const asked = new Set(ways(types).map(({ key }) => key))
  const unused = [...Object.keys(singleWays), ...Object.keys(recordWays)].filter((key) => !asked.has(key))
  assert.deepEqual(unused, [])
})

const send = (client: Client, route: { method: string; path: string }, wish: Ask): Promise<Answer> => {
  const { body, raw, headers } = wish
  const asked = {
    ...(body === undefined ? {} : { body }),
    ...(raw === undefined ? {} : { raw }),
    ...(headers === undefined ? {} : { headers }),
  }
  return client.ask(route.method, urlOf(route.path, wish), asked)
}

/** Rows that change nothing, though they are posted. */
const looks: ReadonlySet<string> = new Set(['POST /:id/unmask', 'POST /print', 'POST /export', 'POST /bulk/preview'])
const isLook = ({ method, key }: { readonly method: string; readonly key: string }): boolean =>
  method === 'GET' || looks.has(key)

/** Rows that answer the same whatever record one thinks of. */
const ofAll = (path: string): boolean => !path.includes(':id') && !/\/api\/(search|erasures|[a-z]+\/print$)/.test(path)

test('[server-250] every route that gives something of a record is asked by every role, and none gives what is hidden or masked', async () => {
  const { server, world, erasure } = await ground()
  const leaks = new Set<string>()
  const answered = new Map<string, number>()
  const table = ways(world.types)
  // Of each type one that was deleted: it is in the list of those, and nowhere else.
  for (const type of world.types) {
    const one = world.people[0]?.planted.find((each) => each.type === type)
    if (!one) continue
    await server.house.vault.remove(server.house.system, type.name, one.id, Number(one.row['version']))
    one.row = await rowOf(server, type, one.id)
  }
  const turn = async (person: Person, i: number, routes: typeof table, rights?: readonly string[]): Promise<void> => {
    const seen = sightsOf(server, world, person)
    // Every role is asked in every way, of every third type; every type by five roles. The other matrix asks each role of each type.
    const ofTurn = (type: RecordType): boolean => (world.types.indexOf(type) + i) % 3 === 0
    const asked = kinds(seen, person, rights).filter(({ type }) => ofTurn(type))
    for (const route of routes) {
      const fitting = asked.filter(({ type }) => route.type === undefined || type === route.type)
      for (const one of ofAll(route.path) ? fitting.slice(0, 1) : fitting)
        for (const wish of route.way({ world, person, one, erasure })) {
          const answer = await send(person.client, route, wish)
          const where = `${route.method} ${route.path}`
          assert.ok(answer.status < 500, `${person.role} ${where}: ${answer.text}`)
          answered.set(where, (answered.get(where) ?? 0) + (answer.status < 300 ? 1 : 0))
          if (answer.status === 201 && route.key === 'POST ') await adopt(server, world, answer, wish)
          if (answer.status === 200 && route.key === 'POST /:id/convert') forget(world, one)
          // What the answer shows is the record as it is by now.
          if (!isLook(route)) one.row = await rowOf(server, one.type, one.id)
          for (const leak of leaksIn(world, seen, answer, wish.purpose ?? ''))
            leaks.add(`${person.role} ${where}: ${leak}`)
        }
    }
  }
  // Who only looks is answered by what may be seen, whatever may be changed: all look beside each other.
  await beside(world.people, (person, i) => turn(person, i, table.filter(isLook), ['view', 'unmask']))
  // Who changes something is asked one after the other: the answers are compared with the record as it is then.
  const changing = table.filter((route) => !isLook(route))
  for (const [i, person] of world.people.entries()) {
    await turn(person, i, changing)
    for (const one of person.planted)
      if (one.row['deleted_at'] !== null) {
        await server.house.vault.recover(server.house.system, one.type.name, one.id)
        one.row = await rowOf(server, one.type, one.id)
      }
  }
  assert.deepEqual([...leaks], [])
  const silent = table.filter(({ method, path }) => (answered.get(`${method} ${path}`) ?? 0) === 0)
  assert.deepEqual(silent.map(({ method, path }) => `${method} ${path}`), [], 'each is answered to somebody') // prettier-ignore
})

/** What somebody makes is a record like the planted ones. */
const adopt = async (server: TestServer, world: World, answer: Answer, { body }: Ask): Promise<void> => {
  const { id, type: name } = answer.json() as { id: string; type: string }
  const type = world.types.find((one) => one.name === name)
  if (!type) return
  const { values } = body as { values: Readonly<Record<string, unknown>> }
  for (const [field, value] of Object.entries(values)) {
    const key = canaryKey(value)
    if (key !== '') world.canaries.set(key, { record: id, type: name, field })
  }
  world.records.set(id, { id, type, row: await rowOf(server, type, id), values, importKey: '', files: [] })
}

/** What was copied from a record into others tells no longer which one it came from. */
const forget = (world: World, { id }: Planted): void => {
  for (const [key, canary] of world.canaries) if (canary.record === id) world.canaries.delete(key)
}

test('[server-250] [vault-265] who guesses a value that may neither be seen nor changed is answered as by a wrong guess', async () => {
  const { server, world, erasure } = await ground()
  const tried = { patch: 0, batch: 0, file: 0 }
  await beside(world.people, async (person) => {
    const seen = sightsOf(server, world, person)
    const actor = await world.actorOf(person, 'import')
    for (const one of kinds(seen, person)) {
      const before = (await rowOf(server, one.type, one.id))['version']
      for (const group of fieldGroups) {
        const field = named(one, group)
        if (!field || seen.may(`edit.${group}`, one.id)) continue
        const canary = { record: one.id, type: one.type.name, field: field.name }
        const guesses = [one.values[field.name], canaryValue(field, unused + 1)]
        const where = `${person.role} ${one.type.name}.${field.name}`
        if (seen.of(canary, '') !== 'plain') {
          const answers = []
          for (const guess of guesses)
            answers.push(await person.client.ask('PATCH', `/api/${one.type.plural}/${one.id}`, { body: { version: before, values: { [field.name]: guess } } })) // prettier-ignore
          assert.deepEqual([answers[0]?.status, answers[0]?.text], [answers[1]?.status, answers[1]?.text], where)
          tried.patch++
        }
        if (seen.of(canary, 'import') === 'plain') continue
        const outcomes = []
        for (const guess of guesses) {
          const values = { ...one.values, [field.name]: guess } as never
          outcomes.push(await server.house.vault.importBatch(actor, one.type.name, [{ values, importKey: one.importKey }]).catch((error: unknown) => String(error))) // prettier-ignore
        }
        assert.deepEqual(outcomes[0], outcomes[1], where)
        tried.batch++
        if (!seen.may('import', one.id)) continue
        const runs = []
        for (const guess of guesses) runs.push(await imported({ world, person, one, erasure }, field.name, guess))
        assert.deepEqual(runs[0], runs[1], where)
        tried.file++
      }
      assert.equal((await rowOf(server, one.type, one.id))['version'], before, `${person.role} ${one.type.name}`)
    }
  })
  for (const [way, times] of Object.entries(tried)) assert.ok(times > 3, JSON.stringify({ way, times }))
})

/** What an import of one row of an export of ours tells, without the value that its sender put in. */
const imported = async (of: Of, name: string, value: unknown): Promise<unknown> => {
  const { client } = of.person
  const { raw = '', headers = {} } = multipart('rows.csv', ownRow(of, name, value))
  const upload = await client.ask('POST', '/api/imports', { raw, headers })
  assert.ok(upload.status < 300, upload.text)
  const { id, encoding, delimiter, columns } = upload.json() as { id: string; encoding: string; delimiter: string; columns: { index: number; suggestion: string | null }[] } // prettier-ignore
  const mapping = Object.fromEntries(columns.map(({ index, suggestion }) => [index, suggestion]))
  const run = await client.ask('POST', `/api/imports/${id}/run`, { body: { type: of.one.type.name, encoding, delimiter, mapping, createAccounts: false } }) // prettier-ignore
  assert.equal(run.status, 202, run.text)
  for (let i = 0; ; i++) {
    const answer = await client.ask('GET', `/api/imports/${id}`)
    const state = answer.json() as { state: string; id: string; hasRefusedFile: boolean }
    if (state.state !== 'running') {
      const refused = state.hasRefusedFile ? (await client.ask('GET', `/api/imports/${id}/refused.csv`)).text : ''
      const told = `${JSON.stringify({ ...state, id: '' })} ${refused}`.replaceAll(String(value), '…')
      assert.deepEqual(canariesIn(told).filter((key) => of.world.canaries.has(key)), []) // prettier-ignore
      return told
    }
    assert.ok(i < 400, 'the import ends')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

test('[server-251] a key of a program gives what its bounds and its person may see, and of other types nothing', async () => {
  const { server, world } = await ground()
  const leaks = new Set<string>()
  let answered = 0
  await beside(world.people, async (person) => {
    const seen = sightsOf(server, world, person, { channel: 'api' })
    const made = await server.admin.ask('POST', '/api/api-keys', {
      body: { label: person.role, networks: [], perMinute: 6000, days: 1, password: testPassword, userId: person.id, bounds: { account: ['read'], lead: ['read'] } },
    }) // prettier-ignore
    assert.equal(made.status, 201, made.text)
    const headers = { authorization: `Bearer ${(made.json() as { key: string }).key}` }
    const bound = (type: string): boolean => type === 'account' || type === 'lead'
    const within: Sights = { ...seen, of: (canary, purpose) => (bound(canary.type) ? seen.of(canary, purpose) : 'hidden') }
    const get = async (path: string, purpose = ''): Promise<void> => {
      const answer = await server.stranger().ask('GET', path, { headers })
      answered += answer.status === 200 ? 1 : 0
      for (const leak of leaksIn(world, within, answer, purpose)) leaks.add(`key of ${person.role} ${path}: ${leak}`)
    }
    for (const path of ['/api/home', '/api/journal?limit=100', '/api/pipeline']) await get(path)
    for (const type of world.types) await get(`/api/${type.plural}?limit=200`)
    for (const one of kinds(seen, person).slice(0, 12)) {
      const at = `/api/${one.type.plural}/${one.id}`
      for (const path of [at, `${at}/history`, `${at}/attachments`]) await get(path)
      for (const { id } of one.files) await get(`${at}/attachments/${id}/content?reason=x`, 'x')
      const change = await server.stranger().ask('PATCH', at, { headers, body: { version: one.row['version'], values: { [one.type.title]: 'changed' } } }) // prettier-ignore
      assert.ok(change.status >= 400, `key of ${person.role} changes ${one.type.name}`)
    }
  })
  assert.deepEqual([...leaks], [])
  assert.ok(answered > 50, String(answered))
}) // prettier-ignore

test('[server-251] a token of provisioning gives and finds nothing of customers', async () => {
  const { server, world } = await ground()
  const admin = await server.signIn('admin@example.org', testPassword)
  const provider = await admin.ask('POST', '/api/identity-providers', { body: providerWish(server) })
  const { id: providerId } = provider.json() as { id: string }
  const made = await admin.ask('POST', '/api/provisioning-tokens', { body: { providerId, label: 'Works', scopes: ['users', 'groups'], days: 1 } }) // prettier-ignore
  assert.equal(made.status, 201, made.text)
  const authorization = `Bearer ${(made.json() as { token: string }).token}`
  const answered = new Set<string>()
  const ask = async (method: string, path: string, body?: object): Promise<Answer> => {
    const answer = await server.stranger().ask(method, path, {
      ...(body === undefined ? {} : { raw: JSON.stringify(body) }),
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }) },
    })
    const found = canariesIn(`${answer.text}${JSON.stringify(answer.headers)}`).filter((key) => world.canaries.has(key))
    assert.deepEqual(found, [], `${method} ${path}`)
    const route = `${method} ${path.replace(/\?.*/, '').replace(/[0-9a-f-]{36}/, ':id')}`
    if (answer.status < 300) answered.add(route)
    return answer
  }
  const core = 'urn:ietf:params:scim:schemas:core:2.0'
  const user = { schemas: [`${core}:User`], userName: 'leak@works.example', displayName: 'Leak', active: true }
  const { id } = (await ask('POST', '/scim/v2/Users', user)).json() as { id: string }
  const group = { schemas: [`${core}:Group`], displayName: 'Sales', members: [{ value: id }] }
  const { id: groupId } = (await ask('POST', '/scim/v2/Groups', group)).json() as { id: string }
  const patch = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op: 'replace', path: 'displayName', value: 'Sales' }] } // prettier-ignore
  for (const [at, whole] of [[`/scim/v2/Users/${id}`, user], [`/scim/v2/Groups/${groupId}`, group]] as const) {
    await ask('GET', at)
    await ask('PUT', at, whole)
    await ask('PATCH', at, patch)
  } // prettier-ignore
  for (const one of world.people.at(0)?.planted ?? []) {
    for (const at of ['Users', 'Groups'])
      for (const method of ['GET', 'DELETE']) assert.equal((await ask(method, `/scim/v2/${at}/${one.id}`)).status, 404)
    for (const value of Object.values(one.values).slice(0, 3))
      await ask('GET', `/scim/v2/Users?filter=${encodeURIComponent(`userName eq ${JSON.stringify(String(value))}`)}`)
  }
  for (const at of ['Users', 'Groups']) await ask('GET', `/scim/v2/${at}`)
  await ask('DELETE', `/scim/v2/Users/${id}`)
  await ask('DELETE', `/scim/v2/Groups/${groupId}`)
  const wanted = routes.filter(({ method, path }) => {
    const found = recordPath(method, path)
    return found !== undefined && 'path' in found && found.path === 'provisioning'
  })
  assert.deepEqual([...answered].toSorted(), wanted.map(({ method, path }) => `${method} ${path}`).toSorted())
})

test('[server-254] notices of every record name each as the policies allow its reader, and one that may not be listed not at all', async () => {
  const { server, world } = await ground()
  const told = { named: 0, hidden: 0 }
  for (const person of world.people) {
    const seen = sightsOf(server, world, person)
    let cursor: string | undefined = ''
    const ids = new Map(person.planted.map((one) => [one.id, one]))
    let notices = 0
    while (cursor !== undefined) {
      const more: string = cursor === '' ? '' : `&cursor=${cursor}`
      const answer = await person.client.ask('GET', `/api/notifications?limit=50${more}`)
      assert.equal(answer.status, 200, answer.text)
      assert.deepEqual(leaksIn(world, seen, answer, ''), [], person.role)
      const { items, next } = answer.json() as NotificationsAnswer
      notices += items.length
      for (const { record, hidden, type } of items) {
        if (record && ids.has(record.id)) assert.ok(seen.may('list', record.id), `${person.role} ${String(type)}`)
        if (hidden) assert.deepEqual([type, record], [null, null])
        told.named += record?.title ? 1 : 0
        told.hidden += hidden ? 1 : 0
      }
      cursor = next
    }
    assert.ok(notices >= person.planted.length, person.role)
  }
  assert.ok(told.named > 50 && told.hidden > 20, JSON.stringify(told))
})

const providerWish = ({ url, ids }: TestServer): object => ({
  name: 'Works ID',
  issuer: 'https://login.works.example',
  clientId: 'holdfast',
  active: true,
  version: 0,
  settings: {
    origin: url,
    scopes: ['openid'],
    claims: { email: 'email', name: 'name', groups: 'groups' },
    rules: [{ group: 'Sales', role: 'sales', teamId: ids.team }],
    defaultRole: null,
    accounts: 'existing',
    domains: [],
    trustMfa: false,
    only: false,
    signOut: true,
  },
})

test('[server-251] emergency access shows its one record as the policies say, and nothing of any other', async () => {
  const { server, world } = await ground()
  let shown = 0
  for (const person of world.people) {
    await server.house.store.owner((tx) =>
      tx.query({ text: 'update identity.session set mfa_at = now() where user_id = $1', values: [person.id] }),
    )
    const before = sightsOf(server, world, person, { mfa: true })
    const one = person.planted.find(({ type, id }) => type.name === 'account' && !before.may('list', id))
    if (!one) continue
    const actor = await server.house.actorOf(person.id, { channel: 'web', ip: '127.0.0.1', mfa: true })
    const wish = { type: 'account', scope: 'record', of: one.id, reason: 'fire at the customer', minutes: 5 } as const
    const opened = await server.house.breakGlass.open(actor, wish).catch((error: unknown) => error)
    const granted = opened instanceof Error ? {} : { account: { read: [one.id], write: [] } }
    const seen = sightsOf(server, world, person, { mfa: true }, granted)
    const at = `/api/accounts/${one.id}`
    for (const path of ['/api/accounts?limit=200', at, `${at}/history`, `${at}/attachments`, '/api/contacts?limit=200', '/api/home']) {
      const answer = await person.client.ask('GET', path)
      assert.deepEqual(leaksIn(world, seen, answer, ''), [], `${person.role} ${path}`)
      if (path === at) {
        assert.equal(answer.status === 200, !(opened instanceof Error) && seen.may('list', one.id), person.role)
        shown += answer.status === 200 ? 1 : 0
      }
    } // prettier-ignore
    const version = (await rowOf(server, one.type, one.id))['version']
    assert.ok((await person.client.ask('PATCH', at, { body: { version, values: { name: 'changed' } } })).status >= 400)
  }
  assert.ok(shown > 2, String(shown))
})

const never = (name: string): never => {
  throw new RangeError(name)
}

/** How each verb that gives something of a record is asked: arguments, and the purpose by which policies decide. */
const verbWays: Readonly<Record<string, (of: Of, file: string) => readonly (readonly string[])[]>> = {
  // Each search is a process of its own: one group that most may see, and one that is masked to many.
  search: ({ one }) =>
    (['basic', 'contact'] as const).flatMap((group) => {
      const value = one.values[named(one, group)?.name ?? '']
      return typeof value === 'string' ? [['search', one.type.name, value]] : []
    }),
  export: ({ one }, file) => [['export', one.type.name, '--out', file, '--purpose', 'leak test']],
  erase: ({ one }) => [['erase', one.type.name, one.id]],
  import: ({ one }, file) => [['import', file, '--type', one.type.name, '--yes']],
  // Neither may look into backups; who may is asked by a matrix of its own.
  backup: ({ one }, file) => [['backup', 'browse', 'latest', one.type.name, one.id, '--identity', file]],
}

test('[server-251] the verbs that act as a person give what that person may see', async () => {
  const { server, world, erasure } = await ground()
  const asked = Object.entries(verbPaths).flatMap(([verb, found]) => ('path' in found ? [verb] : []))
  assert.deepEqual(asked.toSorted(), Object.keys(verbWays).toSorted(), 'each verb says here how it is asked')
  const folder = temporaryFolder()
  const file = join(folder, 'rows.csv')
  const { databaseUrl, appDatabaseUrl, data, keys, repository } = server.house.config
  await writeFile(
    join(folder, 'holdfast.json'),
    JSON.stringify({ databaseUrl, appDatabaseUrl, data, keys, repository }),
  )
  const succeeded = new Set<string>()
  const failures: string[] = []
  // One of those who see something, and of those who see nothing.
  for (const role of ['manager', 'auditor']) {
    const person = world.people.find((one) => one.role === role)
    assert.ok(person, role)
    const seen = sightsOf(server, world, person, { channel: 'cli', mfa: true })
    const one = kinds(seen, person).findLast(({ type }) => type.name === 'contact')
    assert.ok(one)
    const of: Of = { world, person, one, erasure }
    const field = named(one, 'contact')
    assert.ok(field)
    const guess = seen.of({ record: one.id, type: one.type.name, field: field.name }, 'import') === 'plain' ? 'nobody@example.org' : one.values[field.name] // prettier-ignore
    for (const verb of asked) {
      if (verb === 'import') await writeFile(file, ownRow(of, field.name, guess))
      for (const words of verbWays[verb]?.(of, file) ?? []) {
        const done = await command([...words, '--as', person.email, '--json'], folder)
        if (done.code === 0) succeeded.add(verb)
        else failures.push(`${role} ${verb}: ${done.stderr.trim().split('\n').at(-1) ?? ''}`)
        const written = verb === 'export' && done.code === 0 ? await readFile(file, 'utf8') : ''
        const text = `${done.stdout}${done.stderr}${written}`.replaceAll(verb === 'import' ? String(guess) : '\0', '')
        // The words of the call are the asker's own.
        const answer = { text: words.reduce((all, word) => all.replaceAll(word, ''), text), headers: {}, status: 0, json: () => null } // prettier-ignore
        assert.deepEqual(leaksIn(world, seen, answer, verb === 'export' ? 'leak test' : ''), [], `${role} ${verb}`)
        if (verb === 'search' && seen.of({ record: one.id, type: one.type.name, field: fieldIn(one, words.at(-1)) }, 'search') !== 'plain') assert.ok(!done.stdout.includes(one.id), `${role} finds by ${String(words)}`) // prettier-ignore
      }
    }
    one.row = await rowOf(server, one.type, one.id)
  }
  assert.ok(succeeded.has('search') && succeeded.has('export') && succeeded.has('import'), failures.join('\n'))
})

const fieldIn = ({ values }: Planted, value: unknown): string =>
  Object.entries(values).find(([, one]) => one === value)?.[0] ?? never(String(value))
