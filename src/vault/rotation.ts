// Rotation as one thing: the kinds of jobs, the states of all keys, and the destruction of an epoch. Keeps vault-70, vault-76.
import { type Actor, Fault, isUuid, type Json, sealedGroups, services } from '#kernel'
import {
  type ProfileName,
  profileNameOf,
  profileOf,
  type RootProvider,
  type SuiteId,
  type EnvelopeSuiteId,
} from '#encryption'
import type { Job, JobKind, JobStep } from '#store'
import { cellSuites, type SuitesOf } from './cell-suites.ts'
import { destroyEpoch } from './destroy-epoch.ts'
import { dropStep } from './drop-generations.ts'
import type { House } from './house.ts'
import { tellKeys } from './key-entry.ts'
import { type Needs, needsOfEpoch } from './key-needs.ts'
import { type EpochWish, epochStep, hashOf, type Rotating, type SecretPlace } from './rotate-epoch.ts'
import { subjectStep } from './rotate-subject.ts'
import type { SearchAdmin } from './search-admin.ts'

/** An epoch as it stands. */
export interface EpochState {
  readonly epoch: number
  readonly state: 'active' | 'decrypt-only' | 'destroyed'
  readonly suite: SuiteId
  readonly captureSuite: EnvelopeSuiteId
  /** The profile whose suites these are, or null. */
  readonly profile: ProfileName | null
  readonly createdAt: Date
  readonly retiredAt: Date | null
  readonly destroyedAt: Date | null
  /** Keys of subjects that are wrapped under it, older generations included. */
  readonly subjectKeys: number
}

/** Data keys of one suite under one epoch: there may be millions, so they are counted. */
export interface DataKeys {
  readonly epoch: number
  readonly suite: SuiteId
  /** Newest generations: what is sealed now is sealed under these. */
  readonly current: number
  readonly older: number
  readonly oldest: Date
  readonly newest: Date
}

/** How much there is of what a rotation has to touch. */
export interface RotationCosts {
  readonly records: number
  readonly files: number
  readonly fileBytes: number
  /** Entries of web forms that nobody has read. */
  readonly captures: number
}

export interface KeyStates {
  readonly epochs: readonly EpochState[]
  readonly dataKeys: readonly DataKeys[]
  readonly subjects: number
  /** Data keys that seal nothing new, kept for earlier versions and files. */
  readonly olderGenerations: number
}

export interface Rotation {
  /** Kinds of jobs: keys.epoch, keys.subjects, keys.profile, keys.drop-generations; of all of them one is open at a time. */
  readonly kinds: readonly JobKind[]
  states(): Promise<KeyStates>
  /** Destroys an epoch that nothing needs any more. Throws key-needed naming what does. */
  destroyEpoch(actor: Actor, epoch: number): Promise<Needs>
  costs(): Promise<RotationCosts>
  /** By which suites the cells of every group are sealed now. */
  cellSuites(): Promise<SuitesOf>
  /** What needs an epoch now, counted in the database as before its destruction. */
  needs(epoch: number): Promise<Needs>
}

/** secrets: where other rooms keep small secrets sealed under the epoch. */
export const createRotation = (
  house: House,
  provider: RootProvider,
  secrets: readonly SecretPlace[],
  search: SearchAdmin,
): Rotation => {
  const rotating: Rotating = {
    house,
    provider,
    secrets,
    reindex: (job, suite, cursor) => reindex(house, search, job, suite, cursor),
  }
  const kind = (name: string, step: (job: Job) => Promise<JobStep>): JobKind => ({
    kind: name,
    exclusive: 'keys',
    step,
  })
  return {
    kinds: [
      kind('keys.epoch', (job) => epochStep(rotating, job, {}, job.cursor)),
      kind('keys.subjects', (job) => subjectStep(house, job, subjectOf(job.spec), job.cursor)),
      kind('keys.profile', (job) => profileStep(rotating, job)),
      kind('keys.drop-generations', (job) =>
        dropStep(house, job, { history: memberOf(job.spec, 'history') === 'forget' ? 'forget' : 'keep' }, job.cursor),
      ),
    ],
    states: () => readStates(house),
    destroyEpoch: (actor, epoch) => destroyEpoch(house, actor, epoch, secrets),
    costs: () => readCosts(house),
    cellSuites: () => cellSuites(house),
    needs: (epoch) =>
      house.store.transaction(
        { tenant: house.tenant, principal: services.system },
        (tx) => needsOfEpoch(tx, house.tenant, epoch, secrets),
        { readOnly: true },
      ),
  }
}

const memberOf = (spec: Json, name: string): Json | undefined =>
  typeof spec === 'object' && spec !== null && !Array.isArray(spec)
    ? (spec as Readonly<Record<string, Json>>)[name]
    : undefined

const subjectOf = (spec: Json): { readonly subject?: string } => {
  const subject = memberOf(spec, 'subject')
  if (subject === undefined) return {}
  if (!isUuid(subject)) throw new Fault('wrong-use', { what: 'a subject is named by its id' })
  return { subject }
}

