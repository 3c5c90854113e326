// When somebody leaves: every record, every share and what they lent to others passes on, one guarded change each, then the account is switched off. Keeps vault-190, vault-191.
import { type Actor, Fault, type Json, type RecordType, services, typeOf, type Uuid } from '#kernel'
import type { Job, JobKind, JobStep } from '#store'
import type { House } from './house.ts'
import { countLent, type LentCount, passLentOf } from './leaving.ts'
import { entryOf } from './rows.ts'
import { passRecord, passShare } from './write.ts'

/** Who receives what. null: the public pool, for types that have one. */
export interface HandOverPlan {
  readonly from: Uuid
  readonly to: Uuid | null
  /** Receivers of single types; the others go to `to`. */
  readonly byType: Readonly<Record<string, Uuid | null>>
}

export interface HandOverCount {
  readonly type: string
  /** Records owned, deleted ones not among them: they stay as they are. */
  readonly owned: number
  /** Records of others shared with the person. */
  readonly shared: number
  readonly pool: boolean
}

export interface HandOvers {
  preview(from: Uuid): Promise<readonly HandOverCount[]>
  /** What is lent to and by the person: what of it the receivers could not have given ends with the account. */
  lent(from: Uuid): Promise<LentCount>
  /** The plan as a job keeps it. Throws bad-value for a receiver who cannot receive. */
  check(actor: Actor, plan: HandOverPlan): Promise<{ readonly spec: Json; readonly total: number }>
  readonly job: JobKind
}

export const handOverKind = 'hand-over'

/** switchOff: takes the account out of use and ends its sessions; done again without harm. */
export const createHandOvers = (
  house: House,
  switchOff: (user: Uuid, startedBy: Uuid) => Promise<void>,
): HandOvers => ({
  preview: (from) => counts(house, from),
  lent: (from) => house.store.transaction(scope(house), (tx) => countLent(house, tx, from), { readOnly: true }),
  check: async (actor, plan) => {
    if (plan.from === actor.principal.id)
      throw new Fault('bad-value', {
        field: 'from',
        label: { zh: '离职者', en: 'who leaves' },
        what: 'expected somebody else',
      })
    const found = await counts(house, plan.from)
    const org = await house.store.transaction(scope(house), (tx) => house.org.read(tx), { readOnly: true })
    for (const name of Object.keys(plan.byType))
      if (!found.some(({ type }) => type === name))
        throw new Fault('bad-value', { field: 'byType', what: 'there is no such record type' })
    for (const { type, owned, pool } of found) {
      const to = receiver(plan, type)
      if (to === plan.from || (to !== null && org.users.get(to)?.active !== true))
        throw new Fault('bad-value', {
          field: type,
          label: typeOf(house.catalogue, type).label,
          what: 'expected an active user other than the one who leaves',
        })
      if (to === null && !pool && owned > 0)
        throw new Fault('bad-value', {
          field: type,
          label: typeOf(house.catalogue, type).label,
          what: 'this type has no public pool; name somebody',
        })
    }
    const { from, to, byType } = plan
    return { spec: { from, to, byType }, total: found.reduce((sum, one) => sum + one.owned + one.shared, 0) }
  },
  job: {
    kind: handOverKind,
    exclusive: handOverKind,
    step: (job, signal) => step(house, switchOff, job, signal),
  },
})

const scope = (house: House) => ({ tenant: house.tenant, principal: services.system })

const customers = (house: House): readonly RecordType[] =>
  house.catalogue.types.filter(({ name }) => name !== 'user' && name !== 'team')

const receiver = (plan: HandOverPlan, type: string): Uuid | null =>
  Object.hasOwn(plan.byType, type) ? (plan.byType[type] ?? null) : plan.to

const counts = (house: House, from: Uuid): Promise<readonly HandOverCount[]> =>
  house.store.transaction(
    scope(house),
    async (tx) => {
      const [user] = await tx.query({
        text: 'select 1 from crm.app_user where tenant_id = $1 and id = $2 and deleted_at is null',
        values: [house.tenant, from],
      })
      if (!user) throw new Fault('not-found', { what: 'user' })
      const found: HandOverCount[] = []
      for (const type of customers(house)) {
        const [row] = await tx.query<{ owned: bigint | number; shared: bigint | number }>({
          text: `select count(*) filter (where owner_id = $2) as owned, count(*) filter (where $2 = any(shared_with)) as shared
                 from crm."${type.table}" where tenant_id = $1 and deleted_at is null and (owner_id = $2 or $2 = any(shared_with))`,
          values: [house.tenant, from],
        })
        found.push({
          type: type.name,
          owned: Number(row?.owned ?? 0),
          shared: Number(row?.shared ?? 0),
          pool: type.pool,
        })
      }
      return found
    },
    { readOnly: true },
  )

