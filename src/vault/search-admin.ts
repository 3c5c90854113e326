// Changing how the tenant searches: new index keys, another policy, in the database or in memory, while people read and write. Keeps vault-61, vault-198.
import { Fault, type Json, services, type Uuid } from '#kernel'
import type { SuiteId } from '#encryption'
import type { Job, JobKind, JobStep, Tx } from '#store'
import type { House } from './house.ts'
import { type Leakage, measureLeakage } from './leakage.ts'
import { measureJob } from './measure.ts'
import { buildStart, buildStep, buildTotal, type BuildCursor, dropStep } from './reindex.ts'
import {
  fieldPolicy,
  memoryLimit,
  type Mode,
  parsePolicy,
  policyJson,
  possibleModes,
  searchedFields,
  type SearchPolicy,
} from './search-policy.ts'

/** One field that is found, or could be. */
export interface SearchField {
  readonly type: string
  readonly field: string
  readonly id: number
  readonly modes: readonly Mode[]
  readonly possible: readonly Mode[]
  readonly partitions: number
}

export interface SearchState {
  readonly generation: number
  /** Number of the generation being built; null for none. */
  readonly building: number | null
  readonly suite: number
  readonly createdAt: Date
  readonly policy: SearchPolicy
  readonly fields: readonly SearchField[]
}

export interface SearchAdmin {
  /** Kind search.rebuild; its spec is what rebuild() gives. */
  readonly job: JobKind
  /** Kind search.measure: the leakage measured type by type; measuredBy reads what came out of one that is done. */
  readonly measuring: JobKind
  state(): Promise<SearchState>
  /** What a thief of the database learns now, and what the built-in attacks recover. */
  leakage(): Promise<Leakage>
  /** The spec of a job. keys: 'new' ones, or the same with another policy. Throws bad-input, search-memory-full. */
  rebuild(order: {
    readonly keys: 'new' | 'same'
    readonly policy?: SearchPolicy
    readonly suite?: SuiteId
  }): Promise<Json>
}

export const searchJobKind = 'search.rebuild'

export const createSearchAdmin = (house: House): SearchAdmin => ({
  job: { kind: searchJobKind, exclusive: 'search', step: (job) => step(house, job) },
  measuring: measureJob(house),
  state: async () => {
    await house.search.reload()
    const { active, building } = house.search
    return {
      generation: active.number,
      building: building?.number ?? null,
      suite: active.root.suite,
      createdAt: active.createdAt,
      policy: active.policy,
      fields: fieldsOf(house, active.policy),
    }
  },
  leakage: () => measureLeakage(house),
  rebuild: async ({ keys, policy, suite }) => {
    await house.search.reload()
    // Read anew from its own JSON, so that what a caller made up is refused before a job begins.
    const wanted = policyJson(parsePolicy(house.catalogue, policyJson(policy ?? house.search.active.policy)))
    await demandSmall(house, parsePolicy(house.catalogue, wanted))
    return { keys, policy: wanted, ...(suite === undefined ? {} : { suite }) }
  },
})

const fieldsOf = (house: House, policy: SearchPolicy): readonly SearchField[] =>
  house.catalogue.types.flatMap((type) =>
    type.fields
      .filter((field) => possibleModes(field).length > 0)
      .map((field) => ({
        type: type.name,
        field: field.name,
        id: field.id,
        ...fieldPolicy(policy, field),
        possible: possibleModes(field),
      })),
  )

const scopeOf = (house: House): { tenant: Uuid; principal: Uuid } => ({
  tenant: house.tenant,
  principal: services.system,
})

const demandSmall = async (house: House, policy: SearchPolicy): Promise<void> => {
  if (policy.storage !== 'memory') return
  for (const type of house.catalogue.types.filter((one) => searchedFields(policy, one).length > 0)) {
    const [row] = await house.store.transaction(scopeOf(house), (tx) =>
      tx.query<{ n: bigint }>({
        text: `select count(*) as n from crm."${type.table}" where tenant_id = $1`,
        values: [house.tenant],
      }),
    )
    if (Number(row?.n ?? 0n) > memoryLimit) throw new Fault('search-memory-full', { limit: memoryLimit })
  }
}

