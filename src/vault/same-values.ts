// Who has the same telephone number or e-mail as a person: by the blind index, and by opening cells where a field has none; a page at a
// time, each subject once. What counts is the opened value. Keeps vault-199, vault-205.
import { Fault, type Field, isFault, isUuid, type RecordType, type Uuid } from '#kernel'
import type { Tx } from '#store'
import type { House } from './house.ts'
import { asks, createFinder } from './lookup.ts'
import { openGroups } from './open.ts'
import { createParams } from './params.ts'
import { plainValues, type Row, selectList, type Values } from './row.ts'
import { fieldPolicy } from './search-policy.ts'
import { normal } from './terms.ts'

export type Way = 'phone' | 'email'
export type Ways = ReadonlyMap<Uuid, ReadonlySet<Way>>

/** Numbers and addresses, in the form they are compared in. */
export interface Wanted {
  readonly phone: ReadonlySet<string>
  readonly email: ReadonlySet<string>
  /** Records of the person that did not open: what is in them is not asked for. */
  readonly unread: number
}

/** Fields of a type in which nothing is found without opening the records one by one. */
export interface Unsearched {
  readonly type: string
  readonly fields: readonly string[]
  /** People and companies whose records would be opened. */
  readonly subjects: number
}

export interface Page {
  readonly found: Ways
  /** Where the next one begins; null at the end. */
  readonly next: string | null
  /** Of the people and companies of Unsearched, so many were looked through. */
  readonly opened: number
  /** Records on this page that did not open, so that nobody knows what is in them. */
  readonly unread: number
}

const pageOf = 100
/** A batch of opened records takes some tenths of a second. */
const batchOf = 2000

export const isStaff = ({ name }: RecordType): boolean => name === 'user' || name === 'team'

/** The numbers and addresses of some subjects, in whatever field. */
export const wantedOf = async (house: House, tx: Tx, subjects: readonly Uuid[]): Promise<Wanted> => {
  const wanted = { phone: new Set<string>(), email: new Set<string>() }
  let unread = 0
  for (const type of house.catalogue.types)
    for (const { values } of await opened(house, tx, type, subjects)) {
      if (values === undefined) unread++
      for (const [kind, text] of formsOf(contacts(type), values)) wanted[kind].add(text)
    }
  return { ...wanted, unread }
}

/** What of these subjects is the same. Nothing but the opened values is asked. */
export const waysAmong = async (house: House, tx: Tx, wanted: Wanted, subjects: readonly Uuid[]): Promise<Ways> => {
  const { hits } = await hitsOf(house, tx, wanted, subjects)
  return new Map([...hits].map(([subject, all]) => [subject, new Set(all.map(({ way }) => way))]))
}

/** The next of those who have one of the numbers or addresses, in the order of their subjects; those apart are left out. */
export const samePage = async (
  house: House,
  tx: Tx,
  wanted: Wanted,
  apart: readonly Uuid[],
  cursor?: string,
): Promise<Page> => {
  const looks = await looksFor(house, tx, wanted)
  const at = cursor === undefined ? { place: index, after: null, opened: 0 } : parseCursor(cursor)
  const places = [index, ...looks.filter(({ without }) => without.length > 0).map(({ type }) => type.name)]
  // A field that is searched since the page before is not opened any more.
  const place = places.includes(at.place) ? at.place : (places[0] ?? index)
  const batch =
    place === index
      ? await byIndex(house, tx, looks, wanted, at.after, apart)
      : await byOpening(house, tx, looks, place, at.after)
  const asked = batch.subjects.filter((one) => !apart.includes(one))
  const { hits, unread } = await hitsOf(house, tx, wanted, asked)
  // Each once: at the place where all records of its type are opened, and where there is none, where the index found its subject.
  const shut = unread.filter((type) => (places.includes(type) ? type : index) === place).length
  const found = new Map<Uuid, ReadonlySet<Way>>()
  for (const [subject, all] of hits) {
    const where = new Set(all.map((hit) => placeOf(looks, hit)))
    // Whoever is found at several places is told of at the first.
    if (places.find((one) => where.has(one)) === place) found.set(subject, new Set(all.map(({ way }) => way)))
  }
  const done = at.opened + (place === index ? 0 : batch.subjects.length)
  const following = places[places.indexOf(place) + 1]
  const last = batch.subjects.at(-1)
  const next =
    batch.more && last !== undefined
      ? { place, after: last, opened: done }
      : following === undefined
        ? null
        : { place: following, after: null, opened: done }
  return { found, next: next && `${next.place}.${next.after ?? ''}.${String(next.opened)}`, opened: done, unread: shut }
}

