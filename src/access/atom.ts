// The atoms of a predicate: one column against what is known. On a NULL column neither side is true, except for `has`. Keeps access-7.
import { always, isUuid, never, type Predicate, type Scalar, type ScalarType } from '#kernel'
import { scalarTypes } from './columns.ts'
import { and, or } from './formula.ts'
import {
  computed,
  computedContainment,
  computedContains,
  computedEmptiness,
  computedEquality,
  computedInside,
  computedLikeness,
  computedOrder,
  every,
  some,
} from './computed.ts'
import { storeOf, type World } from './strict.ts'
import { type ColumnTerm, type ComputedTerm, either, not, type Pair, perhaps, type Term, total, truth } from './term.ts'
import { Datetime } from './time.ts'
import { equal, Failure, Ref, type Value, ValueSet } from './value.ts'

/** Sides of an atom: not failed, and not both known. */
type Side = Extract<Term, { readonly is: 'known' | 'pair' | 'column' }>

/** What has atoms of its own, which indexes serve: one column against something known, and conditions. */
const isSide = (term: Term): term is Side =>
  term.is === 'known' ||
  term.is === 'pair' ||
  (term.is === 'column' && (term.column.kind !== 'scalar' || Object.hasOwn(scalarTypes, term.column.type)))

/** The atom of two sides where there is one; else the terms as worked out. */
const preferring = (
  left: Term,
  right: Term,
  atom: (left: Side, right: Side) => Term,
  otherwise: (left: Term, right: Term) => Term,
): Term => {
  const found = isSide(left) && isSide(right) ? atom(left, right) : perhaps
  return found.is === 'perhaps' ? otherwise(left, right) : found
}

const wrong: Term = { is: 'known', result: new Failure('a value of another type is expected') }
const pair = (t: Predicate, f: Predicate, { errs }: Pick<Pair, 'errs'>): Term => ({ is: 'pair', t, f, errs })
const valueOf = (term: Side): Value | undefined =>
  term.is === 'known' && !(term.result instanceof Failure) ? term.result : undefined

/** `==`. Values of different types are not equal, which is no error. */
export const equality = (left: Term, right: Term): Term => {
  if (left.is === 'list' || right.is === 'list') return perhaps
  if (left.is === 'pair') return pairEquality(left, right)
  if (right.is === 'pair') return pairEquality(right, left)
  return preferring(left, right, sideEquality, computedEquality)
}

const sideEquality = (left: Side, right: Side): Term => {
  if (left.is === 'pair') return pairEquality(left, right)
  if (right.is === 'pair') return pairEquality(right, left)
  if (left.is === 'known') return right.is === 'known' ? perhaps : equality(right, left)
  const value = valueOf(right)
  return value === undefined ? perhaps : columnEquality(left, value)
}

const pairEquality = (a: Pair, other: Term): Term => {
  if (other.is !== 'known' && other.is !== 'pair' && other.is !== 'column' && other.is !== 'computed') return perhaps
  const value = other.is === 'known' ? valueOf(other) : undefined
  if (other.is === 'computed' && other.type !== 'boolean')
    return pair(never, and(or(a.t, a.f), other.present), { errs: a.errs.union(other.errs) })
  if (typeof value === 'boolean') return { is: 'pair', ...(value ? a : not(a)) }
  if (value !== undefined) return pair(never, or(a.t, a.f), a)
  if (other.is === 'column' && !(other.column.kind === 'scalar' && other.column.type === 'boolean')) {
    return pair(never, and(or(a.t, a.f), other.present), { errs: a.errs.union(other.errs) })
  }
  const b = truth(other, { perhaps: false })
  const errs = a.errs.union(b.errs)
  return pair(or(and(a.t, b.t), and(a.f, b.f)), or(and(a.t, b.f), and(a.f, b.t)), { errs })
}

const columnEquality = (term: ColumnTerm, value: Value): Term => {
  const { column, wrap, present } = term
  if (column.kind === 'set') return value instanceof ValueSet ? setEquality(term, value) : pair(never, present, term)
  if (column.kind === 'scalar' && column.type === 'datetime') {
    if (!(value instanceof Datetime)) return pair(never, present, term)
    const [from, until] = [moment(value.ms), moment(value.ms + 1n)]
    if (!from || !until) return perhaps
    const at = (op: '<' | '>=', date: Date): Predicate => compare(term, op, date, 'timestamptz')
    return pair(wrap(and(at('>=', from), at('<', until))), wrap(or(at('<', from), at('>=', until))), term)
  }
  const scalar = scalarOf(term, value)
  if (scalar === undefined) return pair(never, present, term)
  const type = parameterType(term)
  return pair(wrap(compare(term, '=', scalar, type)), wrap(compare(term, '<>', scalar, type)), term)
}

