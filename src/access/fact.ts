// Who asks, while that is not known: the facts that row security is told of each transaction. Keeps access-170.
import type { Expression, FactName, Predicate } from '#kernel'
import { here } from './computed.ts'
import { type ComputedTerm, perhaps, type Term, unsure, type ValueType } from './term.ts'
import { type Result, Ref, ValueSet } from './value.ts'

const fact = (name: FactName, type: ValueType): ComputedTerm => {
  const of: Expression = { kind: 'fact', name }
  // Without a fact neither side of a condition is true.
  return { is: 'computed', type, of, ...here, present: { kind: 'present', of, negated: false }, errs: unsure }
}

/** The principal. */
export const whoever: ComputedTerm = fact('id', 'entity User')

const facts: ReadonlyMap<string, ComputedTerm> = new Map([
  ['active', fact('active', 'boolean')],
  ['clearance', fact('clearance', 'long')],
])

/** An attribute of the principal; of what is no fact nobody can say anything beforehand. */
export const factOf = (attr: string): Term => facts.get(attr) ?? perhaps

/** A clearance can be absent, which is known where the facts are; everybody is active or is not. */
export const hasFact = (attr: string): Term => {
  if (attr === 'active') return { is: 'known', result: true }
  const of = facts.get(attr)
  if (!of) return perhaps
  return { is: 'pair', t: of.present, f: { kind: 'present', of: of.of, negated: true }, errs: unsure }
}

/** `principal in` a role, or a list of them. Teams are no facts. */
export const holdsRole = (right: Term): Term => {
  const roles = right.is === 'known' ? rolesIn(right.result) : undefined
  if (!roles) return perhaps
  const held: Expression = { kind: 'fact', name: 'roles' }
  const some: Expression = { kind: 'value', type: 'texts', value: roles }
  const is = (negated: boolean): Predicate => ({
    kind: 'relation',
    op: 'containsAny',
    left: held,
    right: some,
    negated,
  })
  return { is: 'pair', t: is(false), f: is(true), errs: unsure }
}

const rolesIn = (value: Result): readonly string[] | undefined => {
  const items: readonly unknown[] = value instanceof ValueSet ? value.items : [value]
  const roles = items.flatMap((one) => (one instanceof Ref && one.type === 'Role' ? [one.id] : []))
  return roles.length === items.length ? roles : undefined
}
