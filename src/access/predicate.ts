// A policy as a condition over rows: principal, action and context are known and folded, the resource is a row not yet seen. Keeps access-7.
//
// Each boolean expression becomes two predicates: `t` is true where it evaluates to true, `f` where it evaluates to false; on a row where
// it would err, neither is. No NOT stands around a formula, so NULL columns can only take rights away. What SQL cannot say becomes
// "perhaps" (t and f both true, `narrowed` false): the row is selected and the closure decides it afterwards.
import { always, never, type Predicate } from '#kernel'
import type { ColumnMap } from './columns.ts'
import { conditionsOf, type Question } from './closure.ts'
import type { Node, Policy } from './est.ts'
import { callExtension } from './extension.ts'
import { and, filled, or } from './formula.ts'
import { containment, contains, emptiness, equality, hasAttribute, inside, likeness, ordering } from './atom.ts'
import { get, has, isOfType, matcher, strict } from './strict.ts'
import { both, type ColumnTerm, either, not, type Pair, perhaps, type Term, total, truth, unsure } from './term.ts'
import { Failure, RecordValue, type Result, type Value, ValueSet } from './value.ts'

/** Rows of one type, asked for by a known principal, action and context. */
export interface ListQuestion extends Omit<Question, 'resource'> {
  readonly columns: ColumnMap
}

export interface RowCondition {
  readonly predicate: Predicate
  /** true: rows selected must be decided one by one; the predicate lets through some that are not allowed, never too few. */
  readonly postFilter: boolean
}

/** Rows that a permit holds for and every forbid is known not to hold for. */
export const planAll = (
  permits: readonly Policy[],
  forbids: readonly Policy[],
  question: ListQuestion,
): RowCondition => {
  const notes: Notes = { perhaps: false }
  const blocked = and(...forbids.map((policy) => plan(policy, question, notes).f))
  const allowed = blocked.kind === 'false' ? never : or(...permits.map((policy) => plan(policy, question, notes).t))
  const predicate = and(allowed, blocked)
  return { predicate, postFilter: notes.perhaps && predicate.kind !== 'false' }
}

/** When a policy holds and when it is known not to. */
export const plan = (policy: Policy, question: ListQuestion, notes: Notes): Pair => {
  let so: Pair = { t: always, f: never, errs: total }
  for (const condition of conditionsOf(policy)) {
    so = both(so, truth(term(condition, { question, notes }), notes))
    if (so.t.kind === 'false') break
  }
  return so
}

/** What planning noticed: whether something could not be said in SQL. */
export interface Notes {
  perhaps: boolean
}

interface Plan {
  readonly question: ListQuestion
  readonly notes: Notes
}

const known = (result: Result): Term => ({ is: 'known', result })

const term = (node: Node, at: Plan): Term => {
  switch (node.op) {
    case 'value':
      return known(node.value)
    case 'var':
      return node.name === 'resource' ? rowTerm(at.question.columns) : known(at.question[node.name])
    case 'and':
    case 'or':
      return junction(node.op, node.left, node.right, at)
    case 'not': {
      const arg = term(node.arg, at)
      if (arg.is === 'known') return known(typeof arg.result === 'boolean' ? !arg.result : asFailure(arg.result))
      return { is: 'pair', ...not(truth(arg, at.notes)) }
    }
    case 'if':
      return choice(node, at)
    case 'has': {
      const of = term(node.of, at)
      if (of.is === 'known')
        return known(of.result instanceof Failure ? of.result : has(of.result, node.attr, world(at)))
      return of.is === 'column' ? hasAttribute(of, node.attr) : of.is === 'pair' ? known(wrongType) : of
    }
    case 'get': {
      const of = term(node.of, at)
      if (of.is === 'known')
        return known(of.result instanceof Failure ? of.result : get(of.result, node.attr, world(at), absent))
      return of.is === 'column' ? attributeOf(of, node.attr) : of.is === 'pair' ? known(wrongType) : of
    }
    case 'like': {
      const of = term(node.of, at)
      if (of.is === 'known') return known(of.result instanceof Failure ? of.result : matcher(node.pattern)(of.result))
      return of.is === 'column' ? likeness(of, node.pattern) : of.is === 'pair' ? known(wrongType) : of
    }
    case 'is': {
      const of = term(node.of, at)
      if (of.is === 'known') return known(of.result instanceof Failure ? of.result : isOfType(of.result, node.type))
      if (of.is === 'perhaps') return of
      if (of.is === 'pair' || of.column.kind !== 'entity') return known(wrongType)
      const is = { t: of.present, f: never, errs: of.errs }
      return { is: 'pair', ...(of.column.entity === node.type ? is : not(is)) }
    }
    case 'strict':
      return strictTerm(node, at)
    case 'extension':
      return combine(node.args, at, (values) => callExtension(node.name, values))
    case 'set':
      return combine(node.items, at, (values) => new ValueSet(values))
    case 'record':
      return combine(
        node.fields.map(([, field]) => field),
        at,
        (values) => new RecordValue(new Map(node.fields.map(([name], i) => [name, values[i] ?? false]))),
      )
  }
}

const wrongType = new Failure('a value of another type is expected')
const absent = new Failure('an attribute is absent')
const asFailure = (result: Result): Failure => (result instanceof Failure ? result : wrongType)
const world = (at: Plan): Question => ({ ...at.question, resource: at.question.principal })