const setEquality = (term: ColumnTerm, value: ValueSet): Term => {
  const scalars = scalarsOf(term, value.items)
  if (scalars.length !== value.items.length) return pair(never, term.present, term)
  const is = (op: 'containsAll' | 'containedBy', negated: boolean): Predicate => array(term, op, scalars, negated)
  return pair(
    and(is('containsAll', false), is('containedBy', false)),
    or(is('containsAll', true), is('containedBy', true)),
    term,
  )
}

/** `<` and `<=`; left or right is the column. */
export const ordering = (name: 'less' | 'lessOrEqual', left: Term, right: Term): Term =>
  preferring(
    left,
    right,
    (a, b) => sideOrdering(name, a, b),
    (a, b) => computedOrder(name, a, b),
  )

const sideOrdering = (name: 'less' | 'lessOrEqual', left: Side, right: Side): Term => {
  if (left.is === 'pair' || right.is === 'pair') return wrong
  const strictly = name === 'less'
  if (left.is === 'column' && right.is === 'known') return against(left, right, strictly, false)
  if (right.is === 'column' && left.is === 'known') return against(right, left, !strictly, true)
  return perhaps
}

/** Where column < value (strictly) or column <= value; turned: the other way round. */
const against = (term: ColumnTerm, known: Side, strictly: boolean, turned: boolean): Term => {
  const { column, wrap } = term
  const value = valueOf(known)
  if (column.kind !== 'scalar') return wrong
  const both = (below: Predicate, notBelow: Predicate): Term => {
    const [t, f] = [wrap(below), wrap(notBelow)]
    return turned ? pair(f, t, term) : pair(t, f, term)
  }
  if (column.type === 'long' && typeof value === 'bigint') {
    const is = (op: '<' | '<=' | '>' | '>='): Predicate => compare(term, op, value, 'bigint')
    return strictly ? both(is('<'), is('>=')) : both(is('<='), is('>'))
  }
  if (column.type === 'datetime' && value instanceof Datetime) {
    // The column counts microseconds, Cedar whole milliseconds: at most x is less than x + 1.
    const date = moment(strictly ? value.ms : value.ms + 1n)
    if (!date) return perhaps
    return both(compare(term, '<', date, 'timestamptz'), compare(term, '>=', date, 'timestamptz'))
  }
  return wrong
}

/** `in`: the row, a column, or who asks, in something known or in a column. */
export const inside = (left: Term, right: Term, world: World): Term => {
  if (right.is === 'list') return oneOf(right.items.map((item) => entityOnly(item, inside(left, item, world))))
  if (left.is === 'list') return wrong
  return preferring(
    left,
    right,
    (a, b) => sideInside(a, b, world),
    (a, b) => computedInside(a, b, world),
  )
}

const sideInside = (left: Side, right: Side, world: World): Term => {
  if (left.is === 'pair' || right.is === 'pair') return wrong
  if (right.is === 'known') return left.is === 'column' ? columnInside(left, right, world) : perhaps
  if (left.is !== 'known') return perhaps
  const ref = valueOf(left)
  if (!(ref instanceof Ref)) return wrong
  const around = [ref, ...storeOf(ref, world).ancestors(ref)]
  if (right.column.kind === 'entity') return membership(right, around)
  if (right.column.kind !== 'set' || right.column.of === 'string') return wrong
  return overlap(right, around)
}

const columnInside = (term: ColumnTerm, known: Side, world: World): Term => {
  if (term.column.kind !== 'entity') return wrong
  const value = valueOf(known)
  const refs = value instanceof ValueSet ? value.items : [value]
  if (!refs.every((one) => one instanceof Ref)) return wrong
  const below = refs.flatMap((one) => world.entities.descendants(one))
  if (!term.row) return membership(term, below)
  // The row is in E if it is E, or if something it is directly inside of is E or in E. No parent at all means: not in.
  const itself = truth(membership(term, refs), { perhaps: false })
  const parents = term.row.parents.map(({ column, entity, scalar }): Pair => {
    const values = unique(below.filter((one) => one.type === entity && usable(one.id, scalar)).map((one) => one.id))
    if (values.length === 0) return { t: never, f: always, errs: total }
    const among = (negated: boolean): Predicate => ({ kind: 'in', column, values, type: scalar, negated })
    return { t: among(false), f: or({ kind: 'null', column, negated: false }, among(true)), errs: total }
  })
  return { is: 'pair', ...parents.reduce(either, itself) }
}

