// Programs with certificates: bound ones act as their user, all others are nobody, and no browser can be made to use one.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestServer } from '../../test/support/server.ts'
import { listen } from './listen.ts'

interface Pair {
  readonly cert: string
  readonly key: string
}

test('[server-17] a bound certificate acts as its user without a password; every other one is refused', async (t) => {
  if (spawnSync('openssl', ['version']).status !== 0) return t.skip('skipped: needs openssl')
  const folder = await mkdtemp(join(tmpdir(), 'hf-mtls-'))
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const authority = (name: string): void =>
    openssl(
      'req',
      '-x509',
      ...ec,
      '-subj',
      `/CN=${name}`,
      '-days',
      '30',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
    )
  const issue = async (name: string, by: string): Promise<Pair> => {
    openssl('req', '-new', ...ec, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      `${by}.crt`,
      '-CAkey',
      `${by}.key`,
      '-CAcreateserial',
      '-days',
      '20',
      '-out',
      `${name}.crt`,
    )
    const [cert, key] = await Promise.all([
      readFile(join(folder, `${name}.crt`), 'utf8'),
      readFile(join(folder, `${name}.key`), 'utf8'),
    ])
    return { cert, key }
  }
  authority('programs')
  authority('strangers')
  const [bound, unbound, foreign] = [
    await issue('erp', 'programs'),
    await issue('other', 'programs'),
    await issue('erp2', 'strangers'),
  ]
  const world = await openTestServer()
  await writeFile(join(folder, 'none.pem'), 'rubbish')
  Object.assign(world.house.config, { tlsClientCa: join(folder, 'none.pem') })
  await assert.rejects(listen(world.house, { port: 0 }), /tlsClientCa/)
  Object.assign(world.house.config, { tlsClientCa: join(folder, 'programs.crt') })
  const server = await listen(world.house, { port: 0, log: () => undefined })
  const ask = (
    method: string,
    path: string,
    pair: Partial<Pair>,
    more: { readonly headers?: Record<string, string>; readonly body?: unknown } = {},
  ): Promise<{ status: number; json: () => unknown }> =>
    new Promise((resolve, reject) => {
      const raw = more.body === undefined ? '' : JSON.stringify(more.body)
      const outgoing = request(
        `${server.url}${path}`,
        {
          method,
          ca: world.ca,
          ...pair,
          agent: false,
          headers: { ...(raw === '' ? {} : { 'content-type': 'application/json' }), ...more.headers },
        },
        (incoming) => {
          const pieces: Buffer[] = []
          incoming.on('data', (piece: Buffer) => pieces.push(piece))
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              json: () => JSON.parse(Buffer.concat(pieces).toString()) as unknown,
            }),
          )
        },
      )
      outgoing.on('error', reject)
      outgoing.end(raw)
    })
  try {
    const bind = (certificate: string): ReturnType<typeof world.admin.ask> =>
      world.admin.ask('POST', '/api/client-certificates', {
        body: { userId: world.ids.sales, label: 'ERP', certificate },
      })
    assert.equal(
      (
        await world.sales.ask('POST', '/api/client-certificates', {
          body: { userId: world.ids.sales, label: 'x', certificate: bound.cert },
        })
      ).status,
      403,
    )
    assert.equal((await bind(foreign.cert)).status, 422)
    assert.equal((await bind('rubbish')).status, 422)
    // Not yet bound: of the right authority, and still nobody.
    assert.equal((await ask('GET', '/api/me', bound)).status, 401)
    const made = await bind(bound.cert)
    assert.equal(made.status, 201, made.text)
    assert.equal((await bind(bound.cert)).status, 409)
    const { fingerprint } = made.json() as { fingerprint: string }
    const me = (await ask('GET', '/api/me', bound)).json() as { id: string; role: string }
    assert.deepEqual([me.id, me.role], [world.ids.sales, 'sales'])
    // It changes things without a CSRF value, with the rights of its user and no more.
    const created = await ask('POST', '/api/contacts', bound, { body: { values: { name: 'From ERP' } } })
    assert.equal(created.status, 201)
    assert.equal((created.json() as { ownerId: string }).ownerId, world.ids.sales)
    assert.equal((await ask('GET', '/api/client-certificates', bound)).status, 403)
    // Nothing of the person's own sign-in.
    assert.equal((await ask('POST', '/api/me/totp', bound, { body: {} })).status >= 400, true)
    // A browser that carries it is refused, whatever page asks.
    for (const headers of [
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: server.url },
    ] as Record<string, string>[])
      assert.equal(
        (await ask('POST', '/api/contacts', bound, { headers, body: { values: { name: 'x' } } })).status,
        403,
      )
    for (const pair of [unbound, foreign, {}]) assert.equal((await ask('GET', '/api/me', pair)).status, 401)
    // People go on with passwords on the same listener.
    assert.equal(
      (
        await ask(
          'POST',
          '/api/session',
          {},
          { body: { email: 'sales@example.org', password: 'vexed-otter-9-marble' } },
        )
      ).status,
      200,
    )
    const list = (await world.admin.ask('GET', '/api/client-certificates')).json() as {
      items: { fingerprint: string; seenAt: string | null }[]
    }
    assert.equal(list.items[0]?.fingerprint, fingerprint)
    assert.ok(list.items[0].seenAt)
    assert.equal((await world.admin.ask('DELETE', `/api/client-certificates/${fingerprint}`)).status, 204)
    assert.equal((await ask('GET', '/api/me', bound)).status, 401)
    assert.equal((await bind(bound.cert)).status, 409, 'what was revoked stays so')
    const entries = await world.house.store.owner((tx) =>
      tx.query<{ act: string }>({ text: `select act from journal.entry where act like 'certificate.%' order by id` }),
    )
    assert.deepEqual(
      entries.map(({ act }) => act),
      ['certificate.bind', 'certificate.revoke'],
    )
  } finally {
    await server.close()
    await world.close()
    await rm(folder, { recursive: true, force: true })
  }
})

test('[identity-11] a certificate of somebody who was switched off is worth nothing', async () => {
  const world = await openTestServer()
  const { house } = world
  const { certificates } = house.identity
  const fingerprint = 'ab'.repeat(32)
  const origin = { ip: '127.0.0.1', userAgent: '' }
  const later = new Date(Date.now() + 86_400_000)
  await certificates.bind(
    { fingerprint, userId: world.ids.other, label: 'x', notAfter: later },
    { actor: house.system },
  )
  assert.equal((await certificates.authenticate(fingerprint, origin)).user.id, world.ids.other)
  await assert.rejects(certificates.authenticate('cd'.repeat(32), origin))
  const { version } = await house.vault.get(house.system, 'user', world.ids.other)
  await house.vault.update(house.system, 'user', world.ids.other, version, { active: false })
  await assert.rejects(certificates.authenticate(fingerprint, origin))
  await assert.rejects(
    certificates.bind(
      { fingerprint: 'ef'.repeat(32), userId: world.ids.other, label: 'x', notAfter: later },
      { actor: house.system },
    ),
  )
  const expired = {
    fingerprint: '01'.repeat(32),
    userId: world.ids.sales,
    label: 'x',
    notAfter: new Date(Date.now() - 1000),
  }
  await certificates.bind(expired, { actor: house.system })
  await assert.rejects(certificates.authenticate(expired.fingerprint, origin))
  await world.close()
})