/** The row itself: an entity whose id is in column id and whose attributes are the row's. */
const rowTerm = (columns: ColumnMap): Term => ({
  is: 'column',
  column: { kind: 'entity', column: 'id', entity: columns.entity, scalar: 'uuid', nullable: false, target: columns },
  wrap: (predicate) => predicate,
  present: always,
  errs: total,
  row: columns,
})

/** One step from an entity in a column to an attribute of it: of the row itself, or over a foreign key. */
const attributeOf = (of: ColumnTerm, attr: string): Term => {
  if (of.column.kind !== 'entity') return known(wrongType)
  const column = of.column.target?.attributes.get(attr)
  if (!column) return of.row ? known(absent) : perhaps
  const wrap = of.row ? of.wrap : lookup(of)
  if (column.kind === 'constant') return of.row ? known(column.value) : perhaps
  if (column.kind === 'null') {
    const is = (negated: boolean): Predicate => wrap({ kind: 'null', column: column.column, negated })
    return { is: 'pair', t: is(column.negated), f: is(!column.negated), errs: of.row ? total : unsure }
  }
  const present = column.nullable || !of.row ? wrap({ kind: 'null', column: column.column, negated: true }) : always
  const errs = !of.row ? unsure : column.nullable ? new Set([column.column]) : total
  return { is: 'column', column, wrap, present, errs }
}

const lookup = (of: ColumnTerm): ((where: Predicate) => Predicate) => {
  const table = of.column.kind === 'entity' ? of.column.target?.table : undefined
  if (table === undefined) return () => never
  // Deleted rows are not in memory either, so the closure does not see them.
  const live: Predicate = { kind: 'null', column: 'deleted_at', negated: false }
  return (where) =>
    where.kind === 'false'
      ? never
      : of.wrap({ kind: 'lookup', column: of.column.column, table, where: and(where, live) })
}

const junction = (op: 'and' | 'or', leftNode: Node, rightNode: Node, at: Plan): Term => {
  const left = term(leftNode, at)
  const decides = op === 'or'
  if (left.is === 'known' && typeof left.result !== 'boolean') return known(asFailure(left.result))
  if (left.is === 'known' && left.result === decides) return left
  const right = term(rightNode, at)
  if (left.is === 'known')
    return right.is === 'known' && typeof right.result !== 'boolean' ? known(asFailure(right.result)) : right
  const [a, b] = [truth(left, at.notes), truth(right, at.notes)]
  return { is: 'pair', ...(op === 'and' ? both(a, b) : either(a, b)) }
}

const choice = (node: Node & { readonly op: 'if' }, at: Plan): Term => {
  const test = term(node.test, at)
  if (test.is === 'known') {
    if (typeof test.result !== 'boolean') return known(asFailure(test.result))
    return term(test.result ? node.then : node.otherwise, at)
  }
  const [then, otherwise] = [term(node.then, at), term(node.otherwise, at)]
  if (!canBeBoolean(then) || !canBeBoolean(otherwise)) return perhaps
  const [c, x, y] = [truth(test, at.notes), truth(then, at.notes), truth(otherwise, at.notes)]
  return {
    is: 'pair',
    t: or(and(c.t, x.t), and(c.f, y.t)),
    f: or(and(c.t, x.f), and(c.f, y.f)),
    errs: c.errs.union(x.errs.difference(filled(c.t))).union(y.errs.difference(filled(c.f))),
  }
}

/** Anything else would be compared or looked into further out, which two branches in one term cannot express. */
const canBeBoolean = (one: Term): boolean => {
  if (one.is === 'known') return typeof one.result === 'boolean' || one.result instanceof Failure
  return one.is === 'pair' || (one.is === 'column' && one.column.kind === 'scalar' && one.column.type === 'boolean')
}

/** A function of terms that SQL has no word for: known if all are, an error if one is, else perhaps. */
const combine = (nodes: readonly Node[], at: Plan, call: (values: readonly Value[]) => Result): Term => {
  const terms = nodes.map((one) => term(one, at))
  const values: Value[] = []
  for (const one of terms) {
    if (one.is !== 'known') continue
    if (one.result instanceof Failure) return one
    values.push(one.result)
  }
  return values.length === terms.length ? known(call(values)) : perhaps
}

const strictTerm = (node: Node & { readonly op: 'strict' }, at: Plan): Term => {
  const [leftNode, rightNode] = node.args
  if (!leftNode) return known(wrongType)
  const left = term(leftNode, at)
  const right = rightNode ? term(rightNode, at) : left
  if (left.is === 'known' && right.is === 'known') {
    if (left.result instanceof Failure) return left
    return right.result instanceof Failure ? right : known(strict[node.name](left.result, right.result, world(at)))
  }
  for (const side of [left, right]) if (side.is === 'known' && side.result instanceof Failure) return side
  if (left.is === 'perhaps' || right.is === 'perhaps') return perhaps
  switch (node.name) {
    case 'equal':
      return equality(left, right)
    case 'less':
    case 'lessOrEqual':
      return ordering(node.name, left, right)
    case 'in':
      return inside(left, right, at.question)
    case 'contains':
      return contains(left, right)
    case 'containsAll':
    case 'containsAny':
      return containment(node.name, left, right)
    case 'isEmpty':
      return emptiness(left)
    // Arithmetic on a column could overflow, and PostgreSQL would then kill the whole query.
    default:
      return perhaps
  }
}
