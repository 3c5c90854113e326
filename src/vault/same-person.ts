// Records that are the same person as a subject though each has a subject of its own: what the catalogue links as the same, over any
// number of links, and what has the same telephone number or e-mail. Keeps vault-199.
import { columnOf, typeOf, type Uuid } from '#kernel'
import type { Tx } from '#store'
import type { House } from './house.ts'
import { samePage, type Unsearched, unsearched, type Ways, wantedOf, waysAmong } from './same-values.ts'

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

/** All records of a type that a subject has. */
export interface TypeRecords {
  readonly type: string
  readonly all: readonly Uuid[]
}

/** Some of those who are the same person: linked ones first, then by number and address, by index and by opening. */
export interface SamePeople {
  readonly same: readonly SamePerson[]
  /** Where the next of them begin; null where all are told. */
  readonly next: string | null
  /** Of the people and companies whose records have to be opened, so many were looked through. */
  readonly opened: number
  /** Records among them that did not open; on the first page those of the person itself as well. */
  readonly unread: number
}

/** Every record of some subjects, by type. */
export const recordsOf = async (
  house: House,
  tx: Tx,
  subjects: readonly Uuid[],
): Promise<ReadonlyMap<Uuid, readonly TypeRecords[]>> => {
  const found = new Map<Uuid, TypeRecords[]>()
  for (const type of house.catalogue.types) {
    const rows = await tx.query<{ subject: Uuid; all: readonly Uuid[] }>({
      text: `select subject_id as subject, array_agg(id order by id) as all from crm."${type.table}"
             where tenant_id = $1 and subject_id = any($2::uuid[]) group by subject_id`,
      values: [house.tenant, subjects],
    })
    for (const { subject, all } of rows) found.set(subject, [...(found.get(subject) ?? []), { type: type.name, all }])
  }
  return found
}

export const shown = ({ type, all }: TypeRecords): LinkedRecords => ({
  type,
  count: all.length,
  ids: all.slice(0, shownIds),
})

/** Who is the same person and not erased yet, a page at a time: each once. To be called inside search.fresh. */
export const samePerson = async (house: House, tx: Tx, subject: Uuid, cursor?: string): Promise<SamePeople> => {
  const { linked, wanted, apart } = await personOf(house, tx, subject)
  const page = await samePage(house, tx, wanted, apart, cursor)
  const same = await told(house, tx, cursor === undefined ? linked : [], page.found)
  return {
    same,
    next: page.next,
    opened: page.opened,
    unread: page.unread + (cursor === undefined ? wanted.unread : 0),
  }
}

/** What of these is the same person; the others are absent. */
export const sameAmong = async (
  house: House,
  tx: Tx,
  subject: Uuid,
  also: readonly Uuid[],
): Promise<ReadonlySet<Uuid>> => {
  const { linked, wanted } = await personOf(house, tx, subject)
  const ways = await waysAmong(house, tx, wanted, also)
  return new Set(also.filter((one) => linked.includes(one) || ways.has(one)))
}

/** Fields in which the number or address of this person is found by opening every record alone. */
export const unsearchedFor = async (house: House, tx: Tx, subject: Uuid): Promise<readonly Unsearched[]> =>
  unsearched(house, tx, (await personOf(house, tx, subject)).wanted)

const personOf = async (house: House, tx: Tx, subject: Uuid) => {
  const linked = await linkedSubjects(house, tx, subject)
  const apart = [subject, ...linked]
  return { linked, apart, wanted: await wantedOf(house, tx, apart) }
}

const told = async (house: House, tx: Tx, linked: readonly Uuid[], ways: Ways): Promise<readonly SamePerson[]> => {
  const all = [...new Set([...linked, ...ways.keys()])]
  const standing = await standingOf(house, tx, all)
  const records = await recordsOf(house, tx, [...standing.keys()])
  return all.flatMap((subject) => {
    const held = standing.get(subject)
    const found = records.get(subject)
    if (held === undefined || found === undefined) return []
    const why: readonly Sameness[] = [
      ...(linked.includes(subject) ? ['link' as const] : []),
      ...(ways.get(subject) ?? []),
    ]
    return [{ subject, why, held, records: found.map(shown) }]
  })
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
