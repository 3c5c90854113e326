// Jobs as they run, are shared, lost, cancelled and taken over, and killed with their process.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault, type Json, services, type Uuid } from '#kernel'
import { createJobs, type JobKind, type Jobs, type Store } from '#store'
import { openTestDatabase, runChild, type TestDatabase } from '#testing'

const numberOf = (cursor: Json): number => (typeof cursor === 'number' ? cursor : 0)

/** Counts to ten, one a step; tells each step. */
const counting = (told: number[], pauseMs = 0, kind = 'count'): JobKind => ({
  kind,
  exclusive: 'count',
  step: async ({ cursor }, signal) => {
    const at = numberOf(cursor) + 1
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    if (!signal.aborted) told.push(at)
    return { cursor: at, done: at, total: 10, finished: at === 10 }
  },
})

const withJobs = async (
  work: (jobs: Jobs, database: TestDatabase, more: (leaseMs?: number) => Jobs) => Promise<void>,
): Promise<void> => {
  const database = await openTestDatabase()
  const made: Jobs[] = []
  const more = (leaseMs = 30_000): Jobs => {
    const jobs = createJobs({ store: database.store, scope: database.scope, leaseMs })
    made.push(jobs)
    return jobs
  }
  try {
    await work(more(), database, more)
  } finally {
    for (const jobs of made) await jobs.close()
    await database.close()
  }
}

