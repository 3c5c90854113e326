// A policy as a tree: Cedar's JSON form (EST), parsed once at the door into typed nodes. Keeps access-1.
import { Fault, say } from '#kernel'
import { fromCedarJson } from './json.ts'
import { Failure, Ref, type Value } from './value.ts'

export type Var = 'principal' | 'action' | 'resource' | 'context'

/** Functions of evaluated arguments. Comparisons the other way round and `!=` are written with these. */
export type Strict =
  | 'equal' | 'less' | 'lessOrEqual' | 'add' | 'subtract' | 'multiply' | 'negate'
  | 'contains' | 'containsAll' | 'containsAny' | 'isEmpty' | 'in' | 'getTag' | 'hasTag' // prettier-ignore

export type Node =
  | { readonly op: 'value'; readonly value: Value }
  | { readonly op: 'var'; readonly name: Var }
  | { readonly op: 'and' | 'or'; readonly left: Node; readonly right: Node }
  | { readonly op: 'not'; readonly arg: Node }
  | { readonly op: 'if'; readonly test: Node; readonly then: Node; readonly otherwise: Node }
  | { readonly op: 'has' | 'get'; readonly of: Node; readonly attr: string }
  | { readonly op: 'like'; readonly of: Node; readonly pattern: readonly (string | null)[] }
  | { readonly op: 'is'; readonly of: Node; readonly type: string }
  | { readonly op: 'strict'; readonly name: Strict; readonly args: readonly Node[] }
  | { readonly op: 'extension'; readonly name: string; readonly args: readonly Node[] }
  | { readonly op: 'set'; readonly items: readonly Node[] }
  | { readonly op: 'record'; readonly fields: readonly (readonly [name: string, node: Node])[] }

export interface Policy {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  /** Conditions on principal, action, resource, then the `when` and `unless` clauses, each cut at its outermost `&&`. */
  readonly scope: { readonly principal: Node; readonly action: Node; readonly resource: Node }
  readonly conditions: readonly Node[]
}

type Json = { readonly [key: string]: unknown }

/** Reads the JSON form of one policy; throws policy-invalid for what is not one. */
export const parsePolicy = (id: string, json: unknown): Policy => {
  const policy = object(json, id)
  if (policy.effect !== 'permit' && policy.effect !== 'forbid') throw unreadable(id)
  const conditions = Array.isArray(policy.conditions) ? (policy.conditions as readonly unknown[]) : []
  return {
    id,
    effect: policy.effect,
    scope: {
      principal: constraint('principal', policy.principal, id),
      action: constraint('action', policy.action, id),
      resource: constraint('resource', policy.resource, id),
    },
    conditions: conditions.flatMap((given) => {
      const clause = object(given, id)
      const body = node(clause.body, id)
      if (clause.kind !== 'when' && clause.kind !== 'unless') throw unreadable(id)
      return clause.kind === 'when' ? conjuncts(body) : [{ op: 'not', arg: body } as const]
    }),
  }
}

/** a && b && c as a list. A conjunct that is not a boolean fails either way, so cutting changes nothing. */
const conjuncts = (of: Node): readonly Node[] =>
  of.op === 'and' ? [...conjuncts(of.left), ...conjuncts(of.right)] : [of]

const unreadable = (id: string): Fault =>
  new Fault('policy-invalid', { what: say('{id}: its form is not understood', { id }) })

const object = (given: unknown, id: string): Json => {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw unreadable(id)
  return given as Json
}

const text = (given: unknown, id: string): string => {
  if (typeof given !== 'string') throw unreadable(id)
  return given
}

const list = (given: unknown, id: string): readonly unknown[] => {
  if (!Array.isArray(given)) throw unreadable(id)
  return given
}

/** A scope constraint as an expression. */
const constraint = (name: Var, given: unknown, id: string): Node => {
  const of: Node = { op: 'var', name }
  const json = object(given, id)
  switch (json.op) {
    case 'All':
      return { op: 'value', value: true }
    case '==':
      return strict('equal', of, reference(json.entity, id))
    case 'in':
      return 'entities' in json
        ? strict('in', of, { op: 'set', items: list(json.entities, id).map((one) => reference(one, id)) })
        : strict('in', of, reference(json.entity, id))
    case 'is': {
      const is: Node = { op: 'is', of, type: text(json.entity_type, id) }
      return json.in === undefined
        ? is
        : { op: 'and', left: is, right: strict('in', of, reference(object(json.in, id).entity, id)) }
    }
    default:
      throw unreadable(id)
  }
}

