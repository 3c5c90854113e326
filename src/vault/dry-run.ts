// What a change of policies would have meant: past accesses of a period decided anew by the policies in force and by those proposed.
// A job reads the journal in pages, so that it can be watched, cancelled and goes on after its process. Keeps vault-240 to vault-244.
import { type Actor, canonical, Fault, isUuid, type Json, newId, scopeOf, services, type Uuid } from '#kernel'
import { compileVersion, parseDocument, type PolicyDocument, type PolicySet, Replay } from '#access'
import type { Job, JobKind, JobStep, Tx } from '#store'
import { decidePage, type DryGround, grantsOf } from './dry-page.ts'
import { type DryTally, emptyTally } from './dry-tally.ts'
import { reportDigest, tidyDryRuns } from './dry-tidy.ts'
import { createGate } from './gate.ts'
import type { House } from './house.ts'
import { entryOf, journalDenial } from './rows.ts'

export interface DryRunWish {
  readonly document: unknown
  readonly from: Date
  /** Up to, not including. */
  readonly to: Date
}

export interface DryRun {
  readonly id: Uuid
  /** Of the policies the document means. */
  readonly digest: string
  /** The version it was compared with. */
  readonly base: number
  readonly from: Date
  readonly to: Date
  readonly job: Uuid | null
  readonly startedBy: Uuid
  readonly createdAt: Date
  readonly report: DryTally | null
}

export interface DryRuns {
  /** Writes a run down; the caller starts the job and tells its id. Needs policy.view. Throws policy-invalid, bad-value. */
  prepare(actor: Actor, wish: DryRunWish): Promise<{ readonly id: Uuid; readonly spec: Json }>
  started(actor: Actor, id: Uuid, job: Uuid): Promise<void>
  /** Needs policy.view. */
  get(actor: Actor, id: Uuid): Promise<DryRun>
  /** Newest first, at most 20; `document`: those over the same. Needs policy.view. */
  list(actor: Actor, document?: unknown): Promise<readonly DryRun[]>
  /** Clears the rows of reports that nobody decides by any more; how many reports. */
  tidy(): Promise<number>
  readonly job: JobKind
}

export const dryRunKind = 'policy-dry-run'

/** A year and a day, with room for who counts differently. */
export const longestPeriod = 400 * 86_400_000
/** So many entries are read; more would be a report nobody waits for. */
export const mostEntries = 5_000_000

export const createDryRuns = (house: House): DryRuns => {
  // What one run works with, kept between its steps.
  let held: { readonly run: string; readonly ground: DryGround } | undefined
  return {
    prepare: async (actor, { document, from, to }) => {
      await demandView(house, actor)
      const now = house.clock.now()
      if (!(from < to) || Number.isNaN(to.getTime()) || from >= now)
        throw new Fault('bad-value', { field: 'from', what: 'expected a period that has begun, its beginning before its end' }) // prettier-ignore
      if (to.getTime() - from.getTime() > longestPeriod)
        throw new Fault('bad-value', { field: 'from', what: 'expected a period of at most 400 days' })
      const version = compileVersion(house.catalogue, { number: 0, document: parseDocument(house.catalogue, document) })
      const id = newId(now.getTime())
      const base = house.rules.current.number
      await house.store.transaction(scopeOf(actor), async (tx) => {
        await tx.query({
          text: `insert into ops.policy_dry_run (tenant_id, id, document, digest, base, from_at, to_at, started_by, created_at)
                 values ($1, $2, $3, decode($4, 'hex'), $5, $6, $7, $8, $9)`,
          values: [house.tenant, id, canonical(version.document), version.digest, base, from, to, actor.principal.id, now], // prettier-ignore
        })
        const detail = { run: id, digest: version.digest, base, from: from.toISOString(), to: to.toISOString() }
        await house.journal.append(tx, house.tenant, [{ ...entryOf(house, actor, 'policy.dry-run', 'policy'), detail }])
      })
      return { id, spec: { run: id } }
    },
    started: async (actor, id, job) => {
      await house.store.transaction(scopeOf(actor), (tx) =>
        tx.query({
          text: 'update ops.policy_dry_run set job_id = $3 where tenant_id = $1 and id = $2 and job_id is null',
          values: [house.tenant, id, job],
        }),
      )
    },
    get: async (actor, id) => {
      await demandView(house, actor)
      const [run] = await house.store.transaction(scopeOf(actor), (tx) => runs(house, tx, 'id = $2', [id]))
      if (!run) throw new Fault('not-found', { what: 'dry run' })
      return run
    },
    list: async (actor, document) => {
      await demandView(house, actor)
      return house.store.transaction(scopeOf(actor), (tx) =>
        document === undefined
          ? runs(house, tx, 'true', [])
          : runs(house, tx, 'document = $2', [canonical(parseDocument(house.catalogue, document))]),
      )
    },
    tidy: () => tidyDryRuns(house),
    job: {
      kind: dryRunKind,
      step: async (job, signal) => {
        const run = runOf(job)
        if (held?.run !== run) held = { run, ground: await groundOf(house, run) }
        const step = await advance(house, held.ground, run, job, signal)
        if (step.finished) held = undefined
        return step
      },
    },
  }
}

const demandView = async (house: House, actor: Actor): Promise<void> => {
  if ((await createGate(house, actor)).system('policy.view')) return
  await journalDenial(house, actor, 'policy.view', 'system')
  throw new Fault('denied', { action: 'policy.view' })
}

