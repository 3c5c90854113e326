// Reads of the guarded path: lists, one record, its history, unmasking, resolving titles. Keeps vault-1, vault-5, vault-8.
import {
  type Actor,
  cellColumn,
  Fault,
  type Field,
  type FieldGroup,
  isUuid,
  type Json,
  newId,
  type RecordType,
  scopeOf,
  sealedGroups,
  typeOf,
  type Uuid,
} from '#kernel'
import { openCell } from '#encryption'
import type { Tx } from '#store'
import { createGate, type Gate } from './gate.ts'
import type { House } from './house.ts'
import type { Keyed, SubjectKeys } from './keyring.ts'
import { decodeImage, type Image, resealAct } from './image.ts'
import { countRows, listRows } from './list.ts'
import { asks, createFinder } from './lookup.ts'
import { mask } from './mask.ts'
import { createParams } from './params.ts'
import { cellContext, openGroups, show, showAll, visibilities } from './open.ts'
import { beginExport, countCap, endExport } from './export-control.ts'
import { entryOf, glassOver, journalDenial, onBehalf } from './rows.ts'
import { type Row, sameValue, selectList, type Values } from './row.ts'
import { normalText } from './terms.ts'
import { countUnmask } from './unmask-limit.ts'
import { sumRows } from './sums.ts'
import type { FieldValue, GroupSum, HistoryEntry, ListQuery, Page, Seen } from './vault.ts'
import { findRow, guarded, visibleIds } from './write.ts'

/** A page of records. */
export const listPage = (house: House, actor: Actor, typeName: string, query: ListQuery): Promise<Page> =>
  reading(house, actor, typeName, undefined, async (tx, gate, type) => {
    const { rows, next } = await listRows(house, tx, gate, type, query)
    const items = await showAll(house, tx, gate, type, rows)
    if (type.name !== 'user' && type.name !== 'team') house.watch.listed(actor, items.length)
    house.reads.add({
      ...entryOf(house, actor, 'record.list', type.name),
      detail: {
        rows: items.length,
        searched: query.search !== undefined,
        filters: (query.filters ?? []).map((filter) => filter.field),
        ...onBehalf(house, actor, ...items.map(({ ownerId }) => ownerId)),
      },
    })
    return next === undefined ? { items } : { items, next }
  })

/** A capped count. */
export const countPage = (
  house: House,
  actor: Actor,
  typeName: string,
  query: ListQuery,
  cap: number,
): Promise<{ count: number; capped: boolean }> =>
  reading(house, actor, typeName, undefined, (tx, gate, type) => {
    tellUnderGlass(house, actor, type, { counted: true })
    return countRows(house, tx, gate, type, query, cap)
  })

/** Numbers and sums per value of a choice. */
export const sumGroups = (
  house: House,
  actor: Actor,
  typeName: string,
  by: string,
  of: string,
): Promise<readonly GroupSum[]> =>
  reading(house, actor, typeName, undefined, (tx, gate, type) => {
    tellUnderGlass(house, actor, type, { summed: true })
    return sumRows(house, tx, gate, type, by, of)
  })

/** One record; a record that exists but is not the principal's is not-found, and journalled as a denial. */
export const getRecord = (house: House, actor: Actor, typeName: string, id: Uuid): Promise<Seen> =>
  reading(house, actor, typeName, id, async (tx, gate, type) => {
    const row = await findRow(house, tx, gate, type, id)
    const keys = await house.keyring.open(tx, [row])
    const seen = show(gate, type, row, keys.get(row.subject_id))
    house.watch.opened(actor, 'record.view', type.name, id)
    house.reads.add({
      ...entryOf(house, actor, 'record.view', type.name, id),
      groups: Object.entries(seen.groups)
        .filter(([, how]) => how === 'plain')
        .map(([group]) => group),
      ...tellBehalf(house, actor, row),
    })
    return seen
  })

/** Plain values of a group that is masked for the principal; the journal has the reason before the answer leaves. */
export const unmaskGroup = (
  house: House,
  actor: Actor,
  typeName: string,
  id: Uuid,
  group: FieldGroup,
): Promise<Values> =>
  guarded(house, actor, typeName, id, async (tx, gate, type) => {
    if (actor.env.purpose.trim() === '') throw new Fault('bad-input', { what: 'unmasking needs a reason' })
    const row = await findRow(house, tx, gate, type, id)
    if (!gate.can(`unmask.${group}`, type, row)) throw new Fault('denied', { action: `unmask.${group}` })
    await countUnmask(house, tx, actor)
    const key = (await house.keyring.open(tx, [row])).get(row.subject_id)
    await house.journal.append(tx, house.tenant, [
      { ...entryOf(house, actor, 'record.unmask', type.name, id), groups: [group], ...tellBehalf(house, actor, row) },
    ])
    house.watch.opened(actor, 'record.unmask', type.name, id)
    return openGroups(type, row, key, [group])
  })

