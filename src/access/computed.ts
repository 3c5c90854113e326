// Terms that are worked out: sums, moments, decimals, addresses, custom fields, and conditions over two columns. Keeps access-140, access-141.
import {
  always,
  type ColumnReading,
  type Expression,
  type ExpressionType,
  isUuid,
  joint,
  jsonCell,
  type JsonReading,
  never,
  outward,
  type Predicate,
  type Relation,
} from '#kernel'
import type { MemberKind, ScalarKind } from './columns.ts'
import { and, or } from './formula.ts'
import { Ip, ipText } from './ip.ts'
import type { World } from './strict.ts'
import {
  type ComputedTerm,
  either,
  not,
  type Pair,
  perhaps,
  type Place,
  type Term,
  total,
  unsure,
  type ValueType,
} from './term.ts'
import { Datetime, Decimal, Duration } from './time.ts'
import { Failure, Ref, type Value, ValueSet } from './value.ts'

export const here: Place = { path: [], wrap: (predicate) => predicate }
const wrong: Term = { is: 'known', result: new Failure('a value of another type is expected') }

/** A term as something worked out; undefined where there is no expression for it. */
export const computed = (term: Term): ComputedTerm | undefined => {
  if (term.is === 'computed') return term
  if (term.is === 'known') return term.result instanceof Failure ? undefined : literal(term.result)
  if (term.is !== 'column') return undefined
  const { column, path, wrap, present, errs } = term
  const [type, as]: readonly [ValueType, ColumnReading] =
    column.kind === 'scalar'
      ? scalars[column.type]
      : column.kind === 'entity'
        ? [`entity ${column.entity}`, 'text']
        : [column.of === 'string' ? 'set string' : `set entity ${column.of.entity}`, 'texts']
  return { is: 'computed', type, of: { kind: 'column', column: column.column, as, up: 0 }, path, wrap, present, errs }
}

const scalars: { readonly [K in ScalarKind]: readonly [ValueType, ColumnReading] } = {
  string: ['string', 'text'],
  long: ['long', 'long'],
  boolean: ['boolean', 'boolean'],
  datetime: ['datetime', 'moment'],
  date: ['datetime', 'day'],
  decimal: ['decimal', 'decimal'],
  ip: ['ip', 'inet'],
}

const members: { readonly [K in Exclude<MemberKind, object>]: readonly [ValueType, JsonReading] } = {
  string: ['string', 'text'],
  long: ['long', 'long'],
  boolean: ['boolean', 'boolean'],
  datetime: ['datetime', 'moment'],
  date: ['datetime', 'day'],
  decimal: ['decimal', 'decimal'],
  strings: ['set string', 'texts'],
}

/** A member of a JSON column, in the row at a place. */
export const memberTerm = (column: string, key: string, kind: MemberKind, place: Place): ComputedTerm => {
  const [type, as]: readonly [ValueType, JsonReading] =
    typeof kind === 'object' ? [`entity ${kind.entity}`, 'text'] : members[kind]
  const of: Expression = { kind: 'json', column, key, as, up: 0 }
  const errs = place.path.length === 0 ? new Set([jsonCell(column, key)]) : unsure
  return made(type, of, place, errs)
}

const made = (type: ValueType, of: Expression, { path, wrap }: Place, errs: ReadonlySet<string>): ComputedTerm => ({
  is: 'computed',
  type,
  of,
  path,
  wrap,
  present: wrap({ kind: 'present', of, negated: false }),
  errs,
})

const literal = (value: Value): ComputedTerm | undefined => {
  const [type, expression, plain] = literalOf(value) ?? []
  if (type === undefined || expression === undefined || plain === undefined) return undefined
  const of: Expression = { kind: 'value', type: expression, value: plain }
  return { is: 'computed', type, of, ...here, present: always, errs: total }
}

type Literal = readonly [ValueType, ExpressionType, string | bigint | boolean | readonly string[]]

