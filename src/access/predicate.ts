// A policy as a condition over rows: principal, action and context are known and folded, the resource is a row not yet seen. Keeps access-7.
//
// Each boolean expression becomes two predicates: `t` is true where it evaluates to true, `f` where it evaluates to false; on a row where
// it would err, neither is. No NOT stands around a formula, so NULL columns can only take rights away. What SQL cannot say becomes
// "perhaps" (t and f both true, `narrowed` false): the row is selected and the closure decides it afterwards.
import { always, never, type Predicate } from '#kernel'
import { conditionsOf, type Question } from './closure.ts'
import type { ColumnMap } from './columns.ts'
import type { Node, Policy, Strict } from './est.ts'
import { callExtension } from './extension.ts'
import { factOf, hasFact, holdsRole, whoever } from './fact.ts'
import { and, or } from './formula.ts'
import { attributeOf, hasAttribute, hasTag, rowTerm, tagOf } from './attribute.ts'
import { containment, contains, emptiness, equality, inside, likeness, ordering } from './atom.ts'
import { computedArithmetic, computedCall, isComputedOfType, negation } from './computed.ts'
import { get, has, isOfType, matcher, strict } from './strict.ts'
import {
  both,
  choose,
  either,
  modest,
  not,
  type Pair,
  perhaps,
  sides,
  spread,
  type Term,
  total,
  truth,
  weight,
} from './term.ts'
import { Failure, RecordValue, Ref, type Result, type Value, ValueSet } from './value.ts'

/** Rows of one type, asked for by a known principal, action and context. */
export interface ListQuestion extends Omit<Question, 'resource'> {
  readonly columns: ColumnMap
  /** Who asks is not known yet: the condition asks for facts instead, and the surroundings could be any. */
  readonly byFacts?: true
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
  let room = mostOfAll
  const planOf = (policy: Policy): Pair => {
    const pair = room < 0 ? truth(perhaps, notes) : plan(policy, question, notes)
    room -= weight({ is: 'pair', ...pair })
    return pair
  }
  const blocked = and(...forbids.map((policy) => planOf(policy).f))
  const allowed = blocked.kind === 'false' ? never : or(...permits.map((policy) => planOf(policy).t))
  const predicate = and(allowed, blocked)
  return { predicate, postFilter: notes.perhaps && predicate.kind !== 'false' }
}

/** Nodes of all conditions together after which no more are planned; forbids come first, and what goes beyond is decided row by row. */
const mostOfAll = 5000

