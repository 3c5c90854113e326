// What is spoken on the wire: the hybrid group where the client can, 1.2 only when asked for, a new certificate without a restart; and what the checks see of it.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { connect, type SecureVersion } from 'node:tls'
import { openTestServer } from '../../test/support/server.ts'
import type { CheckContext } from '#kernel'
import { serverChecks } from './checks.ts'
import { handshake } from './probe.ts'
import { keepFresh } from './renewal.ts'
import { certificateFor, groups } from './tls.ts'

const spoken = (
  port: number,
  ecdhCurve: string,
  version?: SecureVersion,
): Promise<{ group: string; protocol: string | null }> =>
  new Promise((resolve, reject) => {
    const socket = connect(
      { port, host: '127.0.0.1', rejectUnauthorized: false, ecdhCurve, ...(version ? { maxVersion: version } : {}) },
      () => {
        const key = socket.getEphemeralKeyInfo()
        resolve({ group: key !== null && 'name' in key ? String(key.name) : '', protocol: socket.getProtocol() })
        socket.destroy()
      },
    )
    socket.on('error', reject)
  })

test('[server-15] the hybrid post-quantum group is taken wherever the client can do it, whatever it likes better', async () => {
  const world = await openTestServer({ empty: true })
  const port = Number(new URL(world.url).port)
  for (const [offered, expected] of [
    ['X25519MLKEM768:X25519', 'X25519MLKEM768'],
    ['X25519:X25519MLKEM768', 'X25519MLKEM768'],
    ['P-384:P-256:X25519MLKEM768', 'X25519MLKEM768'],
    ['X25519', 'X25519'],
    ['P-256', 'prime256v1'],
    ['P-384', 'secp384r1'],
  ] as const) {
    const { group, protocol } = await spoken(port, offered)
    assert.equal(group, expected, offered)
    assert.equal(protocol, 'TLSv1.3')
  }
  await assert.rejects(spoken(port, 'P-521'))
  await world.close()
})

test('[server-15] an openssl of this machine speaks 1.3 with it, and is refused 1.2', async (t) => {
  if (spawnSync('openssl', ['version']).status !== 0) return t.skip('skipped: needs openssl')
  const world = await openTestServer({ empty: true })
  const { port } = new URL(world.url)
  const ask = (...more: string[]): Promise<string> =>
    new Promise((resolve) => {
      // Asynchronous: the server it talks to lives in this very process.
      void import('node:child_process').then(({ execFile }) => {
        const child = execFile(
          'openssl',
          ['s_client', '-connect', `127.0.0.1:${port}`, '-brief', ...more],
          { timeout: 10_000 },
          (_error, stdout, stderr) => resolve(stdout + stderr),
        )
        child.stdin?.end()
      })
    })
  assert.match(await ask(), /Protocol version: TLSv1\.3/)
  assert.doesNotMatch(await ask('-tls1_2'), /Protocol version/)
  await world.close()
})

/** A certificate of a name, by openssl. */
const issue = async (t: TestContext, folder: string, name: string, days = 60): Promise<boolean> => {
  if (spawnSync('openssl', ['version']).status !== 0) {
    t.skip('skipped: needs openssl')
    return false
  }
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      `/CN=${name}`,
      '-days',
      String(days),
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
    ],
    { cwd: folder, stdio: 'ignore' },
  )
  await Promise.resolve()
  return true
}

test('[server-15] a new certificate is served without a restart; a bad one is told once and the old one stays', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hf-renew-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  if (!(await issue(t, folder, 'one')) || !(await issue(t, folder, 'two'))) return
  const [cert, key] = [join(folder, 'live.crt'), join(folder, 'live.key')]
  const put = async (name: string, what: 'both' | 'crt' = 'both'): Promise<void> => {
    await copyFile(join(folder, `${name}.crt`), cert)
    if (what === 'both') await copyFile(join(folder, `${name}.key`), key)
  }
  await put('one')
  const first = await certificateFor({ keys: folder, cert, key })
  const settings = { minVersion: 'TLSv1.3', ecdhCurve: groups } as const
  const server = createServer({ ...settings, cert: first.cert, key: first.key }, (_request, reply) => reply.end('x'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const place = { host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 }
  const log: string[] = []
  const renewal = keepFresh(server, settings, first, {
    keys: folder,
    cert,
    key,
    log: (line) => log.push(line),
    every: 3_600_000,
  })
  const served = async (): Promise<string> => (await handshake(place))?.issuer ?? ''
  assert.equal(await served(), 'CN=one')
  await renewal.look()
  assert.deepEqual(log, [])
  // Only one half is there yet.
  await put('two', 'crt')
  await renewal.look()
  await renewal.look()
  assert.equal(await served(), 'CN=one')
  assert.equal(log.length, 1)
  assert.match(String(log[0]), /not used.*do not fit/)
  await put('two')
  await renewal.look()
  assert.equal(await served(), 'CN=two')
  assert.equal((await handshake(place))?.group, 'X25519MLKEM768')
  assert.match(String(log[1]), /replaced/)
  await writeFile(cert, 'rubbish')
  await renewal.look()
  await rm(key)
  await renewal.look()
  assert.equal(await served(), 'CN=two')
  renewal.stop()
  server.close()
})

test('[server-15] the self-made certificate is renewed while the product runs', async (t) => {
  const keys = await mkdtemp(join(tmpdir(), 'hf-renew-'))
  t.after(() => rm(keys, { recursive: true, force: true }))
  const first = await certificateFor({ keys, now: new Date(Date.now() - 75 * 86_400_000) })
  const seen: string[] = []
  const renewal = keepFresh({ setSecureContext: ({ cert }) => void seen.push(String(cert)) }, {}, first, {
    keys,
    log: () => undefined,
    every: 3_600_000,
  })
  await renewal.look()
  await renewal.look()
  renewal.stop()
  assert.equal(seen.length, 1)
  assert.ok(new X509Certificate(seen[0] ?? '').validToDate.getTime() > Date.now() + 80 * 86_400_000)
})

const context = { tenant: '', now: new Date(), query: () => Promise.resolve([]) } satisfies CheckContext

test('[server-16] NET-01 and NET-03 pass on the product as it runs, and are not assessed where nothing listens', async () => {
  const world = await openTestServer({ empty: true })
  const place = { host: '127.0.0.1', port: Number(new URL(world.url).port) }
  assert.equal(world.house.listening.port, place.port)
  for (const check of serverChecks(() => place)) {
    const result = await check.run(context)
    assert.equal(result.state, 'pass', `${check.control} ${JSON.stringify(result)}`)
  }
  await world.close()
  for (const check of serverChecks(() => place)) assert.equal((await check.run(context)).state, 'not-assessed')
})

test('[server-16] they fail where a certificate ends soon, an old protocol is spoken, or headers are missing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hf-checks-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  if (!(await issue(t, folder, 'short', 10))) return
  const [cert, key] = await Promise.all(['crt', 'key'].map((what) => readFile(join(folder, `short.${what}`), 'utf8')))
  const server = createServer({ cert, key, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }, (_request, reply) =>
    reply.writeHead(200, { 'content-security-policy': "default-src 'self' 'unsafe-inline'" }).end('x'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const place = { host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 }
  const [transport, browser] = await Promise.all(serverChecks(() => place).map((check) => check.run(context)))
  assert.equal(transport?.state, 'fail')
  assert.match(transport.finding.en, /certificate-ends-soon/)
  assert.equal(browser?.state, 'fail')
  assert.match(browser.finding.en, /content-security-policy/)
  server.closeAllConnections()
  server.close()
})