/** The search index built anew, as its own job would, where its hash is another one. */
const reindex = async (house: House, search: SearchAdmin, job: Job, suite: SuiteId, cursor: Json): Promise<JobStep> => {
  if (cursor === null) await house.search.reload()
  if (cursor === null && hashOf(house.search.active.root.suite) === hashOf(suite))
    return { cursor, done: 0, total: 0, finished: true }
  const spec = await search.rebuild({ keys: 'new', suite })
  return search.job.step({ ...job, spec, cursor }, new AbortController().signal)
}

interface ProfileAt {
  readonly part: 'epoch' | 'subjects' | 'index'
  readonly inner: Json
}

/** Another profile: an epoch with its suites, then every subject whose key is of another one, then the search index where its hash changes. */
const profileStep = async (rotating: Rotating, job: Job): Promise<JobStep> => {
  const { house } = rotating
  const given = memberOf(job.spec, 'profile')
  const name = typeof given === 'string' ? given : ''
  const profile = profileOf(name)
  const wish: EpochWish = { suite: profile.cell, envelope: profile.envelope }
  const at = (job.cursor as unknown as ProfileAt | null) ?? { part: 'epoch', inner: null }
  const step = await partStep(rotating, job, at, wish)
  const going = (part: ProfileAt['part'], inner: Json): JobStep => ({
    ...step,
    cursor: { part, inner },
    finished: false,
  })
  if (!step.finished) return going(at.part, step.cursor)
  if (at.part === 'epoch') return going('subjects', null)
  if (at.part === 'subjects') return going('index', null)
  await house.store.transaction({ tenant: house.tenant, principal: job.startedBy }, (tx) =>
    tellKeys(house, tx, job.startedBy, 'key.profile', { profile: name }),
  )
  return { ...going(at.part, step.cursor), finished: true }
}

const partStep = (rotating: Rotating, job: Job, at: ProfileAt, wish: EpochWish): Promise<JobStep> => {
  if (at.part === 'epoch') return epochStep(rotating, job, wish, at.inner)
  if (at.part === 'subjects') return subjectStep(rotating.house, job, { otherSuite: true }, at.inner)
  return rotating.reindex(job, wish.suite ?? 1, at.inner)
}

const readStates = (house: House): Promise<KeyStates> =>
  house.store.transaction(
    { tenant: house.tenant, principal: services.system },
    async (tx) => {
      const epochs = await tx.query<Omit<EpochState, 'profile'>>({
        text: `select e.epoch, e.state, e.suite, e.capture_suite as "captureSuite", e.created_at as "createdAt",
                 e.retired_at as "retiredAt", e.destroyed_at as "destroyedAt", coalesce(k.n, 0)::int as "subjectKeys"
               from keyring.epoch e
               left join (select epoch, count(*) as n from keyring.subject_key where tenant_id = $1 group by epoch) k on k.epoch = e.epoch
               where e.tenant_id = $1 order by e.epoch`,
        values: [house.tenant],
      })
      const dataKeys = await tx.query<DataKeys>({
        text: `select epoch, suite, count(*) filter (where retired_at is null)::int as current,
                 count(*) filter (where retired_at is not null)::int as older, min(created_at) as oldest, max(created_at) as newest
               from keyring.subject_key where tenant_id = $1 group by epoch, suite order by epoch, suite`,
        values: [house.tenant],
      })
      const [count] = await tx.query<{ subjects: number; older: number }>({
        text: `select count(*) filter (where retired_at is null)::int as subjects, count(*) filter (where retired_at is not null)::int as older
               from keyring.subject_key where tenant_id = $1`,
        values: [house.tenant],
      })
      return {
        epochs: epochs.map((row) => ({ ...row, profile: profileNameOf(row.suite, row.captureSuite) })),
        dataKeys,
        subjects: count?.subjects ?? 0,
        olderGenerations: count?.older ?? 0,
      }
    },
    { readOnly: true },
  )

const readCosts = (house: House): Promise<RotationCosts> =>
  house.store.transaction(
    { tenant: house.tenant, principal: services.system },
    async (tx) => {
      const records = house.catalogue.types.filter((type) => sealedGroups(type).length > 0)
      const [row] = await tx.query<{ records: bigint; files: bigint; bytes: bigint | null; captures: bigint }>({
        text: `select ${records.map(({ table }) => `(select count(*) from crm."${table}" where tenant_id = $1)`).join(' + ')} as records,
                 (select count(*) from crm.attachment where tenant_id = $1 and deleted_at is null) as files,
                 (select sum(size)::bigint from crm.attachment where tenant_id = $1 and deleted_at is null) as bytes,
                 (select count(*) from crm.capture where tenant_id = $1) as captures`,
        values: [house.tenant],
      })
      return {
        records: Number(row?.records ?? 0n),
        files: Number(row?.files ?? 0n),
        fileBytes: Number(row?.bytes ?? 0n),
        captures: Number(row?.captures ?? 0n),
      }
    },
    { readOnly: true },
  )
