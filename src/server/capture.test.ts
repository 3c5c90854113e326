// Web forms over HTTPS: what is open and to whom, what is refused, and leads made of what came before a list is shown.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ed25519Verify,
  type EnvelopeSuiteId,
  manifestMessage,
  parseVerifyKey,
  sealCapture,
  verifiedBy,
} from '#encryption'
import { base64url, fromBase64url, fromUtf8, type Json, services } from '#kernel'
import { type Answer, openTestServer, type TestServer } from '../../test/support/server.ts'

let server: TestServer
const both = { zh: '<b>预约</b>演示', en: '<b>Ask</b> for a demo' }
const definition = {
  title: both,
  intro: both,
  notice: both,
  submit: both,
  thanks: both,
  fields: [
    { name: 'name', required: true },
    { name: 'mobile', required: false },
  ],
  owner: null,
  source: 'website',
  origins: ['https://www.example.com'],
  leastSeconds: 0,
}
before(async () => {
  server = await openTestServer()
  const made = await server.admin.ask('POST', '/api/capture/forms', {
    body: { name: 'demo', active: true, version: 0, definition },
  })
  assert.equal(made.status, 200, made.text)
})
after(() => server.close())

const manifest = async (): Promise<Readonly<Record<string, unknown>>> => {
  const answer = (await server.stranger().ask('GET', '/capture/demo/manifest.json')).json() as { manifest: string }
  return JSON.parse(fromUtf8(fromBase64url(answer.manifest))) as Record<string, unknown>
}
const bodyOf = async (values: Json): Promise<Record<string, unknown>> => {
  const { tenant, epoch, suite, publicKey } = await manifest()
  const at = new Date()
  const place = { tenant: String(tenant), form: 'demo', epoch: Number(epoch), suite: suite as EnvelopeSuiteId, at }
  const sealed = sealCapture(fromBase64url(String(publicKey)), place, {
    v: 1,
    values,
    language: 'en',
    seconds: 5,
    trap: '',
  })
  return { epoch, suite, at: at.toISOString(), sealed: base64url(sealed) }
}
const post = (body: unknown, headers: Readonly<Record<string, string>> = {}, path = '/capture/demo'): Promise<Answer> =>
  server.stranger().ask('POST', path, { body, headers })
const forget = (): Promise<unknown> =>
  server.house.store.owner((tx) => tx.query({ text: 'delete from identity.throttle' }))

test('[server-50] the manifest is signed by the pinned key and names the key of the epoch in use; nothing of the owner is in it', async () => {
  const answer = await server.stranger().ask('GET', '/capture/demo/manifest.json')
  const signed = answer.json() as { manifest: string; signature: string }
  const { key } = (await server.admin.ask('GET', '/api/capture/forms')).json() as { key: string }
  const bytes = fromBase64url(signed.manifest)
  assert.ok(ed25519Verify(fromBase64url(key), manifestMessage(bytes), fromBase64url(signed.signature)))
  const said = JSON.parse(fromUtf8(bytes)) as { publicKey: string; definition: object }
  const now = await server.house.captures.key()
  assert.equal(said.publicKey, base64url(now.publicKey))
  assert.ok(!('owner' in said.definition) && !('origins' in said.definition))
})

test('[server-109] a page pins the key of the profile in force, and one embedded before goes on with the key it pinned', async () => {
  const ask = async (query: string): Promise<{ manifest: string; signature: string }> =>
    (await server.stranger().ask('GET', `/capture/demo/manifest.json${query}`)).json() as never
  const pinNow = async (): Promise<string> =>
    ((await server.admin.ask('GET', '/api/capture/forms')).json() as { key: string }).key
  const holds = (pin: string, { manifest: text, signature }: { manifest: string; signature: string }): boolean =>
    verifiedBy(parseVerifyKey(pin), manifestMessage(fromBase64url(text)), fromBase64url(signature))
  const before = await pinNow()
  assert.equal((await server.stranger().ask('GET', '/capture/demo/manifest.json?suite=SM2')).status, 404)
  for (const profile of ['gm', 'international'] as const) {
    const { id } = await server.house.jobs.start('keys.profile', { profile }, services.system)
    assert.equal((await server.house.jobs.run(id)).state, 'done')
    const now = await pinNow()
    assert.equal(now.startsWith('SM2:'), profile === 'gm')
    assert.ok(holds(before, await ask('')))
    const sm2 = await ask('?suite=SM2')
    assert.equal(holds(now, sm2), profile === 'gm')
    assert.ok(!holds(before, sm2), 'a page never meets another suite than the one it pinned')
  }
  assert.equal(await pinNow(), before)
})

