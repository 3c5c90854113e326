// Webhooks over HTTP and on their way: to a real receiver over HTTPS, signed so that openssl agrees, tried again, never beyond the owner.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { services } from '#kernel'
import { certificateFor } from './tls.ts'
import { openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import type { DeliveryItem, WebhookItem, WebhookMade, WebhookTried } from './contract.ts'
import { seatOf } from './seat.ts'
import { tellDue, tellWebhooks } from './webhook-post.ts'

interface Got {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

interface World extends TestServer {
  readonly got: Got[]
  readonly url: string
  status: number
}

let opened: Promise<World> | undefined
const stops: (() => void)[] = []
const world = (): Promise<World> => (opened ??= open())
after(async () => {
  for (const stop of stops) stop()
  if (opened) await (await opened).close()
})

const open = async (): Promise<World> => {
  const server = await openTestServer({ env: { HOLDFAST_WEBHOOK_ALLOW: 'localhost' } })
  const { keys } = server.house.config
  Object.assign(server.house.config, { webhookCa: join(keys, 'tls', 'authority.crt') })
  const got: Got[] = []
  const receiver = createServer(await certificateFor({ keys }), (request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      got.push({ headers: request.headers, body: Buffer.concat(pieces).toString('utf8') })
      response.writeHead(made.status, { location: '/elsewhere' }).end('x'.repeat(100_000))
    })
  })
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done))
  stops.push(() => {
    receiver.closeAllConnections()
    receiver.close()
  })
  const { port } = receiver.address() as AddressInfo
  const made: World = { ...server, got, url: `https://localhost:${port}/in?key=s3cret`, status: 204 }
  return made
}

const wish = (url: string) => ({
  name: 'ERP',
  url,
  types: ['account'],
  events: ['created', 'changed', 'assigned', 'removed'],
  active: true,
})

const make = async ({ admin, url }: World): Promise<WebhookMade> => {
  const answer = await admin.ask('POST', '/api/webhooks', { body: wish(url) })
  assert.equal(answer.status, 201, answer.text)
  return answer.json() as WebhookMade
}

const hooks = async ({ admin }: World): Promise<readonly WebhookItem[]> =>
  ((await admin.ask('GET', '/api/webhooks')).json() as { items: WebhookItem[] }).items

const account = async ({ sales }: World, name: string): Promise<string> =>
  ((await sales.ask('POST', '/api/accounts', { body: { values: { name, phone: '+861065551234' } } })).json() as { id: string }).id // prettier-ignore

const due = ({ house }: World): Promise<unknown> =>
  house.store.transaction({ tenant: house.tenant, principal: services.system }, (tx) =>
    tx.query({ text: "update ops.webhook_delivery set next_at = now() - interval '1 minute'" }),
  )

