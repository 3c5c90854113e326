// Cedar's JSON form of values and entities, both ways: for literals in policies, and for asking the official engine. Keeps access-2.
import type { Entity } from './entity.ts'
import { callExtension } from './extension.ts'
import { Ip, ipText } from './ip.ts'
import { Datetime, Decimal, Duration } from './time.ts'
import { Failure, RecordValue, Ref, type Result, type Value, ValueSet } from './value.ts'

export type CedarJson = boolean | number | string | readonly CedarJson[] | { readonly [name: string]: CedarJson }

/** Reads a value; numbers may come as bigint from a lossless parser. */
export const fromCedarJson = (json: unknown): Result => {
  if (typeof json === 'boolean' || typeof json === 'string' || typeof json === 'bigint') return json
  if (typeof json === 'number') return Number.isInteger(json) ? BigInt(json) : new Failure('a number is not whole')
  if (Array.isArray(json)) {
    const items = json.map(fromCedarJson)
    return firstFailure(items) ?? new ValueSet(items as readonly Value[])
  }
  if (typeof json !== 'object' || json === null) return new Failure('a value is not one Cedar knows')
  if (Object.hasOwn(json, '__entity')) {
    const { type, id } = (json as { readonly __entity: { readonly type: string; readonly id: string } }).__entity
    return new Ref(type, id)
  }
  if (Object.hasOwn(json, '__extn')) {
    const call = (
      json as { readonly __extn: { readonly fn: string; readonly arg?: unknown; readonly args?: readonly unknown[] } }
    ).__extn
    const args = (call.args ?? [call.arg]).map(fromCedarJson)
    return firstFailure(args) ?? callExtension(call.fn, args as readonly Value[])
  }
  const fields = new Map<string, Value>()
  for (const [name, given] of Object.entries(json)) {
    const value = fromCedarJson(given)
    if (value instanceof Failure) return value
    fields.set(name, value)
  }
  return new RecordValue(fields)
}

const firstFailure = (results: readonly Result[]): Failure | undefined =>
  results.find((result) => result instanceof Failure)

/** Writes a value. A Long beyond 2^53 would be rounded on the way, so it is refused. */
export const toCedarJson = (value: Value): CedarJson => {
  if (typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'bigint') {
    if (!Number.isSafeInteger(Number(value))) throw new RangeError('a Long beyond 2^53 does not survive JSON')
    return Number(value)
  }
  if (value instanceof Ref) return { __entity: { type: value.type, id: value.id } }
  if (value instanceof ValueSet) return value.items.map(toCedarJson)
  if (value instanceof RecordValue)
    return Object.fromEntries([...value.fields].map(([name, field]) => [name, toCedarJson(field)]))
  if (value instanceof Decimal) return { __extn: { fn: 'decimal', arg: value.toString() } }
  if (value instanceof Ip) return { __extn: { fn: 'ip', arg: ipText(value) } }
  if (value instanceof Duration) return { __extn: { fn: 'duration', arg: `${value.ms.toString()}ms` } }
  return { __extn: { fn: 'offset', args: [epoch, { __extn: { fn: 'duration', arg: `${value.ms.toString()}ms` } }] } }
}

const epoch = { __extn: { fn: 'datetime', arg: '1970-01-01' } } as const

/** An entity as the official engine reads it. */
export const entityToJson = (
  entity: Entity,
): {
  uid: { type: string; id: string }
  attrs: { [name: string]: CedarJson }
  parents: { type: string; id: string }[]
  tags?: { [name: string]: CedarJson }
} => ({
  uid: { type: entity.ref.type, id: entity.ref.id },
  attrs: Object.fromEntries(
    entity.names().flatMap((name) => {
      const value = entity.attr(name)
      return value === undefined ? [] : [[name, toCedarJson(value)]]
    }),
  ),
  parents: entity.parents.map(({ type, id }) => ({ type, id })),
  ...(entity.tags?.().size
    ? { tags: Object.fromEntries([...entity.tags()].map(([name, value]) => [name, toCedarJson(value)])) }
    : {}),
})

/** A value as a person reads it in an explanation. */
export const show = (result: Result | undefined): string => {
  if (result === undefined || result instanceof Failure) return 'absent'
  if (result instanceof Ref) return `${result.type}::${JSON.stringify(result.id)}`
  if (result instanceof ValueSet) return `[${result.items.map(show).join(', ')}]`
  if (result instanceof RecordValue)
    return `{${[...result.fields].map(([name, value]) => `${name}: ${show(value)}`).join(', ')}}`
  if (result instanceof Ip) return ipText(result)
  if (result instanceof Datetime)
    return Math.abs(Number(result.ms)) <= 8.64e15 ? new Date(Number(result.ms)).toISOString() : result.ms.toString()
  if (result instanceof Duration) return `${result.ms.toString()}ms`
  return typeof result === 'string' ? JSON.stringify(result) : result.toString()
}