const literalOf = (value: Value): Literal | undefined => {
  if (typeof value === 'boolean') return ['boolean', 'boolean', value]
  if (typeof value === 'bigint') return ['long', 'number', value]
  if (typeof value === 'string') return storable(value) ? ['string', 'text', value] : undefined
  if (value instanceof Ref) return storable(value.id) ? [`entity ${value.type}`, 'text', value.id] : undefined
  if (value instanceof Datetime) return ['datetime', 'number', value.ms]
  if (value instanceof Duration) return ['duration', 'number', value.ms]
  if (value instanceof Decimal) return ['decimal', 'number', value.units]
  if (value instanceof Ip) return ['ip', 'inet', ipText(value)]
  return undefined
}

/** PostgreSQL stores no NUL and no lone surrogate. */
const storable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** Two values side by side: in one row, or one of them further in than the other. Two different lookups have no row in common. */
const meet = (
  a: ComputedTerm,
  b: ComputedTerm,
): (Place & { readonly left: Expression; readonly right: Expression }) | undefined => {
  if (a.path.join(joint) === b.path.join(joint)) return { path: a.path, wrap: a.wrap, left: a.of, right: b.of }
  if (b.path.length === 0) return { path: a.path, wrap: a.wrap, left: a.of, right: outward(b.of, a.path.length) }
  if (a.path.length === 0) return { path: b.path, wrap: b.wrap, left: outward(a.of, b.path.length), right: b.of }
  return undefined
}

const relate = (op: Relation, a: ComputedTerm, b: ComputedTerm): Term => {
  const both = meet(a, b)
  if (!both) return perhaps
  const is = (negated: boolean): Predicate =>
    both.wrap({ kind: 'relation', op, left: both.left, right: both.right, negated })
  return { is: 'pair', t: is(false), f: is(true), errs: a.errs.union(b.errs) }
}

const differ = (...sides: readonly { readonly present: Predicate; readonly errs: ReadonlySet<string> }[]): Term => ({
  is: 'pair',
  t: never,
  f: and(...sides.map(({ present }) => present)),
  errs: sides.reduce((errs, one) => errs.union(one.errs), total),
})

const pairOf = (term: Term): Pair | undefined => (term.is === 'pair' ? term : undefined)

/** Several pairs as one, or perhaps where one of them is not a pair. */
const folded = (terms: readonly Term[], join: (a: Pair, b: Pair) => Pair): Term => {
  const pairs = terms.map(pairOf)
  const [first, ...rest] = pairs
  if (first === undefined) return perhaps
  let all = first
  for (const one of rest) {
    if (!one) return perhaps
    all = join(all, one)
  }
  return { is: 'pair', ...all }
}

/** Every part is evaluated, whatever the others say: true where one is true and none errs. */
const any = (terms: readonly Term[]): Term =>
  folded(terms, (a, b) => ({
    t: or(and(a.t, or(b.t, b.f)), and(b.t, or(a.t, a.f))),
    f: and(a.f, b.f),
    errs: a.errs.union(b.errs),
  }))

export const every = (terms: readonly Term[]): Term =>
  folded(terms, (a, b) => ({
    t: and(a.t, b.t),
    f: or(and(a.f, or(b.t, b.f)), and(b.f, or(a.t, a.f))),
    errs: a.errs.union(b.errs),
  }))

export const some = any

export const computedEquality = (left: Term, right: Term): Term => {
  const [a, b] = [computed(left), computed(right)]
  if (left.is === 'known' && b && !a) return setOrNothing(b, left.result)
  if (right.is === 'known' && a && !b) return setOrNothing(a, right.result)
  if (!a || !b) return perhaps
  if (a.type !== b.type) return differ(a, b)
  if (!a.type.startsWith('set ')) return relate('=', a, b)
  return every([relate('containsAll', a, b), relate('containedBy', a, b)])
}