/** The changes of a record, newest first, in the groups the principal may see now, masked as they are now. */
export const recordHistory = (
  house: House,
  actor: Actor,
  typeName: string,
  id: Uuid,
): Promise<readonly HistoryEntry[]> =>
  reading(house, actor, typeName, id, async (tx, gate, type) => {
    const row = await findRow(house, tx, gate, type, id)
    const images = (await house.journal.images(tx, house.tenant, type.name, id)).flatMap((entry) =>
      entry.image === null ? [] : [{ ...entry, image: decodeImage(entry.image) }],
    )
    const key = (await house.keyring.open(tx, [row, ...images.map(({ image }) => keyedImage(image))])).get(
      row.subject_id,
    )
    const groups = visibilities(gate, type, row)
    house.watch.opened(actor, 'record.history', type.name, id)
    house.reads.add({ ...entryOf(house, actor, 'record.history', type.name, id), ...tellBehalf(house, actor, row) })
    let before: Values = {}
    const entries: HistoryEntry[] = []
    for (const { at, actor: who, act, image, detail } of images) {
      const after = { ...openImage(type, id, image, key), owner: image.owner, sharedWith: image.shared }
      // Sealed anew under another key: nothing that a reader would call a change.
      if (act !== resealAct) {
        entries.push({
          at: at.toISOString(),
          actorId: who,
          act,
          ...behalfIn(detail),
          version: image.version,
          changes: difference(type, groups, before, after),
        })
      }
      before = after
    }
    return entries.toReversed()
  })

/** An image as a row that the keyring can look at: every generation its cells name must be there. */
const keyedImage = (image: Image): Keyed => ({
  subject_id: image.subject,
  ...Object.fromEntries(Object.entries(image.cells).map(([group, cell]) => [`cell_${group}`, cell])),
})

const openImage = (type: RecordType, id: Uuid, image: Image, key: SubjectKeys | undefined): Values => {
  const values: Record<string, FieldValue> = { ...image.plain }
  if (key === undefined) return values
  const row = { id, version: image.version, owner_id: image.owner, team_id: image.team }
  for (const group of sealedGroups(type)) {
    const cell = image.cells[group]
    // The key of an earlier version may have been destroyed: what it held is then absent.
    if (cell && key.opens(cell)) Object.assign(values, openCell(key.of(cell), cellContext(type, row, group), cell))
  }
  return values
}

const difference = (
  type: RecordType,
  groups: ReturnType<typeof visibilities>,
  before: Values,
  after: Values,
): HistoryEntry['changes'] => {
  const fields = type.fields
    .filter((field) => groups[field.group] !== 'hidden' && field.retired !== true)
    .filter((field) => !sameValue(before[field.name] ?? null, after[field.name] ?? null))
    .map((field) => {
      const see = (value: FieldValue): FieldValue =>
        field.storage === 'sealed' && groups[field.group] === 'masked' ? mask(field, value) : value
      return { field: field.name, before: see(before[field.name] ?? null), after: see(after[field.name] ?? null) }
    })
  const heads = ['owner', 'sharedWith']
    .filter((name) => !sameValue(before[name] ?? null, after[name] ?? null))
    .filter((name) => !(name === 'sharedWith' && (before[name] ?? []).toString() === (after[name] ?? []).toString()))
    .map((name) => ({ field: name, before: before[name] ?? null, after: after[name] ?? null }))
  return [...fields, ...heads]
}

