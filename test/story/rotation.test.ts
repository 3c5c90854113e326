// Keys rotated from the command line under a house at work: killed again and again, with readers and writers beside, backed up and restored.
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Actor, Uuid } from '#kernel'
import { type House, openHouse, readConfig } from '#server'
import { temporaryFolder } from '#testing'
import { command, type Outcome, startCommand } from '../support/command.ts'

let directory = ''
const at = (name: string): string => join(directory, name)
const places = (): readonly string[] => ['--data', at('data'), '--keys', at('keys')]
const run = (...args: readonly string[]): Promise<Outcome> => command([...args, ...places(), '--json'], directory)
const good = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
  const outcome = await run(...args)
  assert.equal(outcome.code, 0, `${args.join(' ')}: ${outcome.stderr}`)
  return outcome.json()
}
const me = 'owner@example.com'

let house: House
let admin: Actor
const ids: Uuid[] = []

before(async () => {
  directory = temporaryFolder()
  const made = await command(
    ['init', ...places(), '--admin-email', me, '--password-stdin', '--json'],
    directory,
    'harbour-Kite-9f2c-lantern\n',
  )
  assert.equal(made.code, 0, made.stderr)
  house = await openHouse(readConfig({ data: at('data'), keys: at('keys') }, {}, directory), { create: false })
  const user = await house.staff.findByEmail(me)
  admin = await house.actorOf(user?.id ?? '', { channel: 'api', ip: '', mfa: true, purpose: '' })
  for (let i = 0; i < 90; i++) {
    const { id } = await house.vault.create(admin, 'contact', {
      values: { name: `联系人${String(i)}`, mobile: `138000${String(10_000 + i)}` },
    })
    ids.push(id)
  }
})
after(async () => {
  await house.close()
  await rm(directory, { recursive: true, force: true })
})

/** The job started last, where there are more of them than before. */
const newest = async (before: number): Promise<Awaited<ReturnType<House['jobs']['get']>> | undefined> => {
  const jobs = await house.jobs.list()
  return jobs.length > before ? jobs[0] : undefined
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

test('[house-40] a rotation killed at any point goes on; four readers meet no error, two writers lose nothing', async () => {
  const { vault } = house
  let working = true
  let reads = 0
  const written = new Map<Uuid, string>()
  const idOf = (i: number): Uuid => ids[i % ids.length] ?? ''
  const reader = async (from: number): Promise<void> => {
    for (let i = from; working; i += 4) {
      const name = (await vault.get(admin, 'contact', idOf(i))).values['name']
      assert.match(String(name), /^(联系人|改)\d+$/)
      if (i % 9 === 0) assert.equal((await vault.list(admin, 'contact', { limit: 100 })).items.length, ids.length)
      if (i % 11 === 0) await vault.history(admin, 'contact', idOf(i))
      reads++
      await pause(10)
    }
  }
  const writer = async (from: number): Promise<void> => {
    for (let i = from; working; i += 2) {
      const { version } = await vault.get(admin, 'contact', idOf(i))
      await vault.update(admin, 'contact', idOf(i), version, { name: `改${String(i)}` })
      written.set(idOf(i), `改${String(i)}`)
      await pause(10)
    }
  }
  const busy = Promise.all([reader(0), reader(1), reader(2), reader(3), writer(0), writer(1)])
  // Whoever fails ends the test; nobody ends by himself.
  let failed: unknown
  busy.catch((error: unknown) => {
    failed = error
    working = false
  })
  let kills = 0
  for (const what of ['all-subjects', 'epoch']) {
    const before = (await house.jobs.list()).length
    for (let words = ['rotate', what]; failed === undefined; words = ['jobs', 'resume']) {
      const child = startCommand(['keys', ...words, ...places(), '--json'], directory)
      const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
      const from = (await newest(before))?.done ?? 0
      // As soon as it has taken a step or two, whatever it is in the middle of.
      for (let now = await newest(before); !(now && now.state === 'done'); now = await newest(before)) {
        if ((now?.done ?? 0) > from && child.kill('SIGKILL')) {
          kills++
          break
        }
        await pause(15)
      }
      await ended
      if ((await newest(before))?.state === 'done') break
      // The lease of the killed process must run out first; a real one waits half a minute.
      await house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) =>
        tx.query({ text: `update ops.job set lease_until = null where state in ('queued', 'running')` }),
      )
    }
  }
  working = false
  await busy
  assert.equal(failed, undefined)
  assert.ok(kills >= 2, `${String(kills)} kills`)
  assert.ok(reads > 100 && written.size > 20, `${String(reads)} reads, ${String(written.size)} records written`)
  for (const [i, id] of ids.entries()) {
    const { values } = await vault.get(admin, 'contact', id)
    assert.equal(values['name'], written.get(id) ?? `联系人${String(i)}`)
    assert.equal(values['mobile'], `138000${String(10_000 + i)}`)
  }
  const jobs = await house.jobs.list()
  assert.deepEqual(new Set(jobs.map(({ state }) => state)), new Set(['done']))
  const { epochs } = await house.rotation.states()
  assert.deepEqual(
    epochs.map(({ state, subjectKeys }) => [state, subjectKeys > 0]),
    [
      ['decrypt-only', false],
      ['active', true],
    ],
  )
  assert.equal((await house.journal.verify(house.tenant)).ok, true)
})

test('[house-40] increments carry what was sealed anew, and a restore brings it back under the newest keys', async () => {
  await good('backup', 'create', '--type', 'full', '--repo', at('repo'))
  await good('keys', 'rotate', 'epoch')
  await good('keys', 'rotate', 'all-subjects')
  await good('keys', 'destroy-epoch', '1')
  await good('keys', 'destroy-epoch', '2')
  await good('keys', 'profile', 'gm')
  await good('backup', 'create', '--type', 'incremental', '--repo', at('repo'))
  const digest = await good('digest')
  const listed = await good('keys', 'list')
  assert.deepEqual(
    (listed['epochs'] as { state: string; profile: string }[]).map(({ state, profile }) => `${state} ${profile}`),
    ['destroyed international', 'destroyed international', 'decrypt-only international', 'active gm'],
  )
  const restored = await command(
    [
      ...['restore', '--repo', at('repo'), '--identity', at('keys/backup.identity')],
      ...['--data', at('data2'), '--keys', at('keys'), '--json'],
    ],
    directory,
  )
  assert.equal(restored.code, 0, restored.stderr)
  const again = await command(['digest', '--data', at('data2'), '--keys', at('keys'), '--json'], directory)
  assert.deepEqual(again.json(), digest)
})

test('[house-40] wrong words are wrong use; what is refused is one sentence', async () => {
  assert.equal((await run('keys', 'rotate')).code, 2)
  assert.equal((await run('keys', 'rotate', 'subject', 'x')).code, 2)
  assert.equal((await run('keys', 'profile', 'des')).code, 2)
  assert.equal((await run('keys', 'destroy-epoch', 'x')).code, 2)
  const gone = await run('keys', 'destroy-epoch', '1')
  assert.equal(gone.code, 1)
  assert.match(gone.stderr, /key-destroyed/)
  assert.equal((await run('keys', 'destroy-epoch', '77')).code, 1)
  const jobs = await good('keys', 'jobs')
  assert.ok((jobs['items'] as unknown[]).length >= 5)
})
