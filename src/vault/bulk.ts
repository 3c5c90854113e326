// One change for many records: told beforehand what would become of each, then written one by one through the guarded write, as one act in
// the journal. What changed meanwhile is named and not overwritten. Keeps vault-266, vault-267.
import {
  type Actor,
  Fault,
  fieldOf,
  inSentence,
  isFault,
  isUuid,
  partIn,
  type RecordType,
  scopeOf,
  type Uuid,
} from '#kernel'
import type { Tx } from '#store'
import type { Gate } from './gate.ts'
import type { House } from './house.ts'
import { listRows } from './list.ts'
import { openAll } from './open.ts'
import { draftRow, entryOf, type Head } from './rows.ts'
import type { Row, Values } from './row.ts'
import type { FieldValue, ListQuery } from './vault.ts'
import { changedNames, changing, checkSome, demand, groupsOf, guarded, ownerHead, rowsById } from './write.ts'

/** What is said of every record alike. */
export interface BulkChange {
  readonly values: Readonly<Record<string, FieldValue>>
  /** Absent: the owner stays. null: to the public pool. */
  readonly ownerId?: Uuid | null
}

/** A record as somebody saw it. */
export interface BulkRecord {
  readonly id: Uuid
  readonly version: number
}

/** Why some records are not changed, and which. */
export interface BulkRefusal {
  readonly why: Fault
  readonly ids: readonly Uuid[]
}

export interface BulkPreview {
  /** How many were looked at. */
  readonly total: number
  /** Whether more match than are taken at once. */
  readonly capped: boolean
  /** Those that would change. */
  readonly records: readonly BulkRecord[]
  readonly unchanged: number
  readonly refused: readonly BulkRefusal[]
}

export interface BulkResult {
  readonly changed: readonly Uuid[]
  readonly unchanged: number
  readonly refused: readonly BulkRefusal[]
}

export interface Bulk {
  /** What would become of records named, or of all that a list holds. Nothing is written. */
  preview(
    actor: Actor,
    type: string,
    of: { readonly records: readonly BulkRecord[] } | { readonly query: ListQuery },
    change: BulkChange,
  ): Promise<BulkPreview>
  /** Changes records, each for itself. act: names what belongs together where it takes several calls. */
  apply(actor: Actor, type: string, act: Uuid, records: readonly BulkRecord[], change: BulkChange): Promise<BulkResult>
}

/** Records looked at in one preview. */
export const bulkLimit = 1000
/** Records changed in one call. */
export const bulkBatch = 100

export const createBulk = (house: House): Bulk => ({
  preview: async (actor, typeName, of, change) => {
    const looked = await guarded(house, actor, typeName, undefined, async (tx, gate, type) => {
      const wanted = checkChange(type, change)
      const owner = await headOf(house, tx, type, change)
      const found = await candidates(house, tx, gate, type, of)
      const keys = await house.keyring.open(tx, found.rows)
      const tally = new Tally()
      for (const id of found.missing) tally.refuse(new Fault('not-found', { what: inSentence(type.label) }), id)
      for (const row of found.rows) {
        const seen = found.versions.get(row.id) ?? row.version
        try {
          const key = keys.get(row.subject_id)
          if (!key) throw new Fault('key-destroyed')
          const next = decide(gate, type, row, openAll(type, row, key), wanted, owner)
          if (seen !== row.version) throw new Fault('conflict', { what: inSentence(type.label) })
          tally.done(row, next)
        } catch (error) {
          tally.refuse(error, row.id)
        }
      }
      return { total: found.rows.length + found.missing.length, capped: found.capped, tally }
    })
    const { total, capped, tally } = looked
    return { total, capped, records: tally.records, unchanged: tally.unchanged, refused: tally.refused }
  },
  apply: async (actor, typeName, act, records, change) => {
    if (records.length > bulkBatch) throw new Fault('too-large', { what: 'a batch', limit: bulkBatch })
    if (!isUuid(act)) throw new Fault('bad-input', { what: 'the act is named by a UUID' })
    await guarded(house, actor, typeName, undefined, (_tx, _gate, type) => {
      checkChange(type, change)
      return Promise.resolve()
    })
    const tally = new Tally()
    for (const { id, version } of records) {
      try {
        const after = await changeOne(house, actor, typeName, act, { id, version }, change)
        tally.done({ id, version }, after.version !== version)
      } catch (error) {
        tally.refuse(error, id)
      }
    }
    const changed = tally.records.map(({ id }) => id)
    await house.journal.record(scopeOf(actor), [
      {
        ...entryOf(house, actor, 'record.bulk', typeName),
        detail: {
          bulk: act,
          fields: Object.keys(change.values),
          ...(change.ownerId === undefined ? {} : { owner: change.ownerId }),
          changed,
          unchanged: tally.unchanged,
          refused: tally.refused.map(({ why, ids }) => ({ code: why.code, ids })),
        },
      },
    ])
    return { changed, unchanged: tally.unchanged, refused: tally.refused }
  },
})

