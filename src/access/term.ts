// What an expression is while a predicate is planned: known, a column, a pair of conditions, or perhaps. Keeps access-7.
import { always, type Expression, never, type Predicate } from '#kernel'
import type { Column, ColumnMap } from './columns.ts'
import { and, filled, or } from './formula.ts'
import type { Result } from './value.ts'

/** Where an expression is true, and where it is false; on other rows it errs. */
export interface Pair {
  readonly t: Predicate
  readonly f: Predicate
  /** It can err only where one of these columns is NULL; `unsure` stands for everything else. */
  readonly errs: ReadonlySet<string>
}

export type Term =
  | { readonly is: 'known'; readonly result: Result }
  | ({ readonly is: 'pair' } & Pair)
  | ColumnTerm
  | ComputedTerm
  /** Attributes under one name. */
  | ({ readonly is: 'record'; readonly fields: ReadonlyMap<string, Column> } & Place)
  /** Another expression on each side of a condition: what is done to it is done to both. */
  | { readonly is: 'choice'; readonly test: Pair; readonly then: Term; readonly otherwise: Term }
  /** A set written down, of which something is not known. */
  | { readonly is: 'list'; readonly items: readonly Term[] }
  /** SQL cannot say it; each row is decided by the closure. */
  | { readonly is: 'perhaps' }

/** Where a value stands: in the row itself, or in another that foreign keys lead to. */
export interface Place {
  /** The foreign keys on the way; empty for the row itself. */
  readonly path: readonly string[]
  /** Puts a condition where the value stands: here, or into a lookup. */
  readonly wrap: (predicate: Predicate) => Predicate
}

/** A value worked out; absent where it errs. */
export interface ComputedTerm extends Place {
  readonly is: 'computed'
  readonly type: ValueType
  readonly of: Expression
  readonly present: Predicate
  readonly errs: ReadonlySet<string>
}

/** Types of Cedar as one text each: entities and sets of them carry the entity type. */
export type ValueType =
  'long' | 'string' | 'boolean' | 'datetime' | 'duration' | 'decimal' | 'ip' | `entity ${string}` | `set ${string}`

export interface ColumnTerm extends Place {
  readonly is: 'column'
  readonly column: Exclude<Column, { readonly kind: 'constant' | 'null' | 'json' | 'record' }>
  /** Where the expression has a value at all. */
  readonly present: Predicate
  readonly errs: ReadonlySet<string>
  /** Set for the row itself. */
  readonly row?: ColumnMap
}

export const perhaps: Term = { is: 'perhaps' }
export const total: ReadonlySet<string> = new Set()
export const unsure: ReadonlySet<string> = new Set(['*'])

/** A term where a boolean is expected. */
export const truth = (term: Term, notes: { perhaps: boolean }): Pair => {
  switch (term.is) {
    case 'known':
      if (typeof term.result !== 'boolean') return { t: never, f: never, errs: unsure }
      return { t: term.result ? always : never, f: term.result ? never : always, errs: total }
    case 'pair':
      return term
    case 'column': {
      const { column, wrap, errs } = term
      if (column.kind !== 'scalar' || column.type !== 'boolean') return { t: never, f: never, errs: unsure }
      const is = (value: boolean): Predicate =>
        wrap({ kind: 'compare', column: column.column, op: '=', value, type: 'boolean' })
      return { t: is(true), f: is(false), errs }
    }
    case 'computed': {
      if (term.type !== 'boolean') return { t: never, f: never, errs: unsure }
      const is = (value: boolean): Predicate =>
        term.wrap({
          kind: 'relation',
          op: '=',
          left: term.of,
          right: { kind: 'value', type: 'boolean', value },
          negated: false,
        })
      return { t: is(true), f: is(false), errs: term.errs }
    }
    case 'choice':
      return choose(term.test, truth(term.then, notes), truth(term.otherwise, notes))
    case 'list':
    case 'record':
      return { t: never, f: never, errs: unsure }
    case 'perhaps':
      notes.perhaps = true
      return { t: always, f: always, errs: unsure }
  }
}

export const not = ({ t, f, errs }: Pair): Pair => ({ t: f, f: t, errs })

/** a && b: b counts only where a is true. The guard falls away where a cannot err on the rows b speaks of. */
export const both = (a: Pair, b: Pair): Pair => ({
  t: and(a.t, b.t),
  f: or(a.f, covers(b.f, a.errs) ? b.f : and(a.t, b.f)),
  errs: a.errs.union(b.errs.difference(filled(a.t))),
})

/** a || b: b counts only where a is false. */
export const either = (a: Pair, b: Pair): Pair => ({
  t: or(a.t, covers(b.t, a.errs) ? b.t : and(a.f, b.t)),
  f: and(a.f, b.f),
  errs: a.errs.union(b.errs.difference(filled(a.f))),
})

/** if c then x else y. */
export const choose = (c: Pair, x: Pair, y: Pair): Pair => ({
  t: or(and(c.t, x.t), and(c.f, y.t)),
  f: or(and(c.t, x.f), and(c.f, y.f)),
  errs: c.errs.union(x.errs.difference(filled(c.t))).union(y.errs.difference(filled(c.f))),
})

/**
 * The term, or perhaps where SQL for it would be longer than a database should read. Conditions are written twice, where they hold and
 * where they do not, so that a short text of nested choices can double at each level.
 */
export const modest = (term: Term): Term => (weight(term) > mostWeight ? perhaps : term)

const mostWeight = 1000

/** Nodes of the predicates that a term holds. */
export const weight = (term: Term): number => {
  if (term.is === 'pair') return weightOf(term.t) + weightOf(term.f)
  if (term.is !== 'choice') return 0
  return weightOf(term.test.t) + weightOf(term.test.f) + weight(term.then) + weight(term.otherwise) + 1
}

/** Terms on the sides of a choice; 1 for any other. */
export const sides = (term: Term): number => (term.is === 'choice' ? sides(term.then) + sides(term.otherwise) : 1)

const weights = new WeakMap<Predicate, number>()

/** Nodes of a predicate. */
const weightOf = (predicate: Predicate): number => {
  if (predicate.kind === 'lookup') return 1 + weightOf(predicate.where)
  if (predicate.kind !== 'and' && predicate.kind !== 'or') return 1
  const known = weights.get(predicate) ?? predicate.of.reduce((sum, part) => sum + weightOf(part), 1)
  weights.set(predicate, known)
  return known
}

/** Does something to a term, or to both sides of a choice. */
export const spread = (term: Term, work: (one: Exclude<Term, { readonly is: 'choice' }>) => Term): Term => {
  if (term.is !== 'choice') return work(term)
  const [then, otherwise] = [spread(term.then, work), spread(term.otherwise, work)]
  return { is: 'choice', test: term.test, then, otherwise }
}

/** Whether none of the columns can be NULL where the predicate is true. */
const covers = (predicate: Predicate, columns: ReadonlySet<string>): boolean => columns.isSubsetOf(filled(predicate))