/** Equality with something known that no single expression stands for: a set, or what no column can hold. */
const setOrNothing = (a: ComputedTerm, value: Value | Failure): Term => {
  if (!(value instanceof ValueSet) || !a.type.startsWith('set ')) return differ(a)
  const items = textsOf(value.items, elementOf(a.type))
  if (items.length !== value.items.length) return differ(a)
  return every([relate('containsAll', a, list(items)), relate('containedBy', a, list(items))])
}

const elementOf = (type: ValueType): string => type.slice('set '.length)
const textsOf = (values: readonly Value[], type: string): readonly string[] => [
  ...new Set(
    values.flatMap((value) => {
      const found = literalOf(value)
      return found?.[0] === type && typeof found[2] === 'string' ? [found[2]] : []
    }),
  ),
]
const list = (texts: readonly string[]): ComputedTerm => ({
  is: 'computed',
  type: 'set string',
  of: { kind: 'value', type: 'texts', value: texts },
  ...here,
  present: always,
  errs: total,
})

export const computedOrder = (name: 'less' | 'lessOrEqual', left: Term, right: Term): Term => {
  const [a, b] = [computed(left), computed(right)]
  if (!a || !b) return left.is === 'perhaps' || right.is === 'perhaps' ? perhaps : wrong
  if (a.type !== b.type || !ordered.has(a.type)) return wrong
  return relate(name === 'less' ? '<' : '<=', a, b)
}

const ordered: ReadonlySet<ValueType> = new Set(['long', 'datetime', 'duration'])

/** One of some known values. */
const among = (item: ComputedTerm, values: readonly Value[]): Term => {
  if (item.type === 'string' || item.type.startsWith('entity ')) {
    const texts = textsOf(values, item.type)
    return texts.length === 0 ? differ(item) : relate('member', item, list(texts))
  }
  const same = values.flatMap((value) => {
    const one = literal(value)
    return one?.type === item.type ? [relate('=', item, one)] : []
  })
  return same.length === 0 ? differ(item) : any(same)
}

export const computedContains = (set: Term, item: Term): Term => {
  const b = computed(item)
  if (set.is === 'known') {
    if (!(set.result instanceof ValueSet)) return wrong
    return b ? among(b, set.result.items) : perhaps
  }
  const a = computed(set)
  if (!a) return perhaps
  if (!a.type.startsWith('set ')) return wrong
  if (!b) return item.is === 'known' ? differ(a) : perhaps
  return elementOf(a.type) === b.type ? relate('member', b, a) : differ(a, b)
}

export const computedContainment = (name: 'containsAll' | 'containsAny', left: Term, right: Term): Term => {
  const known = left.is === 'known' ? left : right.is === 'known' ? right : undefined
  if (known) {
    if (!(known.result instanceof ValueSet)) return wrong
    const other = computed(known === left ? right : left)
    if (!other) return perhaps
    if (!other.type.startsWith('set ')) return wrong
    const texts = textsOf(known.result.items, elementOf(other.type))
    if (name === 'containsAny') return relate('containsAny', other, list(texts))
    if (known === left) return relate('containedBy', other, list(texts))
    return texts.length === known.result.items.length ? relate('containsAll', other, list(texts)) : differ(other)
  }
  const [a, b] = [computed(left), computed(right)]
  if (!a || !b) return perhaps
  if (!a.type.startsWith('set ') || !b.type.startsWith('set ')) return wrong
  return a.type === b.type ? relate(name, a, b) : perhaps
}

export const computedEmptiness = (set: ComputedTerm): Term =>
  set.type.startsWith('set ') ? relate('containedBy', set, list([])) : wrong

/** `pattern` in the words of LIKE. */
export const computedLikeness = (of: ComputedTerm, pattern: string): Term => {
  if (of.type !== 'string') return wrong
  const as = literal(pattern)
  return as ? relate('like', of, as) : differ(of)
}

