// The next generation of subjects' data keys: everything a subject's records hold is sealed anew under it, in one transaction with the
// key and the journal entries; content, version and dates of the records stay as they are. Keeps vault-72, vault-73.
import { cellColumn, Fault, type Json, type RecordType, type Scope, sealedGroups, typeOf, type Uuid } from '#kernel'
import { openCell, sealCell, type SubjectKey } from '#encryption'
import { codeOf, type Job, type JobStep, type Tx } from '#store'
import type { House } from './house.ts'
import { encodeImage, resealAct } from './image.ts'
import { tellKeys } from './key-entry.ts'
import type { SubjectKeys } from './keyring.ts'
import { cellContext } from './open.ts'
import { resealFiles } from './reseal-files.ts'
import { demandCatalogue } from './rows.ts'
import { type Row, selectList } from './row.ts'

/** Which subjects: one, or all; all: those whose newest key is of another suite than the epoch in use only. */
export interface SubjectWish {
  readonly subject?: Uuid
  readonly otherSuite?: true
}

interface At {
  readonly round: number
  readonly after: Uuid | null
  readonly done: number
  readonly total: number
}

/** Subjects in one transaction: few, so that whoever writes to them waits for a moment only. */
const together = 20

/** One step: the next few subjects. Keys made after the job was started are new enough, so that a step done twice does nothing. */
export const subjectStep = async (house: House, job: Job, wish: SubjectWish, cursor: Json): Promise<JobStep> => {
  const at = cursor as unknown as At | null
  if (at === null) {
    const total = await remaining(house, job, wish)
    return { cursor: { round: 0, after: null, done: 0, total }, done: 0, total, finished: false }
  }
  const subjects = await nextSubjects(house, job, wish, at.after)
  const last = subjects.at(-1)
  if (last !== undefined) {
    const done = at.done + (await resealAll(house, job, subjects))
    const total = Math.max(at.total, done)
    return { cursor: { round: at.round, after: last, done, total }, done, total, finished: false }
  }
  if ((await remaining(house, job, wish)) > 0) {
    // Somebody held a record of theirs: in a moment they will be done.
    await new Promise((resolve) => setTimeout(resolve, Math.min(50 * at.round, 2000)))
    return { cursor: { ...at, round: at.round + 1, after: null }, done: at.done, total: at.total, finished: false }
  }
  await house.store.transaction(scopeOf(house, job), (tx) =>
    tellKeys(house, tx, job.startedBy, 'key.subject-rotate', {
      subjects: at.done,
      ...(wish.subject ? { one: true } : {}),
    }),
  )
  return { cursor: { ...at }, done: at.done, total: at.done, finished: true }
}

const scopeOf = (house: House, job: Job): Scope => ({ tenant: house.tenant, principal: job.startedBy, house: true })

// A subject with nothing but a retired key is none: its newest one is what counts.
const wanted = (wish: SubjectWish): string =>
  `tenant_id = $1 and retired_at is null and ${wish.otherSuite ? 'suite <> $2::int' : 'created_at < $2::timestamptz'}
   ${wish.subject === undefined ? '' : 'and subject_id = $3::uuid'}`

const givenOf = (house: House, job: Job, wish: SubjectWish): readonly unknown[] => [
  house.tenant,
  wish.otherSuite ? house.keyring.epoch.suite : job.createdAt,
  ...(wish.subject === undefined ? [] : [wish.subject]),
]

const remaining = async (house: House, job: Job, wish: SubjectWish): Promise<number> => {
  const [row] = await house.store.transaction(scopeOf(house, job), async (tx) => {
    await house.keyring.epochs.demandActive(tx)
    return tx.query<{ n: number }>({
      text: `select count(*)::int as n from keyring.subject_key where ${wanted(wish)}`,
      values: givenOf(house, job, wish),
    })
  })
  return row?.n ?? 0
}

const nextSubjects = async (
  house: House,
  job: Job,
  wish: SubjectWish,
  after: Uuid | null,
): Promise<readonly Uuid[]> => {
  const values = givenOf(house, job, wish)
  const rows = await house.store.transaction(scopeOf(house, job), (tx) =>
    tx.query<{ subject_id: Uuid }>({
      text: `select subject_id from keyring.subject_key where ${wanted(wish)}
             ${after === null ? '' : `and subject_id > $${String(values.length + 1)}::uuid`} order by subject_id limit ${String(together)}`,
      values: after === null ? values : [...values, after],
    }),
  )
  return rows.map((row) => row.subject_id)
}

