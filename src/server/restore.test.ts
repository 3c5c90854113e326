// Restore from the set-up page: real installations, destroyed and brought back over HTTPS; refused, killed, and gone on with.
import assert from 'node:assert/strict'
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createBackupIdentity } from '#backup'
import { runChild, temporaryFolder } from '#testing'
import { openHouse } from './app.ts'
import { bringBack } from './bring-back.ts'
import { type Config, readConfig } from './config.ts'
import type { RestoreFound, RestoreJob } from './contract.ts'
import type { House } from './house.ts'
import { type Running, serve } from './serve.ts'

const password = 'vexed-otter-9-marble'
const folder = temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))

const configIn = (name: string): Config =>
  readConfig(
    {
      data: join(folder, name, 'data'),
      keys: join(folder, name, 'keys'),
      repository: join(folder, 'backups'),
      port: 0,
    },
    {},
    folder,
  )

const person = {
  name: '林岚',
  email: 'owner@example.org',
  role: 'administrator',
  teamId: null,
  language: 'zh',
} as const

/** An installation with a few customers and a full backup of them; closed again. */
const original = async (): Promise<Original> => {
  const config = configIn('first')
  const house = await openHouse(config, { create: true })
  const { userId } = await house.setUp({ ...person, password, organisation: '示例公司' })
  const actor = await house.actorOf(userId, { channel: 'job', ip: '', mfa: true })
  for (let i = 0; i < 30; i++)
    await house.vault.create(actor, 'account', {
      values: { name: `客户${String(i)}`, phone: `1380013${String(8000 + i)}` },
    })
  const backup = await house.backups.create({ type: 'full', repo: config.repository })
  const made = {
    config,
    backup: backup.id,
    digest: await house.vault.digest(house.tenant),
    sheet: (await house.recoverySheet()).text('zh'),
    identity: await readFile(join(config.keys, 'backup.identity'), 'utf8'),
  }
  await house.close()
  return made
}

interface Original {
  readonly config: Config
  readonly backup: string
  readonly digest: Awaited<ReturnType<House['vault']['digest']>>
  readonly sheet: string
  readonly identity: string
}

let first: Promise<Original> | undefined
const madeOnce = (): Promise<Original> => (first ??= original())

const ask = (running: Running, path: string, body: unknown): Promise<{ status: number; body: unknown }> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'accept-language': 'en' }
    const options = { method: body === undefined ? 'GET' : 'POST', headers, rejectUnauthorized: false }
    const outgoing = request(`${running.url}${path}`, options, (incoming) => {
      const parts: Buffer[] = []
      incoming.on('data', (part: Buffer) => parts.push(part))
      incoming.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8')
        resolve({ status: incoming.statusCode ?? 0, body: text === '' ? null : JSON.parse(text) })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })

const tokenOf = (running: Running): string => new URL(running.setupUrl ?? '').searchParams.get('token') ?? ''

