// The keys of the search index and the profile changed from the command line under a house at work: killed with -9 wherever it stands,
// with readers, searchers and writers beside, who meet no error and lose nothing.
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Actor, Uuid } from '#kernel'
import { type House, openHouse, readConfig } from '#server'
import { temporaryFolder } from '#testing'
import { startCommand } from '../support/command.ts'
import { prepareHouse } from '../support/prepared.ts'

let directory = ''
const at = (name: string): string => join(directory, name)
const places = (): readonly string[] => ['--data', at('data'), '--keys', at('keys')]
const me = 'owner@example.com'

let house: House
let admin: Actor
const ids: Uuid[] = []
const mobileOf = (i: number): string => `138000${String(10_000 + i)}`
const idOf = (i: number): Uuid => ids[i % ids.length] ?? ''

before(async () => {
  directory = temporaryFolder()
  await prepareHouse(directory)
  house = await openHouse(readConfig({ data: at('data'), keys: at('keys') }, {}, directory), { create: false })
  const user = await house.staff.findByEmail(me)
  admin = await house.actorOf(user?.id ?? '', { channel: 'api', ip: '', mfa: true, purpose: '' })
  for (let i = 0; i < 120; i++) {
    const { id } = await house.vault.create(admin, 'contact', {
      values: { name: `联系人${String(i)}`, mobile: mobileOf(i) },
    })
    ids.push(id)
  }
})
after(async () => {
  await house.close()
  await rm(directory, { recursive: true, force: true })
})

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

interface Busy {
  /** What the last writer left in each record it wrote. */
  readonly written: ReadonlyMap<Uuid, string>
  reads(): number
  failed(): unknown
  stop(): Promise<void>
}

let round = 0

/** Two readers, two searchers and two writers of this process, until told to stop; whoever fails stops all. */
const work = (): Busy => {
  const { vault } = house
  const written = new Map<Uuid, string>()
  const label = `改${String(++round)}x`
  let working = true
  let reads = 0
  let failed: unknown
  const reader = async (from: number): Promise<void> => {
    for (let i = from; working; i += 2) {
      assert.equal((await vault.get(admin, 'contact', idOf(i))).values['mobile'], mobileOf(i % ids.length))
      if (i % 9 === 0) assert.equal((await vault.list(admin, 'contact', { limit: 200 })).items.length, ids.length)
      if (i % 11 === 0) await vault.history(admin, 'contact', idOf(i))
      reads++
      await pause(30)
    }
  }
  const searcher = async (from: number): Promise<void> => {
    for (let i = from; working; i += 2) {
      const { items } = await vault.list(admin, 'contact', { search: mobileOf(i % ids.length) })
      assert.deepEqual(
        items.map(({ id }) => id),
        [idOf(i)],
        'no search misses a record meanwhile',
      )
      reads++
      await pause(30)
    }
  }
  const writer = async (from: number): Promise<void> => {
    for (let i = from; working; i += 2) {
      const { version } = await vault.get(admin, 'contact', idOf(i))
      await vault.update(admin, 'contact', idOf(i), version, { name: `${label}${String(i)}` })
      written.set(idOf(i), `${label}${String(i)}`)
      await pause(30)
    }
  }
  const all = Promise.all([reader(0), reader(1), searcher(0), searcher(1), writer(0), writer(1)])
  all.catch((error: unknown) => {
    failed = error
    working = false
  })
  return {
    written,
    reads: () => reads,
    failed: () => failed,
    stop: async () => {
      working = false
      await all
    },
  }
}

const newest = async (before: number): Promise<Awaited<ReturnType<House['jobs']['get']>> | undefined> => {
  const jobs = await house.jobs.list()
  return jobs.length > before ? jobs[0] : undefined
}

interface At {
  readonly part?: string
  readonly phase?: string
  readonly inner?: { readonly phase?: string } | null
}

/** Where a job stands, in words: epoch/wrap, subjects, index/build; build. */
const placeOf = (cursor: unknown): string => {
  const { part, phase, inner } = (cursor ?? {}) as At
  return [part, inner?.phase, phase].filter((one) => one !== undefined).join('/') || 'start'
}

