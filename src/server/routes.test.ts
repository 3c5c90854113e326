// The route table against its promises: open rows, strangers, schemas, OpenAPI, and every row as every role.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { type Client, openTestServer, type TestServer } from '../../test/support/server.ts'
import { statusOf } from './openapi.ts'
import type { Route } from './route.ts'
import { routes } from './routes.ts'
import type { Schema } from './schema.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

test('[server-1] open routes are those of the list, with their reasons', () => {
  const golden = readFileSync(new URL('../../test/golden/open-routes.txt', import.meta.url), 'utf8')
  const found = routes.flatMap((route) => ('open' in route ? [`${route.method} ${route.path}: ${route.open}`] : []))
  assert.equal(`${found.toSorted().join('\n')}\n`, golden)
})

test('[server-1] rows are unique and each guarded one names an action and a resource', () => {
  const names = routes.map((route) => `${route.method} ${route.path}`)
  assert.equal(new Set(names).size, names.length)
  assert.ok(names.length > 100)
  for (const route of routes) if (!('open' in route)) assert.ok(route.action && route.resource, route.path)
})

test('[server-1] a stranger gets 401 from every guarded row, whatever the body, and 405 or 404 from HEAD', async () => {
  const { stranger } = await server()
  for (const route of routes) {
    if ('open' in route) continue
    const client = stranger()
    const answer = await client.ask(
      route.method,
      pathOf(route, () => someId),
      { raw: route.method === 'GET' ? '' : '{"not json' },
    )
    assert.equal(answer.status, 401, `${route.method} ${route.path}: ${answer.text}`)
    assert.equal((answer.json() as { code: string }).code, 'not-signed-in')
  }
  assert.ok([404, 405].includes((await stranger().ask('HEAD', '/api/accounts')).status))
})

test('[server-2] members that no schema names are refused, and nothing undescribed is sent', async () => {
  const { admin } = await server()
  for (const body of [
    { values: { name: 'x', isAdmin: true } },
    { values: {}, admin: 1 },
    { values: [] },
    [],
    null,
    'x',
    7,
  ]) {
    const answer = await admin.ask('POST', '/api/accounts', { body })
    assert.equal(answer.status, 400, JSON.stringify(body))
  }
  assert.equal((await admin.ask('GET', '/api/accounts?limit=1&other=1')).status, 400)
  assert.equal((await admin.ask('GET', '/api/accounts?limit=1&limit=2')).status, 400)
  const made = await admin.ask('POST', '/api/accounts', { body: { values: { name: 'Schema Ltd' } } })
  assert.equal(made.status, 201)
  assert.deepEqual(Object.keys(made.json() as object).sort(), [
    'createdAt',
    'deletedAt',
    'groups',
    'id',
    'ownerId',
    'sharedWith',
    'teamId',
    'type',
    'updatedAt',
    'values',
    'version',
  ])
})

