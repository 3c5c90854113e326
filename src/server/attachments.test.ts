// Files over HTTPS: in and out as they flow, refused before they are read, named and typed so that no browser runs them.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { request } from 'node:https'
import { after, test } from 'node:test'
import { type Client, openTestServer, type TestServer } from '../../test/support/server.ts'
import { disposition } from './disposition.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

const form = (
  name: string,
  bytes: Uint8Array,
  fields: Readonly<Record<string, string>> = {},
  type = 'application/octet-stream',
): Buffer =>
  Buffer.concat([
    ...Object.entries(fields).map(([field, value]) =>
      Buffer.from(`--cut\r\ncontent-disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`),
    ),
    Buffer.from(
      `--cut\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: ${type}\r\n\r\n`,
    ),
    bytes,
    Buffer.from('\r\n--cut--\r\n'),
  ])

const send = (client: Client, path: string, raw: Uint8Array): ReturnType<Client['ask']> =>
  client.ask('POST', path, {
    raw,
    headers: { 'content-type': 'multipart/form-data; boundary=cut', 'content-length': String(raw.length) },
  })

const fetchBytes = (
  world: TestServer,
  client: Client,
  path: string,
): Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }> =>
  new Promise((resolve, reject) => {
    request(`${world.url}${path}`, { ca: world.ca, headers: { cookie: client.cookie } }, (incoming) => {
      const pieces: Buffer[] = []
      incoming.on('data', (piece: Buffer) => pieces.push(piece))
      incoming.on('error', reject)
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, bytes: Buffer.concat(pieces) }),
      )
    })
      .on('error', reject)
      .end()
  })

const contactOf = async (client: Client): Promise<string> =>
  ((await client.ask('POST', '/api/contacts', { body: { values: { name: 'Li Si' } } })).json() as { id: string }).id

interface File {
  readonly id: string
  readonly name: string
  readonly size: number
  readonly type: string
  readonly mismatch: boolean
}

test('[server-14] a file goes in and comes out byte for byte, under a name that is kept and headers that tame it', async () => {
  const world = await server()
  const path = `/api/contacts/${await contactOf(world.sales)}/attachments`
  const bytes = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(700_000)])
  const made = await send(world.sales, path, form('合同 (终稿).pdf', bytes, { group: 'notes' }, 'application/pdf'))
  assert.equal(made.status, 201, made.text)
  const file = made.json() as File
  assert.deepEqual(
    [file.name, file.size, file.type, file.mismatch],
    ['合同 (终稿).pdf', bytes.length, 'application/pdf', false],
  )
  const list = (await world.sales.ask('GET', path)).json() as { items: File[] }
  assert.deepEqual(
    list.items.map(({ id }) => id),
    [file.id],
  )
  const got = await fetchBytes(world, world.sales, `${path}/${file.id}/content`)
  assert.ok(got.bytes.equals(bytes))
  assert.equal(got.headers['content-length'], String(bytes.length))
  assert.equal(got.headers['x-content-type-options'], 'nosniff')
  assert.match(String(got.headers['content-security-policy']), /default-src 'none'.*sandbox/)
  assert.equal(got.headers['cache-control'], 'no-store')
  assert.equal(got.headers['accept-ranges'], undefined)
  assert.equal(
    got.headers['content-disposition'],
    `attachment; filename="_______.pdf"; filename*=UTF-8''%E5%90%88%E5%90%8C%20%28%E7%BB%88%E7%A8%BF%29.pdf`,
  )
  assert.equal((await world.sales.ask('DELETE', `${path}/${file.id}`)).status, 204)
  assert.equal((await fetchBytes(world, world.sales, `${path}/${file.id}/content`)).status, 404)
})

test('[server-14] a page that was uploaded comes back as bytes', async () => {
  const world = await server()
  const path = `/api/contacts/${await contactOf(world.sales)}/attachments`
  const made = (
    await send(world.sales, path, form('a.html', Buffer.from('<!doctype html><script>alert(1)</script>')))
  ).json() as File
  assert.equal(made.type, 'text/html')
  const got = await fetchBytes(world, world.sales, `${path}/${made.id}/content`)
  assert.equal(got.headers['content-type'], 'application/octet-stream')
})

test("[server-14] too large, a program, no file, half a request, another's record: refused, and nothing stays", async () => {
  const world = await server()
  const record = await contactOf(world.sales)
  const path = `/api/contacts/${record}/attachments`
  const code = async (client: Client, raw: Uint8Array, where = path): Promise<string> =>
    ((await send(client, where, raw)).json() as { code: string }).code
  const limit = world.house.config.attachmentLimit
  Object.assign(world.house.config, { attachmentLimit: 1_000_000 })
  assert.equal(await code(world.sales, form('a.bin', randomBytes(1_000_001))), 'too-large')
  assert.equal((await send(world.sales, path, form('a.bin', randomBytes(1_000_000)))).status, 201)
  Object.assign(world.house.config, { attachmentLimit: limit })
  assert.equal(await code(world.sales, form('a.pdf', Buffer.from('MZ....'))), 'file-refused')
  assert.equal(await code(world.sales, Buffer.from('--cut--\r\n')), 'bad-input')
  assert.equal(await code(world.sales, form('a', randomBytes(300_000)).subarray(0, 200_000)), 'file-unreadable')
  assert.equal(await code(world.sales, form('a', Buffer.from('x'), { group: 'secret' })), 'bad-value')
  assert.equal(await code(world.other, form('a', Buffer.from('x'))), 'not-found')
  const { items } = (await world.sales.ask('GET', path)).json() as { items: File[] }
  assert.equal(items.length, 1)
  assert.equal((await world.other.ask('GET', path)).status, 404)
  assert.equal((await fetchBytes(world, world.other, `${path}/${items[0]?.id ?? ''}/content`)).status, 404)
})

test('[server-14] an upload that breaks off leaves nothing', async () => {
  const world = await server()
  const path = `/api/contacts/${await contactOf(world.sales)}/attachments`
  const whole = form('a.bin', randomBytes(6 * 1024 * 1024))
  await new Promise<void>((resolve) => {
    const outgoing = request(`${world.url}${path}`, {
      method: 'POST',
      ca: world.ca,
      headers: {
        cookie: world.sales.cookie,
        'x-holdfast-csrf': world.sales.csrf,
        'content-type': 'multipart/form-data; boundary=cut',
        'content-length': String(whole.length),
      },
    })
    outgoing.on('error', () => resolve())
    outgoing.write(whole.subarray(0, 5 * 1024 * 1024), () => setTimeout(() => outgoing.destroy(new Error('gone')), 300))
  })
  const parts = async (): Promise<number> => {
    const rows = await world.house.store.owner((tx) => tx.query({ text: 'select 1 from crm.upload_part' }))
    return rows.length
  }
  for (let i = 0; i < 50 && (await parts()) > 0; i++) await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(await parts(), 0)
  assert.deepEqual(((await world.sales.ask('GET', path)).json() as { items: File[] }).items, [])
})

test('[server-14] a name in the header is exact where it can be, and never breaks out of it', () => {
  assert.equal(disposition('a.txt'), 'attachment; filename="a.txt"')
  assert.equal(
    disposition(`a"; x='(1)*.txt`),
    `attachment; filename="a___x___1__.txt"; filename*=UTF-8''a%22%3B%20x%3D%27%281%29%2A.txt`,
  )
  assert.match(disposition('a\r\nset-cookie: x\ud800'), /^[\x20-\x7e]+$/)
})
