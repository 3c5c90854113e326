// Rows written: sealed, indexed and journalled together, in the caller's transaction. Keeps vault-2, vault-4.
import {
  cellColumn,
  columnOf,
  Fault,
  type FieldGroup,
  type Json,
  type RecordType,
  sealedGroups,
  scopeOf,
  type Actor,
  type Uuid,
} from '#kernel'
import { sealCell, type SubjectKey } from '#encryption'
import type { EntryInput } from '#journal'
import type { Tx } from '#store'
import { holdKeys } from './forget.ts'
import { deputyOf } from './granted.ts'
import type { House } from './house.ts'
import { encodeImage } from './image.ts'
import { writeTokens } from './index-rows.ts'
import type { SubjectKeys } from './keyring.ts'
import { cellContext } from './open.ts'
import { queueEvents } from './webhook-events.ts'
import { createParams } from './params.ts'
import { flag, glassesOf, type RunningGlass } from './running-glass.ts'
import { columns, plainFields, type Row, sealedFields, toColumn, type Values } from './row.ts'

/** The columns every record has, before its values. */
export interface Head {
  readonly id: Uuid
  readonly version: number
  readonly subject_id: Uuid
  readonly owner_id: Uuid | null
  readonly team_id: Uuid | null
  readonly shared_with: readonly Uuid[]
  readonly created_by: Uuid
  readonly created_at: Date
  readonly updated_by: Uuid | null
  readonly updated_at: Date
  readonly deleted_at: Date | null
  readonly import_key: Uint8Array | null
}

/** A row of a head and values, its cells not sealed yet: enough for a decision. */
export const draftRow = (type: RecordType, head: Head, values: Values): Row => {
  const row: Record<string, unknown> = { ...head }
  for (const field of plainFields(type)) row[columnOf(field)] = toColumn(field, values[field.name] ?? null)
  return row as unknown as Row
}

/** A row with every cell sealed under the subject's newest key for this very version, owner and team; keys: from hold or ensure. */
export const sealRow = (type: RecordType, head: Head, values: Values, keys: SubjectKeys): Row => {
  const row: Record<string, unknown> = { ...draftRow(type, head, values) }
  for (const group of sealedGroups(type)) row[cellColumn(group)] = sealGroup(type, head, group, values, keys.newest)
  return row as unknown as Row
}

const sealGroup = (
  type: RecordType,
  head: Head,
  group: FieldGroup,
  values: Values,
  key: SubjectKey,
): Uint8Array | null => {
  const held = sealedFields(type, group).flatMap((field) => {
    const value = values[field.name] ?? null
    return value === null ? [] : [[field.name, value] as const]
  })
  return held.length === 0 ? null : sealCell(key, cellContext(type, head, group), Object.fromEntries(held))
}

export interface Change {
  readonly act: string
  readonly row: Row
  readonly values: Values
  readonly groups: readonly string[]
  /** Names of fields changed; undefined: all are new. */
  readonly changed?: readonly string[]
  /** More for its journal entry: names of things and numbers, never a personal value. */
  readonly detail?: Json
  /** Whose it was before; absent of what is new. */
  readonly owner?: Uuid | null
}

/** Inserts new rows with their tokens and journal entries. */
export const insertRows = async (
  house: House,
  tx: Tx,
  actor: Actor,
  type: RecordType,
  changes: readonly Change[],
): Promise<void> => {
  if (changes.length === 0) return
  await demandCatalogue(house, tx)
  await holdKeys(
    house,
    tx,
    changes.flatMap(({ row }) => (row.subject_id === row.id ? [] : [row.subject_id])),
  )
  const names = columns(type)
  const params = createParams(house.tenant)
  const tuples = changes.map(({ row }) => `($1, ${names.map((name) => params.add(stored(row[name]))).join(', ')})`)
  await tx.query({
    text: `insert into crm."${type.table}" (tenant_id, ${names.map((name) => `"${name}"`).join(', ')}) values ${tuples.join(', ')}`,
    values: params.values,
  })
  await writeTokens(house, tx, type, changes)
  await journal(house, tx, actor, type, changes)
  await queueEvents(house, tx, type, changes, true)
}