test('[store-17] a job runs step by step to its end and tells how far it is', async () => {
  await withJobs(async (jobs) => {
    const told: number[] = []
    const seen: number[] = []
    jobs.register(counting(told))
    const job = await jobs.start('count', { to: 10 }, services.system)
    assert.deepEqual([job.state, job.done, job.total, job.cursor], ['queued', 0, null, null])
    const end = await jobs.run(job.id, { onProgress: ({ done }) => seen.push(done) })
    assert.deepEqual([end.state, end.done, end.total, end.errorCode], ['done', 10, 10, null])
    assert.ok(end.finishedAt)
    assert.deepEqual(told, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert.deepEqual(seen.slice(0, 10), told)
    assert.deepEqual((await jobs.list())[0], end)
    await assert.rejects(jobs.get(services.system), { code: 'not-found' })
  })
})

test('[store-17] an aborted run and a closed house leave the job where it stopped, free for the next one', async () => {
  await withJobs(async (jobs, _database, more) => {
    const told: number[] = []
    jobs.register(counting(told))
    const { id } = await jobs.start('count', null, services.system)
    const stop = new AbortController()
    const left = await jobs.run(id, { signal: stop.signal, onProgress: ({ done }) => done === 4 && stop.abort() })
    assert.deepEqual([left.state, left.done], ['running', 4])
    const other = more()
    other.register(counting(told))
    await other.resume()
    assert.equal((await other.get(id)).state, 'done')
    assert.deepEqual(told, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })
})

test('[store-17] kill -9 midway, again and again: the job goes on until it is done, and no step is lost', async () => {
  await withJobs(async (jobs, { store, scope, tenant, data, url, appUrl }) => {
    jobs.register({ kind: 'tally', step: () => Promise.reject(new Error('not here')) })
    const { id } = await jobs.start('tally', null, services.system)
    let kills = 0
    for (;;) {
      const child = runChild(`
        import { catalogue } from '#testing'
        import { createJobs, openStore } from '#store'
        const scope = ${JSON.stringify(scope)}
        const store = await openStore({ data: ${JSON.stringify(data)}, databaseUrl: ${JSON.stringify(url)}, appDatabaseUrl: ${JSON.stringify(appUrl)}, catalogue })
        const jobs = createJobs({ store, scope, leaseMs: 300 })
        jobs.register({ kind: 'tally', step: async ({ cursor }) => {
          const at = (cursor ?? 0) + 1
          await store.transaction(scope, (tx) => tx.query({
            text: "insert into ops.setting (tenant_id, name, value) values ($1, $2, '1') on conflict (tenant_id, name) do update set value = to_jsonb((ops.setting.value)::int + 1)",
            values: ['${tenant}', 'step ' + String(at).padStart(2, '0')] }))
          console.log('step ' + at)
          await new Promise((resolve) => setTimeout(resolve, 20))
          return { cursor: at, done: at, total: 12, finished: at === 12 }
        } })
        const job = await jobs.run('${id}')
        console.log(job.state)
        await store.close()`)
      let last = ''
      // Three steps each, the last of them cut off before its cursor is kept.
      for (let i = 0; i < 3 && last !== 'done'; i++) last = await child.line()
      if (last === 'done') {
        await child.end
        break
      }
      child.kill('SIGKILL')
      await child.end
      kills++
      assert.ok(kills < 12)
    }
    assert.ok(kills >= 3)
    assert.equal((await jobs.get(id)).state, 'done')
    const steps = await store.transaction(scope, (tx) =>
      tx.query<{ name: string; value: number }>({ text: 'select name, value from ops.setting order by name' }),
    )
    assert.equal(steps.length, 12)
    // A step may be done twice, as after a kill between its work and its cursor; never more often than there were kills.
    assert.ok(steps.every(({ value }) => value >= 1 && value <= kills + 1))
  })
})

test('[store-18] of many at once one runs the job, and all learn of its end', async () => {
  await withJobs(async (jobs, _database, more) => {
    const told: number[] = []
    const all = [jobs, more(), more(), more()]
    for (const each of all) each.register(counting(told, 5))
    const { id } = await jobs.start('count', null, services.system)
    const ends = await Promise.all(all.map((each) => each.run(id)))
    assert.deepEqual(new Set(ends.map(({ state }) => state)), new Set(['done']))
    assert.deepEqual(told, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })
})

test('[store-18] a process that slept beyond its lease keeps nothing of its step', async () => {
  await withJobs(async (jobs, { store, scope }, more) => {
    const told: number[] = []
    let wake = (): void => undefined
    let signalled = false
    jobs.register({
      kind: 'count',
      step: async (_, signal) => {
        await new Promise<void>((resolve) => (wake = resolve))
        signalled = signal.aborted
        return { cursor: 9, done: 9, total: 10, finished: false }
      },
    })
    const { id } = await jobs.start('count', null, services.system)
    const slept = jobs.run(id)
    while ((await jobs.get(id)).state !== 'running') await new Promise((resolve) => setTimeout(resolve, 5))
    await store.transaction(scope, (tx) =>
      tx.query({ text: `update ops.job set lease_until = now() - interval '1 second'` }),
    )
    const other = more()
    other.register(counting(told))
    assert.equal((await other.run(id)).done, 10)
    wake()
    assert.equal((await slept).done, 10)
    assert.equal(signalled, false)
    assert.equal((await jobs.get(id)).cursor, 10)
  })
})

test('[store-18] a sign of life keeps the lease through a step that is longer', async () => {
  await withJobs(async (_, _database, more) => {
    const told: number[] = []
    const one = more(150)
    one.register({
      kind: 'count',
      step: async () => {
        await new Promise((resolve) => setTimeout(resolve, 600))
        return { cursor: 1, done: 1, total: 1, finished: true }
      },
    })
    const { id } = await one.start('count', null, services.system)
    const running = one.run(id)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const other = more(150)
    other.register(counting(told))
    await other.resume()
    assert.deepEqual(told, [])
    assert.equal((await running).state, 'done')
  })
})

test('[store-19] a cancelled job takes no further step; opened again it goes on where it stopped', async () => {
  await withJobs(async (jobs) => {
    const told: number[] = []
    jobs.register(counting(told))
    const { id } = await jobs.start('count', null, services.system)
    const cancelled: Promise<unknown>[] = []
    const end = await jobs.run(id, { onProgress: ({ done }) => done === 3 && cancelled.push(jobs.cancel(id)) })
    await Promise.all(cancelled)
    assert.equal(end.state, 'cancelled')
    assert.ok(told.length < 10)
    assert.equal((await jobs.run(id)).state, 'cancelled')
    const again = await jobs.retry(id)
    assert.deepEqual([again.state, again.finishedAt], ['queued', null])
    assert.equal((await jobs.run(id)).done, 10)
    assert.equal((await jobs.cancel(id)).state, 'done')
  })
})

test('[store-19] what exclude each other are open one at a time', async () => {
  await withJobs(async (jobs) => {
    jobs.register(counting([]))
    jobs.register(counting([], 0, 'count-more'))
    const { id } = await jobs.start('count', null, services.system)
    await assert.rejects(jobs.start('count-more', null, services.system), { code: 'job-open' })
    await jobs.cancel(id)
    const second = await jobs.start('count-more', null, services.system)
    await assert.rejects(jobs.retry(id), { code: 'job-open' })
    assert.equal((await jobs.run(second.id)).state, 'done')
  })
})

test('[store-19] a step that fails ends the job with its code; one that may pass is tried again', async () => {
  await withJobs(async (jobs) => {
    let tries = 0
    const once = async (store: () => Promise<never>): Promise<never> => store()
    jobs.register({
      kind: 'weak',
      step: () => {
        if (++tries < 3) throw new Fault('database-unreachable', { what: 'the connection was lost' })
        return Promise.resolve({ cursor: null, done: 1, total: 1, finished: true })
      },
    })
    jobs.register({ kind: 'bad', step: () => once(() => Promise.reject(new Fault('key-destroyed'))) })
    jobs.register({ kind: 'worse', step: () => once(() => Promise.reject(new Error('张伟 13800138000'))) })
    const ends: string[] = []
    for (const kind of ['weak', 'bad', 'worse']) {
      const { id } = await jobs.start(kind, null, services.system)
      const { state, errorCode } = await jobs.run(id)
      ends.push(`${state} ${String(errorCode)}`)
    }
    assert.deepEqual(ends, ['done null', 'failed key-destroyed', 'failed internal'])
    assert.equal(tries, 3)
  })
})

test('[store-19] jobs of another tenant and of a kind nobody knows are left alone', async () => {
  await withJobs(async (jobs, { store, tenant }) => {
    const { id } = await jobs.start('of-a-newer-version', null, services.system)
    await jobs.resume()
    assert.equal((await jobs.get(id)).state, 'queued')
    const other = otherTenant(store, tenant)
    await assert.rejects(other.get(id), { code: 'not-found' })
    assert.deepEqual(await other.list(), [])
  })
})

const otherTenant = (store: Store, tenant: Uuid): Jobs =>
  createJobs({
    store,
    scope: { tenant: tenant.replace(/^./u, (c) => (c === '0' ? '1' : '0')), principal: services.system },
  })

test('[store-145] a step that meets another job in its way waits for its end, and runs it where nobody does', async () => {
  await withJobs(async (jobs, _database, more) => {
    const told: number[] = []
    const blocked: JobKind = {
      kind: 'blocked',
      step: async ({ spec }) => {
        const first = await jobs.get(spec as string)
        const there = first.state === 'queued' || first.state === 'running'
        return { cursor: null, done: 0, total: null, finished: !there, ...(there ? { waitsFor: first.id } : {}) }
      },
    }
    for (const runner of [null, more()]) {
      told.length = 0
      const other = more(400)
      for (const each of [jobs, other, ...(runner ? [runner] : [])]) {
        each.register(counting(told, 30))
        each.register(blocked)
      }
      const count = await jobs.start('count', null, services.system)
      const waits = await jobs.start('blocked', count.id, services.system)
      // Longer than the lease of the one that waits, which it does not hold meanwhile.
      const [end, ...rest] = await Promise.all([other.run(waits.id), ...(runner ? [runner.run(count.id)] : [])])
      assert.deepEqual([end.state, end.errorCode, ...rest.map(({ state }) => state)].slice(0, 2), ['done', null])
      assert.equal((await jobs.get(count.id)).state, 'done')
      assert.deepEqual(told, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    }
    // resume, which runs one after the other, is not held up by the order of the two.
    const count = await jobs.start('count', null, services.system)
    const waits = await jobs.start('blocked', count.id, services.system)
    const last = more()
    last.register(blocked)
    last.register(counting(told))
    await last.resume()
    assert.deepEqual([(await jobs.get(waits.id)).state, (await jobs.get(count.id)).state], ['done', 'done'])
  })
})