export const isComputedOfType = (of: ComputedTerm, type: string): Term => {
  if (!of.type.startsWith('entity ')) return wrong
  const is: Pair = { t: of.present, f: never, errs: of.errs }
  return { is: 'pair', ...(of.type === `entity ${type}` ? is : not(is)) }
}

/** `in`, with something known on one side, or with two unknown: then all pairs that the organisation knows are handed down. */
export const computedInside = (left: Term, right: Term, world: World): Term => {
  const [a, b] = [computed(left), computed(right)]
  if (right.is === 'known' && a) {
    const { result } = right
    const refs = result instanceof ValueSet ? result.items : result instanceof Failure ? [] : [result]
    if (!a.type.startsWith('entity ') || !refs.every((one) => one instanceof Ref)) return wrong
    return among(a, refs.flatMap((one) => world.entities.descendants(one))) // prettier-ignore
  }
  if (!b) return perhaps
  if (left.is === 'known') {
    if (!(left.result instanceof Ref)) return wrong
    const around = [left.result, ...world.entities.ancestors(left.result)]
    if (b.type.startsWith('entity ')) return among(b, around)
    if (!b.type.startsWith('set entity ')) return wrong
    return relate('containsAny', b, list(textsOf(around, elementOf(b.type))))
  }
  if (!a?.type.startsWith('entity ')) return a ? wrong : perhaps
  if (left.is === 'column' && left.row) {
    const itself = sameOrBelow(a, b, [])
    const parents = left.row.parents.map(({ column, entity }): Term => {
      const of: Expression = { kind: 'column', column, as: 'text', up: 0 }
      const up = made(`entity ${entity}`, of, here, new Set([column]))
      const found = pairOf(inOrganisation(up, b, world))
      if (!found) return perhaps
      const absent: Predicate = { kind: 'null', column, negated: false }
      return { is: 'pair', t: found.t, f: or(and(absent, b.present), found.f), errs: b.errs }
    })
    return any([itself, ...parents])
  }
  return inOrganisation(a, b, world)
}

const inOrganisation = (a: ComputedTerm, b: ComputedTerm, world: World): Term => {
  const [type, of] = [a.type.slice('entity '.length), b.type.replace(/^set /, '')]
  if (!of.startsWith('entity ')) return wrong
  const above = of.slice('entity '.length)
  const pairs: string[] = []
  for (const { ref } of world.entities.all()) {
    if (ref.type !== type) continue
    for (const other of world.entities.ancestors(ref)) {
      if (other.type !== above) continue
      // Joined ids are unambiguous only where none of them can hold the joint.
      if (!isUuid(ref.id) || !isUuid(other.id) || pairs.length >= mostPairs) return perhaps
      pairs.push(`${ref.id}${joint}${other.id}`)
    }
  }
  return sameOrBelow(a, b, pairs)
}

/** More pairs than this make a parameter too long; then each row is decided alone. */
const mostPairs = 20_000

const sameOrBelow = (a: ComputedTerm, b: ComputedTerm, pairs: readonly string[]): Term => {
  const element = b.type.startsWith('set ') ? elementOf(b.type) : b.type
  if (b.type.startsWith('set ')) {
    if (pairs.length > 0) return perhaps
    return a.type === element ? relate('member', a, b) : differ(a, b)
  }
  const same = a.type === element ? relate('=', a, b) : differ(a, b)
  if (pairs.length === 0) return same
  const both = meet(a, b)
  if (!both) return perhaps
  const joined: Expression = { kind: 'joined', left: both.left, right: both.right }
  return any([same, relate('member', made('string', joined, both, a.errs.union(b.errs)), list(pairs))])
}

export const computedArithmetic = (name: 'add' | 'subtract' | 'multiply', left: Term, right: Term): Term => {
  const [a, b] = [computed(left), computed(right)]
  if (!a || !b) return perhaps
  return a.type === 'long' && b.type === 'long' ? sum(signs[name], a, b, 'long') : wrong
}

