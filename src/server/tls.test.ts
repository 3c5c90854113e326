// The certificate: made, kept, renewed; TLS 1.3 and nothing older.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { isFault } from '#kernel'
import { openTestServer } from '../../test/support/server.ts'
import { readConfig } from './config.ts'
import { certificateFor } from './tls.ts'

test('[server-8] a certificate of a local authority is made once, kept, and renewed before 20 days are left', async () => {
  const keys = await mkdtemp(join(tmpdir(), 'hf-tls-'))
  const now = new Date('2026-11-20T00:00:00Z')
  const first = await certificateFor({ keys, now })
  const leaf = new X509Certificate(first.cert)
  const authority = new X509Certificate(await readFile(join(keys, 'tls/authority.crt'), 'utf8'))
  assert.ok(leaf.checkIssued(authority) && leaf.verify(authority.publicKey) && authority.ca && !leaf.ca)
  assert.equal(leaf.checkHost('localhost'), 'localhost')
  assert.equal(leaf.checkIP('127.0.0.1'), '127.0.0.1')
  assert.equal(leaf.checkIP('::1'), '::1')
  assert.equal(leaf.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
  for (const name of ['server.key', 'authority.key'])
    assert.equal((await stat(join(keys, 'tls', name))).mode & 0o777, 0o600)
  assert.equal((await certificateFor({ keys, now: new Date(now.getTime() + 69 * 86_400_000) })).cert, first.cert)
  const renewed = await certificateFor({ keys, now: new Date(now.getTime() + 71 * 86_400_000) })
  assert.notEqual(renewed.cert, first.cert)
  assert.ok(new X509Certificate(renewed.cert).verify(authority.publicKey), 'by the same authority')
  await writeFile(join(keys, 'tls/server.key'), 'torn')
  assert.notEqual((await certificateFor({ keys, now })).key, 'torn')
  await rm(keys, { recursive: true })
})

test('[server-8] a configured certificate is used, and one that does not fit is named', async () => {
  const keys = await mkdtemp(join(tmpdir(), 'hf-tls-'))
  const made = await certificateFor({ keys })
  const [cert, key] = [join(keys, 'tls/server.crt'), join(keys, 'tls/server.key')]
  assert.deepEqual(await certificateFor({ keys: '/nowhere', cert, key }), {
    ...made,
    own: true,
    notAfter: new X509Certificate(made.cert).validToDate,
  })
  const misfit = certificateFor({ keys, cert, key: join(keys, 'tls/authority.key') })
  await assert.rejects(misfit, (error) => isFault(error, 'config-invalid') && /fit/.test(error.message))
  await assert.rejects(certificateFor({ keys, cert: '/nowhere', key }), (error) => isFault(error, 'config-invalid'))
  await rm(keys, { recursive: true })
})

test('[server-15] 1.2 is spoken where it was asked for, and nothing older', () => {
  const config = (value?: string): string => readConfig({ tlsMin: value }, {}, '/').tlsMin
  assert.equal(config(), 'TLSv1.3')
  assert.equal(config('1.2'), 'TLSv1.2')
  for (const bad of ['1.1', '1', 'TLSv1.2'])
    assert.throws(
      () => config(bad),
      (error) => isFault(error, 'config-invalid') && error.message.includes('tlsMin'),
    )
})

test('[server-8] TLS 1.3 is spoken, 1.2 is refused', async () => {
  const server = await openTestServer()
  const port = Number(new URL(server.url).port)
  const protocol = (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: server.ca, maxVersion }, () => {
        resolve(socket.getProtocol())
        socket.destroy()
      })
      socket.on('error', reject)
    })
  assert.equal(await protocol('TLSv1.3'), 'TLSv1.3')
  await assert.rejects(protocol('TLSv1.2'))
  await server.close()
})
