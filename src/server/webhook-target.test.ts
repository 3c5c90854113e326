// Where webhooks may go: by address, by name, by name servers that change their mind; and what the operator lets through.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { isFault } from '#kernel'
import { readConfig } from './config.ts'
import { sendEvent } from './webhook-send.ts'
import { allowedOf, mayReach, reachable, webhookUrl } from './webhook-target.ts'

const none = allowedOf([])
const closed = [
  '0.0.0.0', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.8.8.8', '169.254.169.254', '168.63.129.16', '172.16.0.1',
  '172.31.255.255', '192.0.0.192', '192.168.1.1', '198.18.0.1', '203.0.113.9', '224.0.0.1', '240.0.0.1', '255.255.255.255', '::', '::1',
  '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::10.0.0.1', '64:ff9b::a00:1', '64:ff9b:1::1', 'fe80::1', 'fec0::1', 'fc00::1', 'fd00:ec2::254',
  '2001:db8::1', '2001::1', '2002:a00:1::', '3fff::1', 'ff02::1',
] // prettier-ignore
const open = ['8.8.8.8', '1.1.1.1', '100.63.255.255', '100.128.0.1', '172.32.0.1', '2606:4700::1111', '2400:3200::1']

test('[server-256] addresses that are not public are refused, however they are written', async () => {
  for (const address of closed) assert.equal(mayReach(none, 'erp.example.com', address), false, address)
  for (const address of open) assert.equal(mayReach(none, 'erp.example.com', address), true, address)
  for (const text of [
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f.0.0.1/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://10.0.0.8',
    'http://erp.example.com/',
    'http://127.0.0.1/',
    'http://localhost/',
    'ftp://erp.example.com',
    'https://a:b@erp.example.com/',
    'https://erp.example.com/#x',
    'erp.example.com',
    'file:///etc/passwd',
    '',
  ])
    // prettier-ignore
    assert.throws(
      () => webhookUrl(text, none),
      (error) => isFault(error, 'bad-value'),
      text,
    )
  assert.equal(webhookUrl('https://erp.example.com:8443/in?a=b', none).port, '8443')
  const url = new URL('https://erp.example.com/')
  for (const address of closed)
    // One that is not public among those that are: a trick.
    await assert.rejects(
      reachable(url, none, () => Promise.resolve([{ address: '8.8.8.8', family: 4 }, { address, family: address.includes(':') ? 6 : 4 }])),
      { code: 'EADDRESSREFUSED' },
      address,
    ) // prettier-ignore
  await assert.rejects(
    reachable(url, none, () => Promise.resolve([])),
    { code: 'EADDRESSREFUSED' },
  )
})

test('[server-256] the operator lets hosts and networks through, by name and by number', async () => {
  const { webhookAllow } = readConfig({ webhookAllow: 'ERP.local, 10.1.0.0/16 fd00::/8' }, {}, '/tmp/none')
  const allowed = allowedOf(webhookAllow)
  assert.equal(mayReach(allowed, 'erp.local', '192.168.1.5'), true)
  assert.equal(mayReach(allowed, 'other.local', '192.168.1.5'), false)
  assert.equal(mayReach(allowed, 'other.local', '10.1.2.3'), true)
  assert.equal(mayReach(allowed, 'other.local', '10.2.2.3'), false)
  assert.equal(mayReach(allowed, 'other.local', 'fd12::1'), true)
  // Without TLS to this machine alone, and that by leave.
  assert.throws(() => webhookUrl('http://erp.local/', allowed))
  assert.throws(() => webhookUrl('http://10.1.2.3/', allowed))
  assert.equal(webhookUrl('http://localhost:8080/', allowedOf(['localhost'])).port, '8080')
  await assert.rejects(
    reachable(new URL('http://localhost/'), allowedOf(['localhost']), () => Promise.resolve([{ address: '10.0.0.1', family: 4 }])),
    { code: 'EADDRESSREFUSED' },
  ) // prettier-ignore
  assert.throws(() => readConfig({ webhookAllow: '10.0.0.0/40' }, {}, '/tmp/none'), (error) => isFault(error, 'config-invalid')) // prettier-ignore
})

test('[server-256] nothing reaches a closed address, and the connection goes where was looked', async () => {
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    request.resume()
    response.end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  try {
    const event = { id: 'e', keys: [new Uint8Array(32)], body: '{}', now: new Date() }
    const refused = { ok: false, status: null, error: 'EADDRESSREFUSED' }
    const to = (url: string) => ({ ...event, url })
    assert.deepEqual(await sendEvent({ webhookAllow: [] }, to(`https://localhost:${port}/`)), refused)
    assert.deepEqual(await sendEvent({ webhookAllow: [] }, to(`http://127.0.0.1:${port}/`)), refused)
    assert.equal(asked, 0)
    // The name is asked once: a second answer could be another one.
    let looks = 0
    const tried = await sendEvent({ webhookAllow: ['localhost'] }, to(`http://localhost:${port}/`), () => {
      looks += 1
      return Promise.resolve([{ address: looks === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }])
    })
    assert.deepEqual([tried.status, looks, asked], [200, 1, 1])
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
