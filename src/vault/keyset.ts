// Where a page begins and how its rows are ordered: the sort column, and a cursor that names the last row seen. Keeps vault-7, vault-8.
import {
  base64url,
  columnOf,
  Fault,
  type Field,
  type FieldGroup,
  fieldOf,
  fromBase64url,
  fromUtf8,
  inSentence,
  isUuid,
  type RecordType,
  say,
  utf8,
} from '#kernel'
import type { Gate } from './gate.ts'
import type { Row } from './row.ts'
import type { ListQuery } from './vault.ts'
import { demandVisible } from './where.ts'

export interface Sort {
  readonly column: string
  readonly cast: string
  readonly descending: boolean
  readonly nullable: boolean
  readonly sealed?: Field
  readonly group?: FieldGroup
}

export const byCreation = (descending: boolean): Sort => ({
  column: 'created_at',
  cast: 'timestamptz',
  descending,
  nullable: false,
})

export const sortOf = (gate: Gate, type: RecordType, query: ListQuery): Sort => {
  const descending = query.descending ?? query.sort === undefined
  if (query.sort === undefined || query.sort === 'createdAt') return byCreation(descending)
  if (query.sort === 'updatedAt') return { ...byCreation(descending), column: 'updated_at' }
  if (query.sort === 'owner') return { column: 'owner_id', cast: 'uuid', descending, nullable: true }
  const field = fieldOf(type, query.sort)
  if (!field) throw new Fault('bad-input', { what: 'there is no such field to sort by' })
  demandVisible(gate, type, field.group, field.storage === 'sealed', field.name)
  if (field.storage === 'plain' && field.kind !== 'tags') {
    return { column: columnOf(field), cast: castOf(field), descending, nullable: true, group: field.group }
  }
  if (field.name !== type.title)
    throw new Fault('bad-input', { what: say('field {field} cannot be sorted by', { field: inSentence(field.label) }) })
  return { column: 'id', cast: 'uuid', descending, nullable: false, sealed: field }
}

const castOf = (field: Field): string => {
  if (field.kind === 'money' || field.kind === 'integer') return 'bigint'
  if (field.kind === 'link') return 'uuid'
  return field.kind === 'date'
    ? 'date'
    : field.kind === 'datetime'
      ? 'timestamptz'
      : field.kind === 'boolean'
        ? 'boolean'
        : 'text'
}

export interface Cursor {
  /** Value of the sort column in the last row; null once the rows without a value are reached. */
  readonly v: string | null
  readonly id: string
}

export const encodeCursor = (cursor: Cursor): string => base64url(utf8(JSON.stringify(cursor)))

/** What a value of each type of sort column looks like: a cursor comes from outside and reaches a cast. */
const shapes: Readonly<Record<string, RegExp>> = {
  timestamptz: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/u,
  date: /^\d{4}-\d\d-\d\d$/u,
  bigint: /^-?\d{1,18}$/u,
  boolean: /^(true|false)$/u,
  uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/u,
  text: /^[^\0]*$/u,
}

export const decodeCursor = (text: string, cast: string): Cursor => {
  try {
    const { v, id } = JSON.parse(fromUtf8(fromBase64url(text))) as Partial<Cursor>
    const day = cast === 'timestamptz' || cast === 'date'
    const fits = v === null || (typeof v === 'string' && shapes[cast]?.test(v) === true && (!day || isDay(v)))
    if (fits && isUuid(id)) return { v, id }
  } catch (cause) {
    throw new Fault('bad-input', { what: 'the cursor is not one of ours' }, { cause })
  }
  throw new Fault('bad-input', { what: 'the cursor is not one of ours' })
}

/** Month 13 and February 30 would fail in the cast. */
const isDay = (value: string): boolean => {
  const at = new Date(value)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value.slice(0, 10))
}

export const cursorAt = (sort: Sort, row: Row): Cursor => ({ v: cursorText(row[sort.column]), id: row.id })

const cursorText = (value: unknown): string | null => {
  if (value === null || value === undefined) return null
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'string') return value
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
}