/** Fields that hold a number or address and are not searched, though such a thing is wanted. */
export const unsearched = async (house: House, tx: Tx, wanted: Wanted): Promise<readonly Unsearched[]> => {
  const found: Unsearched[] = []
  for (const { type, without } of await looksFor(house, tx, wanted)) {
    if (without.length === 0) continue
    const [row] = await tx.query<{ n: number }>({
      text: `select count(distinct subject_id)::int as n from crm."${type.table}" where tenant_id = $1`,
      values: [house.tenant],
    })
    found.push({ type: type.name, fields: without.map(({ name }) => name), subjects: row?.n ?? 0 })
  }
  return found
}

// The place where something is found: the index, or a type whose records are opened.
const index = 'index'

interface Look {
  readonly type: RecordType
  /** Fields of the wanted kinds, with an index and without one. */
  readonly within: readonly Field[]
  readonly without: readonly Field[]
}

const looksFor = async (house: House, tx: Tx, wanted: Wanted): Promise<readonly Look[]> => {
  const looks: Look[] = []
  for (const type of house.catalogue.types) {
    const fields = contacts(type).filter((field) => wanted[wayOf(field)].size > 0)
    if (fields.length === 0) continue
    const searched = fields.filter(
      (field) => field.retired !== true && fieldPolicy(house.search.active.policy, field).modes.includes('exact'),
    )
    const room = searched.length === 0 || (await hasRoom(house, tx, type, searched))
    const within = room ? searched : []
    looks.push({ type, within, without: fields.filter((field) => !within.includes(field)) })
  }
  return looks
}

/** Whether the index of a type can be asked: one in memory has no room for very many records. */
const hasRoom = async (house: House, tx: Tx, type: RecordType, fields: readonly Field[]): Promise<boolean> => {
  if (house.search.active.policy.storage !== 'memory') return true
  try {
    await createFinder(house, tx, type).condition(
      fields.map((field) => asks.exact(field, ['0'])),
      createParams(house.tenant),
    )
    return true
  } catch (error) {
    // An erasure does not wait for the index to have room again.
    if (isFault(error, 'search-memory-full')) return false
    throw error
  }
}

interface Batch {
  readonly subjects: readonly Uuid[]
  readonly more: boolean
}

const byIndex = async (
  house: House,
  tx: Tx,
  looks: readonly Look[],
  wanted: Wanted,
  after: Uuid | null,
  apart: readonly Uuid[],
): Promise<Batch> => {
  const found = new Set<Uuid>()
  for (const { type, within } of looks) {
    if (within.length === 0) continue
    const params = createParams(house.tenant)
    const asked = within.map((field) => asks.exact(field, [...wanted[wayOf(field)]]))
    const condition = await createFinder(house, tx, type).condition(asked, params)
    const rows = await tx.query<{ subject: Uuid }>({
      text: `select distinct r.subject_id as subject from crm."${type.table}" r
             where r.tenant_id = $1 and (${condition}) and r.subject_id <> all(${params.add(apart)}::uuid[])
               ${after === null ? '' : `and r.subject_id > ${params.add(after)}::uuid`}
             order by r.subject_id limit ${String(pageOf + 1)}`,
      values: params.values,
    })
    for (const { subject } of rows) found.add(subject)
  }
  // As the database orders them: by their bytes.
  const all = [...found].toSorted()
  return { subjects: all.slice(0, pageOf), more: all.length > pageOf }
}