/** Pages of an export: each row must allow it, and the journal has it, with its purpose, before the first row leaves. */
export const exportRows = async function* (
  house: House,
  actor: Actor,
  typeName: string,
  query: ListQuery,
  id: Uuid = newId(),
): AsyncGenerator<readonly Seen[]> {
  const type = typeOf(house.catalogue, typeName)
  const bare = await createGate(house, actor)
  if (!bare.search.could('export', type)) {
    await journalDenial(house, actor, 'export', type.name)
    throw new Fault('denied', { action: 'export' })
  }
  if (actor.env.purpose.trim() === '') throw new Fault('bad-input', { what: 'an export needs a purpose' })
  const { gate, count, most } = await counted(house, actor, type, query)
  await beginExport(house, actor, type.name, id, count)
  let rows = 0
  let cursor: string | undefined
  do {
    const at = cursor
    const page = await house.search.fresh(() =>
      house.store.transaction(
        { ...scopeOf(actor), facts: gate.facts },
        async (tx) => {
          const found = await listRows(house, tx, gate, type, {
            ...query,
            rights: ['export'],
            limit: 200,
            ...(at === undefined ? {} : { cursor: at }),
          })
          return { items: await showAll(house, tx, gate, type, found.rows), next: found.next }
        },
        { readOnly: true },
      ),
    )
    rows += page.items.length
    // Rows that came in the meantime: it is no longer the export that was decided.
    if (rows > most) await refuseRows(house, actor, type, rows)
    cursor = page.next
    const ids = page.items.map((seen) => seen.id)
    await house.watch.exporting(actor, type.name, ids, id)
    yield page.items
  } while (cursor !== undefined)
  await endExport(house, actor, type.name, id, rows)
}

interface Counted {
  /** Knows how many rows the export has. */
  readonly gate: Gate
  readonly count: number
  /** The most rows that may leave. */
  readonly most: number
}

/**
 * Counts the rows that may each be exported by themselves, and asks the policies for an export of so many. Where they look at the number,
 * those that are then allowed are counted once more, and no more than were decided on may leave. Over what is counted it is the largest.
 */
const counted = async (house: House, actor: Actor, type: RecordType, query: ListQuery): Promise<Counted> => {
  const count = (gate: Gate): Promise<{ count: number; capped: boolean }> =>
    house.search.fresh(() =>
      house.store.transaction(
        { ...scopeOf(actor), facts: gate.facts },
        (tx) => countRows(house, tx, gate, type, { ...query, rights: ['export'] }, countCap),
        { readOnly: true },
      ),
    )
  const single = await createGate(house, actor, 1)
  const pair = async () => {
    const alone = await count(single)
    if (!looksAtRows(house, type)) return { gate: single, alone, together: alone }
    const gate = alone.capped ? await createGate(house, actor) : await createGate(house, actor, alone.count)
    return { gate, alone, together: alone.count === 0 ? alone : await count(gate) }
  }
  const first = await pair()
  // More the second time: a row came between the two, and no policy refused anything.
  const { gate, alone, together } = first.together.count > first.alone.count ? await pair() : first
  if (!looksAtRows(house, type)) return { gate, count: alone.count, most: Infinity }
  if (together.count > alone.count || (together.count === 0 && alone.count > 0))
    await refuseRows(house, actor, type, alone.count)
  return { gate, count: together.count, most: alone.capped ? Infinity : alone.count }
}

const looksAtRows = (house: House, type: RecordType): boolean => {
  const looked = house.policies.looksAt('export', type.entity)
  return looked.has('rows') || looked.has('*')
}

const refuseRows = async (house: House, actor: Actor, type: RecordType, rows: number): Promise<never> => {
  await journalDenial(house, actor, 'export', type.name, undefined, { rows })
  throw new Fault('export-too-many', { rows })
}

/** Ids of visible records by their exact titles. */
export const resolveTitles = (
  house: House,
  actor: Actor,
  typeName: string,
  titles: readonly string[],
): Promise<ReadonlyMap<string, Uuid>> =>
  reading(house, actor, typeName, undefined, (tx, gate, type) => {
    tellUnderGlass(house, actor, type, { titles: titles.length })
    return resolveIn(house, tx, gate, type, titles)
  })

const resolveIn = async (
  house: House,
  tx: Tx,
  gate: Gate,
  type: RecordType,
  titles: readonly string[],
): Promise<ReadonlyMap<string, Uuid>> => {
  const found = new Map<string, Uuid>()
  const field = type.fields.find((one) => one.name === type.title)
  if (!field || titles.length === 0) return found
  const wanted = new Map(titles.map((title) => [normalText(title), title]))
  const rows =
    field.storage === 'plain'
      ? await tx.query<Row>({
          text: `select ${selectList(type, 'r')} from crm."${type.table}" r where r.tenant_id = $1 and r.deleted_at is null order by r.created_at`,
          values: [house.tenant],
        })
      : await withTitles(house, tx, type, field, [...wanted.keys()])
  const visible = await visibleIds(
    house,
    tx,
    gate,
    type,
    rows.map((row) => row.id),
  )
  const keys = await house.keyring.open(tx, rows)
  for (const row of rows) {
    if (!visible.has(row.id)) continue
    const title =
      field.storage === 'plain'
        ? row[field.name]
        : openGroups(type, row, keys.get(row.subject_id), [field.group])[field.name]
    if (typeof title !== 'string') continue
    for (const asked of titles) if (normalText(asked) === normalText(title)) found.set(asked, row.id)
  }
  return found
}