/** Where a column is one of some values. An empty list, or one of other types, holds nothing; a NULL is still neither. */
const membership = (term: ColumnTerm, values: readonly Value[]): Term => {
  const scalars = unique(scalarsOf(term, values))
  if (scalars.length === 0) return pair(never, term.present, term)
  const type = parameterType(term)
  const [only] = scalars
  if (scalars.length === 1 && only !== undefined) {
    return pair(term.wrap(compare(term, '=', only, type)), term.wrap(compare(term, '<>', only, type)), term)
  }
  const among = (negated: boolean): Predicate =>
    term.wrap({ kind: 'in', column: term.column.column, values: scalars, type, negated })
  return pair(among(false), among(true), term)
}

/** `contains`: a set column a value, or a known set the column. */
export const contains = (set: Term, item: Term): Term => {
  if (set.is === 'list') return item.is === 'list' ? perhaps : oneOf(set.items.map((one) => same(one, item)))
  if (item.is === 'list') return perhaps
  return preferring(set, item, sideContains, computedContains)
}

const sideContains = (set: Side, item: Side): Term => {
  if (set.is === 'known') {
    const value = valueOf(set)
    if (!(value instanceof ValueSet)) return wrong
    if (item.is === 'column' && item.column.kind !== 'set')
      return isMoment(item) ? perhaps : membership(item, value.items)
    if (item.is !== 'pair') return perhaps
    const has = (flag: boolean, of: Predicate): Predicate => (value.has(flag) ? of : never)
    return pair(
      or(has(true, item.t), has(false, item.f)),
      or(value.has(true) ? never : item.t, value.has(false) ? never : item.f),
      item,
    )
  }
  if (set.is === 'pair' || set.column.kind !== 'set') return wrong
  if (item.is === 'pair') return pair(never, and(set.present, or(item.t, item.f)), { errs: set.errs.union(item.errs) })
  const value = valueOf(item)
  if (value === undefined) return perhaps
  const scalars = scalarsOf(set, [value])
  return scalars.length === 0
    ? pair(never, set.present, set)
    : pair(array(set, 'containsAll', scalars, false), array(set, 'containsAll', scalars, true), set)
}

/** `containsAll` and `containsAny`; one side is the column. */
export const containment = (name: 'containsAll' | 'containsAny', left: Term, right: Term): Term => {
  if (right.is === 'list' || (left.is === 'list' && right.is === 'known')) {
    const items = itemsOf(right)
    const found = items?.map((item) =>
      left.is === 'known' && item.is === 'known' ? knownContains(left, item) : contains(left, item),
    )
    if (!found || items?.length === 0) return perhaps
    return name === 'containsAll' ? every(found.map(condition)) : oneOf(found)
  }
  if (left.is === 'list') return name === 'containsAny' ? containment(name, right, left) : perhaps
  return preferring(
    left,
    right,
    (a, b) => sideContainment(name, a, b),
    (a, b) => computedContainment(name, a, b),
  )
}

const sideContainment = (name: 'containsAll' | 'containsAny', left: Side, right: Side): Term => {
  const [column, other] = left.is === 'column' ? [left, right] : [right, left]
  if (column.is !== 'column' || column.column.kind !== 'set') return wrong
  if (other.is === 'column') return other.column.kind === 'set' ? perhaps : wrong
  const value = valueOf(other)
  if (!(value instanceof ValueSet)) return wrong
  if (name === 'containsAny') return overlap(column, value.items)
  const scalars = scalarsOf(column, value.items)
  if (column !== left)
    return pair(array(column, 'containedBy', scalars, false), array(column, 'containedBy', scalars, true), column)
  if (scalars.length !== value.items.length) return pair(never, column.present, column)
  return pair(array(column, 'containsAll', scalars, false), array(column, 'containsAll', scalars, true), column)
}

const overlap = (term: ColumnTerm, values: readonly Value[]): Term => {
  const scalars = unique(scalarsOf(term, values))
  if (scalars.length === 0) return pair(never, term.present, term)
  return pair(array(term, 'containsAny', scalars, false), array(term, 'containsAny', scalars, true), term)
}

export const emptiness = (set: Term): Term => {
  if (set.is === 'computed') return computedEmptiness(set)
  if (set.is === 'list' || set.is === 'perhaps') return perhaps
  return sideEmptiness(set)
}

const sideEmptiness = (set: Term): Term =>
  set.is !== 'column' || set.column.kind !== 'set'
    ? wrong
    : pair(array(set, 'isEmpty', [], false), array(set, 'isEmpty', [], true), set)

