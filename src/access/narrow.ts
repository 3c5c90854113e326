// Policies narrowed to one principal, action and type of record: what looks neither at the record nor at the surroundings is decided
// once, and a page of records is asked only the rest. Keeps access-130.
import { compile, compileAll, conditionsOf, type Question } from './closure.ts'
import type { Compiled, OnForbidError } from './engine.ts'
import type { EntityUid } from './value.ts'
import type { Node, Policy } from './est.ts'
import { walk } from './lint.ts'
import { Failure, RecordValue, Ref } from './value.ts'
import type { EntityStore } from './entity.ts'

/** What is known before the record and the surroundings are. */
export interface Known extends Omit<Question, 'resource' | 'context'> {
  /** Cedar type of the records. */
  readonly type: string
}

/** What is left of a policy; `row`: whether it looks at the record; `sure`: it holds whatever record and surroundings. Of two actions, the same `key` means the same is left. */
export interface Left extends Compiled {
  readonly row: boolean
  readonly sure: boolean
  readonly key: string
}

/**
 * Narrows policies that stand in the order of `order`. Right only where `known.entities` says of everything but the record what the
 * store at the decision says: not for records that are persons or teams, which others are inside of.
 */
export const narrow = (policies: readonly Policy[], known: Known, onForbidError: OnForbidError): readonly Left[] =>
  policies.flatMap((policy) => {
    const conditions = conditionsOf(policy)
      .map((node) => folded(node, known))
      .filter((node) => !isValue(node, true))
    const no = conditions.findIndex((node) => isValue(node, false))
    // The first condition says no; or a later one, so that it is no or an error, and neither permits.
    if (no === 0 || (no > 0 && (policy.effect === 'permit' || onForbidError === 'skip'))) return []
    const key = asksAction(policy) ? `${policy.id} of ${known.action.id}` : policy.id
    return [
      {
        policy,
        test: compileAll(conditions),
        row: conditions.some(asks(['resource'])),
        sure: conditions.length === 0,
        key,
      },
    ]
  })

/** Whether what it says depends on the action beyond whether it is about it at all. */
export const asksAction = ({ scope, conditions }: Policy): boolean =>
  [scope.principal, scope.resource, ...conditions].some(asks(['action']))

/** Decisions about records of one type, for one principal, action and surroundings. */
export interface Decider {
  /** Set where every record gets the same answer. */
  readonly always?: boolean
  /** Of one principal, type and surroundings: deciders of the same key answer alike, whatever the action. */
  readonly key: string
  allows(resource: EntityUid, entities: EntityStore): boolean
}

/** Asks once what the surroundings settle, and each record the rest. */
export const decider = (
  left: readonly Left[],
  question: Omit<Question, 'resource'>,
  onForbidError: OnForbidError,
): Decider => {
  const forbids: Left[] = []
  const permits: Left[] = []
  let permitted = false
  for (const one of left) {
    const forbid = one.policy.effect === 'forbid'
    if (one.row) (forbid ? forbids : permits).push(one)
    else {
      const verdict = one.test({ ...question, resource: nobody })
      if (!forbid) permitted ||= verdict === true
      else if (verdict === true || (verdict !== false && onForbidError === 'deny')) return constant(false)
    }
  }
  if (!permitted && permits.length === 0) return constant(false)
  if (permitted && forbids.length === 0) return constant(true)
  return {
    key: left.map((one) => one.key).join(),
    allows: (resource, entities) => {
      const asked = { ...question, resource: resource instanceof Ref ? resource : new Ref(resource.type, resource.id), entities } // prettier-ignore
      for (const { test } of forbids) {
        const verdict = test(asked)
        if (verdict === true || (verdict !== false && onForbidError === 'deny')) return false
      }
      return permitted || permits.some(({ test }) => test(asked) === true)
    },
  }
}

const constant = (always: boolean): Decider => ({ always, key: String(always), allows: () => always })

const nobody = new Ref('', '')

const isValue = (node: Node, value: boolean): boolean => node.op === 'value' && node.value === value

const asks =
  (names: readonly string[]) =>
  (node: Node): boolean =>
    walk(node).some((one) => one.op === 'var' && names.includes(one.name))

const unknown = asks(['resource', 'context'])

/** The same expression with what is known evaluated; a part that fails stays, to fail where it is reached. */
const folded = (node: Node, known: Known): Node => {
  if (!unknown(node)) return evaluated(node, known)
  switch (node.op) {
    case 'and':
    case 'or': {
      const left = folded(node.left, known)
      if (isValue(left, node.op === 'or')) return left
      const right = folded(node.right, known)
      // true && b is b, and so is false || b, where b is a boolean or fails.
      return isValue(left, node.op === 'and') && isCondition(right) ? right : { op: node.op, left, right }
    }
    case 'not': {
      const arg = folded(node.arg, known)
      return arg.op === 'value' && typeof arg.value === 'boolean'
        ? { op: 'value', value: !arg.value }
        : { op: 'not', arg }
    }
    case 'if': {
      const test = folded(node.test, known)
      if (isValue(test, true)) return folded(node.then, known)
      if (isValue(test, false)) return folded(node.otherwise, known)
      return { op: 'if', test, then: folded(node.then, known), otherwise: folded(node.otherwise, known) }
    }
    case 'is':
      // Of which type the record is, is known.
      if (node.of.op === 'var' && node.of.name === 'resource') return { op: 'value', value: known.type === node.type }
      return { ...node, of: folded(node.of, known) }
    case 'has':
    case 'get':
    case 'like':
      return { ...node, of: folded(node.of, known) }
    case 'strict':
    case 'extension':
      return { ...node, args: node.args.map((arg) => folded(arg, known)) }
    case 'set':
      return { ...node, items: node.items.map((item) => folded(item, known)) }
    case 'record':
      return { ...node, fields: node.fields.map(([name, field]) => [name, folded(field, known)] as const) }
    case 'value':
    case 'var':
      return node
  }
}

const evaluated = (node: Node, known: Known): Node => {
  if (node.op === 'value') return node
  const value = compile(node)({ ...known, resource: nobody, context: nothing })
  return value instanceof Failure ? node : { op: 'value', value }
}

const nothing = new RecordValue(new Map())

/** Whether an expression gives nothing but a boolean or a failure. */
const isCondition = (node: Node): boolean =>
  node.op === 'value'
    ? typeof node.value === 'boolean'
    : node.op === 'strict'
      ? booleans.has(node.name)
      : conditions.has(node.op)

const conditions: ReadonlySet<string> = new Set(['and', 'or', 'not', 'has', 'like', 'is'])
const booleans: ReadonlySet<string> = new Set(
  'equal less lessOrEqual contains containsAll containsAny isEmpty in hasTag'.split(' '),
)