const runs = (house: House, tx: Tx, where: string, values: readonly unknown[]): Promise<readonly DryRun[]> =>
  tx.query<DryRun>({
    text: `select id, encode(digest, 'hex') as digest, base, from_at as "from", to_at as "to", job_id as job, started_by as "startedBy",
             created_at as "createdAt", report from ops.policy_dry_run where tenant_id = $1 and ${where} order by created_at desc limit 20`,
    values: [house.tenant, ...values],
  })

const runOf = ({ spec }: Job): string => {
  const run = typeof spec === 'object' && spec !== null && 'run' in spec ? spec['run'] : undefined
  if (typeof run !== 'string' || !isUuid(run)) throw new Fault('not-found', { what: 'dry run' })
  return run
}

const scope = (house: House) => ({ tenant: house.tenant, principal: services.system })

interface Stored {
  readonly document: string
  readonly base: number
  readonly from: Date
  readonly to: Date
  readonly by: Uuid
}

const stored = async (house: House, tx: Tx, run: Uuid): Promise<Stored> => {
  const [row] = await tx.query<Stored>({
    text: `select document, base, from_at as "from", to_at as "to", started_by as by from ops.policy_dry_run where tenant_id = $1 and id = $2`,
    values: [house.tenant, run],
  })
  if (!row) throw new Fault('not-found', { what: 'dry run' })
  return row
}

/** Both sets of policies, people and their grants: read once for as long as this process has the job. */
const groundOf = (house: House, run: Uuid): Promise<DryGround> =>
  house.store.transaction(
    scope(house),
    async (tx) => {
      const { document, base, from, to } = await stored(house, tx, run)
      const { current } = house.rules
      const compiled = (of: PolicyDocument): PolicySet =>
        compileVersion(house.catalogue, { number: 0, document: of }).set
      const before = current.number === base ? current.set : compiled(await house.versions.document(tx, base))
      const after = compiled(parseDocument(house.catalogue, JSON.parse(document)))
      const org = await house.org.read(tx)
      return {
        house,
        org,
        replay: new Replay(before, after, org.zone),
        grants: await grantsOf(tx, house.tenant, from, to),
        seats: new Map(),
        memo: new Map(),
        records: new Map(),
      }
    },
    { readOnly: true },
  )

interface Place {
  /** Ids of entries: the next is after this one, none is beyond the other. */
  readonly first: string
  readonly after: string
  readonly until: string
  readonly tally: DryTally
}

const pageSize = 5000
/** A step lasts about a second: progress is seen, and what a dead process loses is little. */
const stepMs = 1000

const advance = async (house: House, ground: DryGround, run: Uuid, job: Job, signal: AbortSignal): Promise<JobStep> => {
  const begun = performance.now()
  const read = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    house.store.transaction(scope(house), work, { readOnly: true, timeoutMs: 120_000 })
  const { from, to, by } = await read((tx) => stored(house, tx, run))
  const place = (job.cursor as unknown as Place | null) ?? (await read((tx) => placeOf(house, tx, from, to)))
  const { first, until } = place
  // A step that fails in the middle is done again with what the last one left.
  const tally = structuredClone(place.tally)
  let after = BigInt(place.after)
  let finished = false
  while (!finished && !signal.aborted && performance.now() - begun < stepMs) {
    const entries = await read(async (tx) => {
      const page = await house.journal.past(tx, house.tenant, { after, until: BigInt(until), from, to, limit: pageSize }) // prettier-ignore
      await decidePage(ground, tx, page, tally)
      return page
    })
    const last = entries.at(-1)
    if (last) after = last.id
    finished = entries.length < pageSize
    if (!finished && tally.entries >= mostEntries) {
      tally.capped = true
      finished = true
    }
  }
  const total = Number(BigInt(until) - BigInt(first))
  const done = finished ? total : Math.min(total, Number(after - BigInt(first)))
  if (finished) await keep(house, run, by, tally)
  const cursor = { first, after: String(after), until, tally } as unknown as Json
  // The report stands with the run; the job keeps no second copy.
  return { cursor: finished ? null : cursor, done, total, finished }
}

const placeOf = async (house: House, tx: Tx, from: Date, to: Date): Promise<Place> => {
  const { after, until } = await house.journal.period(tx, house.tenant, from, to)
  return { first: String(after), after: String(after), until: String(until), tally: emptyTally() }
}

const keep = async (house: House, run: Uuid, by: Uuid, tally: DryTally): Promise<void> => {
  await house.store.transaction(scope(house), async (tx) => {
    const kept = await tx.query({
      text: 'update ops.policy_dry_run set report = $3 where tenant_id = $1 and id = $2 and report is null returning id',
      values: [house.tenant, run, JSON.stringify(tally)],
    })
    // A step done again after its process died tells nothing twice.
    if (kept.length === 0) return
    const { accesses, newlyDenied, newlyAllowed, undecidable, gone } = tally
    await house.journal.append(tx, house.tenant, [
      {
        act: 'policy.dry-run-done',
        obj: 'policy',
        actor: by,
        decision: 'allow',
        channel: 'job',
        detail: { run, accesses, newlyDenied, newlyAllowed, undecidable, gone, sha256: reportDigest(tally) },
      },
    ])
  })
}
