// What every request meets: headers, origin, CSRF, cookies, problems, hostile JSON, pages.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isFault } from '#kernel'
import { listen } from '#server'
import { openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import { readCookie } from './cookie.ts'
import { faultOf } from './problem.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

const code = (answer: { json: () => unknown }): string => (answer.json() as { code: string }).code

test('[server-3] every answer has the security headers; interface answers are not kept', async () => {
  const { admin, stranger } = await server()
  for (const answer of [
    await admin.ask('GET', '/api/me'),
    await stranger().ask('GET', '/api/me'),
    await stranger().ask('GET', '/api/nothing'),
  ]) {
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    assert.equal(answer.headers['x-frame-options'], 'DENY')
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.match(String(answer.headers['content-security-policy']), /^default-src 'none'/)
    assert.equal(answer.headers['strict-transport-security'], undefined)
    assert.equal(answer.headers['access-control-allow-origin'], undefined)
  }
})

test('[server-3] a page comes for every path of the pages, each with a nonce of its own and no inline script allowed', async () => {
  const { stranger } = await server()
  const [one, two] = [await stranger().ask('GET', '/'), await stranger().ask('GET', '/accounts/01a00000?x=1')]
  for (const page of [one, two]) {
    assert.equal(page.status, 200)
    const policy = String(page.headers['content-security-policy'])
    const nonce = /<meta name="csp-nonce" content="([\w-]+)"/.exec(page.text)?.[1]
    assert.ok(nonce !== undefined && policy.includes(`style-src 'self' 'nonce-${nonce}'`))
    assert.ok(
      policy.includes("script-src 'self';") && policy.includes("frame-ancestors 'none'") && !policy.includes('unsafe'),
    )
  }
  assert.notEqual(one.headers['content-security-policy'], two.headers['content-security-policy'])
  const asset = await stranger().ask('GET', '/assets/app-1a2b.js')
  assert.equal(asset.status, 200)
  assert.match(String(asset.headers['cache-control']), /immutable/)
  for (const path of [
    '/assets/none.js',
    '/..%2fkeys%2ftls%2fserver.key',
    '/%2e%2e/keys/tls/server.key',
    '/assets/%00.js',
    '/api',
    '/api/',
  ]) {
    assert.equal((await stranger().ask('GET', path)).status >= 400, true, path)
  }
  assert.equal((await stranger().ask('POST', '/accounts')).status, 404)
})

test('[server-4] a change without the CSRF value, or from another site, is refused', async () => {
  const { admin } = await server()
  const ask = (headers: Readonly<Record<string, string>>) =>
    admin.ask('POST', '/api/accounts', { body: { values: { name: 'csrf' } }, headers })
  for (const headers of [
    { 'x-holdfast-csrf': '' },
    { 'x-holdfast-csrf': 'A'.repeat(43) },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ]) {
    const answer = await ask(headers)
    assert.equal(answer.status, 403, JSON.stringify(headers))
    assert.equal(code(answer), 'csrf-refused')
  }
  assert.equal((await ask({ 'sec-fetch-site': 'same-origin' })).status, 201)
})

test('[server-4] signing in from another site is refused, and a form cannot send JSON', async () => {
  const { stranger } = await server()
  const body = { email: 'sales@example.org', password: testPassword }
  const evil = await stranger().ask('POST', '/api/session', { body, headers: { origin: 'https://evil.example' } })
  assert.equal(code(evil), 'csrf-refused')
  const form = await stranger().ask('POST', '/api/session', { body, headers: { 'content-type': 'text/plain' } })
  assert.equal(form.status, 400)
})

test('[server-4] the cookie is of this host alone, unreadable by scripts, and two of that name are none', async () => {
  const { stranger } = await server()
  const client = stranger()
  const answer = await client.ask('POST', '/api/session', {
    body: { email: 'sales@example.org', password: testPassword },
  })
  const [line = ''] = answer.headers['set-cookie'] ?? []
  assert.match(line, /^__Host-holdfast=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/)
  assert.ok(!answer.text.includes(client.cookie.split('=')[1] ?? '?'))
  assert.equal(readCookie('a=b; __Host-holdfast=x; __Host-holdfast=y'), undefined)
  assert.equal(readCookie('a=b; __Host-holdfast=x'), 'x')
  client.csrf = (answer.json() as { csrf: string }).csrf
  assert.equal((await client.ask('DELETE', '/api/session')).status, 204)
  assert.equal(client.cookie, '__Host-holdfast=')
})

test('[server-5] hostile JSON is refused with 400, and never breaks anything', async (t) => {
  const folder = fileURLToPath(new URL('../../../shared/data/crm/hostile/json-parsing', import.meta.url))
  if (!existsSync(folder)) return t.skip('skipped: no shared data')
  const { stranger, admin, log } = await server()
  const client = stranger()
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  assert.ok(files.length > 180)
  for (const name of files) {
    const raw = readFileSync(join(folder, name))
    const answer = await client.ask('POST', '/api/session', { raw, headers: { 'content-type': 'application/json' } })
    assert.equal(answer.status, 400, name)
    assert.equal(code(answer), 'bad-input', name)
    const inside = await admin.ask('POST', '/api/accounts', { raw, headers: { 'content-type': 'application/json' } })
    assert.equal(inside.status, 400, name)
  }
  const deep = await admin.ask('POST', '/api/accounts', { raw: `${'['.repeat(200_000)}${']'.repeat(200_000)}` })
  assert.equal(deep.status, 400)
  for (const raw of ['{"values":{"name":"x","__proto__":{"a":1}}}', '{"__proto__":{"values":{}}}']) {
    assert.equal((await admin.ask('POST', '/api/accounts', { raw })).status, 400)
  }
  const large = await admin.ask('POST', '/api/accounts', { body: { values: { name: 'x'.repeat(1_100_000) } } })
  assert.equal(large.status, 413)
  assert.deepEqual(log, [])
})

test('[server-5] hostile query strings are refused or find nothing', async () => {
  const { admin, log } = await server()
  for (const query of [
    'limit=-1',
    'limit=1e3',
    'limit=999',
    'cursor=%00',
    'cursor=eyJ2IjoiJyBvciAxPTEiLCJpZCI6IngifQ',
    'cursor=eyJ2IjpudWxsLCJpZCI6IngifQ',
    'filter=%5B',
    'filter=%7B%7D',
    `filter=${encodeURIComponent('[{"field":"name","op":"drop"}]')}`,
    `filter=${encodeURIComponent('[{"field":"__proto__","op":"eq","value":"x"}]')}`,
    `filter=${encodeURIComponent('[{"field":"grade","op":"eq","value":"\\u0000"}]')}`,
    `filter=${encodeURIComponent('[{"field":"owner","op":"eq","value":"1"}]')}`,
    'sort=id%3Bdrop',
    'sort=constructor',
    'q=%00',
    `q=${encodeURIComponent("' or 1=1 --")}`,
    'q=%ED%A0%BD',
    'deleted=2',
  ]) {
    const answer = await admin.ask('GET', `/api/accounts?${query}`)
    assert.ok(
      answer.status === 200 || answer.status === 400 || answer.status === 422,
      `${query}: ${answer.status} ${answer.text}`,
    )
  }
  for (const id of ['x', '%00', '..%2f..', "'", '01A00000-0000-7000-8000-000000000000']) {
    assert.equal((await admin.ask('GET', `/api/accounts/${id}`)).status, 404, id)
  }
  assert.deepEqual(log, [])
})

test('[server-5] problems speak the language of the request and name field and code', async () => {
  const { admin } = await server()
  const ask = (language: string) =>
    admin.ask('POST', '/api/accounts', { body: { values: { name: '' } }, headers: { 'accept-language': language } })
  const [zh, en] = [await ask('zh-CN,zh;q=0.9,en;q=0.8'), await ask('en-GB')]
  assert.match(String(zh.headers['content-type']), /^application\/problem\+json/)
  assert.match((zh.json() as { detail: string }).detail, /^“客户名称”：必填$/)
  const problem = en.json() as Record<string, unknown>
  assert.deepEqual([problem['code'], problem['status'], problem['field']], ['bad-value', 422, 'name'])
})

test('[server-5] an error nobody foresaw shows an id, and its message stays out of the log', () => {
  const lines: string[] = []
  const fault = faultOf(Object.assign(new TypeError('secret 13800138001'), { code: '23505' }), (line) =>
    lines.push(line),
  )
  assert.ok(isFault(fault, 'internal'))
  const [line = ''] = lines
  assert.ok(line.startsWith(`${fault.details['id'] as string} TypeError 23505`) && line.includes('listen.test.ts'))
  assert.ok(!line.includes('13800138001') && !fault.message.includes('13800138001'))
})

test('[server-8] a taken port is said in one sentence', async () => {
  const { house, url } = await server()
  const port = Number(new URL(url).port)
  await assert.rejects(
    listen(house, { port }),
    (error) => isFault(error, 'port-in-use') && error.message.includes(String(port)),
  )
})
