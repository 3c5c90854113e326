// Connections to a database on another machine: verified or refused; and a real server that proves what is spoken.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isFault } from '#kernel'
import { openStore } from '#store'
import { catalogue } from '#testing'
import { demandVerified, linkOf } from './url.ts'

test('[store-20] plain or unverified TCP to another machine is refused; sockets, loopback and verify-full are not', () => {
  for (const good of [
    'postgresql://u:p@localhost/db',
    'postgresql://u:p@127.0.0.1:5433/db',
    'postgresql://u:p@[::1]:5433/db',
    'postgresql://u@/db?host=/var/run/postgresql',
    'postgresql://u:p@%2Fvar%2Frun/db',
    'postgresql://u:p@db.example.org/db?sslmode=verify-full',
    'postgresql://u:p@db.example.org/db?sslmode=verify-full&sslrootcert=/etc/ca.pem',
  ])
    assert.doesNotThrow(() => demandVerified(good), good)
  for (const bad of [
    'postgresql://u:p@db.example.org/db',
    'postgresql://u:p@10.0.0.5:5432/db',
    'postgresql://u:p@db.example.org/db?sslmode=require',
    'postgresql://u:p@db.example.org/db?sslmode=verify-ca',
    'postgresql://u:p@localhost.example.org/db',
    'postgresql://u:p@127.evil.example/db',
    'postgresql://u:p@localhost/db?host=db.example.org',
  ])
    assert.throws(
      () => demandVerified(bad),
      (error) =>
        isFault(error, 'config-invalid') && /verify-full/.test(error.message) && !error.message.includes('u:p'),
      bad,
    )
  assert.equal(linkOf('postgresql://u:p@db.example.org/db?sslmode=require').verified, false)
})

test('[store-20] with verify-full a server is spoken to over TLS, and one of another authority or name is not', async (t) => {
  const bin = globSync('/usr/lib/postgresql/*/bin').sort().at(-1) ?? ''
  if (!existsSync(join(bin, 'initdb'))) return t.skip('skipped: needs postgresql')
  if (spawnSync('openssl', ['version']).status !== 0) return t.skip('skipped: needs openssl')
  const folder = await mkdtemp(join(tmpdir(), 'hf-pgtls-'))
  await chmod(folder, 0o755)
  const root = process.getuid?.() === 0
  const as = root ? { uid: 65_534, gid: 65_534 } : {}
  if (root) await chown(folder, 65_534, 65_534)
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore', ...as })
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '5']
  openssl(
    ...request,
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
    '-keyout',
    's.key',
    '-out',
    's.crt',
  )
  openssl(...request, '-subj', '/CN=other', '-keyout', 'o.key', '-out', 'o.crt')
  await chmod(join(folder, 's.key'), 0o600)
  execFileSync(
    join(bin, 'initdb'),
    ['-D', join(folder, 'data'), '-U', 'owner', '--auth=trust', '-E', 'UTF8', '--locale=C.UTF-8'],
    { stdio: 'ignore', cwd: folder, ...as },
  )
  const port = await freePort()
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: folder,
    fsync: 'off',
    ssl: 'on',
    ssl_cert_file: join(folder, 's.crt'),
    ssl_key_file: join(folder, 's.key'),
  }
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', join(folder, 'data'), ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { stdio: 'ignore', cwd: folder, ...as },
  )
  const ended = once(server, 'exit')
  try {
    for (
      let i = 0;
      i < 100 && spawnSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]).status !== 0;
      i++
    )
      await new Promise((resolve) => setTimeout(resolve, 100))
    const open = (host: string, authority: string): ReturnType<typeof openStore> =>
      openStore({
        data: join(folder, 'own'),
        databaseUrl: `postgresql://owner@${host}:${String(port)}/postgres?sslmode=verify-full&sslrootcert=${folder}/${authority}.crt`,
        catalogue,
      })
    if (root) await chmod(folder, 0o777)
    const store = await open('localhost', 's')
    const [row] = await store.owner((tx) =>
      tx.query<{ ssl: boolean; version: string }>({
        text: 'select ssl, version from pg_stat_ssl where pid = pg_backend_pid()',
      }),
    )
    assert.deepEqual(row, { ssl: true, version: 'TLSv1.3' })
    assert.deepEqual(store.link, { transport: 'tcp', verified: true, authorities: `${folder}/s.crt` })
    await store.close()
    await assert.rejects(open('localhost', 'o'), 'another authority')
    await assert.rejects(open('127.0.0.1', 's'), 'another name')
  } finally {
    server.kill('SIGINT')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
})

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
