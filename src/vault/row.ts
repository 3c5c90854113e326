// Rows of record tables: their columns, and the way between stored columns and values of fields. Keeps vault-1.
import {
  cellColumn,
  columnOf,
  type Field,
  type FieldGroup,
  fieldGroups,
  type RecordType,
  sealedGroups,
  type Uuid,
} from '#kernel'
import type { FieldValue } from './vault.ts'

/** A row as the store gives it: sealed cells are still sealed. */
export interface Row {
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
  readonly [column: string]: unknown
}

const fixed = [
  'id',
  'version',
  'subject_id',
  'owner_id',
  'team_id',
  'shared_with',
  'created_by',
  'created_at',
  'updated_by',
  'updated_at',
  'deleted_at',
  'import_key',
] as const

/** What follows from a type alone, worked out once: it is asked for every row that is shown. */
interface Shape {
  readonly plain: readonly Field[]
  readonly columns: readonly string[]
  /** Groups that have a field. */
  readonly groups: readonly FieldGroup[]
  readonly sealed: ReadonlyMap<FieldGroup, readonly Field[]>
}

const shapes = new WeakMap<RecordType, Shape>()

const shapeOf = (type: RecordType): Shape => {
  const known = shapes.get(type)
  if (known) return known
  const plain = type.fields.filter((field) => field.storage === 'plain')
  const sealed = sealedGroups(type)
  const made = {
    plain,
    columns: [...fixed, ...plain.map(columnOf), ...sealed.map(cellColumn)],
    groups: fieldGroups.filter((group) => type.fields.some((field) => field.group === group)),
    sealed: new Map(
      sealed.map((group) => [
        group,
        type.fields.filter((field) => field.group === group && field.storage === 'sealed'),
      ]),
    ),
  }
  shapes.set(type, made)
  return made
}

export const plainFields = (type: RecordType): readonly Field[] => shapeOf(type).plain

/** Every column of a type's table but the tenant, in a fixed order. */
export const columns = (type: RecordType): readonly string[] => shapeOf(type).columns

/** The groups of a type's fields, in catalogue order. */
export const groupsOf = (type: RecordType): readonly FieldGroup[] => shapeOf(type).groups

/** The select list of a type under an alias. */
export const selectList = (type: RecordType, alias: string): string =>
  columns(type)
    .map((column) => `${alias}."${column}"`)
    .join(', ')

/** Value of a plain field as stored → as people see it. */
export const fromColumn = (field: Field, stored: unknown): FieldValue => {
  if (stored === null || stored === undefined) return null
  if (stored instanceof Date) return stored.toISOString()
  if (typeof stored === 'bigint') return Number(stored)
  return stored as FieldValue
}

/** Value of a plain field as people see it → as stored. */
export const toColumn = (field: Field, value: FieldValue): unknown => {
  if (value === null) return null
  if (field.kind === 'datetime') return new Date(value as string)
  return value
}

export type Values = Readonly<Record<string, FieldValue>>

/** The plain fields of a row. */
export const plainValues = (type: RecordType, row: Row): Values =>
  Object.fromEntries(plainFields(type).map((field) => [field.name, fromColumn(field, row[columnOf(field)])]))

/** Fields of one group that are sealed. */
export const sealedFields = (type: RecordType, group: FieldGroup): readonly Field[] =>
  shapeOf(type).sealed.get(group) ?? []

/** A fixed key for values of the same content: equal values, equal text. */
export const sameValue = (a: FieldValue, b: FieldValue): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => item === b[i]))