const reference = (given: unknown, id: string): Node => {
  const json = object(given, id)
  const uid = '__entity' in json ? object(json.__entity, id) : json
  return { op: 'value', value: new Ref(text(uid.type, id), text(uid.id, id)) }
}

const strict = (name: Strict, ...args: readonly Node[]): Node => ({ op: 'strict', name, args })

const binary: { readonly [key: string]: (a: Node, b: Node) => Node } = {
  '&&': (left, right) => ({ op: 'and', left, right }),
  '||': (left, right) => ({ op: 'or', left, right }),
  '==': (a, b) => strict('equal', a, b),
  '!=': (a, b) => ({ op: 'not', arg: strict('equal', a, b) }),
  '<': (a, b) => strict('less', a, b),
  '<=': (a, b) => strict('lessOrEqual', a, b),
  '>': (a, b) => strict('less', b, a),
  '>=': (a, b) => strict('lessOrEqual', b, a),
  '+': (a, b) => strict('add', a, b),
  '-': (a, b) => strict('subtract', a, b),
  '*': (a, b) => strict('multiply', a, b),
  in: (a, b) => strict('in', a, b),
  contains: (a, b) => strict('contains', a, b),
  containsAll: (a, b) => strict('containsAll', a, b),
  containsAny: (a, b) => strict('containsAny', a, b),
  getTag: (a, b) => strict('getTag', a, b),
  hasTag: (a, b) => strict('hasTag', a, b),
}

const node = (given: unknown, id: string): Node => {
  const entries = Object.entries(object(given, id))
  const [entry] = entries
  if (entry === undefined || entries.length !== 1) throw unreadable(id)
  const [op, body] = entry
  // A call of an extension function is the one form whose body is a list.
  if (Array.isArray(body) && op !== 'Set') return { op: 'extension', name: op, args: body.map((arg) => node(arg, id)) }
  const two = Object.hasOwn(binary, op) ? binary[op] : undefined
  if (two) {
    const { left, right } = object(body, id)
    return two(node(left, id), node(right, id))
  }
  return Object.hasOwn(other, op) ? (other[op]?.(body, id) ?? fail(id)) : fail(id)
}

const fail = (id: string): never => {
  throw unreadable(id)
}

const other: { readonly [key: string]: (body: unknown, id: string) => Node } = {
  Value: (body, id) => {
    const value = fromCedarJson(body)
    if (value instanceof Failure)
      throw new Fault('policy-invalid', { what: say('{id}: {problem}', { id, problem: value.message }) })
    return { op: 'value', value }
  },
  Var: (body, id) => {
    if (body !== 'principal' && body !== 'action' && body !== 'resource' && body !== 'context') throw unreadable(id)
    return { op: 'var', name: body }
  },
  '!': (body, id) => ({ op: 'not', arg: node(object(body, id).arg, id) }),
  neg: (body, id) => strict('negate', node(object(body, id).arg, id)),
  isEmpty: (body, id) => strict('isEmpty', node(object(body, id).arg, id)),
  '.': (body, id) => {
    const { left, attr } = object(body, id)
    return { op: 'get', of: node(left, id), attr: text(attr, id) }
  },
  // `e has a.b.c` asks step by step: it has a, that has b, that has c.
  has: (body, id) => {
    const { left, attr } = object(body, id)
    const path = typeof attr === 'string' ? [attr] : list(attr, id).map((one) => text(one, id))
    let of = node(left, id)
    let asked: Node | undefined
    for (const name of path) {
      const step: Node = { op: 'has', of, attr: name }
      asked = asked ? { op: 'and', left: asked, right: step } : step
      of = { op: 'get', of, attr: name }
    }
    return asked ?? fail(id)
  },
  like: (body, id) => {
    const { left, pattern } = object(body, id)
    const parts = list(pattern, id).map((part) => (part === 'Wildcard' ? null : text(object(part, id).Literal, id)))
    return { op: 'like', of: node(left, id), pattern: parts }
  },
  is: (body, id) => {
    const { left, entity_type: type, in: inside } = object(body, id)
    const of = node(left, id)
    const is: Node = { op: 'is', of, type: text(type, id) }
    return inside === undefined ? is : { op: 'and', left: is, right: strict('in', of, node(inside, id)) }
  },
  'if-then-else': (body, id) => {
    const { if: test, then, else: otherwise } = object(body, id)
    return { op: 'if', test: node(test, id), then: node(then, id), otherwise: node(otherwise, id) }
  },
  Set: (body, id) => ({ op: 'set', items: list(body, id).map((item) => node(item, id)) }),
  Record: (body, id) => ({
    op: 'record',
    fields: Object.entries(object(body, id)).map(([name, value]) => [name, node(value, id)] as const),
  }),
}
