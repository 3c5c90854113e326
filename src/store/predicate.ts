// A predicate as SQL: parameters only, no text of a value ever enters it; NULL columns make no atom true. Keeps store-14.
import {
  type Expression,
  type FactName,
  Fault,
  type Predicate,
  type Relation,
  type Scalar,
  type ScalarType,
} from '#kernel'
import { expressionSql } from './expression.ts'

export interface SqlPart {
  readonly text: string
  readonly values: readonly unknown[]
}

/**
 * The condition over rows called `alias`, with parameters numbered from $from; $tenantParam (already among the caller's
 * parameters) bounds lookups. The text is one operand: safe beside AND, OR and in CASE WHEN; never put NOT before it.
 */
export const predicateSql = (predicate: Predicate, alias: string, from: number, tenantParam: number): SqlPart => {
  const values: unknown[] = []
  const writer: Writer = {
    tenant: `$${String(tenantParam)}::uuid`,
    parameter: (value, type) => `$${String(from - 1 + values.push(value))}::${type}`,
  }
  return { text: write(predicate, [name(alias)], writer), values }
}

/** How the parts of a condition are written that are not its own: values, the tenant, facts about who asks. */
export interface Writer {
  readonly tenant: string
  readonly parameter: (value: unknown, type: string) => string
  readonly fact?: (name: FactName) => string
}

/** The condition over rows called `alias`, by a writer. */
export const writePredicate = (predicate: Predicate, alias: string, writer: Writer): string =>
  write(predicate, [name(alias)], writer)

/** `rows`: the names of the row itself and, within lookups, of the rows further in; the last is the one at hand. */
const write = (p: Predicate, rows: readonly string[], writer: Writer): string => {
  if (p.kind === 'true' || p.kind === 'false') return p.kind
  if ('column' in p) return atom(p, rows, writer)
  const sql = (of: Expression): string =>
    expressionSql(of, {
      name,
      parameter: writer.parameter,
      row: (up) => rows.at(-1 - up) ?? outside(),
      ...(writer.fact ? { fact: writer.fact } : {}),
    })
  if (p.kind === 'present') return `(${sql(p.of)}) is ${p.negated ? 'null' : 'not null'}`
  if (p.kind === 'relation') {
    const [left, right] = [sql(p.left), sql(p.right)]
    const relation = relations[p.op](left, right)
    if (!p.negated) return `(${relation})`
    // NULL = ANY('{}') is false, not NULL, as for `in` below.
    return p.op === 'member' ? `(${left} is not null and not ${relation})` : `(not ${relation})`
  }
  if (p.of.length === 0) return p.kind === 'and' ? 'true' : 'false'
  return `(${p.of.map((part) => write(part, rows, writer)).join(` ${p.kind} `)})`
}

const outside = (): never => {
  throw new Fault('wrong-use', { what: 'a value of a row further out than there is' })
}

const infix =
  (operator: string) =>
  (left: string, right: string): string =>
    `${left} ${operator} ${right}`

const relations: { readonly [R in Relation]: (left: string, right: string) => string } = {
  '=': infix('='),
  '<': infix('<'),
  '<=': infix('<='),
  like: infix('like'),
  within: infix('<<='),
  containsAll: infix('@>'),
  containsAny: infix('&&'),
  containedBy: infix('<@'),
  member: (left, right) => `${left} = any(${right})`,
}

type Atom = Extract<Predicate, { readonly column: string }>

const atom = (p: Atom, rows: readonly string[], writer: Writer): string => {
  const column = `${rows.at(-1) ?? outside()}.${name(p.column)}`
  switch (p.kind) {
    case 'compare': {
      const value = writer.parameter(scalar(p.value), p.type)
      // Order of text by code point, whatever the collation of the database.
      const order = p.type === 'text' && p.op !== '=' && p.op !== '<>' ? ' collate "C"' : ''
      return `${column} ${p.op} ${value}${order}`
    }
    case 'in': {
      const list = writer.parameter(p.values.map(scalar), `${p.type}[]`)
      // NULL <> ALL('{}') is true, so the negated atom says itself that the column must not be NULL.
      return p.negated ? `(${column} <> all(${list}) and ${column} is not null)` : `${column} = any(${list})`
    }
    case 'null':
      return `${column} is ${p.negated ? 'not null' : 'null'}`
    case 'like':
      return `${column} ${p.negated ? 'not like' : 'like'} ${writer.parameter(p.pattern, 'text')}`
    case 'array':
      return arrayAtom(p.op, column, p.values, p.type, p.negated, writer)
    case 'lookup': {
      const inner = `l${String(rows.length)}`
      const where = write(p.where, [...rows, inner], writer)
      const found = `(select ${inner}.id from crm.${name(p.table)} ${inner} where ${inner}.tenant_id = ${writer.tenant} and ${where})`
      return p.negated ? `(${column} is not null and ${column} not in ${found})` : `${column} in ${found}`
    }
  }
}

const arrayOperators = { containsAll: '@>', containsAny: '&&', containedBy: '<@' } as const

const arrayAtom = (
  op: keyof typeof arrayOperators | 'isEmpty',
  column: string,
  values: readonly Scalar[],
  type: ScalarType,
  negated: boolean,
  writer: Writer,
): string => {
  if (op === 'isEmpty') return `cardinality(${column}) ${negated ? '<>' : '='} 0`
  const atom = `${column} ${arrayOperators[op]} ${writer.parameter(values.map(scalar), `${type}[]`)}`
  return negated ? `(not ${atom})` : atom
}

const scalar = (value: Scalar): string | number | boolean | Date =>
  typeof value === 'bigint' ? value.toString() : value

// Names come from the catalogue, never from a request; they are checked all the same.
const name = (text: string): string => {
  if (!/^[a-z_][a-z0-9_]*$/.test(text)) throw new Fault('wrong-use', { what: 'not the name of a column' })
  return `"${text}"`
}
