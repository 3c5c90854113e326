// Long work that survives its process: a row says what is to be done and how far it came, a lease says who does it. Keeps store-17, store-18, store-19, store-145.
import { Fault, isFault, type Json, newId, type Scope, type Uuid } from '#kernel'
import { codeOf } from './failure.ts'
import type { Store } from './store.ts'
import type { Tx } from './transaction.ts'

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'

export interface Job {
  readonly id: Uuid
  readonly kind: string
  /** What is to be done, as it was asked for. Never a personal value or a key. */
  readonly spec: Json
  readonly state: JobState
  /** Where the next step begins; null at first. */
  readonly cursor: Json
  readonly done: number
  /** Null while nobody knows. */
  readonly total: number | null
  /** Code of the Fault that ended it. */
  readonly errorCode: string | null
  readonly startedBy: Uuid
  readonly createdAt: Date
  readonly finishedAt: Date | null
}

/** What a step leaves behind: where the next one begins, and how far the work has come. */
export interface JobStep {
  readonly cursor: Json
  readonly done: number
  readonly total: number | null
  readonly finished: boolean
  /** An open job that is in the way: the step is taken again after its end. That job must not wait for this one. */
  readonly waitsFor?: Uuid
}

export interface JobKind {
  readonly kind: string
  /** Of all kinds with the same word only one job is open at a time. */
  readonly exclusive?: string
  /** One batch in transactions of its own. Idempotent: a step whose process died before its cursor was kept is done again. */
  step(job: Job, signal: AbortSignal): Promise<JobStep>
}

export interface RunOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (job: Job) => void
}

export interface Jobs {
  register(kind: JobKind): void
  /** Writes the job down; it runs when run, resume or watch comes to it. Throws job-open where another excludes it. */
  start(kind: string, spec: Json, by: Uuid): Promise<Job>
  /** Throws not-found. */
  get(id: Uuid): Promise<Job>
  /** Newest first, at most 200. */
  list(): Promise<readonly Job[]>
  /** The newest of a kind that is done, or null. */
  last(kind: string): Promise<Job | null>
  /** Runs a job to its end, or waits for the process that does. Answers with the job as it ended. */
  run(id: Uuid, options?: RunOptions): Promise<Job>
  /** Runs every job of a known kind that nobody runs, one after the other. Never throws: what failed stands in the job. */
  resume(): Promise<void>
  /** Resumes now and then: at once, after each start in this process, and for jobs whose process died. */
  watch(everyMs?: number): void
  /** No further step; a finished job stays as it is. */
  cancel(id: Uuid): Promise<Job>
  /** Opens a failed or cancelled job again, where it stopped. */
  retry(id: Uuid): Promise<Job>
  /** Lets go of what this process runs; another one, or the next start, goes on with it. */
  close(): Promise<void>
}

export interface JobsOptions {
  readonly store: Store
  readonly scope: Scope
  /** Milliseconds a lease lasts without a sign of life; default 30,000. */
  readonly leaseMs?: number
  /** Told of what nobody foresaw. */
  readonly log?: (line: string) => void
}

/** The jobs of a tenant. Time is the database's, so that machines whose clocks differ agree on a lease. */
export const createJobs = (options: JobsOptions): Jobs => new LeasedJobs(options)

const attempts = 5

class LeasedJobs implements Jobs {
  readonly #store: Store
  readonly #scope: Scope
  readonly #leaseMs: number
  readonly #log: (line: string) => void
  readonly #me = newId()
  readonly #kinds = new Map<string, JobKind>()
  readonly #closing = new AbortController()
  readonly #running = new Map<Uuid, Promise<Job>>()
  #draining: Promise<void> | undefined
  #again = false
  #timer: NodeJS.Timeout | undefined

  constructor({ store, scope, leaseMs = 30_000, log = () => undefined }: JobsOptions) {
    this.#store = store
    this.#scope = scope
    this.#leaseMs = leaseMs
    this.#log = log
  }

  register(kind: JobKind): void {
    this.#kinds.set(kind.kind, kind)
  }

  async start(kind: string, spec: Json, by: Uuid): Promise<Job> {
    const exclusive = this.#kinds.get(kind)?.exclusive ?? null
    try {
      const job = await this.#one(
        `insert into ops.job (tenant_id, id, kind, exclusive, spec, started_by) values ($1, $2, $3, $4, $5, $6)`,
        [newId(), kind, exclusive, JSON.stringify(spec), by],
      )
      if (this.#timer) void this.resume()
      return job
    } catch (error) {
      if (codeOf(error) === '23505') throw new Fault('job-open', {}, { cause: error })
      throw error
    }
  }