/** Begins a restore and waits for its end. */
const restore = async (running: Running, token: string, body: object): Promise<RestoreJob> => {
  const begun = await ask(running, '/api/restore', { token, ...body })
  assert.equal(begun.status, 202, JSON.stringify(begun.body))
  for (;;) {
    const { status, body: state } = await ask(running, '/api/restore/state', { token })
    assert.equal(status, 200, JSON.stringify(state))
    const { job } = state as { job: RestoreJob }
    if (job.state !== 'running') return job
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const begin = async (config: Config): Promise<Running> =>
  serve(await openHouse(config, { create: true }), { say: () => undefined })

const end = async (running: Running): Promise<void> => {
  await running.close()
  await running.house().close()
}

test('[server-13] the database is destroyed and comes back from a page, with the keys that are still there', async () => {
  const { config, backup, digest } = await madeOnce()
  const second = configIn('second')
  await cp(config.keys, second.keys, { recursive: true })
  const running = await begin(second)
  try {
    const token = tokenOf(running)
    for (const [path, body] of [
      ['/api/restore/look', {}],
      ['/api/restore', { backup }],
      ['/api/restore/state', {}],
    ] as const)
      assert.equal((await ask(running, path, { ...body, token: 'A'.repeat(43) })).status, 403, path)
    const found = (await ask(running, '/api/restore/look', { token })).body as RestoreFound
    assert.deepEqual([found.keysFit, found.identityHeld, found.backups.map(({ id }) => id)], [true, true, [backup]])
    const job = await restore(running, token, { backup })
    assert.deepEqual([job.state, job.error], ['done', null])
    assert.ok(job.rows > 30)
    assert.deepEqual(await running.house().vault.digest(running.house().tenant), digest)
    const health = (await ask(running, '/api/health', undefined)).body as { setupNeeded: boolean; status: string }
    assert.deepEqual([health.status, health.setupNeeded], ['ok', false])
    assert.equal((await ask(running, '/api/session', { email: person.email, password })).status, 200)
    // Nothing more to be had by the token.
    assert.equal((await ask(running, '/api/restore/look', { token })).status, 403)
    assert.equal((await ask(running, '/api/restore', { token, backup })).status, 403)
    const { journal, tenant } = running.house()
    await journal.sealUp(tenant)
    assert.equal((await journal.verify(tenant)).ok, true)
  } finally {
    await end(running)
  }
})

test('[server-13] on a new machine the recovery sheet brings the keys; what is wrong is said and changes nothing', async () => {
  const { config, backup, digest, sheet, identity } = await madeOnce()
  const third = configIn('third')
  const running = await begin(third)
  try {
    const token = tokenOf(running)
    const { tenant } = running.house()
    const own = (await running.house().recoverySheet()).text('en')
    const keysBefore = (await readdir(third.keys)).sort()
    const found = (await ask(running, '/api/restore/look', { token })).body as RestoreFound
    assert.deepEqual([found.keysFit, found.identityHeld], [false, false])
    const foreign = createBackupIdentity().identity
    const damaged = join(folder, 'damaged')
    await cp(config.repository, damaged, { recursive: true })
    await spoil(damaged)
    const failures: readonly (readonly [object, RegExp])[] = [
      [{ identity }, /sealed under another root key/],
      [{ identity, sheet: own }, /sealed under another root key/],
      [{ identity, sheet: mistyped(sheet) }, /block 3 of the recovery sheet is mistyped/],
      [{ identity: foreign, sheet }, /identity does not open|not signed by a trusted key|no backup/],
      [{ identity, sheet, repository: damaged }, /is not what was signed/],
    ]
    for (const [body, sentence] of failures) {
      const job = await restore(running, token, { backup, ...body })
      assert.equal(job.state, 'failed', JSON.stringify(body))
      assert.match(job.error ?? '', sentence)
      assert.equal(running.house().tenant, tenant)
      assert.deepEqual((await readdir(third.keys)).sort(), keysBefore)
    }
    for (const body of [{ identity: 'no identity' }, { identityPath: '/etc/hostname' }])
      assert.equal((await ask(running, '/api/restore', { token, backup, ...body })).status, 403)
    const job = await restore(running, token, { backup, identity, sheet })
    assert.deepEqual([job.state, job.error], ['done', null])
    const house = running.house()
    assert.deepEqual(await house.vault.digest(house.tenant), digest)
    // Backups go on to the same recipient, and the empty house's keys lie aside.
    const fourth = await house.backups.create({ type: 'full', repo: house.config.repository })
    assert.equal(fourth.type, 'full')
    assert.ok((await readdir(third.keys)).some((name) => name.startsWith('before-restore-')))
    assert.ok(!(await readdir(third.keys)).includes('backup.identity'))
  } finally {
    await end(running)
  }
})

test('[server-13] killed among the rows, the next start offers it again; killed before the keys moved in, it finishes', async () => {
  const { backup, digest, sheet, identity } = await madeOnce()
  const config = configIn('fourth')
  await (await openHouse(config, { create: true })).close()
  const asked = JSON.stringify({ identity, sheet, backup, channel: 'web' })
  const code = (name: string): string => `
    const { ${name} } = await import(${JSON.stringify(new URL('bring-back.ts', import.meta.url).href)})
    const done = await ${name}(${JSON.stringify(config)}, { ...${asked},
      onProgress: (done) => { if (${String(name === 'bringBack')} && done > 0.4) process.kill(process.pid, 'SIGKILL') } })
    process.kill(process.pid, 'SIGKILL')`
  assert.equal(await runChild(code('bringBack')).end, 'SIGKILL')
  const offered = await begin(config)
  assert.ok(offered.setupUrl)
  assert.ok(!(await readdir(config.keys)).includes('restoring'))
  await end(offered)
  assert.equal(await runChild(code('bringRowsBack')).end, 'SIGKILL')
  assert.ok((await readdir(config.keys)).includes('restoring'))
  const house = await openHouse(config, { create: true })
  try {
    assert.equal(await house.isSetUp(), true)
    assert.deepEqual(await house.vault.digest(house.tenant), digest)
    assert.ok(!(await readdir(config.keys)).includes('restoring'))
  } finally {
    await house.close()
  }
  // One that is set up is never replaced.
  await assert.rejects(bringBack(config, { identity, backup, channel: 'web' }), { code: 'already-set-up' })
})

const mistyped = (sheet: string): string => {
  const blocks = sheet.match(/\b[0-9A-HJKMNP-TV-Z]{5}\b(?= {2}|$)/gmu) ?? []
  const third = blocks[2] ?? ''
  return sheet.replace(third, `${third.startsWith('7') ? '8' : '7'}${third.slice(1)}`)
}

/** Turns one bit in the middle of a pack. */
const spoil = async (repository: string): Promise<void> => {
  const [pack] = (await readdir(join(repository, 'packs'), { recursive: true })).filter((name) =>
    name.endsWith('.pack'),
  )
  const path = join(repository, 'packs', pack ?? '')
  const bytes = await readFile(path)
  const at = bytes.length >> 1
  bytes[at] = (bytes[at] ?? 0) ^ 1
  await writeFile(path, bytes)
}
