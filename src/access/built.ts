// A policy as a tree of conditions that a form can show: what the condition builder works on. Cedar's words are translated, never guessed:
// what has no place here stays text. Keeps access-190.
import type { Condition } from './condition.ts'
import type { EntityUid } from './value.ts'

export interface Built {
  /** Comments of the text; they stand before the policy. */
  readonly notes: readonly string[]
  /** null: an annotation without a value. */
  readonly annotations: Readonly<Record<string, string | null>>
  readonly effect: 'permit' | 'forbid'
  readonly principal: Reach
  readonly action: ActionReach
  readonly resource: Reach
  readonly clauses: readonly Clause[]
}

export interface Clause {
  readonly kind: 'when' | 'unless'
  readonly test: Test
}

export type Reach =
  | { readonly op: 'all' }
  | { readonly op: '==' | 'in'; readonly entity: EntityUid }
  | { readonly op: 'is'; readonly type: string; readonly in?: EntityUid }

/** `one`: this very action or those of a group; `several`: one of a list. */
export type ActionReach =
  | { readonly op: 'all' }
  | { readonly op: '==' | 'in'; readonly entity: EntityUid }
  | { readonly op: 'several'; readonly entities: readonly EntityUid[] }

export type Root = 'principal' | 'action' | 'resource' | 'context'

/** A thing that is asked about, or what one of its attributes holds; an empty path is the thing itself. */
export interface Attribute {
  readonly is: 'attribute'
  readonly of: Root
  readonly path: readonly string[]
}

export type Operand =
  | Attribute
  | { readonly is: 'text'; readonly value: string }
  | { readonly is: 'number'; readonly value: number }
  | { readonly is: 'truth'; readonly value: boolean }
  | { readonly is: 'entity'; readonly type: string; readonly id: string }
  /** As Cedar writes them: "12.50", "2026-01-31", "90d", "10.0.0.0/8". */
  | { readonly is: 'decimal' | 'datetime' | 'duration' | 'ip'; readonly value: string }
  | { readonly is: 'list'; readonly items: readonly Operand[] }
  | { readonly is: 'sum'; readonly op: '+' | '-' | '*'; readonly left: Operand; readonly right: Operand }
  | { readonly is: 'call'; readonly name: Call; readonly of: Operand; readonly with?: Operand }
  /** What stands after `like` (a star for any characters, \* for a star), and after `is`. */
  | { readonly is: 'pattern'; readonly value: string }
  | { readonly is: 'type'; readonly type: string; readonly in?: Operand }

/** Functions that give a value, with the number of their operands. */
export const calls = {
  neg: 1,
  offset: 2,
  durationSince: 2,
  toDate: 1,
  toTime: 1,
  toMilliseconds: 1,
  toSeconds: 1,
  toMinutes: 1,
  toHours: 1,
  toDays: 1,
  getTag: 2,
} as const
export type Call = keyof typeof calls

/** Questions about one or two operands. */
export const comparisons = {
  '==': 2,
  '!=': 2,
  '<': 2,
  '<=': 2,
  '>': 2,
  '>=': 2,
  in: 2,
  contains: 2,
  containsAll: 2,
  containsAny: 2,
  like: 2,
  is: 2,
  hasTag: 2,
  isInRange: 2,
  lessThan: 2,
  lessThanOrEqual: 2,
  greaterThan: 2,
  greaterThanOrEqual: 2,
  isEmpty: 1,
  isIpv4: 1,
  isIpv6: 1,
  isLoopback: 1,
  isMulticast: 1,
  holds: 1,
} as const
export type Comparison = keyof typeof comparisons

/** `guard`: of which side the attribute is asked for first, so that nothing errs where it is absent. */
export interface Compare {
  readonly is: 'compare'
  readonly left: Operand
  readonly op: Comparison
  readonly right?: Operand
  readonly guard?: 'left' | 'right' | 'both'
}

/** The conditions a house has words for. */
export type Known = Exclude<Condition, { readonly is: 'field' }>

export type Test =
  | { readonly is: 'all' | 'any'; readonly of: readonly Test[] }
  | { readonly is: 'not'; readonly of: Test }
  | { readonly is: 'choice'; readonly if: Test; readonly then: Test; readonly else: Test }
  | { readonly is: 'fixed'; readonly value: boolean }
  | { readonly is: 'there'; readonly left: Attribute; readonly names: readonly string[] }
  | { readonly is: 'known'; readonly condition: Known }
  | Compare

export const attribute = (of: Root, ...path: readonly string[]): Attribute => ({ is: 'attribute', of, path })
export const there = (of: Root, ...names: readonly string[]): Test => ({ is: 'there', left: attribute(of), names })
export const all = (...of: readonly Test[]): Test => ({ is: 'all', of })
export const any = (...of: readonly Test[]): Test => ({ is: 'any', of })
export const not = (of: Test): Test => ({ is: 'not', of })
export const compare = (left: Operand, op: Comparison, right?: Operand): Test =>
  right === undefined ? { is: 'compare', left, op } : { is: 'compare', left, op, right }