const changeOne = (
  house: House,
  actor: Actor,
  typeName: string,
  act: Uuid,
  { id, version }: BulkRecord,
  change: BulkChange,
) =>
  changing(house, actor, typeName, id, version, 'record.update', async (tx, gate, type, row, values) => {
    const wanted = checkChange(type, change)
    const { changed, head } = decide(gate, type, row, values, wanted, await headOf(house, tx, type, change))
    return { changed, head, values: { ...values, ...wanted }, detail: { bulk: act }, notice: { act } }
  })

interface Decided {
  readonly changed: readonly string[]
  readonly head: Partial<Head>
}

/** What one record becomes, or why not: decided on the row as it is and as it would be. Throws denied. */
const decide = (
  gate: Gate,
  type: RecordType,
  row: Row,
  values: Values,
  wanted: Values,
  owner: Pick<Head, 'owner_id' | 'team_id'> | undefined,
): Decided => {
  const changed = changedNames(gate, type, row, values, wanted)
  const groups = groupsOf(type, changed)
  const given = owner !== undefined && owner.owner_id !== row.owner_id ? owner : undefined
  for (const group of groups) demand(gate, `edit.${group}`, type, row)
  // As it becomes with the owner it has: whoever gives a record away need not be able to change it afterwards.
  for (const group of groups) demand(gate, `edit.${group}`, type, draftRow(type, row, { ...values, ...wanted }))
  if (given) {
    demand(gate, 'assign', type, row)
    demand(
      gate,
      'assign',
      type,
      draftRow(type, { ...row, ...given }, { ...values, ...wanted }),
      given.owner_id !== null,
    )
  }
  return { changed, head: given ?? {} }
}

const headOf = async (
  house: House,
  tx: Tx,
  type: RecordType,
  { ownerId }: BulkChange,
): Promise<Pick<Head, 'owner_id' | 'team_id'> | undefined> => {
  if (ownerId === undefined) return undefined
  if (ownerId === null && !type.pool)
    throw new Fault('bad-value', { field: 'owner', what: 'this type has no public pool' })
  return ownerHead(house, tx, ownerId)
}

/** The values of a change. Throws bad-value for one that belongs to a single record. */
const checkChange = (type: RecordType, change: BulkChange): Values => {
  if (type.name === 'user' || type.name === 'team') throw new Fault('denied', { action: 'edit' })
  if (Object.keys(change.values).length === 0 && change.ownerId === undefined)
    throw new Fault('bad-input', { what: 'nothing is to be changed' })
  const values = checkSome(type, change.values)
  for (const name of Object.keys(values)) {
    const field = fieldOf(type, name)
    // What is sealed is of one person, and what is linked decides whose record it is.
    if (field?.storage !== 'plain' || field.kind === 'link' || field.retired === true)
      throw new Fault('bad-value', {
        ...partIn(type, name),
        what: 'this field is changed record by record',
      })
  }
  return values
}

interface Candidates {
  readonly rows: readonly Row[]
  readonly missing: readonly Uuid[]
  /** As they were seen, where somebody saw them. */
  readonly versions: ReadonlyMap<Uuid, number>
  readonly capped: boolean
}

const candidates = async (
  house: House,
  tx: Tx,
  gate: Gate,
  type: RecordType,
  of: { readonly records: readonly BulkRecord[] } | { readonly query: ListQuery },
): Promise<Candidates> => {
  if ('records' in of) {
    if (of.records.length > bulkLimit) throw new Fault('too-large', { what: 'a batch', limit: bulkLimit })
    const versions = new Map(of.records.map(({ id, version }) => [id, version]))
    const rows = await rowsById(house, tx, gate, type, [...versions.keys()], '')
    const there = new Set(rows.map(({ id }) => id))
    return { rows, versions, capped: false, missing: [...versions.keys()].filter((id) => !there.has(id)) }
  }
  const rows: Row[] = []
  let cursor: string | undefined
  do {
    const page = await listRows(house, tx, gate, type, {
      ...of.query,
      limit: 200,
      ...(cursor === undefined ? {} : { cursor }),
    })
    rows.push(...page.rows)
    cursor = page.next
  } while (cursor !== undefined && rows.length < bulkLimit)
  return { rows: rows.slice(0, bulkLimit), versions: new Map(), missing: [], capped: cursor !== undefined }
}

/** What became of each record, told by reason. */
class Tally {
  readonly records: BulkRecord[] = []
  unchanged = 0
  readonly #reasons = new Map<string, { why: Fault; ids: Uuid[] }>()

  done({ id, version }: BulkRecord, next: Decided | boolean): void {
    const moved = typeof next === 'boolean' ? next : next.changed.length + Object.keys(next.head).length > 0
    if (moved) this.records.push({ id, version })
    else this.unchanged++
  }

  /** Rethrows what is no answer about this record. */
  refuse(error: unknown, id: Uuid): void {
    if (!isFault(error) || error.status >= 500) throw error
    const key = `${error.code} ${JSON.stringify(error.details)}`
    const known = this.#reasons.get(key)
    if (known) known.ids.push(id)
    else this.#reasons.set(key, { why: error, ids: [id] })
  }

  get refused(): readonly BulkRefusal[] {
    return [...this.#reasons.values()]
  }
}