const withTitles = async (
  house: House,
  tx: Tx,
  type: RecordType,
  field: Field,
  titles: readonly string[],
): Promise<readonly Row[]> => {
  const params = createParams(house.tenant)
  const candidates = await createFinder(house, tx, type).condition([asks.exact(field, titles)], params)
  return tx.query<Row>({
    text: `select ${selectList(type, 'r')} from crm."${type.table}" r where r.tenant_id = $1 and r.deleted_at is null and ${candidates} order by r.created_at`,
    values: params.values,
  })
}

/** Titles of records by id, as the principal may see them; those it may not see are absent. */
export const titlesOf = (
  house: House,
  actor: Actor,
  typeName: string,
  ids: readonly string[],
): Promise<Readonly<Record<string, string>>> =>
  reading(house, actor, typeName, undefined, async (tx, gate, type) =>
    Object.fromEntries(
      [...(await titlesIn(house, tx, actor, gate, type, ids))].flatMap(([id, title]) =>
        title === null ? [] : [[id, title]],
      ),
    ),
  )

/** The records among these that the principal may see, each with its title as they may see it; null where they may not. */
export const titlesIn = async (
  house: House,
  tx: Tx,
  actor: Actor,
  gate: Gate,
  type: RecordType,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string | null>> => {
  const wanted = [...new Set(ids.filter(isUuid))].slice(0, 1000)
  if (wanted.length === 0) return new Map()
  const visible = await visibleIds(house, tx, gate, type, wanted)
  if (wanted.some((id) => visible.has(id) && glassOver(house, actor, type.name, id)))
    tellUnderGlass(house, actor, type, { titles: visible.size })
  const titles = new Map<string, string | null>([...visible].map((id) => [id, null]))
  const field = type.fields.find((one) => one.name === type.title)
  if (!field || visible.size === 0) return titles
  const column = field.storage === 'sealed' ? cellColumn(field.group) : field.name
  const rows = await tx.query<Row>({
    text: `select ${selectList(type, 'r')} from crm."${type.table}" r where r.tenant_id = $1 and r.id = any($2::uuid[])`,
    values: [house.tenant, [...visible]],
  })
  const keys = await house.keyring.open(tx, rows)
  for (const row of rows) {
    if (!gate.can(`view.${field.group}`, type, row)) continue
    const plainly = gate.can(`unmask.${field.group}`, type, row)
    const value =
      field.storage === 'sealed'
        ? openGroups(type, row, keys.get(row.subject_id), [field.group])[field.name]
        : row[column]
    const shown =
      field.storage === 'sealed' && !plainly ? mask(field, (value as FieldValue | undefined) ?? null) : value
    if (typeof shown === 'string') titles.set(row.id, shown)
  }
  return titles
}

const behalfIn = (detail: Json): { readonly onBehalfOf?: Uuid } => {
  const found = (detail as { readonly onBehalfOf?: unknown } | null)?.onBehalfOf
  return typeof found === 'string' ? { onBehalfOf: found } : {}
}

const tellBehalf = (house: House, actor: Actor, row: Row): { readonly detail?: Json } => {
  const detail = onBehalf(house, actor, row.owner_id)
  return Object.keys(detail).length === 0 ? {} : { detail }
}

/** Counts, sums and titles are not in the journal by themselves; under emergency access everything that is looked at is. */
const tellUnderGlass = (house: House, actor: Actor, type: RecordType, detail: Readonly<Record<string, Json>>): void => {
  if (glassOver(house, actor, type.name))
    house.reads.add({ ...entryOf(house, actor, 'record.list', type.name), detail })
}

const reading = async <T>(
  house: House,
  actor: Actor,
  typeName: string,
  id: Uuid | undefined,
  work: (tx: Tx, gate: Gate, type: RecordType) => Promise<T>,
): Promise<T> => guarded(house, actor, typeName, id, work)
