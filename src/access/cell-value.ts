// A cell of a stored row as a value of Cedar; what is not of the type the map promises is absent, never guessed. What SQL makes of the same
// cell (store/expression.ts) is the same. Keeps access-141.
import type { Column, ColumnMap, MemberKind, ScalarKind } from './columns.ts'
import { parseIp } from './ip.ts'
import { Datetime, Decimal, parseDatetime, parseDecimal } from './time.ts'
import { fits, RecordValue, Ref, type Value, ValueSet } from './value.ts'

type Row = { readonly [column: string]: unknown }

export const cellValue = (column: Column, row: Row): Value | undefined => {
  if (column.kind === 'constant') return column.value
  if (column.kind === 'record') return recordOf(column.fields, row)
  const cell = row[column.column]
  if (column.kind === 'null') return (cell === null || cell === undefined) !== column.negated
  if (cell === null || cell === undefined) return undefined
  switch (column.kind) {
    case 'entity':
      return typeof cell === 'string' ? new Ref(column.entity, cell) : undefined
    case 'set': {
      if (!Array.isArray(cell)) return undefined
      const { of } = column
      return new ValueSet(
        (cell as readonly string[]).map((item) => (of === 'string' ? item : new Ref(of.entity, item))),
      )
    }
    case 'scalar':
      return scalarValue(column.type, cell)
    case 'json':
      return isObject(cell) && Object.hasOwn(cell, column.key) ? memberValue(column.type, cell[column.key]) : undefined
  }
}

/** Tags of a row: members of the right type. */
export const tagsOf = ({ column, type }: NonNullable<ColumnMap['tags']>, row: Row): ReadonlyMap<string, Value> => {
  const cell = row[column]
  if (!isObject(cell)) return new Map()
  return new Map(
    Object.entries(cell).flatMap(([name, member]) => {
      const value = memberValue(type, member)
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}

const isObject = (cell: unknown): cell is Row => typeof cell === 'object' && cell !== null && !Array.isArray(cell)

const recordOf = (fields: ReadonlyMap<string, Column>, row: Row): RecordValue =>
  new RecordValue(
    new Map(
      [...fields].flatMap(([name, column]) => {
        const value = cellValue(column, row)
        return value === undefined ? [] : [[name, value] as const]
      }),
    ),
  )

const scalarValue = (type: ScalarKind, cell: unknown): Value | undefined => {
  switch (type) {
    case 'string':
    case 'boolean':
      return typeof cell === type ? (cell as string | boolean) : undefined
    case 'long':
      if (typeof cell === 'bigint') return cell
      return typeof cell === 'number' && Number.isSafeInteger(cell) ? BigInt(cell) : undefined
    case 'datetime':
      return momentOf(cell)
    case 'date':
      return typeof cell === 'string' && /^\d{4}-\d\d-\d\d$/.test(cell) ? parseDatetime(cell) : undefined
    case 'decimal':
      return numericOf(cell)
    case 'ip':
      return typeof cell === 'string' ? parseIp(withoutDots(cell)) : undefined
  }
}

const memberValue = (type: MemberKind, member: unknown): Value | undefined => {
  if (typeof type === 'object') return typeof member === 'string' ? new Ref(type.entity, member) : undefined
  switch (type) {
    case 'string':
    case 'boolean':
      return typeof member === type ? (member as string | boolean) : undefined
    case 'long':
      return Number.isSafeInteger(member) ? BigInt(member as number) : undefined
    case 'decimal':
      return matched(member, /^-?(0|[1-9]\d{0,13})\.\d{1,4}$/, parseDecimal)
    case 'date':
      return matched(member, /^[1-9]\d{3}-\d\d-\d\d$/, parseDatetime)
    case 'datetime':
      return matched(member, /^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, parseDatetime)
    case 'strings':
      return Array.isArray(member) && member.every((one): one is string => typeof one === 'string')
        ? new ValueSet(member)
        : undefined
  }
}

const matched = <T>(member: unknown, shape: RegExp, parse: (text: string) => T | undefined): T | undefined =>
  typeof member === 'string' && shape.test(member) ? parse(member) : undefined

const momentOf = (cell: unknown): Datetime | undefined => {
  const ms = cell instanceof Date ? cell.getTime() : typeof cell === 'string' ? Date.parse(cell) : NaN
  return Number.isSafeInteger(ms) ? new Datetime(BigInt(ms)) : undefined
}

/** A numeric column: PostgreSQL writes its trailing zeros, which may stand beyond the fourth digit. */
const numericOf = (cell: unknown): Decimal | undefined => {
  const found = typeof cell === 'string' ? /^(-?)(\d+)(?:\.(\d{0,4})0*)?$/.exec(cell) : null
  if (!found) return undefined
  const abs = BigInt((found[2] ?? '') + (found[3] ?? '').padEnd(4, '0'))
  const units = found[1] === '-' ? -abs : abs
  return fits(units) ? new Decimal(units) : undefined
}

/** PostgreSQL writes ::ffff:10.0.0.1 where Cedar reads only hexadecimal groups. */
const withoutDots = (text: string): string =>
  text.includes(':')
    ? text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)/, (_all, a: string, b: string, c: string, d: string) =>
        [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
      )
    : text
