// Records that are the same person as a subject though each has a subject of its own: what the catalogue links as the same, over any
// number of links, and what has the same telephone number or e-mail, by the blind index. Keeps vault-199.
import { columnOf, type Field, isFault, type RecordType, typeOf, type Uuid } from '#kernel'
import type { Tx } from '#store'
import type { House } from './house.ts'
import { type Ask, asks, createFinder } from './lookup.ts'
import { openAll } from './open.ts'
import { createParams } from './params.ts'
import { type Row, selectList, type Values } from './row.ts'
import { fieldPolicy } from './search-policy.ts'
import { normal } from './terms.ts'

/** Records of a subject, by type; ids at most `shownIds` of each. */
export interface LinkedRecords {
  readonly type: string
  readonly count: number
  readonly ids: readonly Uuid[]
}

export type Sameness = 'link' | 'phone' | 'email'

export interface SamePerson {
  readonly subject: Uuid
  /** What says so. A link was made on purpose; a number or address may be shared by several people. */
  readonly why: readonly Sameness[]
  /** A legal hold stands on it. */
  readonly held: boolean
  readonly records: readonly LinkedRecords[]
}

const shownIds = 50
/** A number of a switchboard may be that of a whole firm. */
const mostFound = 100

/** Every record of a subject, by type. */
export const recordsOf = async (
  house: House,
  tx: Tx,
  subject: Uuid,
): Promise<readonly { readonly type: string; readonly all: readonly Uuid[] }[]> => {
  const records: { type: string; all: readonly Uuid[] }[] = []
  for (const type of house.catalogue.types) {
    const rows = await tx.query<{ id: Uuid }>({
      text: `select id from crm."${type.table}" where tenant_id = $1 and subject_id = $2 order by id`,
      values: [house.tenant, subject],
    })
    if (rows.length > 0) records.push({ type: type.name, all: rows.map((row) => row.id) })
  }
  return records
}

export const shown = ({ type, all }: { readonly type: string; readonly all: readonly Uuid[] }): LinkedRecords => ({
  type,
  count: all.length,
  ids: all.slice(0, shownIds),
})

/** Who is the same person and not erased yet, linked ones first. To be called inside search.fresh. more: not all are listed. */
export const samePerson = async (
  house: House,
  tx: Tx,
  subject: Uuid,
): Promise<{ readonly same: readonly SamePerson[]; readonly more: boolean }> => {
  const linked = await linkedSubjects(house, tx, subject)
  const why = new Map<Uuid, Set<Sameness>>([...linked].map((one) => [one, new Set<Sameness>(['link'])]))
  const more = await byValue(house, tx, [subject, ...linked], (found, how) => {
    if (found !== subject) why.set(found, (why.get(found) ?? new Set<Sameness>()).add(how))
  })
  const standing = await standingOf(house, tx, [...why.keys()])
  const same: SamePerson[] = []
  for (const [one, reasons] of why) {
    const held = standing.get(one)
    if (held === undefined) continue
    const records = (await recordsOf(house, tx, one)).map(shown)
    if (records.length > 0) same.push({ subject: one, why: [...reasons], held, records })
  }
  return { same, more }
}

/** Subjects of records that are linked as the same person, either way, also through one that is erased. */
const linkedSubjects = async (house: House, tx: Tx, subject: Uuid): Promise<readonly Uuid[]> => {
  const links = house.catalogue.types.flatMap((type) =>
    type.fields.flatMap((field) =>
      field.same === true && field.to !== undefined && field.storage === 'plain'
        ? [{ type, field, to: typeOf(house.catalogue, field.to) }]
        : [],
    ),
  )
  const known = new Set([subject])
  for (let fresh: readonly Uuid[] = [subject]; fresh.length > 0;) {
    const next = new Set<Uuid>()
    for (const { type, field, to } of links) {
      const rows = await tx.query<{ a: Uuid; b: Uuid }>({
        text: `select r.subject_id as a, t.subject_id as b from crm."${type.table}" r
               join crm."${to.table}" t on t.tenant_id = r.tenant_id and t.id = r."${columnOf(field)}"
               where r.tenant_id = $1 and (r.subject_id = any($2::uuid[]) or t.subject_id = any($2::uuid[]))`,
        values: [house.tenant, fresh],
      })
      for (const { a, b } of rows) for (const one of [a, b]) if (!known.has(one)) next.add(one)
    }
    for (const one of next) known.add(one)
    fresh = [...next]
  }
  known.delete(subject)
  return [...known]
}

