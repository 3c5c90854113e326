// start --demo with a profile, as a stranger tries the product: everybody it prints can sign in, sees customers, and finds the profile in force.
import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { temporaryFolder } from '#testing'
import { command, startCommand } from '../support/command.ts'

interface Ready {
  readonly event: string
  readonly url: string
  readonly demoUsers: readonly { readonly role: string; readonly email: string; readonly password: string }[]
}

let directory = ''
before(() => {
  directory = temporaryFolder()
})
after(() => rm(directory, { recursive: true, force: true }))

test('[house-180] a demonstration under the profile gm: random passwords that sign in, customers to see, SM4 and SM2 in force', async () => {
  const places = ['--data', join(directory, 'data'), '--keys', join(directory, 'keys')]
  const child = startCommand(['start', '--demo', '--profile', 'gm', '--port', '0', '--json', ...places], directory)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let said = ''
  let complained = ''
  child.stderr?.on('data', (part: Buffer) => (complained += part.toString('utf8')))
  const ready = new Promise<void>((resolve) =>
    child.stdout?.on('data', (part: Buffer) => {
      said += part.toString('utf8')
      if (said.includes('"ready"')) resolve()
    }),
  )
  try {
    await Promise.race([ready, ended])
    assert.equal(child.exitCode, null, complained)
    const line = said.split('\n').find((one) => one.includes('"ready"')) ?? '{}'
    const { url, demoUsers } = JSON.parse(line) as Ready
    assert.ok(demoUsers.length >= 4)
    assert.equal(new Set(demoUsers.map(({ password }) => password)).size, demoUsers.length)
    const ca = await readFile(join(directory, 'keys', 'tls', 'authority.crt'), 'utf8')
    const seen = new Map<string, number>()
    for (const { role, email, password } of demoUsers) {
      const entered = await ask(url, ca, 'POST', '/api/session', { body: { email, password } })
      assert.equal(entered.status, 200, role)
      const list = await ask(url, ca, 'GET', '/api/accounts?limit=5', { cookie: entered.cookie })
      if (list.status === 200) seen.set(role, (JSON.parse(list.text) as { items: unknown[] }).items.length)
    }
    assert.ok((seen.get('manager') ?? 0) > 0, JSON.stringify([...seen]))
    const port = new URL(url).port
    const doctor = await command(['doctor', '--port', port, '--json', ...places], directory)
    const { findings } = doctor.json() as { findings: { name: string; what: string }[] }
    assert.match(findings.find(({ name }) => name === 'profile')?.what ?? '', /^gm, signs by SM2/)
    // Whatever is written says no password.
    for (const { password } of demoUsers) assert.ok(!complained.includes(password) && !doctor.stdout.includes(password))
  } finally {
    child.kill('SIGTERM')
    await ended
  }
})

const ask = (
  url: string,
  ca: string,
  method: string,
  path: string,
  more: { readonly body?: unknown; readonly cookie?: string },
): Promise<{ readonly status: number; readonly text: string; readonly cookie: string }> =>
  new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      ...(more.cookie === undefined ? {} : { cookie: more.cookie }),
    }
    const sent = request(new URL(path, url), { method, ca, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => (text += part))
      answer.on('end', () => {
        const cookie = (answer.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]).join('; ')
        resolve({ status: answer.statusCode ?? 0, text, cookie })
      })
    })
    sent.on('error', reject)
    sent.end(more.body === undefined ? undefined : JSON.stringify(more.body))
  })