const signs = { add: '+', subtract: '-', multiply: '*' } as const

export const negation = (of: Term): Term => computedArithmetic('subtract', { is: 'known', result: 0n }, of)

/** The one way an expression can err beyond NULL columns is to leave 64 bits. */
const sum = (op: '+' | '-' | '*', a: ComputedTerm, b: ComputedTerm, type: ValueType): Term => {
  const both = meet(a, b)
  return both ? made(type, { kind: 'arithmetic', op, left: both.left, right: both.right }, both, unsure) : perhaps
}

/** Extension functions of which an argument is not known. */
export const computedCall = (name: string, args: readonly Term[]): Term => {
  const [a, b] = args.map(computed)
  if (!a || args.length > 2 || (args.length === 2 && !b)) return perhaps
  const types = [a.type, ...(b ? [b.type] : [])].join(' ')
  const call = calls.get(name)
  if (!call) return perhaps
  return call.takes === types ? call.gives(a, b ?? a) : wrong
}

interface Call {
  readonly takes: string
  readonly gives: (a: ComputedTerm, b: ComputedTerm) => Term
}

const range = (text: string): ComputedTerm => ({
  is: 'computed',
  type: 'ip',
  of: { kind: 'value', type: 'inet', value: text },
  ...here,
  present: always,
  errs: total,
})
const inRanges =
  (...ranges: readonly string[]) =>
  (a: ComputedTerm): Term =>
    folded(ranges.map((one) => relate('within', a, range(one))), either) // prettier-ignore
const family =
  (number: bigint) =>
  (a: ComputedTerm): Term => {
    const of = made('long', { kind: 'family', of: a.of }, a, a.errs)
    return relate('=', of, { ...range(''), type: 'long', of: { kind: 'value', type: 'number', value: number } })
  }
const unit =
  (by: bigint) =>
  (a: ComputedTerm): Term =>
    made('long', by === 1n ? a.of : { kind: 'quotient', of: a.of, by }, a, a.errs)
const timeOfDay = (a: ComputedTerm): ComputedTerm => made('duration', { kind: 'timeOfDay', of: a.of }, a, a.errs)

const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['lessThan', { takes: 'decimal decimal', gives: (a, b) => relate('<', a, b) }],
  ['lessThanOrEqual', { takes: 'decimal decimal', gives: (a, b) => relate('<=', a, b) }],
  ['greaterThan', { takes: 'decimal decimal', gives: (a, b) => relate('<', b, a) }],
  ['greaterThanOrEqual', { takes: 'decimal decimal', gives: (a, b) => relate('<=', b, a) }],
  ['isInRange', { takes: 'ip ip', gives: (a, b) => relate('within', a, b) }],
  ['isIpv4', { takes: 'ip', gives: family(4n) }],
  ['isIpv6', { takes: 'ip', gives: family(6n) }],
  ['isLoopback', { takes: 'ip', gives: inRanges('127.0.0.0/8', '::1/128') }],
  ['isMulticast', { takes: 'ip', gives: inRanges('224.0.0.0/4', 'ff00::/8') }],
  ['offset', { takes: 'datetime duration', gives: (a, b) => sum('+', a, b, 'datetime') }],
  ['durationSince', { takes: 'datetime datetime', gives: (a, b) => sum('-', a, b, 'duration') }],
  ['toDate', { takes: 'datetime', gives: (a) => sum('-', a, timeOfDay(a), 'datetime') }],
  ['toTime', { takes: 'datetime', gives: timeOfDay }],
  ['toMilliseconds', { takes: 'duration', gives: unit(1n) }],
  ['toSeconds', { takes: 'duration', gives: unit(1000n) }],
  ['toMinutes', { takes: 'duration', gives: unit(60_000n) }],
  ['toHours', { takes: 'duration', gives: unit(3_600_000n) }],
  ['toDays', { takes: 'duration', gives: unit(86_400_000n) }],
])