/** `like`; null in the pattern stands for any characters. */
export const likeness = (term: ColumnTerm | ComputedTerm, parts: readonly (string | null)[]): Term => {
  const pattern = parts.map((part) => (part === null ? '%' : part.replaceAll(/[\\%_]/g, '\\$&'))).join('')
  if (term.is === 'computed') return computedLikeness(term, pattern)
  const { column, wrap, present } = term
  if (column.kind !== 'scalar' || column.type !== 'string') return wrong
  if (parts.some((part) => part !== null && !storable(part))) return pair(never, present, term)
  const is = (negated: boolean): Predicate => wrap({ kind: 'like', column: column.column, pattern, negated })
  return pair(is(false), is(true), term)
}

const itemsOf = (term: Term): readonly Term[] | undefined => {
  if (term.is === 'list') return term.items
  if (term.is !== 'known' || !(term.result instanceof ValueSet)) return undefined
  return term.result.items.map((result) => ({ is: 'known', result }))
}

const knownContains = (set: Term & { readonly is: 'known' }, item: Term & { readonly is: 'known' }): Term => {
  if (!(set.result instanceof ValueSet) || item.result instanceof Failure) return wrong
  return { is: 'known', result: set.result.has(item.result) }
}

/** Equality of a member of a list and something; both may be known. */
const same = (a: Term, b: Term): Term => {
  if (a.is !== 'known' || b.is !== 'known') return equality(a, b)
  return a.result instanceof Failure || b.result instanceof Failure
    ? wrong
    : { is: 'known', result: equal(a.result, b.result) }
}

/** In a list an entity is expected, where alone a set of them would do. */
const entityOnly = (item: Term, found: Term): Term => {
  const type = computed(item)?.type
  return type === undefined ? perhaps : type.startsWith('entity ') ? found : wrong
}

const condition = (term: Term): Term =>
  term.is === 'perhaps' ? term : { is: 'pair', ...truth(term, { perhaps: false }) }

const oneOf = (terms: readonly Term[]): Term => some(terms.map(condition))

const compare = (
  term: ColumnTerm,
  op: '=' | '<>' | '<' | '<=' | '>' | '>=',
  value: Scalar,
  type: ScalarType,
): Predicate => ({
  kind: 'compare',
  column: term.column.column,
  op,
  value,
  type,
})

const array = (
  term: ColumnTerm,
  op: 'containsAll' | 'containsAny' | 'containedBy' | 'isEmpty',
  values: readonly Scalar[],
  negated: boolean,
): Predicate => term.wrap({ kind: 'array', column: term.column.column, op, values, type: parameterType(term), negated })

const parameterType = ({ column }: ColumnTerm): ScalarType => {
  if (column.kind === 'entity') return column.scalar
  if (column.kind === 'set') return column.of === 'string' ? 'text' : 'uuid'
  return column.type === 'string' || column.type === 'long' || column.type === 'boolean'
    ? scalarTypes[column.type]
    : 'timestamptz'
}

/** A value as a parameter, or undefined where the column can never hold it. */
const scalarOf = ({ column }: ColumnTerm, value: Value): Scalar | undefined => {
  const reference =
    column.kind === 'entity'
      ? column.entity
      : column.kind === 'set' && column.of !== 'string'
        ? column.of.entity
        : undefined
  if (reference !== undefined) {
    const scalar = column.kind === 'entity' ? column.scalar : 'uuid'
    return value instanceof Ref && value.type === reference && usable(value.id, scalar) ? value.id : undefined
  }
  const type = column.kind === 'scalar' ? column.type : 'string'
  if (typeof value === 'string') return type === 'string' && storable(value) ? value : undefined
  if (typeof value === 'bigint') return type === 'long' ? value : undefined
  return typeof value === 'boolean' && type === 'boolean' ? value : undefined
}

const scalarsOf = (term: ColumnTerm, values: readonly Value[]): readonly Scalar[] =>
  values.flatMap((value) => {
    const scalar = scalarOf(term, value)
    return scalar === undefined ? [] : [scalar]
  })

const isMoment = ({ column }: ColumnTerm): boolean => column.kind === 'scalar' && column.type === 'datetime'

/** PostgreSQL stores no NUL and no lone surrogate, and an id that is no UUID would fail the cast. */
const storable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()
const usable = (id: string, scalar: 'uuid' | 'text'): boolean => (scalar === 'uuid' ? isUuid(id) : storable(id))

const unique = <T extends Scalar>(values: readonly T[]): readonly T[] => [...new Set(values)]

/** Years 1 to 9999; beyond, the drivers and PostgreSQL disagree about what a moment is. */
const moment = (ms: bigint): Date | undefined =>
  ms >= -62_135_596_800_000n && ms < 253_402_300_800_000n ? new Date(Number(ms)) : undefined