/** Seals the subjects anew together, or one by one where somebody holds a record of one of them; how many were done. */
const resealAll = async (house: House, job: Job, subjects: readonly Uuid[]): Promise<number> => {
  try {
    await house.store.transaction(scopeOf(house, job), (tx) => reseal(house, tx, job, subjects))
    return subjects.length
  } catch (error) {
    if (!held(error)) throw error
    if (subjects.length === 1) return 0
    let done = 0
    for (const subject of subjects) done += await resealAll(house, job, [subject])
    return done
  }
}

// PostgreSQL Appendix A: 55P03 lock not available, 40P01 deadlock.
const held = (error: unknown): boolean => /^(55P03|40P01)$/.test(codeOf(error))

/** The order of locks: keys first, as an erasure does; a writer takes its record first and its key after. */
const reseal = async (house: House, tx: Tx, job: Job, subjects: readonly Uuid[]): Promise<void> => {
  // Shorter than the deadlock timeout of PostgreSQL (1 s): of a writer and us it is we who give way.
  await tx.query({ text: `select set_config('lock_timeout', '400ms', true)` })
  const next = await house.keyring.renew(tx, subjects)
  await demandCatalogue(house, tx)
  const renewed = [...next.keys()]
  for (const { name } of house.catalogue.types) {
    const type = typeOf(house.catalogue, name)
    if (sealedGroups(type).length > 0) await resealRecords(house, tx, job, type, renewed, next)
  }
  await resealFiles(house, tx, job.startedBy, renewed, next)
}

const resealRecords = async (
  house: House,
  tx: Tx,
  job: Job,
  type: RecordType,
  subjects: readonly Uuid[],
  next: ReadonlyMap<Uuid, SubjectKey>,
): Promise<void> => {
  const rows = await tx.query<Row>({
    text: `select ${selectList(type, 'r')} from crm."${type.table}" r
           where r.tenant_id = $1 and r.subject_id = any($2::uuid[]) order by r.id for update`,
    values: [house.tenant, subjects],
  })
  const keys = await house.keyring.open(tx, rows)
  const fresh = rows.flatMap((row) => {
    const key = next.get(row.subject_id)
    return key ? [resealRow(type, row, keys.get(row.subject_id), key)] : []
  })
  if (fresh.length === 0) return
  const groups = sealedGroups(type)
  const sets = groups.map((group) => `"${cellColumn(group)}" = n."${cellColumn(group)}"`)
  await tx.query({
    text: `update crm."${type.table}" r set ${sets.join(', ')}
           from unnest($2::uuid[], ${groups.map((_, i) => `$${String(i + 3)}::bytea[]`).join(', ')})
             as n (id, ${groups.map((group) => `"${cellColumn(group)}"`).join(', ')})
           where r.tenant_id = $1 and r.id = n.id`,
    values: [
      house.tenant,
      fresh.map((row) => row.id),
      ...groups.map((group) => fresh.map((row) => row[cellColumn(group)] ?? null)),
    ],
  })
  // The entry makes the next backup take the row along, and repair from the journal finds it as it is now.
  await house.journal.append(
    tx,
    house.tenant,
    fresh.map((row) => ({
      act: resealAct,
      obj: type.name,
      recordId: row.id,
      actor: job.startedBy,
      channel: 'job',
      decision: 'allow',
      image: encodeImage(type, row),
    })),
  )
}

/** The row with the same content under another key: same version, same owner, same dates. Throws cell-does-not-open. */
const resealRow = (type: RecordType, row: Row, keys: SubjectKeys | undefined, next: SubjectKey): Row => {
  if (!keys) throw new Fault('key-destroyed')
  const fresh: Record<string, unknown> = { ...row }
  for (const group of sealedGroups(type)) {
    const cell = row[cellColumn(group)]
    if (!(cell instanceof Uint8Array)) continue
    const context = cellContext(type, row, group)
    // All that the cell holds, also what the catalogue no longer knows.
    fresh[cellColumn(group)] = sealCell(next, context, openCell(keys.of(cell), context, cell))
  }
  return fresh as unknown as Row
}