test('[server-257] an event arrives over HTTPS, and openssl agrees with its signatures; no value is in it', async () => {
  const here = await world()
  const { secret, item } = await make(here)
  const { secret: next } = (await here.admin.ask('POST', `/api/webhooks/${item.id}/secret`)).json() as { secret: string } // prettier-ignore
  const id = await account(here, 'Zebra Ltd')
  const post = tellWebhooks(seatOf(here.house), () => undefined, 3_600_000)
  assert.equal(await post.tick(), 1)
  await post.stop()
  assert.equal(here.got.length, 1)
  const [{ headers, body } = { headers: {}, body: '' }] = here.got
  const event = JSON.parse(body) as { type: string; timestamp: string; data: { groups: string[] } }
  assert.deepEqual(event, {
    type: 'account.created',
    timestamp: event.timestamp,
    data: { id, type: 'account', version: 1, act: 'record.create', groups: event.data.groups },
  })
  assert.deepEqual([...event.data.groups].sort(), ['basic', 'contact'])
  assert.doesNotMatch(body, /Zebra|6555/)
  const text = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
  const signatures = [next, secret].map((one) => {
    const key = Buffer.from(one.replace('whsec_', ''), 'base64').toString('hex')
    const made = execFileSync('openssl', ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${key}`, '-binary'], { input: text }) // prettier-ignore
    return `v1,${made.toString('base64')}`
  })
  assert.equal(headers['webhook-signature'], signatures.join(' '))
  assert.ok(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000) < 30)
  // A redirect is no arrival and is not followed.
  here.got.length = 0
  here.status = 302
  const tried = (await here.admin.ask('POST', `/api/webhooks/${item.id}/test`)).json() as WebhookTried
  assert.deepEqual([tried, here.got.length], [{ ok: false, status: 302, error: null }, 1])
  here.status = 204
  assert.equal((await here.admin.ask('DELETE', `/api/webhooks/${item.id}`)).status, 204)
  assert.deepEqual(await hooks(here), [])
})

test('[server-258] what did not arrive is tried again with the same id, shown without its record, and sent again by hand', async () => {
  const here = await world()
  const { item } = await make(here)
  here.got.length = 0
  here.status = 500
  const id = await account(here, 'Heron Ltd')
  assert.equal(await tellDue(here.house), 0)
  await due(here)
  assert.equal(await tellDue(here.house), 0)
  const path = `/api/webhooks/${item.id}/deliveries`
  const shown = await here.admin.ask('GET', path)
  const [delivery] = (shown.json() as { items: DeliveryItem[] }).items
  assert.deepEqual([delivery?.status, delivery?.attempts, delivery?.failedAt], [500, 2, null])
  assert.ok(!shown.text.includes(id) && !shown.text.includes('basic'))
  here.status = 200
  assert.equal(await tellDue(here.house), 0)
  assert.equal((await here.admin.ask('POST', `${path}/${delivery?.id ?? ''}/resend`)).status, 204)
  assert.equal(await tellDue(here.house), 1)
  assert.deepEqual(new Set(here.got.map(({ headers }) => headers['webhook-id'])), new Set([delivery?.id]))
  assert.equal(here.got.length, 3)
  assert.deepEqual(((await here.admin.ask('GET', path)).json() as { items: unknown[] }).items, [])
  await here.admin.ask('DELETE', `/api/webhooks/${item.id}`)
})

test('[server-258] nobody is told of what they may not list, and who is off or lost the right is told nothing more', async () => {
  const here = await world()
  const { house, ids } = here
  here.got.length = 0
  const as = (user: string) => house.actorOf(user, { channel: 'web', ip: '', mfa: true })
  const mine = await house.webhooks.make(await as(ids.sales), { ...wish(here.url), events: ['created'] })
  const theirs = await house.webhooks.make(await as(ids.other), { ...wish(here.url), events: ['created'] })
  const id = await account(here, 'Falcon Ltd')
  // Records alone are asked about here: these two may not have webhooks at all.
  const desk = { config: house.config, actorOf: as, webhooks: house.webhooks, vault: { may: () => Promise.resolve(true) } } // prettier-ignore
  assert.equal(await tellDue(desk), 1)
  assert.deepEqual(here.got.map(({ body }) => (JSON.parse(body) as { data: { id: string } }).data.id), [id]) // prettier-ignore
  await account(here, 'Eagle Ltd')
  const { version } = await house.vault.get(house.system, 'user', ids.other)
  await house.vault.update(house.system, 'user', ids.other, version, { active: false })
  assert.equal(await tellDue(house), 0)
  assert.equal(here.got.length, 1)
  assert.deepEqual(
    (await hooks(here)).map(({ id: one, stopped, own, url }) => [one, stopped, own, url.includes('s3cret')]),
    [
      [mine.hook.id, 'right-gone', false, false],
      [theirs.hook.id, 'owner-off', false, false],
    ],
  )
  const journal = await here.admin.ask('GET', '/api/journal?act=webhook.stop&limit=10')
  assert.match(journal.text, /right-gone[^]*owner-off|owner-off[^]*right-gone/)
  for (const { hook } of [mine, theirs])
    assert.equal((await here.admin.ask('DELETE', `/api/webhooks/${hook.id}`)).status, 204)
})

test('[server-259] webhooks are for who may edit settings, never a key, made freshly confirmed; secrets are shown once', async () => {
  const here = await world()
  const { admin, sales, manager } = here
  const body = wish(here.url)
  for (const client of [sales, manager]) {
    assert.equal((await client.ask('GET', '/api/webhooks')).status, 403)
    assert.equal((await client.ask('POST', '/api/webhooks', { body })).status, 403)
    assert.equal((await client.ask('POST', '/api/webhooks/resume')).status, 403)
  }
  const key = await admin.ask('POST', '/api/api-keys', {
    body: { label: 'x', userId: here.ids.admin, bounds: { account: ['read'] }, networks: [], perMinute: 60, days: 1, password: testPassword }, // prettier-ignore
  })
  const { key: token } = key.json() as { key: string }
  const program = await here.stranger().ask('POST', '/api/webhooks', { body, headers: { authorization: `Bearer ${token}` } }) // prettier-ignore
  assert.equal(program.status, 403)
  const wrong = async (more: object): Promise<number> =>
    (await admin.ask('POST', '/api/webhooks', { body: { ...body, ...more } })).status
  assert.equal(await wrong({ url: 'https://10.0.0.1/' }), 422)
  assert.equal(await wrong({ url: 'http://erp.example.com/' }), 422)
  assert.equal(await wrong({ types: [] }), 422)
  assert.equal(await wrong({ types: ['user'] }), 400)
  assert.equal(await wrong({ events: ['opened'] }), 400)
  assert.equal(await wrong({ name: ' ' }), 422)
  const { secret, item } = await make(here)
  const raw = Buffer.from(secret.replace('whsec_', ''), 'base64').toString('hex')
  assert.ok(!(await admin.ask('GET', '/api/webhooks')).text.includes(secret))
  const stored = await here.house.store.owner((tx) => tx.query<{ row: string }>({ text: 'select w::text as row from ops.webhook w' })) // prettier-ignore
  assert.ok(stored.length === 1 && !stored[0]?.row.includes(raw))
  const paused = await admin.ask('PATCH', `/api/webhooks/${item.id}`, { body: { ...body, active: false } })
  assert.equal((paused.json() as WebhookItem).active, false)
  assert.equal((await admin.ask('DELETE', `/api/webhooks/${item.id}`)).status, 204)
  assert.equal((await admin.ask('DELETE', `/api/webhooks/${item.id}`)).status, 404)
})
