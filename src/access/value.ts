// Values as Cedar knows them, the one sentinel for "evaluation failed", and equality. Keeps access-2.
import type { Datetime, Decimal, Duration } from './time.ts'
import type { Ip } from './ip.ts'

/** Anything a policy can hold in its hand. A Long is always a bigint. */
export type Value = boolean | bigint | string | Ref | ValueSet | RecordValue | Decimal | Ip | Datetime | Duration

/** What callers may pass: whole numbers stand for Longs, arrays for sets, plain objects for records. */
export type CedarValue = Value | number | readonly CedarValue[] | { readonly [name: string]: CedarValue }

export interface EntityUid {
  readonly type: string
  readonly id: string
}

/** A reference to an entity. */
export class Ref implements EntityUid {
  readonly type: string
  readonly id: string
  constructor(type: string, id: string) {
    this.type = type
    this.id = id
  }
}

/** A set: no value twice, order without meaning. */
export class ValueSet {
  readonly items: readonly Value[]
  constructor(items: readonly Value[]) {
    const kept: Value[] = []
    for (const item of items) if (!kept.some((other) => equal(other, item))) kept.push(item)
    this.items = kept
  }
  has(value: Value): boolean {
    for (const item of this.items) if (equal(item, value)) return true
    return false
  }
}

export class RecordValue {
  readonly fields: ReadonlyMap<string, Value>
  constructor(fields: ReadonlyMap<string, Value>) {
    this.fields = fields
  }
}

/** An evaluation that failed. Made once per place in a policy, never thrown: the caller looks at what it got. */
export class Failure {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

export type Result = Value | Failure

export const ref = (uid: EntityUid): Ref => (uid instanceof Ref ? uid : new Ref(uid.type, uid.id))

/** Equality of content; values of different types are not equal, and comparing them is no error. */
export const equal = (a: Value, b: Value): boolean => {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object') return false
  if (a instanceof Ref) return b instanceof Ref && a.id === b.id && a.type === b.type
  if (a instanceof ValueSet) return b instanceof ValueSet && a.items.length === b.items.length && subset(a, b)
  if (a instanceof RecordValue) return b instanceof RecordValue && sameFields(a.fields, b.fields)
  return a.constructor === b.constructor && a.equals(b as never)
}

/** Whether b holds all of a. */
export const subset = (a: ValueSet, b: ValueSet): boolean => {
  for (const item of a.items) if (!b.has(item)) return false
  return true
}

const sameFields = (a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>): boolean => {
  if (a.size !== b.size) return false
  for (const [name, value] of a) {
    const other = b.get(name)
    if (other === undefined || !equal(value, other)) return false
  }
  return true
}

const min = -(2n ** 63n)
const max = 2n ** 63n - 1n

/** Whether a whole number fits a Long (signed, 64 bits). */
export const fits = (n: bigint): boolean => n >= min && n <= max

/** A value of a caller as Cedar knows it; RangeError for a number that is not a safe integer or a Long. */
export const toValue = (given: CedarValue): Value => {
  switch (typeof given) {
    case 'boolean':
    case 'string':
      return given
    case 'number':
      if (!Number.isSafeInteger(given)) throw new RangeError('a Long is a whole number, and beyond 2^53 a bigint')
      return BigInt(given)
    case 'bigint':
      if (!fits(given)) throw new RangeError('a Long has 64 bits')
      return given
    default:
      if (Array.isArray(given)) return new ValueSet((given as readonly CedarValue[]).map(toValue))
      return isPlain(given) ? toRecord(given) : (given as Value)
  }
}

export const toRecord = (given: { readonly [name: string]: CedarValue }): RecordValue => {
  const fields = new Map<string, Value>()
  for (const name of Object.keys(given)) {
    const value = given[name]
    if (value !== undefined) fields.set(name, toValue(value))
  }
  return new RecordValue(fields)
}

const isPlain = (given: object): given is { readonly [name: string]: CedarValue } => {
  const proto: unknown = Object.getPrototypeOf(given)
  return proto === Object.prototype || proto === null
}
