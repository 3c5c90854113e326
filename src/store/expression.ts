// A worked-out value as SQL. Nothing in it can raise: an error would end the whole query, whatever stands beside it, since PostgreSQL
// chooses the order. So every cast stands behind a test of its text in a CASE, and numbers are numeric, cut to 64 bits at the end. Keeps store-140.
import {
  type ColumnReading,
  type Expression,
  type ExpressionType,
  type FactName,
  Fault,
  joint,
  type JsonReading,
  type Scalar,
} from '#kernel'

interface Writer {
  readonly name: (column: string) => string
  readonly parameter: (value: unknown, type: string) => string
  /** Name of the row some lookups outward; 0 is the one at hand. */
  readonly row: (up: number) => string
  /** What the transaction says of who asks; only row security reads it. */
  readonly fact?: (name: FactName) => string
}

export const expressionSql = (of: Expression, writer: Writer): string => {
  switch (of.kind) {
    case 'value':
      return writer.parameter(plain(of.value), parameterTypes[of.type])
    case 'fact':
      if (!writer.fact) throw new Fault('wrong-use', { what: 'a fact about who asks outside row security' })
      return writer.fact(of.name)
    case 'column':
      return columnReadings[of.as](`${writer.row(of.up)}.${writer.name(of.column)}`)
    case 'json': {
      const member = `(${writer.row(of.up)}.${writer.name(of.column)} -> ${writer.parameter(of.key, 'text')})`
      return jsonReadings[of.as](member)
    }
    case 'arithmetic':
      return within64(`(${expressionSql(of.left, writer)} ${of.op} ${expressionSql(of.right, writer)})`)
    case 'quotient':
      return `div(${expressionSql(of.of, writer)}, ${of.by.toString()}::numeric)`
    case 'timeOfDay':
      // Shifted by whole days beyond every 64-bit number, so that what is divided is never negative.
      return `mod(${expressionSql(of.of, writer)} + ${(day * 2n ** 40n).toString()}::numeric, ${day.toString()}::numeric)`
    case 'family':
      return `family(${expressionSql(of.of, writer)})::numeric`
    case 'joined':
      return `(${expressionSql(of.left, writer)} || '${joint}' || ${expressionSql(of.right, writer)})`
  }
}

const parameterTypes = {
  number: 'numeric',
  text: 'text',
  boolean: 'boolean',
  inet: 'inet',
  texts: 'text[]',
} as const satisfies Record<ExpressionType, string>

const plain = (value: Scalar | readonly string[]): unknown => (typeof value === 'bigint' ? value.toString() : value)

const day = 86_400_000n
const [least, most] = ['-9223372036854775808', '9223372036854775807']

/** NULL beyond 64 bits, with the text of the number once: nested sums would double it at each level. GREATEST passes over NULL, so NULL ends as the bound that is cut off. */
const within64 = (number: string): string =>
  `nullif(nullif(least(greatest(${number}, ${least}::numeric - 1), ${most}::numeric + 1), ${most}::numeric + 1), ${least}::numeric - 1)`

const columnReadings: { readonly [R in ColumnReading]: (column: string) => string } = {
  text: (column) => `${column}::text`,
  boolean: (column) => column,
  inet: (column) => column,
  texts: (column) => `${column}::text[]`,
  long: (column) => `${column}::numeric`,
  decimal: (column) => `case when ${column} = round(${column}, 4) then ${within64(`(${column} * 10000)`)} end`,
  moment: (column) => `case when isfinite(${column}) then floor(extract(epoch from ${column}) * 1000) end`,
  day: (column) =>
    `case when isfinite(${column}) then (${column} - date '1970-01-01')::numeric * ${day.toString()} end`,
}

const text = (member: string): string => `(${member} #>> '{}')`
const isText = (member: string, pattern: string): string =>
  `case when jsonb_typeof(${member}) = 'string' and ${text(member)} ~ '${pattern}' then`

const datePattern = String.raw`[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])`
const timePattern = String.raw`T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z`

/** The day in a text that looks like one; NULL where the month has fewer days. make_date is given day 1, so it cannot fail. */
const dayOf = (member: string): string => {
  const part = (from: number, length: number): string =>
    `substr(${text(member)}, ${String(from)}, ${String(length)})::integer`
  const moved = `(make_date(${part(1, 4)}, ${part(6, 2)}, 1) + (${part(9, 2)} - 1))`
  return `case when extract(month from ${moved}) = ${part(6, 2)} then (${moved} - date '1970-01-01')::numeric * ${day.toString()} end`
}

const timeOf = (member: string): string => {
  const part = (from: number, length: number): string =>
    `substr(${text(member)}, ${String(from)}, ${String(length)})::numeric`
  return `(${part(12, 2)} * 3600000 + ${part(15, 2)} * 60000 + ${part(18, 2)} * 1000 + ${part(21, 3)})`
}

const jsonReadings: { readonly [R in JsonReading]: (member: string) => string } = {
  text: (member) => `case when jsonb_typeof(${member}) = 'string' then ${text(member)} end`,
  boolean: (member) => `case when jsonb_typeof(${member}) = 'boolean' then ${text(member)}::boolean end`,
  long: (member) =>
    `case when jsonb_typeof(${member}) = 'number' then case when abs(${text(member)}::numeric) <= 9007199254740991 and ${text(member)}::numeric = trunc(${text(member)}::numeric) then ${text(member)}::numeric end end`,
  decimal: (member) =>
    `${isText(member, String.raw`^-?(0|[1-9][0-9]{0,13})\.[0-9]{1,4}$`)} ${text(member)}::numeric * 10000 end`,
  moment: (member) => `${isText(member, `^${datePattern}${timePattern}$`)} ${dayOf(member)} + ${timeOf(member)} end`,
  day: (member) => `${isText(member, `^${datePattern}$`)} ${dayOf(member)} end`,
  texts: (member) =>
    `case when jsonb_typeof(${member}) = 'array' and not jsonb_path_exists(${member}, 'strict $[*] ? (@.type() <> "string")') then array(select jsonb_array_elements_text(${member})) end`,
}
