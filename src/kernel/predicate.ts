// A condition over the rows of one table, as a value: what a policy compiles to and what the store turns into SQL. Keeps kernel-4.
//
// SQL's three values are tamed by one rule: on a NULL column no atom is true, neither the plain nor the negated one
// (`negated` is a different atom, not NOT around this one); only `null` looks at NULL itself. So formulas of atoms
// joined by `and` and `or` are monotone and NULL reads as "not true".

import type { Expression, Relation, Scalar } from './expression.ts'

/** How the value reaches PostgreSQL: the type its parameter is cast to. */
export type ScalarType = 'text' | 'uuid' | 'bigint' | 'boolean' | 'timestamptz' | 'numeric' | 'date' | 'bytea'

export type Predicate =
  | { readonly kind: 'true' }
  | { readonly kind: 'false' }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Predicate[] }
  | {
      readonly kind: 'compare'
      readonly column: string
      readonly op: '=' | '<>' | '<' | '<=' | '>' | '>='
      readonly value: Scalar
      readonly type: ScalarType
    }
  /** column = ANY(values); negated: column <> ALL(values) and column is not null. */
  | {
      readonly kind: 'in'
      readonly column: string
      readonly values: readonly Scalar[]
      readonly type: ScalarType
      readonly negated: boolean
    }
  /** column IS NULL; negated: IS NOT NULL. */
  | { readonly kind: 'null'; readonly column: string; readonly negated: boolean }
  /** column LIKE pattern, with \ as escape; negated: NOT LIKE. */
  | { readonly kind: 'like'; readonly column: string; readonly pattern: string; readonly negated: boolean }
  /** Array column against values: contains all (@>), overlaps (&&), is contained (<@), is empty (cardinality 0). */
  | {
      readonly kind: 'array'
      readonly column: string
      readonly op: 'containsAll' | 'containsAny' | 'containedBy' | 'isEmpty'
      readonly values: readonly Scalar[]
      readonly type: ScalarType
      readonly negated: boolean
    }
  /** column IN (SELECT id FROM table WHERE tenant matches AND where): a step over a foreign key. negated: NOT IN, and not NULL. */
  | {
      readonly kind: 'lookup'
      readonly column: string
      readonly table: string
      readonly where: Predicate
      readonly negated?: true
    }
  /** Two worked-out values; true on no row where one of them is NULL, negated or not. */
  | {
      readonly kind: 'relation'
      readonly op: Relation
      readonly left: Expression
      readonly right: Expression
      readonly negated: boolean
    }
  /** Whether a worked-out value is there; negated: is NULL. */
  | { readonly kind: 'present'; readonly of: Expression; readonly negated: boolean }

export const always: Predicate = { kind: 'true' }
export const never: Predicate = { kind: 'false' }

/** Conjunction, folded: `false` wins, `true` vanishes. */
export const and = (...of: readonly Predicate[]): Predicate => join('and', 'false', 'true', of)

/** Disjunction, folded: `true` wins, `false` vanishes. */
export const or = (...of: readonly Predicate[]): Predicate => join('or', 'true', 'false', of)

const join = (
  kind: 'and' | 'or',
  wins: 'true' | 'false',
  vanishes: 'true' | 'false',
  of: readonly Predicate[],
): Predicate => {
  const parts = of.flatMap((p) => (p.kind === kind ? p.of : [p])).filter((p) => p.kind !== vanishes)
  if (parts.some((p) => p.kind === wins)) return { kind: wins }
  const [first] = parts
  if (first === undefined) return { kind: vanishes }
  return parts.length === 1 ? first : { kind, of: parts }
}