test('[server-6] OpenAPI describes every row and nothing else', async () => {
  const { admin } = await server()
  const document = (await admin.ask('GET', '/api/openapi.json')).json() as {
    openapi: string
    paths: Record<string, Record<string, { responses: object }>>
    components: { schemas: Record<string, unknown> }
  }
  assert.equal(document.openapi, '3.1.0')
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const rows = routes.map((route) => `${route.method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`)
  assert.deepEqual(described.sort(), rows.sort())
  const text = JSON.stringify(document)
  for (const [, name = ''] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
    assert.ok(name in document.components.schemas, name)
})

test('[server-9] every route as every role: no error of ours, and the records of others stay closed', async () => {
  const world = await server()
  const { admin, manager, sales } = world
  const others = await recordsOf(world.other)
  const victim = (
    (
      await admin.ask('POST', '/api/users/invite', { body: { name: 'Vi', email: 'vi@example.org', role: 'sales' } })
    ).json() as { user: { id: string } }
  ).user.id
  const target = (route: Route): string => {
    const plural = route.path.split('/')[2] ?? ''
    if (plural === 'users') return victim
    if (plural === 'teams') return world.ids.team
    return others[plural] ?? someId
  }
  const closed: string[] = []
  // The administrator last: what it may delete would be missing for the others.
  for (const [role, client] of [
    ['sales', sales],
    ['manager', manager],
    ['administrator', admin],
  ] as const) {
    for (const route of routes) {
      if (unsuited.has(`${route.method} ${route.path}`)) continue
      const query = route.method === 'DELETE' && route.query ? '?version=1' : route.path === '/api/search' ? '?q=x' : ''
      const answer = await client.ask(
        route.method,
        `${pathOf(route, () => target(route))}${query}`,
        route.body ? { body: bodyFor(route, sample(route.body)) } : {},
      )
      assert.ok(answer.status < 500, `${role} ${route.method} ${route.path}: ${answer.status} ${answer.text}`)
      if (answer.status >= 400)
        assert.match(
          String(answer.headers['content-type']),
          /(problem|scim)\+json/,
          `${role} ${route.method} ${route.path}`,
        )
      else assert.equal(answer.status, statusOf(route), `${role} ${route.method} ${route.path}`)
      const plural = route.path.split('/')[2] ?? ''
      if (role === 'sales' && plural in others && route.path.includes('/:id')) {
        assert.ok([403, 404].includes(answer.status), `${route.method} ${route.path}: ${answer.status} ${answer.text}`)
        closed.push(route.path)
      }
      if (
        role !== 'administrator' &&
        (plural === 'users' || plural === 'teams') &&
        route.method !== 'GET' &&
        !route.path.endsWith('/unmask')
      ) {
        assert.ok(answer.status >= 400, `${role} ${route.method} ${route.path}`)
      }
    }
  }
  assert.ok(closed.length >= 50, `${closed.length} doors to others' records were tried`)
  assert.deepEqual(world.log, [])
})

const someId = '01a00000-0000-7000-8000-000000000000'

/** Would end the client itself, or need a file; they have tests of their own. */
const unsuited = new Set([
  'DELETE /api/session',
  'POST /api/sign-out',
  'GET /api/sso/:id/callback',
  'POST /api/setup',
  'POST /api/imports',
  'POST /api/session',
])

const pathOf = (route: Route, id: () => string): string => route.path.replaceAll(/:id/g, id)

/** One record of each customer type, owned by whoever the client is. */
const recordsOf = async (client: Client): Promise<Readonly<Record<string, string>>> => {
  const values: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    accounts: { name: 'Other Ltd' },
    contacts: { name: 'Olga Other', mobile: '13800138001' },
    leads: { name: 'Otto Other' },
    deals: { name: 'Other deal', stage: 'prospecting', amount: 100 },
    followups: { kind: 'call', at: '2026-11-01T08:00:00.000Z', summary: 'spoke' },
    tasks: { title: 'call back' },
  }
  const made: [string, string][] = []
  for (const [plural, one] of Object.entries(values)) {
    const answer = await client.ask('POST', `/api/${plural}`, { body: { values: one } })
    assert.equal(answer.status, 201, `${plural}: ${answer.text}`)
    made.push([plural, (answer.json() as { id: string }).id])
  }
  return Object.fromEntries(made)
}

/** An edit that changes something: who may not make it must be refused. */
const bodyFor = (route: Route, body: unknown): unknown => {
  if (route.method !== 'PATCH') return body
  const change = route.path.startsWith('/api/users/')
    ? { role: 'administrator' }
    : { [titles[route.path] ?? 'name']: 'changed' }
  return { version: 1, values: change }
}

const titles: Readonly<Record<string, string>> = { '/api/followups/:id': 'summary', '/api/tasks/:id': 'title' }

/** A small value that a schema accepts. */
const sample = (schema: Schema): unknown => {
  const {
    type,
    enum: choices,
    properties,
    required,
    format,
  } = schema as {
    type?: string | readonly string[]
    enum?: readonly string[]
    properties?: Readonly<Record<string, Schema>>
    required?: readonly string[]
    format?: string
  }
  if (Array.isArray(type)) return type.includes('null') ? null : 'x'
  if (choices) return choices[0]
  if (type === 'object')
    return Object.fromEntries((required ?? []).map((name) => [name, sample(properties?.[name] ?? {})]))
  if (type === 'array') return []
  if (type === 'integer' || type === 'number') return 1
  if (type === 'boolean') return false
  return format === 'uuid' ? someId : 'x'
}
