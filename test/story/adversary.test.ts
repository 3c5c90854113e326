// What somebody meets who is careless or unlucky: paths through files, files that are no lists, the identity of another house, two
// restores at once, a server that is killed amid an import. As processes: one sentence, the right exit code, nothing left behind.
import assert from 'node:assert/strict'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createBackupIdentity } from '#backup'
import { temporaryFolder } from '#testing'
import { command, commandProcess, type Outcome, startCommand } from '../support/command.ts'
import { password, prepareHouse } from '../support/prepared.ts'

let directory = ''
const at = (name: string): string => join(directory, name)
const places = (): readonly string[] => ['--data', at('data'), '--keys', at('keys')]
const repo = (): readonly string[] => ['--repo', at('backups')]
const run = (...args: readonly string[]): Promise<Outcome> =>
  command([...args, '--json'], directory, 'harbour-Kite-9f2c\n')

before(async () => {
  directory = temporaryFolder()
  await prepareHouse(directory)
  await writeFile(at('file'), 'a file')
})
after(() => rm(directory, { recursive: true, force: true }))

/** One sentence of a code, and nothing beside it. */
const refused = ({ code, stdout, stderr }: Outcome, error: string, words: RegExp): void => {
  assert.deepEqual([code, stdout], [1, ''], stderr)
  const told = (JSON.parse(stderr) as { error: { code: string; message: string } }).error
  assert.equal(told.code, error, told.message)
  assert.match(told.message, words)
}

test('[server-124] a path that leads through a file is named, whatever the verb, and nothing is made', async () => {
  const identity = at('keys/backup.identity')
  const made = await run('backup', 'create', '--type', 'full', ...repo(), ...places())
  assert.equal(made.code, 0, made.stderr)
  const names = await readdir(directory)
  const through = at('file/inside')
  const data = ['--data', through, '--keys', at('keys')]
  const keys = ['--data', at('other'), '--keys', through]
  const init = ['init', '--admin-email', 'a@example.com', '--password-stdin']
  const restore = ['restore', ...repo(), '--identity', identity]
  for (const verb of [['start', '--port', '0'], init, restore]) {
    refused(await run(...verb, ...data), 'config-invalid', /data: \S+inside cannot be made$/)
    if (verb === restore) refused(await run(...verb, ...keys), 'keystore-missing', /no keystore at/)
    else refused(await run(...verb, ...keys), 'config-invalid', /keys: \S+inside cannot be made$/)
    await rm(at('other'), { recursive: true, force: true })
  }
  for (const verb of [
    ['audit', 'verify'],
    ['backup', 'create', '--type', 'full', ...repo()],
  ])
    refused(await run(...verb, ...data), 'not-set-up', /./)
  refused(await run('backup', 'create', '--type', 'full', '--repo', at('file'), ...places()), 'config-invalid', /repository: \S+file cannot be made$/) // prettier-ignore
  assert.deepEqual(await readdir(directory), names)
})

test('[backup-13] with the identity of another house a restore says that it does not open, not that the repository is damaged', async () => {
  const { identity } = createBackupIdentity()
  const verifyLine = 'verify: '
  const own = createBackupIdentity({ verifyKey: { suite: 'Ed25519', publicKey: new Uint8Array(32).fill(7) } }).identity
  assert.ok(own.includes(verifyLine))
  for (const text of [identity, own]) {
    await writeFile(at('foreign.identity'), text)
    const to = ['--data', at('third'), '--keys', at('keys')]
    refused(
      await run('restore', ...repo(), '--identity', at('foreign.identity'), ...to),
      'backup-wrong-identity',
      /the identity does not open this repository/,
    )
  }
  await rm(at('third'), { recursive: true, force: true })
})

test('[house-8] of two restores to one place at once one brings everything back and the other says that it is set up', async () => {
  const restore = ['restore', ...repo(), '--identity', at('keys/backup.identity'), '--data', at('twice'), '--keys', at('keys'), '--json'] // prettier-ignore
  const both = await Promise.all([commandProcess(restore, directory), commandProcess(restore, directory)])
  const [done, late] = both.toSorted((a, b) => Number(a.code) - Number(b.code))
  assert.deepEqual([done?.code, late?.code], [0, 1], both.map(({ stderr }) => stderr).join())
  assert.match(late?.stderr ?? '', /"(already-set-up|restore-not-empty|restore-busy)"/)
  assert.equal((await run('audit', 'verify', '--data', at('twice'), '--keys', at('keys'))).json()['ok'], true)
})

