// The builder's tree as Cedar's JSON form, from which the official engine writes the text. Keeps access-190.
import { Fault } from '#kernel'
import type { ActionReach, Built, Compare, Operand, Reach, Test } from './built.ts'
import { guardsOf, plainOf } from './built-known.ts'
import type { EntityUid } from './value.ts'

export type Est = Readonly<Record<string, unknown>>

/** A policy in Cedar's JSON form. Clauses without a condition say nothing and are left out. */
export const builtToEst = (built: Built): Est => ({
  effect: built.effect,
  principal: reach(built.principal),
  action: actions(built.action),
  resource: reach(built.resource),
  conditions: built.clauses.flatMap(({ kind, test }) => {
    const body = testToEst(test)
    return body === undefined ? [] : [{ kind, body }]
  }),
  annotations: built.annotations,
})

const uid = ({ type, id }: EntityUid): EntityUid => ({ type, id })

const reach = (of: Reach): Est => {
  switch (of.op) {
    case 'all':
      return { op: 'All' }
    case '==':
    case 'in':
      return { op: of.op, entity: uid(of.entity) }
    case 'is':
      return { op: 'is', entity_type: of.type, ...(of.in ? { in: { entity: uid(of.in) } } : {}) }
  }
}

/** One of a list of one is written as that one. */
const actions = (of: ActionReach): Est => {
  if (of.op !== 'several') return reach(of)
  const [only] = of.entities
  return of.entities.length === 1 && only
    ? { op: 'in', entity: uid(only) }
    : { op: 'in', entities: of.entities.map(uid) }
}

/** A condition, or undefined for a group with nothing in it. */
export const testToEst = (test: Test): Est | undefined => {
  switch (test.is) {
    case 'all':
    case 'any': {
      const parts = test.of.map(testToEst).filter((part) => part !== undefined)
      return parts.reduce<Est | undefined>(
        (left, right) => (left ? { [test.is === 'all' ? '&&' : '||']: { left, right } } : right),
        undefined,
      )
    }
    case 'not': {
      const arg = testToEst(test.of)
      return arg && { '!': { arg } }
    }
    case 'choice':
      return { 'if-then-else': { if: demand(test.if), then: demand(test.then), else: demand(test.else) } }
    case 'fixed':
      return { Value: test.value }
    case 'there': {
      const [only] = test.names
      return { has: { left: operand(test.left), attr: test.names.length === 1 ? only : test.names } }
    }
    case 'known':
      return testToEst(plainOf(test.condition))
    case 'compare':
      return test.guard ? testToEst({ is: 'all', of: [...guardsOf(test, test.guard), unguarded(test)] }) : asked(test)
  }
}

const demand = (test: Test): Est => {
  const est = testToEst(test)
  if (!est) throw new Fault('policy-invalid', { what: 'a choice has an empty part' })
  return est
}

const unguarded = ({ is, left, op, right }: Compare): Compare => ({ is, left, op, ...(right ? { right } : {}) })

const methods: ReadonlySet<string> = new Set('isInRange lessThan lessThanOrEqual greaterThan greaterThanOrEqual isIpv4 isIpv6 isLoopback isMulticast'.split(' ')) // prettier-ignore

const asked = ({ left, op, right }: Compare): Est => {
  const of = operand(left)
  if (op === 'holds') return of
  if (op === 'isEmpty') return { isEmpty: { arg: of } }
  if (op === 'like') return { like: { left: of, pattern: patternParts(right?.is === 'pattern' ? right.value : '') } }
  if (op === 'is') {
    const type = right?.is === 'type' ? right : undefined
    return { is: { left: of, entity_type: type?.type ?? '', ...(type?.in ? { in: operand(type.in) } : {}) } }
  }
  const args = [of, ...(right ? [operand(right)] : [])]
  return methods.has(op) ? { [op]: args } : { [op]: { left: of, right: args[1] } }
}

const patternParts = (pattern: string): readonly unknown[] =>
  [...pattern.matchAll(/\\\*|\*|[^*\\]+|\\/g)].map(([part]) =>
    part === '*' ? 'Wildcard' : { Literal: part === '\\*' ? '*' : part },
  )

const operand = (of: Operand): Est => {
  switch (of.is) {
    case 'attribute':
      return of.path.reduce<Est>((left, attr) => ({ '.': { left, attr } }), { Var: of.of })
    case 'text':
    case 'number':
    case 'truth':
      return { Value: of.value }
    case 'entity':
      return { Value: { __entity: { type: of.type, id: of.id } } }
    case 'decimal':
    case 'datetime':
    case 'duration':
    case 'ip':
      return { [of.is]: [{ Value: of.value }] }
    case 'list':
      return { Set: of.items.map(operand) }
    case 'sum':
      return { [of.op]: { left: operand(of.left), right: operand(of.right) } }
    case 'call':
      if (of.name === 'neg') return { neg: { arg: operand(of.of) } }
      if (of.name === 'getTag') return { getTag: { left: operand(of.of), right: of.with ? operand(of.with) : {} } }
      return { [of.name]: [operand(of.of), ...(of.with ? [operand(of.with)] : [])] }
    case 'pattern':
    case 'type':
      throw new Fault('policy-invalid', { what: 'a pattern or a type is no value' })
  }
}

/** One form for what means the same: chains of && and || lean left, texts of patterns are whole, clauses without meaning are gone. */
export const normalEst = (given: unknown): unknown => {
  if (Array.isArray(given)) return given.map(normalEst)
  if (typeof given !== 'object' || given === null) return given
  const entries = Object.entries(given as Est)
  const [entry] = entries
  if (entries.length === 1 && entry && (entry[0] === '&&' || entry[0] === '||')) {
    const [first, ...others] = chain(entry[0], given).map(normalEst)
    return others.reduce((left, right) => ({ [entry[0]]: { left, right } }), first)
  }
  return Object.fromEntries(
    entries
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, name === 'pattern' && Array.isArray(value) ? merged(value) : normalEst(value)]),
  )
}

const chain = (sign: string, given: unknown): readonly unknown[] => {
  const both = typeof given === 'object' && given !== null ? (given as Readonly<Record<string, { left: unknown; right: unknown } | undefined>>)[sign] : undefined // prettier-ignore
  return both ? [...chain(sign, both.left), ...chain(sign, both.right)] : [given]
}

const merged = (parts: readonly unknown[]): readonly unknown[] =>
  parts.reduce<readonly unknown[]>((done, part) => {
    const [last, next] = [done.at(-1), part].map((one) =>
      typeof one === 'object' && one !== null && 'Literal' in one ? String(one.Literal) : undefined,
    )
    return last !== undefined && next !== undefined ? [...done.slice(0, -1), { Literal: last + next }] : [...done, part]
  }, [])