interface Spec {
  readonly keys: 'new' | 'same'
  readonly policy: unknown
  /** None: that of the index in use when the building begins, which another job may have changed since this one was asked for. */
  readonly suite?: SuiteId
}

/** clear what an earlier job left, begin a generation, build it, read it instead of the one before, drop that one. */
type Cursor =
  | { readonly phase: 'clear' | 'begin' }
  | ({ readonly phase: 'build'; readonly generation: number; readonly total: number } & BuildCursor)
  | { readonly phase: 'drop'; readonly done: number; readonly total: number }

const step = async (house: House, job: Job): Promise<JobStep> => {
  const cursor = (job.cursor ?? { phase: 'clear' }) as unknown as Cursor
  switch (cursor.phase) {
    case 'clear':
      return clear(house, job)
    case 'begin':
      return begin(house, job)
    case 'build':
      return build(house, job, cursor)
    case 'drop': {
      const finished = (await dropStep(house)) === 0
      return { cursor: { ...cursor }, done: cursor.done, total: cursor.total, finished }
    }
  }
}

// A job that was called off leaves a generation half built: nobody reads it, and it stands in the way.
const clear = async (house: House, job: Job): Promise<JobStep> => {
  const busy = await house.store.transaction(scopeOf(house), (tx) => house.search.giveUp(tx, job.id))
  if (busy !== null) return waiting('clear', busy)
  const rest = await dropStep(house)
  return { cursor: { phase: rest === 0 ? 'begin' : 'clear' }, done: 0, total: null, finished: false }
}

const waiting = (phase: 'clear' | 'begin', waitsFor: Uuid): JobStep => ({
  cursor: { phase },
  done: 0,
  total: null,
  finished: false,
  waitsFor,
})

const begin = async (house: House, job: Job): Promise<JobStep> => {
  const { keys, suite, policy: given } = job.spec as unknown as Spec
  const policy = parsePolicy(house.catalogue, given)
  await demandSmall(house, policy)
  const begun = await house.store.transaction(scopeOf(house), async (tx) => {
    const made = await house.search.begin(tx, { policy, keys, job: job.id, ...(suite === undefined ? {} : { suite }) })
    if (typeof made === 'object' && 'number' in made && made.fresh)
      await tell(house, tx, job, 'search.begin', made.number)
    return made
  })
  if (begun === 'rests') return anew
  if ('busy' in begun) return waiting('begin', begun.busy)
  await house.search.reload()
  const total = policy.storage === 'memory' ? 0 : await buildTotal(house)
  return {
    cursor: { phase: 'build', generation: begun.number, total, ...buildStart },
    done: 0,
    total,
    finished: false,
  }
}

const anew: JobStep = { cursor: { phase: 'clear' }, done: 0, total: null, finished: false }

const build = async (
  house: House,
  job: Job,
  { phase, generation, total, ...at }: Extract<Cursor, { phase: 'build' }>,
): Promise<JobStep> => {
  if (house.search.building?.number !== generation) await house.search.reload()
  const { building, active } = house.search
  if (building?.number === generation) {
    const next = await buildStep(house, building, at)
    if (next) return { cursor: { phase, generation, total, ...next }, done: next.done, total, finished: false }
    await house.store.transaction(scopeOf(house), async (tx) => {
      await house.search.switchTo(tx, generation)
      await tell(house, tx, job, 'search.switch', generation)
    })
    await house.search.reload()
  } else if (active.number !== generation) {
    // Called off, given up by another job, and opened again.
    return anew
  }
  return { cursor: { phase: 'drop', done: at.done, total }, done: at.done, total, finished: false }
}

const tell = (house: House, tx: Tx, job: Job, act: string, generation: number): Promise<unknown> =>
  house.journal.append(tx, house.tenant, [
    { act, obj: 'search', actor: job.startedBy, channel: 'job', decision: 'allow', detail: { generation } },
  ])