/** Where a hand-over stands. Two rounds: the second, after the account is off, takes what came to it during the first. */
interface Place {
  readonly round: 0 | 1
  readonly phase: 'owned' | 'shared'
  readonly type: number
  readonly after: Uuid | null
  readonly moved: number
  readonly passed: number
  readonly skipped: number
}

const start: Place = { round: 0, phase: 'owned', type: 0, after: null, moved: 0, passed: 0, skipped: 0 }
const batch = 25

const step = async (
  house: House,
  switchOff: (user: Uuid, startedBy: Uuid) => Promise<void>,
  job: Job,
  signal: AbortSignal,
): Promise<JobStep> => {
  const plan = job.spec as unknown as HandOverPlan
  const place = (job.cursor ?? start) as unknown as Place
  const type = customers(house)[place.type]
  if (type) return told(job, await pass(house, job, plan, type, place, signal))
  if (place.phase === 'owned') return told(job, { ...place, phase: 'shared', type: 0, after: null })
  if (place.round === 0) {
    // What is left of it ends with the account, in that transaction.
    const pass = (type: string | null): Uuid | null => (type === null ? plan.to : receiver(plan, type))
    await passLentOf(house, plan.from, pass, { person: job.startedBy, purpose: `hand-over ${job.id}` })
    await switchOff(plan.from, job.startedBy)
    house.org.forget()
    return told(job, { ...place, round: 1, phase: 'owned', type: 0, after: null })
  }
  const { moved, passed, skipped } = place
  await house.journal.record(scope(house), [
    {
      ...entryOf(house, system(house, job), 'hand-over.done', 'user', plan.from),
      actor: job.startedBy,
      detail: { job: job.id, records: moved, shares: passed, skipped },
    },
  ])
  return { ...told(job, place), finished: true }
}

/** One batch of records of a type, each in a transaction of its own. */
const pass = async (
  house: House,
  job: Job,
  plan: HandOverPlan,
  type: RecordType,
  place: Place,
  signal: AbortSignal,
): Promise<Place> => {
  const actor = system(house, job)
  const owned = place.phase === 'owned'
  const rows = await house.store.transaction(scope(house), (tx) =>
    tx.query<{ id: Uuid }>({
      text: `select id from crm."${type.table}" where tenant_id = $1 and deleted_at is null
               and ${owned ? 'owner_id = $2' : '$2 = any(shared_with)'} and ($3::uuid is null or id > $3::uuid)
             order by id limit ${String(batch)}`,
      values: [house.tenant, plan.from, place.after],
    }),
  )
  if (rows.length === 0) return { ...place, type: place.type + 1, after: null }
  const to = receiver(plan, type.name)
  const notice = {
    act: job.id,
    kind: 'hand-over',
    by: job.startedBy,
    about: { type: 'user', record: plan.from },
  } as const
  let { moved, passed, skipped, after } = place
  for (const { id } of rows) {
    if (signal.aborted) break
    try {
      if (owned) {
        await passRecord(house, actor, type.name, id, plan.from, to, notice)
        moved++
      } else {
        await passShare(house, actor, type.name, id, plan.from, to, notice)
        passed++
      }
    } catch (error) {
      // Given to somebody else, deleted or erased meanwhile: no longer the leaver's to hand over.
      if (!(error instanceof Fault) || !['conflict', 'not-found', 'key-destroyed'].includes(error.code)) throw error
      skipped++
    }
    after = id
  }
  return { ...place, moved, passed, skipped, after }
}

const told = (job: Job, place: Place): JobStep => ({
  cursor: { ...place },
  done: place.moved + place.passed,
  total: job.total,
  finished: false,
})

/** The house itself, saying for which hand-over. Its clearance is the highest: nothing may stay behind. */
const system = (house: House, job: Job): Actor => ({
  principal: {
    kind: 'service',
    tenant: house.tenant,
    id: services.system,
    role: 'system',
    active: true,
    team: null,
    clearance: 3,
  },
  env: { now: house.clock.now(), channel: 'job', ip: '', mfa: true, purpose: `hand-over ${job.id}` },
})
