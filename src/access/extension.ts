// Cedar's extension functions: what each takes and gives. A wrong number or type of arguments is an evaluation error. Keeps access-2.
import { inRange, Ip, isLoopback, isMulticast, parseIp } from './ip.ts'
import { Datetime, Decimal, Duration, parseDatetime, parseDecimal, parseDuration, toDate, toTime } from './time.ts'
import { Failure, fits, type Result, type Value } from './value.ts'

type Kind = 'text' | 'decimal' | 'ip' | 'datetime' | 'duration'

interface Held {
  readonly text: string
  readonly decimal: Decimal
  readonly ip: Ip
  readonly datetime: Datetime
  readonly duration: Duration
}

type Call = (args: readonly Value[]) => Result

/** Calls a function by its name. */
export const callExtension = (name: string, args: readonly Value[]): Result => functions.get(name)?.(args) ?? unknown

const unknown = new Failure('there is no such function')

const holds: { readonly [K in Kind]: (value: Value | undefined) => value is Held[K] } = {
  text: (value): value is string => typeof value === 'string',
  decimal: (value): value is Decimal => value instanceof Decimal,
  ip: (value): value is Ip => value instanceof Ip,
  datetime: (value): value is Datetime => value instanceof Datetime,
  duration: (value): value is Duration => value instanceof Duration,
}

/** A function of one argument; what it cannot give is an error. */
const one = <K extends Kind>(name: string, kind: K, of: (a: Held[K]) => Value | undefined): [string, Call] => {
  const wrong = new Failure(`${name} takes one argument, of type ${kind}`)
  const failed = new Failure(`${name} has no result for its argument`)
  const is = holds[kind]
  return [name, (args) => (args.length === 1 && is(args[0]) ? (of(args[0]) ?? failed) : wrong)]
}

const two = <K extends Kind, L extends Kind>(
  name: string,
  first: K,
  second: L,
  of: (a: Held[K], b: Held[L]) => Value | undefined,
): [string, Call] => {
  const wrong = new Failure(`${name} takes two arguments, of types ${first} and ${second}`)
  const failed = new Failure(`${name} has no result for its arguments`)
  const [isFirst, isSecond] = [holds[first], holds[second]]
  return [
    name,
    (args) => (args.length === 2 && isFirst(args[0]) && isSecond(args[1]) ? (of(args[0], args[1]) ?? failed) : wrong),
  ]
}

// Division of bigints drops the fraction toward zero, as Cedar does here (only toDate rounds down).
const functions: ReadonlyMap<string, Call> = new Map([
  one('decimal', 'text', parseDecimal),
  two('lessThan', 'decimal', 'decimal', (a, b) => a.units < b.units),
  two('lessThanOrEqual', 'decimal', 'decimal', (a, b) => a.units <= b.units),
  two('greaterThan', 'decimal', 'decimal', (a, b) => a.units > b.units),
  two('greaterThanOrEqual', 'decimal', 'decimal', (a, b) => a.units >= b.units),
  one('ip', 'text', parseIp),
  one('isIpv4', 'ip', (a) => a.bits === 32),
  one('isIpv6', 'ip', (a) => a.bits === 128),
  one('isLoopback', 'ip', isLoopback),
  one('isMulticast', 'ip', isMulticast),
  two('isInRange', 'ip', 'ip', inRange),
  one('datetime', 'text', parseDatetime),
  one('duration', 'text', parseDuration),
  two('offset', 'datetime', 'duration', (a, b) => (fits(a.ms + b.ms) ? new Datetime(a.ms + b.ms) : undefined)),
  two('durationSince', 'datetime', 'datetime', (a, b) => (fits(a.ms - b.ms) ? new Duration(a.ms - b.ms) : undefined)),
  one('toDate', 'datetime', toDate),
  one('toTime', 'datetime', toTime),
  one('toMilliseconds', 'duration', (a) => a.ms),
  one('toSeconds', 'duration', (a) => a.ms / 1000n),
  one('toMinutes', 'duration', (a) => a.ms / 60_000n),
  one('toHours', 'duration', (a) => a.ms / 3_600_000n),
  one('toDays', 'duration', (a) => a.ms / 86_400_000n),
])