/** Runs a verb to its end though it is killed as soon as it stands elsewhere than it began, each time. Where it was killed. */
const killedAllAlong = async (words: readonly string[], busy: Busy): Promise<readonly string[]> => {
  const kills: string[] = []
  const before = (await house.jobs.list()).length
  for (let verb = words; busy.failed() === undefined; verb = ['jobs', 'resume']) {
    const from = JSON.stringify((await newest(before))?.cursor ?? null)
    const child = startCommand(['keys', ...verb, ...places(), '--json'], directory)
    let over = false
    const ended = new Promise<void>((resolve) =>
      child.on('close', () => {
        over = true
        resolve()
      }),
    )
    while (!over) {
      const now = await newest(before)
      // Twice at each place, however long it stays there.
      const place = placeOf(now?.cursor)
      const often = kills.filter((one) => one === place).length
      if (now?.state === 'running' && JSON.stringify(now.cursor) !== from && often < 2) {
        if (child.kill('SIGKILL')) kills.push(place)
        break
      }
      await pause(5)
    }
    await ended
    const now = await newest(before)
    assert.notEqual(now?.state, 'failed', `${words.join(' ')}: ${now?.errorCode ?? ''}`)
    if (now?.state === 'done') break
    // The lease of the killed process must run out first; a real one waits half a minute.
    await house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) =>
      tx.query({ text: `update ops.job set lease_until = null where state in ('queued', 'running')` }),
    )
  }
  return kills
}

/** Everything is there as it was written last, found by what it is found by, under one generation and one suite. */
const demandWhole = async (written: ReadonlyMap<Uuid, string>, suite: number): Promise<void> => {
  const { vault } = house
  for (const [i, id] of ids.entries()) {
    const { values } = await vault.get(admin, 'contact', id)
    const name = written.get(id)
    if (name !== undefined) assert.equal(values['name'], name)
    assert.equal(values['mobile'], mobileOf(i))
    for (const search of [mobileOf(i), ...(name === undefined ? [] : [name])]) {
      const { items } = await vault.list(admin, 'contact', { search })
      assert.ok(
        items.some((item) => item.id === id),
        search,
      )
    }
  }
  const state = await house.search.state()
  assert.deepEqual([state.suite, state.building], [suite, null])
  const [row] = await house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) =>
    tx.query<{ generations: number; strays: number; missing: number; cells: number; keys: number }>({
      text: `select (select count(*)::int from keyring.search_generation) as generations,
        (select count(*)::int from crm.search_index where generation <> $1) as strays,
        (select count(*)::int from crm.contact r where not exists (
           select from crm.search_index s where s.record_id = r.id and s.generation = $1)) as missing,
        (select count(*)::int from crm.contact where get_byte(cell_contact, 1) <> $2 or get_byte(cell_basic, 1) <> $2) as cells,
        (select count(*)::int from keyring.subject_key where retired_at is null and suite <> $2) as keys`,
      values: [state.generation, suite],
    }),
  )
  assert.deepEqual(row, { generations: 1, strays: 0, missing: 0, cells: 0, keys: 0 })
  assert.equal((await house.journal.verify(house.tenant)).ok, true)
}

test('[house-41] the keys of the search index change though killed at every step; readers, searchers and writers go on', async () => {
  const before = (await house.search.state()).generation
  const busy = work()
  const kills = await killedAllAlong(['rotate', 'index'], busy)
  await busy.stop()
  assert.ok(kills.length >= 2 && kills.includes('build'), kills.join(' '))
  assert.ok(busy.reads() > 100 && busy.written.size > 20, `${String(busy.reads())} reads`)
  assert.equal((await house.search.state()).generation, before + 1, 'no kill began a second generation')
  await demandWhole(busy.written, 1)
})

for (const [profile, suite, parts] of [
  ['gm', 3, ['subjects', 'index']],
  ['post-quantum', 1, ['subjects', 'index']],
] as const)
  test(`[house-41] the profile changes to ${profile} though killed at every step; readers, searchers and writers go on`, async () => {
    const epochs = (await house.rotation.states()).epochs.length
    const busy = work()
    const kills = await killedAllAlong(['profile', profile], busy)
    await busy.stop()
    assert.ok(kills.length >= 2, kills.join(' '))
    for (const part of ['epoch', ...parts])
      assert.ok(
        kills.some((one) => one.startsWith(part)),
        `${part} among ${kills.join(' ')}`,
      )
    assert.ok(busy.reads() > 50 && busy.written.size > 10, `${String(busy.reads())} reads`)
    const now = (await house.rotation.states()).epochs
    assert.equal(now.length, epochs + 1, 'no kill made a second epoch')
    assert.deepEqual([now.at(-1)?.state, now.at(-1)?.profile], ['active', profile])
    await demandWhole(busy.written, suite)
  })