/** Replaces a row that the caller holds locked, with its tokens and journal entry. */
export const replaceRow = async (
  house: House,
  tx: Tx,
  actor: Actor,
  type: RecordType,
  change: Change,
): Promise<void> => {
  await demandCatalogue(house, tx)
  const names = columns(type).filter((name) => name !== 'id')
  const params = createParams(house.tenant, change.row.id)
  const sets = names.map((name) => `"${name}" = ${params.add(stored(change.row[name]))}`)
  await tx.query({
    text: `update crm."${type.table}" set ${sets.join(', ')} where tenant_id = $1 and id = $2`,
    values: params.values,
  })
  if (change.changed === undefined || change.changed.length > 0) await writeTokens(house, tx, type, [change])
  await journal(house, tx, actor, type, [change])
  await queueEvents(house, tx, type, [change], false)
}

/**
 * Throws catalogue-changed where another process gave the tenant new fields: a row written without them would leave a cell of
 * theirs behind that belongs to the version before. Asked while the table is held, which a change of fields waits for.
 */
export const demandCatalogue = async (house: House, tx: Tx): Promise<void> => {
  const [row] = await tx.query<{ number: number }>({
    name: 'catalogue-number',
    text: 'select coalesce(sum(revision), 0)::int as number from ops.custom_field where tenant_id = $1',
    values: [house.tenant],
  })
  if (row?.number !== house.catalogueNumber) throw new Fault('catalogue-changed')
}

const stored = (value: unknown): unknown =>
  value instanceof Uint8Array && !Buffer.isBuffer(value) ? Buffer.from(value) : value

const journal = async (
  house: House,
  tx: Tx,
  actor: Actor,
  type: RecordType,
  changes: readonly Change[],
): Promise<void> => {
  const entries = changes.map(({ act, row, groups, detail, owner = null }): EntryInput => {
    const told = { ...(detail as Readonly<Record<string, Json>> | undefined), ...onBehalf(house, actor, owner) }
    return {
      ...entryOf(house, actor, act, type.name, row.id),
      ...(Object.keys(told).length === 0 ? {} : { detail: told }),
      groups,
      image: encodeImage(type, row),
    }
  })
  await house.journal.append(tx, house.tenant, entries)
}

/** The emergency access that opened this record, or some records of this type, to who asks. */
export const glassOver = (house: House, actor: Actor, type: string, record?: Uuid): RunningGlass | undefined => {
  const org = house.org.latest()
  return (org === undefined ? [] : glassesOf(org.glasses, actor)).find(
    (one) => one.record_type === type && (record === undefined || one.records.includes(record)),
  )
}

/** For the detail of an entry about records: whom the actor stands in for, where one of them is the owner. */
export const onBehalf = (
  house: House,
  actor: Actor,
  ...owners: readonly (Uuid | null)[]
): { readonly onBehalfOf?: Uuid | readonly Uuid[] } => {
  const org = house.org.latest()
  const found = org === undefined ? [] : deputyOf(org, actor).filter((person) => owners.includes(person))
  const [first, ...others] = found
  return first === undefined ? {} : { onBehalfOf: others.length === 0 ? first : found }
}

/** The part of a journal entry that every act shares; it names the emergency access that opened what it is about: a file, its record. */
export const entryOf = (
  house: House,
  actor: Actor,
  act: string,
  obj: string,
  recordId?: Uuid,
  of: { readonly type: string; readonly record: Uuid | undefined } = { type: obj, record: recordId },
): EntryInput => ({
  act,
  obj,
  actor: actor.principal.id,
  decision: 'allow',
  channel: actor.env.channel,
  policy: `${house.policyName}${flag(glassOver(house, actor, of.type, of.record)?.id)}`,
  ...(recordId === undefined ? {} : { recordId }),
  ...(actor.env.ip === '' ? {} : { ip: actor.env.ip }),
  ...(actor.env.purpose === '' ? {} : { purpose: actor.env.purpose }),
})

/** Writes that something was refused: in a transaction of its own, so that it stays when the rest rolls back. */
export const journalDenial = async (
  house: House,
  actor: Actor,
  action: string,
  obj: string,
  recordId?: Uuid,
  more: Readonly<Record<string, Json>> = {},
): Promise<void> => {
  await house.journal.record(scopeOf(actor), [
    { ...entryOf(house, actor, 'denied', obj, recordId), decision: 'deny', detail: { action, ...more } },
  ])
}