/** When a policy holds and when it is known not to. */
export const plan = (policy: Policy, question: ListQuestion, notes: Notes): Pair => {
  let so: Pair = { t: always, f: never, errs: total }
  for (const condition of conditionsOf(policy)) {
    so = truth(modest({ is: 'pair', ...both(so, truth(term(condition, { question, notes }), notes)) }), notes)
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

const term = (node: Node, at: Plan): Term => modest(planned(node, at))

const planned = (node: Node, at: Plan): Term => {
  switch (node.op) {
    case 'value':
      return known(node.value)
    case 'var':
      if (node.name === 'resource') return rowTerm(at.question.columns)
      if (at.question.byFacts && node.name !== 'action') return node.name === 'principal' ? whoever : perhaps
      return known(at.question[node.name])
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
    case 'has':
      return spread(term(node.of, at), (of) => {
        if (isStranger(of, at)) return perhaps
        if (of.is === 'known')
          return known(of.result instanceof Failure ? of.result : has(of.result, node.attr, world(at)))
        if (of === whoever) return hasFact(node.attr)
        return of.is === 'column' || of.is === 'record' ? hasAttribute(of, node.attr) : other(of)
      })
    case 'get':
      return spread(term(node.of, at), (of) => {
        if (isStranger(of, at)) return perhaps
        if (of.is === 'known')
          return known(of.result instanceof Failure ? of.result : get(of.result, node.attr, world(at), absent))
        if (of === whoever) return factOf(node.attr)
        return of.is === 'column' || of.is === 'record' ? attributeOf(of, node.attr) : other(of)
      })
    case 'like':
      return spread(term(node.of, at), (of) => {
        if (of.is === 'known') return known(of.result instanceof Failure ? of.result : matcher(node.pattern)(of.result))
        return of.is === 'column' || of.is === 'computed' ? likeness(of, node.pattern) : other(of)
      })
    case 'is':
      return spread(term(node.of, at), (of) => {
        if (of.is === 'known') return known(of.result instanceof Failure ? of.result : isOfType(of.result, node.type))
        if (of.is === 'computed') return isComputedOfType(of, node.type)
        if (of.is !== 'column') return other(of)
        if (of.column.kind !== 'entity') return known(wrongType)
        const is = { t: of.present, f: never, errs: of.errs }
        return { is: 'pair', ...(of.column.entity === node.type ? is : not(is)) }
      })
    case 'strict':
      return strictTerm(node, at)
    case 'extension':
      return combine(
        node.args.map((arg) => term(arg, at)),
        (values) => callExtension(node.name, values),
        (terms) => computedCall(node.name, terms),
      )
    case 'set':
      return combine(
        node.items.map((item) => term(item, at)),
        (values) => new ValueSet(values),
        (items) => ({ is: 'list', items }),
      )
    case 'record':
      return combine(
        node.fields.map(([, field]) => term(field, at)),
        (values) => new RecordValue(new Map(node.fields.map(([name], i) => [name, values[i] ?? false]))),
        () => perhaps,
      )
  }
}

const wrongType = new Failure('a value of another type is expected')
const absent = new Failure('an attribute is absent')
const asFailure = (result: Result): Failure => (result instanceof Failure ? result : wrongType)
const world = (at: Plan): Question => ({ ...at.question, resource: at.question.principal })

/** An entity written down, of which nothing is known while nobody asks: the organisation comes with who asks. */
const isStranger = (of: Term, at: Plan): boolean =>
  at.question.byFacts === true && of.is === 'known' && of.result instanceof Ref && of.result.type !== 'Action'

/** Where a record or an entity, or a text, is expected and something else stands. */
const other = (of: Term): Term => (of.is === 'perhaps' || of.is === 'computed' ? perhaps : known(wrongType))

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
  const c = truth(test, at.notes)
  if (!isBoolean(then) || !isBoolean(otherwise)) return { is: 'choice', test: c, then, otherwise }
  return { is: 'pair', ...choose(c, truth(then, at.notes), truth(otherwise, at.notes)) }
}

/** Anything else is compared or looked into further out, on each side of the choice. */
const isBoolean = (one: Term): boolean => {
  if (one.is === 'known') return typeof one.result === 'boolean' || one.result instanceof Failure
  return one.is === 'pair'
}

/** A function of terms: known if all are, an error if one is, else what SQL has for it. Choices come out first. */
const combine = (
  terms: readonly Term[],
  call: (values: readonly Value[]) => Result,
  plan: (terms: readonly Term[]) => Term,
): Term =>
  terms.reduce((product, one) => product * sides(one), 1) > mostSides ? perhaps : distribute(terms, call, plan, 0)

/** More sides than anybody writes; their number multiplies with each operand that has a choice. */
const mostSides = 64

const distribute = (
  terms: readonly Term[],
  call: (values: readonly Value[]) => Result,
  plan: (terms: readonly Term[]) => Term,
  from: number,
): Term => {
  const at = terms.findIndex((one, i) => i >= from && one.is === 'choice')
  const choice = terms[at]
  if (choice?.is === 'choice') {
    const on = (one: Term): Term => distribute(terms.with(at, one), call, plan, at)
    return folded({ ...choice, then: on(choice.then), otherwise: on(choice.otherwise) })
  }
  const values: Value[] = []
  for (const one of terms) {
    if (one.is !== 'known') continue
    if (one.result instanceof Failure) return one
    values.push(one.result)
  }
  if (values.length === terms.length) return known(call(values))
  return terms.some((one) => one.is === 'perhaps') ? perhaps : plan(terms)
}

/** A choice between two conditions is a condition. */
const folded = (choice: Extract<Term, { readonly is: 'choice' }>): Term =>
  isBoolean(choice.then) && isBoolean(choice.otherwise)
    ? { is: 'pair', ...choose(choice.test, truth(choice.then, silent), truth(choice.otherwise, silent)) }
    : choice

const silent: Notes = { perhaps: false }

const strictTerm = (node: Node & { readonly op: 'strict' }, at: Plan): Term => {
  const { name } = node
  const args = node.args.map((arg) => term(arg, at))
  const [of, right] = args
  // Who is inside of whom comes with who asks, too.
  if (at.question.byFacts && around.has(name) && of && !(of.is === 'known' && !isStranger(of, at)))
    return of === whoever && name === 'in' && right ? holdsRole(right) : perhaps
  return combine(
    args,
    ([a, b]) => (a === undefined ? wrongType : strict[name](a, b ?? a, world(at))),
    ([left, right]) => (left ? strictPlan(name, left, right ?? left, at) : perhaps),
  )
}

const around: ReadonlySet<Strict> = new Set(['in', 'hasTag', 'getTag'])

const strictPlan = (name: Strict, left: Term, right: Term, at: Plan): Term => {
  switch (name) {
    case 'equal':
      return equality(left, right)
    case 'less':
    case 'lessOrEqual':
      return ordering(name, left, right)
    case 'in':
      return inside(left, right, at.question)
    case 'contains':
      return contains(left, right)
    case 'containsAll':
    case 'containsAny':
      return containment(name, left, right)
    case 'isEmpty':
      return emptiness(left)
    case 'add':
    case 'subtract':
    case 'multiply':
      return computedArithmetic(name, left, right)
    case 'negate':
      return negation(left)
    case 'hasTag':
      return hasTag(left, right)
    case 'getTag':
      return tagOf(left, right)
  }
}
