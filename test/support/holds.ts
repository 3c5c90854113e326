// Predicates and worked-out values over rows in memory, by the rule of NULL in kernel/predicate.ts: what PostgreSQL is compared with.
import { type Expression, joint, type JsonReading, type Predicate, type Relation, type Scalar } from '#kernel'
import { inRange, parseIp } from '../../src/access/ip.ts'
import { parseDatetime } from '../../src/access/time.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
export type Cell = Scalar | readonly Scalar[] | { readonly [name: string]: Json } | null
export type Row = Readonly<Record<string, Cell>>
/** Its id, a text in every row of a test. */
export const idOf = (of: Row): string => of.id as string

export type Tables = Readonly<Record<string, readonly Row[]>>

/** Whether a predicate is true of a row; `outer` are the rows it is looked up from, the nearest last. */
export const holds = (p: Predicate, of: Row, tables: Tables, outer: readonly Row[] = []): boolean => {
  switch (p.kind) {
    case 'true':
      return true
    case 'false':
      return false
    case 'and':
      return p.of.every((part) => holds(part, of, tables, outer))
    case 'or':
      return p.of.some((part) => holds(part, of, tables, outer))
    case 'null':
      return (of[p.column] === null) !== p.negated
    case 'present':
      return (valueOf(p.of, [...outer, of]) !== null) !== p.negated
    case 'relation': {
      const [left, right] = [valueOf(p.left, [...outer, of]), valueOf(p.right, [...outer, of])]
      return left !== null && right !== null && relations[p.op](left, right) !== p.negated
    }
    default:
      break
  }
  const cell = of[p.column]
  if (cell === undefined) throw new RangeError(`no column ${p.column}`)
  if (cell === null) return false
  if (p.kind === 'lookup') {
    const found = (tables[p.table] ?? []).some(
      (other) => other.id === cell && holds(p.where, other, tables, [...outer, of]),
    )
    return found !== (p.negated ?? false)
  }
  if (p.kind === 'array') {
    const have = cell as readonly Scalar[]
    const truth = {
      containsAll: () => p.values.every((one) => have.includes(one)),
      containsAny: () => p.values.some((one) => have.includes(one)),
      containedBy: () => have.every((one) => p.values.includes(one)),
      isEmpty: () => have.length === 0,
    }[p.op]()
    return truth !== p.negated
  }
  if (p.kind === 'like') return like(p.pattern).test(cell as string) !== p.negated
  const plain = (value: Scalar): string | bigint | number | boolean => (value instanceof Date ? value.getTime() : value)
  const value = plain(cell as Scalar)
  if (p.kind === 'in') return p.values.some((one) => plain(one) === value) !== p.negated
  const other = plain(p.value)
  const truth = {
    '=': value === other,
    '<>': value !== other,
    '<': value < other,
    '<=': value <= other,
    '>': value > other,
    '>=': value >= other,
  }
  return truth[p.op]
}

type Known = bigint | string | boolean | readonly string[]

/** What an expression gives; the last of the rows is the one at hand. */
export const valueOf = (of: Expression, rows: readonly Row[]): Known | null => {
  switch (of.kind) {
    case 'value':
      return of.value as Known
    // Asked by row security alone, which a database answers.
    case 'fact':
      return null
    case 'column':
      return reading(of.as, rows.at(-1 - of.up)?.[of.column] ?? null)
    case 'json': {
      const cell = rows.at(-1 - of.up)?.[of.column] as { readonly [name: string]: Json } | null | undefined
      return cell && Object.hasOwn(cell, of.key) ? json(of.as, cell[of.key] ?? null) : null
    }
    case 'arithmetic': {
      const [left, right] = [valueOf(of.left, rows), valueOf(of.right, rows)]
      if (typeof left !== 'bigint' || typeof right !== 'bigint') return null
      const n = of.op === '+' ? left + right : of.op === '-' ? left - right : left * right
      return BigInt.asIntN(64, n) === n ? n : null
    }
    case 'quotient': {
      const value = valueOf(of.of, rows)
      return typeof value === 'bigint' ? value / of.by : null
    }
    case 'timeOfDay': {
      const value = valueOf(of.of, rows)
      return typeof value === 'bigint' ? ((value % day) + day) % day : null
    }
    case 'family': {
      const value = valueOf(of.of, rows)
      return typeof value === 'string' ? (value.includes(':') ? 6n : 4n) : null
    }
    case 'joined': {
      const [left, right] = [valueOf(of.left, rows), valueOf(of.right, rows)]
      return typeof left === 'string' && typeof right === 'string' ? `${left}${joint}${right}` : null
    }
  }
}

const day = 86_400_000n

const reading = (as: string, cell: Cell): Known | null => {
  if (cell === null) return null
  if (as === 'moment') return BigInt((cell as Date).getTime())
  if (as === 'day') return parseDatetime(cell as string)?.ms ?? null
  if (as === 'long') return cell as bigint
  if (as !== 'decimal') return cell as Known
  const [whole = '', fraction = ''] = (cell as string).split('.')
  if (/[1-9]/.test(fraction.slice(4))) return null
  const units = BigInt(whole + fraction.slice(0, 4).padEnd(4, '0'))
  return BigInt.asIntN(64, units) === units ? units : null
}

const json = (as: JsonReading, member: Json): Known | null => {
  switch (as) {
    case 'text':
      return typeof member === 'string' ? member : null
    case 'boolean':
      return typeof member === 'boolean' ? member : null
    case 'long':
      return Number.isSafeInteger(member) ? BigInt(member as number) : null
    case 'decimal': {
      const found = typeof member === 'string' ? /^(-?)(0|[1-9]\d{0,13})\.(\d{1,4})$/.exec(member) : null
      return found ? BigInt(`${found[1] ?? ''}${found[2] ?? ''}${(found[3] ?? '').padEnd(4, '0')}`) : null
    }
    case 'day':
    case 'moment': {
      const shape = as === 'day' ? /^[1-9]\d{3}-\d\d-\d\d$/ : /^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
      return typeof member === 'string' && shape.test(member) ? (parseDatetime(member)?.ms ?? null) : null
    }
    case 'texts':
      return Array.isArray(member) && member.every((one) => typeof one === 'string') ? member : null
  }
}

const isAddress = (value: Known): boolean => typeof value === 'string' && parseIp(value) !== undefined
const texts = (value: Known): readonly string[] => value as readonly string[]
const network = (value: Known) => {
  const ip = parseIp(value as string)
  if (!ip) throw new RangeError('not an address')
  return ip
}

const relations: { readonly [R in Relation]: (left: Known, right: Known) => boolean } = {
  '=': (left, right) => left === right || (isAddress(left) && isAddress(right) && network(left).equals(network(right))),
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  like: (left, right) => like(right as string).test(left as string),
  within: (left, right) => inRange(network(left), network(right)),
  member: (left, right) => texts(right).includes(left as string),
  containsAll: (left, right) => texts(right).every((one) => texts(left).includes(one)),
  containsAny: (left, right) => texts(right).some((one) => texts(left).includes(one)),
  containedBy: (left, right) => texts(left).every((one) => texts(right).includes(one)),
}

const like = (pattern: string): RegExp => {
  const parts = pattern.match(/\\.|[^\\]/gsu) ?? []
  const source = parts.map((part) =>
    part === '%' ? '.*' : part === '_' ? '.' : RegExp.escape(part.startsWith('\\') ? part.slice(1) : part),
  )
  return new RegExp(`^${source.join('')}$`, 'su')
}