const byOpening = async (
  house: House,
  tx: Tx,
  looks: readonly Look[],
  place: string,
  after: Uuid | null,
): Promise<Batch> => {
  const look = looks.find(({ type }) => type.name === place)
  if (!look) return { subjects: [], more: false }
  const rows = await tx.query<{ subject: Uuid }>({
    text: `select distinct subject_id as subject from crm."${look.type.table}"
           where tenant_id = $1 and ($2::uuid is null or subject_id > $2) order by subject_id limit ${String(batchOf + 1)}`,
    values: [house.tenant, after],
  })
  return { subjects: rows.slice(0, batchOf).map(({ subject }) => subject), more: rows.length > batchOf }
}

interface Hit {
  readonly type: string
  readonly field: string
  readonly way: Way
}

const placeOf = (looks: readonly Look[], { type, field }: Hit): string =>
  looks.some((look) => look.type.name === type && look.within.some(({ name }) => name === field)) ? index : type

const hitsOf = async (
  house: House,
  tx: Tx,
  wanted: Wanted,
  subjects: readonly Uuid[],
): Promise<{ readonly hits: ReadonlyMap<Uuid, readonly Hit[]>; readonly unread: readonly string[] }> => {
  const hits = new Map<Uuid, Hit[]>()
  const unread: string[] = []
  for (const type of house.catalogue.types)
    for (const { row, values } of await opened(house, tx, type, subjects)) {
      if (values === undefined) unread.push(type.name)
      for (const field of contacts(type))
        for (const [way, text] of formsOf([field], values)) {
          if (!wanted[way].has(text)) continue
          const all = hits.get(row.subject_id) ?? []
          hits.set(row.subject_id, [...all, { type: type.name, field: field.name, way }])
        }
    }
  return { hits, unread }
}

/** Fields in which a customer may be reached, also retired ones: what they held is still there. */
const contacts = (type: RecordType): readonly Field[] =>
  isStaff(type) ? [] : type.fields.filter(({ kind }) => kind === 'phone' || kind === 'email')

const wayOf = ({ kind }: Field): Way => (kind === 'phone' ? 'phone' : 'email')

const formsOf = (fields: readonly Field[], values: Values | undefined): readonly (readonly [Way, string])[] =>
  fields.flatMap((field) => {
    const value = values?.[field.name]
    const text = typeof value === 'string' ? normal(field, value) : ''
    return text === '' ? [] : [[wayOf(field), text] as const]
  })

interface Opened {
  readonly row: Row
  /** Undefined where a cell does not open. */
  readonly values: Values | undefined
}

const opened = async (
  house: House,
  tx: Tx,
  type: RecordType,
  subjects: readonly Uuid[],
): Promise<readonly Opened[]> => {
  const fields = contacts(type)
  if (fields.length === 0 || subjects.length === 0) return []
  const rows = await tx.query<Row>({
    text: `select ${selectList(type, 'r')} from crm."${type.table}" r where r.tenant_id = $1 and r.subject_id = any($2::uuid[])`,
    values: [house.tenant, subjects],
  })
  const keys = await house.keyring.open(tx, rows)
  const groups = [...new Set(fields.filter(({ storage }) => storage === 'sealed').map(({ group }) => group))]
  return rows.map((row) => {
    try {
      return { row, values: { ...plainValues(type, row), ...openGroups(type, row, keys.get(row.subject_id), groups) } }
    } catch (error) {
      if (isFault(error, 'cell-does-not-open')) return { row, values: undefined }
      throw error
    }
  })
}

interface Place {
  readonly place: string
  readonly after: Uuid | null
  readonly opened: number
}

const parseCursor = (text: string): Place => {
  const [place = '', after = '', opened = '', ...more] = text.split('.')
  if (more.length > 0 || !/^[a-z]+$/i.test(place) || !(after === '' || isUuid(after)) || !/^\d{1,9}$/.test(opened))
    throw new Fault('bad-input', { what: 'the cursor is not one of ours' })
  return { place, after: after === '' ? null : after, opened: Number(opened) }
}