  async get(id: Uuid): Promise<Job> {
    const [job] = await this.#query<StoredJob>(`select ${shown} from ops.job where tenant_id = $1 and id = $2`, [id])
    if (!job) throw new Fault('not-found', { what: 'job' })
    return plain(job)
  }

  async list(): Promise<readonly Job[]> {
    const jobs = await this.#query<StoredJob>(
      `select ${shown} from ops.job where tenant_id = $1 order by created_at desc, id desc limit 200`,
      [],
    )
    return jobs.map(plain)
  }

  async last(kind: string): Promise<Job | null> {
    const [job] = await this.#query<StoredJob>(
      `select ${shown} from ops.job where tenant_id = $1 and kind = $2 and state = 'done' order by finished_at desc, id desc limit 1`,
      [kind],
    )
    return job ? plain(job) : null
  }

  async run(id: Uuid, options: RunOptions = {}): Promise<Job> {
    for (;;) {
      const here = this.#running.get(id)
      const job = here ? await here : await this.#begin(id, options)
      options.onProgress?.(job)
      if (ended(job)) return job
      if (options.signal?.aborted === true || this.#closing.signal.aborted) return job
      // Another process has it: wait for its end, or for its death.
      await pause(Math.min(500, this.#leaseMs / 4))
    }
  }

  resume(): Promise<void> {
    this.#again = true
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined
    })
    return this.#draining
  }

  watch(everyMs = 20_000): void {
    if (this.#timer) return
    this.#timer = setInterval(() => void this.resume(), everyMs).unref()
    void this.resume()
  }

  async cancel(id: Uuid): Promise<Job> {
    await this.#query(
      `update ops.job set state = 'cancelled', finished_at = now(), lease_until = null, lease_by = null
       where tenant_id = $1 and id = $2 and state in ('queued', 'running')`,
      [id],
    )
    return this.get(id)
  }

  async retry(id: Uuid): Promise<Job> {
    try {
      await this.#query(
        `update ops.job set state = 'queued', finished_at = null, error_code = null
         where tenant_id = $1 and id = $2 and state in ('failed', 'cancelled')`,
        [id],
      )
    } catch (error) {
      if (codeOf(error) === '23505') throw new Fault('job-open', {}, { cause: error })
      throw error
    }
    if (this.#timer) void this.resume()
    return this.get(id)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#closing.abort()
    await Promise.allSettled([...this.#running.values(), this.#draining ?? Promise.resolve()])
  }

  async #drain(): Promise<void> {
    while (this.#again && !aborted(this.#closing.signal)) {
      this.#again = false
      try {
        const open = await this.#query<{ id: Uuid }>(
          `select id from ops.job where tenant_id = $1 and kind = any($2) and state in ('queued', 'running')
             and (lease_until is null or lease_until < now()) order by created_at, id`,
          [[...this.#kinds.keys()]],
        )
        for (const { id } of open)
          if (!aborted(this.#closing.signal)) await (this.#running.get(id) ?? this.#begin(id, {}))
      } catch (error) {
        this.#log(`jobs: ${isFault(error) ? error.code : codeOf(error) || 'internal'}`)
      }
    }
  }

  /** Takes the lease and works; answers with the job as it is where somebody else has the lease. */
  #begin(id: Uuid, options: RunOptions): Promise<Job> {
    const work = this.#lease(id).then((job) => (job ? this.#work(job, options) : this.get(id)))
    this.#running.set(id, work)
    return work.finally(() => this.#running.delete(id))
  }

  async #lease(id: Uuid): Promise<Job | null> {
    const [job] = await this.#query<StoredJob>(
      `update ops.job set state = 'running', lease_by = $4, lease_until = now() + $5 * interval '1 millisecond'
       where tenant_id = $1 and id = $2 and kind = any($3) and state in ('queued', 'running')
         and (lease_until is null or lease_until < now()) returning ${shown}`,
      [id, [...this.#kinds.keys()], this.#me, this.#leaseMs],
    )
    return job ? plain(job) : null
  }

  async #work(first: Job, options: RunOptions): Promise<Job> {
    const kind = this.#kinds.get(first.kind)
    if (!kind) return first
    const lost = new AbortController()
    const signals = [this.#closing.signal, lost.signal, ...(options.signal ? [options.signal] : [])]
    const signal = AbortSignal.any(signals)
    let waiting = false
    const beat = setInterval(() => {
      if (!waiting) void this.#beat(first.id, lost)
    }, this.#leaseMs / 3)
    let job = first
    let failures = 0
    try {
      while (!ended(job)) {
        if (aborted(signal)) return await this.#release(job.id)
        try {
          const step = await kind.step(job, signal)
          failures = 0
          const next = await this.#keep(job, step)
          // The lease went to somebody else, or the job was cancelled meanwhile.
          if (!next) return await this.get(job.id)
          job = next
          options.onProgress?.(job)
          if (step.waitsFor === undefined) continue
          waiting = true
          const back = await this.#wait(job.id, step.waitsFor, signal)
          if (!back) return await this.get(job.id)
          job = back
          waiting = false
        } catch (error) {
          if (aborted(signal)) return await this.#release(job.id)
          const code = isFault(error) ? error.code : codeOf(error) || 'internal'
          if (!passing(error) || ++failures >= attempts) {
            this.#log(`job ${job.kind} ${job.id}: ${code}`)
            return await this.#fail(job, code)
          }
          await pause(100 * 2 ** failures)
        }
      }
      return job
    } finally {
      clearInterval(beat)
    }
  }

  async #keep(job: Job, step: JobStep): Promise<Job | null> {
    const [next] = await this.#query<StoredJob>(
      `update ops.job set cursor = $4, done = $5, total = $6, state = case when $7 then 'done' else 'running' end,
         finished_at = case when $7 then now() end, lease_by = case when $7 then null else $3::uuid end,
         lease_until = case when $7 then null else now() + $8 * interval '1 millisecond' end
       where tenant_id = $1 and id = $2 and lease_by = $3 and state = 'running' returning ${shown}`,
      [job.id, this.#me, JSON.stringify(step.cursor), step.done, step.total, step.finished, this.#leaseMs],
    )
    return next ? plain(next) : null
  }

  async #fail(job: Job, code: string): Promise<Job> {
    await this.#query(
      `update ops.job set state = 'failed', error_code = $4, finished_at = now(), lease_by = null, lease_until = null
       where tenant_id = $1 and id = $2 and lease_by = $3 and state = 'running'`,
      [job.id, this.#me, code],
    )
    return this.get(job.id)
  }

  /** Until the other job has ended, run by us where nobody runs it; without the lease, so that whoever wants may wait in our place. */
  async #wait(id: Uuid, other: Uuid, signal: AbortSignal): Promise<Job | null> {
    await this.#release(id)
    await this.run(other, { signal })
    return aborted(signal) ? null : this.#lease(id)
  }

  async #release(id: Uuid): Promise<Job> {
    await this.#query(
      `update ops.job set lease_by = null, lease_until = null where tenant_id = $1 and id = $2 and lease_by = $3`,
      [id, this.#me],
    )
    return this.get(id)
  }

  /** A sign of life during a long step; a lease that is no longer ours ends the step. */
  async #beat(id: Uuid, lost: AbortController): Promise<void> {
    try {
      const held = await this.#query(
        `update ops.job set lease_until = now() + $4 * interval '1 millisecond'
         where tenant_id = $1 and id = $2 and lease_by = $3 and state = 'running' returning id`,
        [id, this.#me, this.#leaseMs],
      )
      if (held.length === 0) lost.abort()
    } catch {
      // The database is away: the lease runs out by itself if it stays so.
    }
  }

  async #one(text: string, values: readonly unknown[]): Promise<Job> {
    const [job] = await this.#query<StoredJob>(`${text} returning ${shown}`, values)
    if (!job) throw new Fault('not-found', { what: 'job' })
    return plain(job)
  }

  #query<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const work = (tx: Tx): Promise<readonly Row[]> => tx.query<Row>({ text, values: [this.#scope.tenant, ...values] })
    return this.#store.transaction(this.#scope, work)
  }
}

const shown = `id, kind, spec, state, cursor, done, total, error_code as "errorCode", started_by as "startedBy",
  created_at as "createdAt", finished_at as "finishedAt"`

/** A job as the driver gives it. */
type StoredJob = Omit<Job, 'done' | 'total'> & { readonly done: bigint; readonly total: bigint | null }

const plain = (job: StoredJob): Job => ({
  ...job,
  done: Number(job.done),
  total: job.total === null ? null : Number(job.total),
})

// The signal may change between two looks, which the compiler does not know.
const aborted = (signal: AbortSignal): boolean => signal.aborted

const ended = (job: Job): boolean => job.state === 'done' || job.state === 'failed' || job.state === 'cancelled'

// PostgreSQL Appendix A: 40001 serialization failure, 40P01 deadlock, 55P03 lock not available, 57014 statement timeout.
const passing = (error: unknown): boolean =>
  (isFault(error) && error.code === 'database-unreachable') || /^(40001|40P01|55P03|57014)$/.test(codeOf(error))

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