test('[server-50] page and script set no cookie, the page runs its own script alone and escapes its texts', async (t) => {
  const client = server.stranger()
  const page = await client.ask('GET', '/capture/demo?lang=zh')
  if (page.status === 500) return t.skip('skipped: needs the pages built')
  assert.equal(page.status, 200)
  assert.match(String(page.headers['content-type']), /^text\/html/)
  const policy = String(page.headers['content-security-policy'])
  assert.match(policy, /^default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'/)
  assert.ok(!policy.includes('unsafe') && !policy.includes('*'))
  assert.ok(!page.text.includes('<b>') && page.text.includes('&lt;b&gt;'))
  assert.ok(!/<script(?![^>]*integrity="sha256-)/.test(page.text))
  const script = await client.ask('GET', '/capture/demo/capture.js')
  assert.match(String(script.headers['content-type']), /^text\/javascript/)
  for (const answer of [
    page,
    script,
    await client.ask('GET', '/capture/demo/manifest.json'),
    await post(await bodyOf({ name: 'x' })),
  ])
    assert.equal(answer.headers['set-cookie'], undefined)
  assert.equal((await client.ask('GET', '/capture/none')).status, 404)
})

test('[server-50] pages of hosts the form names are let in, others are not', async () => {
  const ask = (method: string, path: string, origin: string): Promise<Answer> =>
    server.stranger().ask(method, path, { headers: { origin, 'sec-fetch-site': 'cross-site' } })
  for (const [method, path] of [
    ['OPTIONS', '/capture/demo'],
    ['GET', '/capture/demo/manifest.json'],
  ] as const) {
    const good = await ask(method, path, 'https://www.example.com')
    assert.ok(good.status < 300, good.text)
    assert.equal(good.headers['access-control-allow-origin'], 'https://www.example.com')
    assert.equal(good.headers['access-control-allow-credentials'], undefined)
    for (const origin of ['https://evil.example', 'https://www.example.com.evil.example', 'null'])
      assert.equal((await ask(method, path, origin)).headers['access-control-allow-origin'], undefined)
  }
  const body = await bodyOf({ name: 'Cross' })
  const from = (origin: string): Promise<Answer> => post(body, { origin, 'sec-fetch-site': 'cross-site' })
  assert.equal((await from('https://evil.example')).status, 403)
  const taken = await from('https://www.example.com')
  assert.equal(taken.status, 202)
  assert.equal(taken.headers['access-control-allow-origin'], 'https://www.example.com')
  // No other route of the product opens to them.
  const api = await server.stranger().ask('POST', '/api/session', {
    body: { email: 'a', password: 'b' },
    headers: { origin: 'https://www.example.com' },
  })
  assert.equal(api.status, 403)
})

test('[server-51] what was sent becomes a lead when somebody who may create leads lists them, and not before', async () => {
  await forget()
  const sent = await post(await bodyOf({ name: 'Ottilie Sealed', mobile: '13800138077' }))
  assert.deepEqual([sent.status, sent.json()], [202, { received: true }])
  const count = async (): Promise<number> => {
    const [row] = await server.house.store.owner((tx) =>
      tx.query<{ n: number }>({ text: `select count(*)::int as n from journal.entry where act = 'record.capture'` }),
    )
    return row?.n ?? 0
  }
  const before = await count()
  await server.sales.ask('GET', '/api/contacts')
  assert.equal(await count(), before)
  const list = (await server.sales.ask('GET', '/api/leads?limit=100')).json() as {
    items: { values: { name?: string; mobile?: string }; groups: Record<string, string> }[]
  }
  const lead = list.items.find(({ values }) => values.name === 'Ottilie Sealed')
  assert.ok(lead)
  // In the public pool a representative sees who it is and no number: the way in gives no right.
  assert.equal(lead.values.mobile, undefined)
  assert.ok((await count()) > before)
})

test('[server-51] the answer is the same for new, repeated and hopeless bytes; other shapes are refused', async () => {
  await forget()
  const good = await bodyOf({ name: 'Again' })
  const spoilt = fromBase64url(String(good['sealed']))
  spoilt[60] = (spoilt[60] ?? 0) ^ 1
  const answers = [
    await post(good),
    await post(good),
    await post({ ...good, sealed: base64url(spoilt) }),
    await post({ ...good, epoch: 77 }),
  ]
  for (const answer of answers) assert.deepEqual([answer.status, answer.text], [202, '{"received":true}'])
  const refused: readonly (readonly [number, unknown])[] = [
    [400, {}],
    [400, { ...good, extra: 1 }],
    [400, { ...good, epoch: 0 }],
    [400, { ...good, suite: 16 }],
    [400, { ...good, suite: 18 }],
    [400, { ...good, at: 'yesterday' }],
    [400, { ...good, at: '1960-01-01T00:00:00.000Z' }],
    [400, { ...good, sealed: 'not base64url!' }],
    [400, { ...good, sealed: 'AAAA' }],
    [413, { ...good, sealed: base64url(new Uint8Array(16_385).fill(0xc5)) }],
  ]
  for (const [status, body] of refused)
    assert.equal((await post(body)).status, status, JSON.stringify(body).slice(0, 80))
  assert.equal((await post(good, {}, '/capture/none')).status, 404)
})

test('[identity-50] too many from one network are told how long to wait, also when the answer is for another host', async () => {
  await forget()
  const body = await bodyOf({ name: 'Flood' })
  for (let i = 0; i < 30; i++) assert.equal((await post(body)).status, 202)
  const over = await post(body, { origin: 'https://www.example.com', 'sec-fetch-site': 'cross-site' })
  assert.equal(over.status, 429)
  assert.ok(Number(over.headers['retry-after']) > 0)
  assert.equal(over.headers['access-control-allow-origin'], 'https://www.example.com')
  const rows = await server.house.store.owner((tx) =>
    tx.query<{ t: string }>({ text: 'select t::text from identity.throttle t' }),
  )
  assert.ok(rows.length > 0 && !rows.some(({ t }) => t.includes('127.0.0')))
  await forget()
  assert.equal((await post(body)).status, 202)
})

test('[server-52] forms and the quarantine are the administrator’s; a switched-off form is gone', async () => {
  for (const client of [server.sales, server.manager]) {
    assert.equal((await client.ask('GET', '/api/capture/forms')).status, 403)
    assert.equal((await client.ask('GET', '/api/capture/quarantine')).status, 403)
    const made = await client.ask('POST', '/api/capture/forms', {
      body: { name: 'mine', active: true, version: 0, definition },
    })
    assert.equal(made.status, 403)
  }
  await forget()
  const good = await bodyOf({ name: 'x', mobile: 'none' })
  await post(good)
  await server.admin.ask('GET', '/api/leads/count')
  const aside = (await server.admin.ask('GET', '/api/capture/quarantine')).json() as {
    items: { id: string; reason: string }[]
  }
  const item = aside.items.find(({ reason }) => reason === 'not-valid')
  assert.ok(item)
  assert.ok(!JSON.stringify(aside).includes('none'))
  assert.equal((await server.sales.ask('DELETE', `/api/capture/quarantine/${item.id}`)).status, 403)
  assert.equal((await server.admin.ask('DELETE', `/api/capture/quarantine/${item.id}`)).status, 204)
  const wrong = await server.admin.ask('POST', '/api/capture/forms', {
    body: { name: 'bad', active: true, version: 0, definition: { ...definition, origins: ['*'] } },
  })
  assert.equal(wrong.status, 422)
  const off = await server.admin.ask('POST', '/api/capture/forms', {
    body: { name: 'demo', active: false, version: 1, definition },
  })
  assert.equal(off.status, 200)
  assert.equal((await server.stranger().ask('GET', '/capture/demo/manifest.json')).status, 404)
  assert.equal((await post(good)).status, 404)
  assert.deepEqual(
    server.log.filter((line) => !line.includes('runtime-missing')),
    [],
  )
})