/** Fields by which a person is found again, of a type whose records are customers. */
const findable = (house: House, type: RecordType): readonly Field[] =>
  isStaff(type)
    ? []
    : type.fields.filter(
        (field) =>
          (field.kind === 'phone' || field.kind === 'email') &&
          field.retired !== true &&
          fieldPolicy(house.search.active.policy, field).modes.includes('exact'),
      )

export const isStaff = ({ name }: RecordType): boolean => name === 'user' || name === 'team'

/** Tells of each record that has a number or address of one of these subjects; whether there are more than it tells. */
const byValue = async (
  house: House,
  tx: Tx,
  subjects: readonly Uuid[],
  tell: (found: Uuid, how: 'phone' | 'email') => void,
): Promise<boolean> => {
  const wanted = { phone: new Set<string>(), email: new Set<string>() }
  for (const type of house.catalogue.types) {
    // Also where the policy leaves a field out of the index: what it holds may stand in another one that is found.
    const fields = isStaff(type) ? [] : type.fields.filter(({ kind }) => kind === 'phone' || kind === 'email')
    if (fields.length === 0) continue
    for (const { values } of await opened(house, tx, type, 'r.subject_id = any($2::uuid[])', [house.tenant, subjects]))
      for (const [kind, text] of formsOf(fields, values)) wanted[kind].add(text)
  }
  let more = false
  for (const type of house.catalogue.types) {
    const fields = findable(house, type)
    const asked = fields.flatMap((field) => {
      const texts = [...wanted[field.kind as 'phone' | 'email']]
      return texts.length === 0 ? [] : [asks.exact(field, texts)]
    })
    if (asked.length === 0) continue
    const found = await holders(house, tx, type, asked, subjects)
    if (found === 'unknown' || found.length > mostFound) more = true
    if (found === 'unknown') continue
    for (const { row, values } of found.slice(0, mostFound))
      // The index may name a record too many; the opened value decides.
      for (const [kind, text] of formsOf(fields, values)) if (wanted[kind].has(text)) tell(row.subject_id, kind)
  }
  return more
}

/** One more than are told of, where there are so many; unknown: the index in memory has no room for the type. */
const holders = async (
  house: House,
  tx: Tx,
  type: RecordType,
  asked: readonly Ask[],
  apart: readonly Uuid[],
): Promise<readonly Opened[] | 'unknown'> => {
  const params = createParams(house.tenant)
  try {
    const condition = await createFinder(house, tx, type).condition(asked, params)
    const others = `r.subject_id <> all(${params.add(apart)}::uuid[])`
    const where = `${others} and (${condition}) order by r.id limit ${String(mostFound + 1)}`
    return await opened(house, tx, type, where, params.values)
  } catch (error) {
    // An erasure does not wait for the index to have room again.
    if (isFault(error, 'search-memory-full')) return 'unknown'
    throw error
  }
}

interface Opened {
  readonly row: Row
  readonly values: Values
}

const formsOf = (fields: readonly Field[], values: Values): readonly (readonly ['phone' | 'email', string])[] =>
  fields.flatMap((field) => {
    const value = values[field.name]
    const text = typeof value === 'string' ? normal(field, value) : ''
    return text === '' ? [] : [[field.kind === 'phone' ? 'phone' : 'email', text] as const]
  })

const opened = async (
  house: House,
  tx: Tx,
  type: RecordType,
  where: string,
  values: readonly unknown[],
): Promise<readonly Opened[]> => {
  const rows = await tx.query<Row>({
    text: `select ${selectList(type, 'r')} from crm."${type.table}" r where r.tenant_id = $1 and ${where}`,
    values: [...values],
  })
  const keys = await house.keyring.open(tx, rows)
  return rows.map((row) => ({ row, values: openAll(type, row, keys.get(row.subject_id)) }))
}

/** Of those that are customers and not erased: whether a legal hold stands. */
const standingOf = async (house: House, tx: Tx, subjects: readonly Uuid[]): Promise<ReadonlyMap<Uuid, boolean>> => {
  const rows = await tx.query<{ id: Uuid; held: boolean }>({
    text: `select s.id, exists (select from ops.legal_hold h
                                where h.tenant_id = $1 and h.subject_id = s.id and h.lifted_at is null) as held
           from unnest($2::uuid[]) as s (id)
           where not exists (select from ops.erasure e where e.tenant_id = $1 and e.subject_id = s.id)`,
    values: [house.tenant, subjects],
  })
  return new Map(rows.map(({ id, held }) => [id, held]))
}
