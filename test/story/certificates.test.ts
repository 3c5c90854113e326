// Certificates of programs from the command line, and what doctor tells of what is negotiated.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '#testing'
import { command, type Outcome, startCommand } from '../support/command.ts'

test('[house-110] a program’s certificate is bound, listed and revoked by command; doctor shows what was negotiated', async (t) => {
  if (spawnSync('openssl', ['version']).status !== 0) return t.skip('skipped: needs openssl')
  const directory = temporaryFolder()
  const at = (name: string): string => join(directory, name)
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' })
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  for (const name of ['programs', 'strangers']) {
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
    openssl('req', '-new', ...ec, '-subj', '/CN=erp', '-keyout', `of-${name}.key`, '-out', `of-${name}.csr`)
    const by = ['-CA', `${name}.crt`, '-CAkey', `${name}.key`, '-CAcreateserial', '-days', '20']
    openssl('x509', '-req', '-in', `of-${name}.csr`, ...by, '-out', `of-${name}.crt`)
  }
  const places = ['--data', at('data'), '--keys', at('keys'), '--json']
  const run = (args: readonly string[], input = ''): Promise<Outcome> => command([...args, ...places], directory, input)
  const refused = async (args: readonly string[], what: RegExp): Promise<void> => {
    const outcome = await run(args)
    assert.ok(outcome.code === 1 || outcome.code === 2, outcome.stdout)
    assert.match(outcome.stderr, what)
  }
  try {
    const made = await run(
      ['init', '--admin-email', 'a@example.com', '--password-stdin'],
      'harbour-Kite-9f2c-lantern\n',
    )
    assert.equal(made.code, 0, made.stderr)
    const verb = ['keys', 'client-certificate']
    const bind = [...verb, 'bind', at('of-programs.crt'), '--as', 'a@example.com', '--note', 'ERP']
    await refused(bind, /HOLDFAST_TLS_CLIENT_CA/)
    await writeFile(at('holdfast.json'), JSON.stringify({ tlsClientCa: at('programs.crt') }))
    await refused([...verb, 'bind', at('of-strangers.crt'), '--as', 'a@example.com', '--note', 'ERP'], /authority/)
    await refused([...verb, 'bind', at('of-programs.key'), '--as', 'a@example.com', '--note', 'ERP'], /PEM/)
    await refused([...verb, 'bind', at('none.crt'), '--as', 'a@example.com', '--note', 'ERP'], /file-unreadable/)
    const { fingerprint } = (await run(bind)).json() as { fingerprint: string }
    await refused(bind, /already-exists/)
    const listed = (await run(verb)).json() as { configured: boolean; items: { fingerprint: string; user: string }[] }
    assert.deepEqual(
      [listed.configured, listed.items.map((one) => [one.fingerprint, one.user])],
      [true, [[fingerprint, 'a@example.com']]],
    )
    assert.equal((await run([...verb, 'revoke', fingerprint])).code, 0)
    await refused([...verb, 'revoke', fingerprint], /not-found/)
    assert.deepEqual(((await run(verb)).json() as { items: unknown[] }).items, [])
    await refused(bind, /already-exists/)
    await negotiated(directory, places)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

/** The product serves; doctor, beside it, says what it was given. */
const negotiated = async (directory: string, places: readonly string[]): Promise<void> => {
  const child = startCommand(['start', '--port', '0', ...places], directory)
  let said = ''
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const ready = new Promise<void>((resolve) =>
    child.stdout?.on('data', (part: Buffer) => {
      said += part.toString('utf8')
      if (said.includes('"ready"')) resolve()
    }),
  )
  try {
    await Promise.race([ready, ended])
    const port = /localhost:(\d+)/.exec(said)?.[1] ?? ''
    const doctor = await command(['doctor', '--port', port, ...places], directory)
    const { findings } = doctor.json() as { findings: { name: string; ok: boolean; what: string }[] }
    const what = (name: string): string => findings.find((one) => one.name === name)?.what ?? ''
    assert.match(what('listener'), /TLSv1\.3, TLS_\w+, X25519(MLKEM768)?; certificate ends \d{4}-\d\d-\d\d/)
    assert.match(what('database link'), /unix socket/)
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}