test('[house-6] import says which columns it left out, cuts a heading of thousands of letters, and shows no control character', async () => {
  const me = ['--as', 'owner@example.com', ...places()]
  const heading = `\u001b]0;gotcha\u0007${'x'.repeat(5000)}`
  await writeFile(at('odd.csv'), `姓名,姓名,手机,"${heading}"\n王小明,王大明,13800138000,a\n`)
  const seen = await command(['import', at('odd.csv'), '--type', 'contact', ...me], directory)
  const done = await command(['import', at('odd.csv'), '--type', 'contact', '--yes', ...me], directory)
  for (const { code, stdout, stderr } of [seen, done]) {
    assert.deepEqual([code, stderr], [0, ''])
    assert.ok(stdout.length < 600 && !/(?!\n)\p{Cc}/u.test(stdout), stdout)
  }
  assert.match(seen.stdout, /姓名 → \(left out\)/)
  assert.match(done.stdout, /columns left out: 姓名, \ufffd\]0;gotcha\ufffdx+…\n/)
  const scripted = await run('import', at('odd.csv'), '--type', 'contact', '--yes', ...me)
  assert.deepEqual(scripted.json()['leftOut'], ['姓名', heading])
  // A picture with the name of a list: nothing of it comes in.
  await writeFile(at('picture.csv'), Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 2654435761) >>> 24)))
  const picture = await run('import', at('picture.csv'), '--type', 'contact', '--yes', ...me)
  assert.deepEqual([picture.code, picture.stdout], [1, ''])
})

test('[house-8] kill -9 of a running server amid an import from the page: the journal holds, and the same file brings the rest', async () => {
  const lines = Array.from(
    { length: 20_000 },
    (_, i) => `k${String(i)},Killed ${String(i)},139${String(10_000_000 + i)}`,
  )
  const file = `Record ID,姓名,手机\n${lines.join('\n')}\n`
  await writeFile(at('killed.csv'), file)
  const child = startCommand(['start', '--port', '0', ...places(), '--json'], directory)
  const ready = await new Promise<{ readonly url: string; readonly pid: number }>((resolve) => {
    let text = ''
    child.stdout?.on('data', (part: Buffer) => {
      text += part.toString('utf8')
      for (const line of text.split('\n').slice(0, -1))
        if (line.includes('"ready"')) resolve(JSON.parse(line) as { url: string; pid: number })
    })
  })
  const ask = asking(ready.url)
  const { csrf } = await ask('POST', '/api/session', { email: 'owner@example.com', password })
  const form = new FormData()
  form.append('file', new Blob([file]), 'killed.csv')
  const seen = (await ask('POST', '/api/imports', form, String(csrf))) as unknown as {
    readonly id: string
    readonly encoding: string
    readonly delimiter: string
    readonly columns: readonly { readonly index: number; readonly suggestion: string | null }[]
  }
  const mapping = Object.fromEntries(seen.columns.map(({ index, suggestion }) => [String(index), suggestion]))
  const { encoding, delimiter } = seen
  await ask('POST', `/api/imports/${seen.id}/run`, { type: 'contact', encoding, delimiter, createAccounts: false, mapping }, String(csrf)) // prettier-ignore
  for (let made = 0; made < 500;) made = Number((await ask('GET', `/api/imports/${seen.id}`))['created'])
  const closed = new Promise((resolve) => child.once('close', resolve))
  process.kill(ready.pid, 'SIGKILL')
  await closed

  const audit = await run('audit', 'verify', ...places())
  assert.deepEqual([audit.code, audit.json()['ok']], [0, true], audit.stderr)
  const again = await run('import', at('killed.csv'), '--type', 'contact', '--yes', '--as', 'owner@example.com', ...places()) // prettier-ignore
  const { created, unchanged, refused: not } = again.json() as Record<string, number>
  assert.deepEqual([Number(created) + Number(unchanged), not], [20_000, 0])
  assert.ok(Number(unchanged) >= 500 && Number(created) > 0, `${String(unchanged)} were there`)
  assert.equal((await run('audit', 'verify', ...places())).json()['ok'], true)
})

/** Asks a server whose certificate nobody knows, as the browser of one person. */
const asking = (url: string) => {
  let cookie = ''
  return async (method: string, path: string, body?: unknown, csrf = ''): Promise<Record<string, unknown>> => {
    const made = body instanceof FormData ? new Response(body) : new Response(JSON.stringify(body ?? null))
    const type = made.headers.get('content-type') ?? ''
    const bytes = body === undefined ? undefined : Buffer.from(await made.arrayBuffer())
    const headers = {
      cookie,
      ...(csrf === '' ? {} : { 'x-holdfast-csrf': csrf }),
      ...(bytes ? { 'content-type': body instanceof FormData ? type : 'application/json' } : {}),
    }
    return new Promise((resolve, reject) => {
      const asked = request(new URL(path, url), { method, headers, rejectUnauthorized: false }, (answer) => {
        const set = answer.headers['set-cookie']
        if (set) cookie = set.map((one) => one.split(';')[0] ?? '').join('; ')
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8')
          if ((answer.statusCode ?? 500) >= 400) reject(new Error(text))
          else resolve(JSON.parse(text) as Record<string, unknown>)
        })
      })
      asked.on('error', reject)
      asked.end(bytes)
    })
  }
}
