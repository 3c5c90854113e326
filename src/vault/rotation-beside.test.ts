// A change of profile and a rebuild of the search index begun together, by two processes: one waits for the other.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { type Json, services } from '#kernel'
import { createJobs, type Job, type Jobs } from '#store'
import { catalogue } from '#testing'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { createVault, type OpenVault } from './create.ts'

interface World extends TestVault {
  /** A process of its own: caches and jobs of the other are not shared. */
  /** gate: waited for before each step. */
  process(gate?: (job: Job, jobs: Jobs) => Promise<void>): Promise<{ readonly opened: OpenVault; readonly jobs: Jobs }>
}

const open = async (t: TestContext): Promise<World> => {
  const world = await openTestVault()
  t.after(() => world.close())
  const { store, journal, keys, tenant } = world
  for (let i = 0; i < 40; i++)
    await world.vault.create(world.ann, 'contact', {
      values: { name: `联系人${String(i)}`, mobile: `138000${String(10_000 + i)}` },
    })
  const process: World['process'] = async (gate) => {
    const clock = { now: () => new Date() }
    const opened = await createVault({ store, journal, keys, catalogue, clock, tenant })
    const jobs = createJobs({ store, scope: { tenant, principal: services.system }, leaseMs: 2000 })
    for (const kind of [...opened.rotation.kinds, opened.search.job])
      jobs.register({
        ...kind,
        step: async (job, signal) => {
          await gate?.(job, jobs)
          return kind.step(job, signal)
        },
      })
    t.after(async () => {
      await jobs.close()
      await opened.close()
    })
    return { opened, jobs }
  }
  return { ...world, process }
}

const never = new AbortController().signal

interface At {
  readonly part?: string
  readonly phase?: string
  readonly inner?: { readonly phase?: string } | null
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Whether a job of this kind is under way and has come so far. */
const isAt = async (jobs: Jobs, kind: string, there: (at: At) => boolean): Promise<boolean> =>
  (await jobs.list()).some(
    (one) => one.kind === kind && one.state === 'running' && one.cursor !== null && there(one.cursor as At),
  )

const demandGm = async (world: World, opened: OpenVault): Promise<void> => {
  const state = await opened.search.state()
  assert.deepEqual([state.suite, state.building], [3, null])
  const [left] = await world.store.owner((tx) =>
    tx.query<{ generations: number; rows: number; cells: number }>({
      text: `select (select count(*)::int from keyring.search_generation) as generations,
        (select count(*)::int from crm.search_index where generation <> $1) as rows,
        (select count(*)::int from crm.contact where get_byte(cell_contact, 1) <> 3) as cells`,
      values: [state.generation],
    }),
  )
  assert.deepEqual(left, { generations: 1, rows: 0, cells: 0 })
  for (let i = 0; i < 40; i++) {
    const { items } = await opened.vault.list(world.ann, 'contact', { search: `138000${String(10_000 + i)}` })
    assert.equal(items.length, 1)
  }
}

test('[vault-198] search.rebuild and keys.profile begun together both end well, whichever comes first, and the profile holds', async (t) => {
  const world = await open(t)
  const until = async (jobs: Jobs, kind: string, there: (at: At) => boolean): Promise<void> => {
    while (!(await isAt(jobs, kind, there))) await pause(20)
  }
  const atBuild = (at: At): boolean => (at.part === 'index' ? at.inner?.phase : at.phase) === 'build'
  let first = ''
  // Whichever is first stays in the middle of its build until the other has come to the index as well.
  const gate = async (job: Job, jobs: Jobs): Promise<void> => {
    if (job.kind !== first || job.cursor === null || !atBuild(job.cursor as At)) return
    if (first === 'keys.profile') await until(jobs, 'search.rebuild', () => true)
    else await until(jobs, 'keys.profile', ({ part, inner }) => part === 'index' && inner?.phase !== undefined)
  }
  const [one, two] = [await world.process(gate), await world.process(gate)]
  for (const [profile, leading] of [
    ['gm', 'search.rebuild'],
    ['international', 'keys.profile'],
    ['gm', 'keys.profile'],
  ] as const) {
    first = leading
    const order: [Jobs, string, Json][] = [
      [one.jobs, 'search.rebuild', await one.opened.search.rebuild({ keys: 'new' })],
      [two.jobs, 'keys.profile', { profile }],
    ]
    if (first === 'keys.profile') order.reverse()
    const begun: Promise<Job>[] = []
    for (const [jobs, kind, spec] of order) {
      const { id } = await jobs.start(kind, spec, services.system)
      begun.push(jobs.run(id))
      if (kind === first) await until(jobs, first, atBuild)
    }
    const ends = await Promise.all(begun)
    assert.deepEqual(
      ends.map(({ state, errorCode }) => [state, errorCode]),
      [
        ['done', null],
        ['done', null],
      ],
      `${profile}, ${first} first`,
    )
    assert.equal((await one.opened.search.state()).suite, profile === 'gm' ? 3 : 1)
  }
  await demandGm(world, one.opened)
})

test('[vault-198] the one that came later waits at every point the other can be at, and takes up the work of a process that died', async (t) => {
  const world = await open(t)
  const { opened, jobs } = await world.process()
  const rebuild = opened.search.job
  const order = await jobs.start('search.rebuild', await opened.search.rebuild({ keys: 'new' }), services.system)
  // As far as the generation, by a process that then died.
  let { cursor } = order
  while ((cursor as { phase?: string } | null)?.phase !== 'build')
    ({ cursor } = await rebuild.step({ ...order, cursor }, never))
  await world.store.transaction({ tenant: world.tenant, principal: services.system }, (tx) =>
    tx.query({
      text: 'update ops.job set cursor = $2 where tenant_id = $1 and id = $3',
      values: [world.tenant, JSON.stringify(cursor), order.id],
    }),
  )
  const building = (await opened.search.state()).building
  const kind = opened.rotation.kinds.find((one) => one.kind === 'keys.profile')
  const profile = await jobs.start('keys.profile', { profile: 'gm' }, services.system)
  for (const inner of [null, { phase: 'clear' }, { phase: 'begin' }]) {
    const step = await kind?.step({ ...profile, cursor: { part: 'index', inner } }, never)
    assert.equal(step?.waitsFor, order.id)
    assert.equal((await opened.search.state()).building, building, 'what another job builds is left alone')
  }
  assert.equal((await jobs.run(profile.id)).state, 'done')
  assert.equal((await jobs.get(order.id)).state, 'done')
  await demandGm(world, opened)
})

test('[vault-198] a job whose half-built index was given up after it had been called off begins anew when it is opened again', async (t) => {
  const world = await open(t)
  const { opened, jobs } = await world.process()
  const order = await jobs.start('search.rebuild', await opened.search.rebuild({ keys: 'new' }), services.system)
  const stop = new AbortController()
  await jobs.run(order.id, {
    signal: stop.signal,
    onProgress: (job) => (job.cursor as { phase?: string } | null)?.phase === 'build' && stop.abort(),
  })
  await jobs.cancel(order.id)
  const profile = await jobs.start('keys.profile', { profile: 'gm' }, services.system)
  assert.equal((await jobs.run(profile.id)).state, 'done')
  await jobs.retry(order.id)
  const end = await jobs.run(order.id)
  assert.deepEqual([end.state, end.errorCode], ['done', null])
  await demandGm(world, opened)
})
