// Cedar's strict functions: all arguments are evaluated first, a wrong type is an error. Used by the closure, and by the predicate
// for everything known beforehand, so that both mean the same. Keeps access-2.
import type { EntityStore } from './entity.ts'
import type { Strict } from './est.ts'
import { Datetime, Duration } from './time.ts'
import { equal, Failure, fits, RecordValue, Ref, type Result, subset, type Value, ValueSet } from './value.ts'

/** Where entities are looked up: records and the organisation, and the actions of the schema. */
export interface World {
  readonly entities: EntityStore
  readonly actions: EntityStore
}

type Call = (a: Value, b: Value, world: World) => Result

const overflow = new Failure('integer overflow')
const notLong = new Failure('a Long is expected')
const notSet = new Failure('a set is expected')
const notEntity = new Failure('an entity is expected')
const notString = new Failure('a string is expected')
const notComparable = new Failure('two Longs, two datetimes or two durations are expected')

const order =
  (holds: (a: bigint, b: bigint) => boolean): Call =>
  (a, b) => {
    if (typeof a === 'bigint' && typeof b === 'bigint') return holds(a, b)
    if (a instanceof Datetime && b instanceof Datetime) return holds(a.ms, b.ms)
    if (a instanceof Duration && b instanceof Duration) return holds(a.ms, b.ms)
    return notComparable
  }

const arithmetic =
  (of: (a: bigint, b: bigint) => bigint): Call =>
  (a, b) => {
    if (typeof a !== 'bigint' || typeof b !== 'bigint') return notLong
    const n = of(a, b)
    return fits(n) ? n : overflow
  }

const inside: Call = (a, b, world) => {
  if (!(a instanceof Ref)) return notEntity
  const store = storeOf(a, world)
  if (b instanceof Ref) return store.inside(a, b)
  if (!(b instanceof ValueSet)) return notEntity
  let found = false
  for (const item of b.items) {
    if (!(item instanceof Ref)) return notEntity
    found ||= store.inside(a, item)
  }
  return found
}

/** Actions stand in the schema; Cedar lets no other entity bear the type name Action. */
export const storeOf = ({ type }: Ref, world: World): EntityStore =>
  type === 'Action' || type.endsWith('::Action') ? world.actions : world.entities

const noTag = new Failure('the entity has no such tag')

/** By name; functions of one argument ignore the second. */
export const strict: { readonly [S in Strict]: Call } = {
  equal,
  less: order((a, b) => a < b),
  lessOrEqual: order((a, b) => a <= b),
  add: arithmetic((a, b) => a + b),
  subtract: arithmetic((a, b) => a - b),
  multiply: arithmetic((a, b) => a * b),
  negate: (a) => (typeof a !== 'bigint' ? notLong : fits(-a) ? -a : overflow),
  contains: (a, b) => (a instanceof ValueSet ? a.has(b) : notSet),
  containsAll: (a, b) => (a instanceof ValueSet && b instanceof ValueSet ? subset(b, a) : notSet),
  containsAny: (a, b) =>
    a instanceof ValueSet && b instanceof ValueSet ? b.items.some((item) => a.has(item)) : notSet,
  isEmpty: (a) => (a instanceof ValueSet ? a.items.length === 0 : notSet),
  in: inside,
  hasTag: (a, b, world) => {
    if (!(a instanceof Ref)) return notEntity
    return typeof b === 'string' ? world.entities.get(a)?.tag(b) !== undefined : notString
  },
  getTag: (a, b, world) => {
    if (!(a instanceof Ref)) return notEntity
    return typeof b === 'string' ? (world.entities.get(a)?.tag(b) ?? noTag) : notString
  },
}

const nothing = new Failure('an entity or a record is expected')

/** `of has attr`: an entity that is not there has nothing. */
export const has = (of: Value, attr: string, world: World): Result => {
  if (of instanceof RecordValue) return of.fields.has(attr)
  return of instanceof Ref ? world.entities.get(of)?.attr(attr) !== undefined : nothing
}

/** `of.attr`; `absent` is the error where it is not there. */
export const get = (of: Value, attr: string, world: World, absent: Failure): Result => {
  if (of instanceof RecordValue) return of.fields.get(attr) ?? absent
  return of instanceof Ref ? (world.entities.get(of)?.attr(attr) ?? absent) : nothing
}

/** A test of `like`: null stands for any characters, also none, also line ends. */
export const matcher = (pattern: readonly (string | null)[]): ((text: Value) => Result) => {
  const body = pattern.map((part) => (part === null ? '[^]*' : part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')))
  const whole = new RegExp(`^(?:${collapse(body).join('')})$`)
  return (text) => (typeof text === 'string' ? whole.test(text) : notString)
}

/** Two wildcards in a row match what one does, and would make the search slow. */
const collapse = (parts: readonly string[]): readonly string[] =>
  parts.filter((part, i) => part !== '[^]*' || parts[i - 1] !== part)

export const isOfType = (value: Value, type: string): Result => (value instanceof Ref ? value.type === type : notEntity)
