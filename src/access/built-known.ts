// Conditions a house has words for (amount, region, hours, network, …) and what they mean as plain tests; and the way back, which takes
// nothing for one of them that is not exactly what it means. Keeps access-190.
import { isDeepStrictEqual } from 'node:util'
import { all, any, attribute, type Attribute, compare, type Compare, type Known, not, type Operand, type Test, there } from './built.ts' // prettier-ignore

const number = (value: number): Operand => ({ is: 'number', value })
const texts = (items: readonly string[]): Operand => ({ is: 'list', items: items.map((value) => ({ is: 'text', value })) }) // prettier-ignore

const [amount, region, hour, minute, weekday] = [
  attribute('resource', 'amount'),
  attribute('resource', 'region'),
  attribute('context', 'hour'),
  attribute('context', 'minute'),
  attribute('context', 'weekday'),
]
const [ip, mfa, mfaAge] = [attribute('context', 'ip'), attribute('context', 'mfa'), attribute('context', 'mfaAge')]
const dealLimit = attribute('principal', 'dealLimit')
const clock: Operand = {
  is: 'sum',
  op: '+',
  left: { is: 'sum', op: '*', left: hour, right: number(60) },
  right: minute,
}

/** What a condition asks, as conditionText says it in Cedar. */
export const plainOf = (condition: Known): Test => {
  switch (condition.is) {
    case 'amount':
      return condition.most === 'limit'
        ? any(not(there('resource', 'amount')), all(there('principal', 'dealLimit'), there('resource', 'amount'), compare(amount, '<=', dealLimit))) // prettier-ignore
        : any(not(there('resource', 'amount')), all(there('resource', 'amount'), compare(amount, '<=', number(condition.most)))) // prettier-ignore
    case 'region':
      return condition.in === 'own'
        ? all(there('principal', 'regions'), there('resource', 'region'), compare(attribute('principal', 'regions'), 'contains', region)) // prettier-ignore
        : all(there('resource', 'region'), compare(texts(condition.in), 'contains', region))
    case 'hours':
      return hoursOf(condition)
    case 'network': {
      const ranges = condition.ranges.map((value) => compare(ip, 'isInRange', { is: 'ip', value }))
      const [only] = ranges
      return all(there('context', 'ip'), ranges.length === 1 && only ? only : any(...ranges))
    }
    case 'mfa':
      return condition.minutes === undefined
        ? compare(mfa, 'holds')
        : all(compare(mfa, 'holds'), there('context', 'mfaAge'), compare(mfaAge, '<=', number(condition.minutes * 60)))
    case 'device':
      return compare(attribute('context', 'deviceTrusted'), 'holds')
    case 'purpose':
      return compare(attribute('context', 'purpose'), '!=', { is: 'text', value: '' })
    case 'channel':
      return compare(texts(condition.in), 'contains', attribute('context', 'channel'))
  }
}

const hoursOf = ({ from, to, days }: Extract<Known, { is: 'hours' }>): Test => {
  const [start, end] = [minutesOf(from), minutesOf(to)]
  const [after, before] = [compare(clock, '>=', number(start)), compare(clock, '<', number(end))]
  const time = start <= end ? [after, before] : [any(after, before)]
  const onDays = compare({ is: 'list', items: days.map(number) }, 'contains', weekday)
  const parts = days.length === 7 ? time : [onDays, ...time]
  const [only] = parts
  return parts.length === 1 && only ? only : all(...parts)
}

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5))
const timeOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

/** Puts known conditions and guarded comparisons in place of the plain tests they stand for. */
export const folded = (test: Test): Test => {
  switch (test.is) {
    case 'all':
    case 'any': {
      const parts = fold(test.is, test.of)
      const [only] = parts
      return parts.length === 1 && only ? only : { is: test.is, of: parts }
    }
    case 'not':
      return not(folded(test.of))
    case 'choice':
      return { is: 'choice', if: folded(test.if), then: folded(test.then), else: folded(test.else) }
    default:
      return knownIn('all', [test])?.test ?? test
  }
}

interface Found {
  readonly test: Test
  readonly taken: number
}

const fold = (is: 'all' | 'any', parts: readonly Test[]): readonly Test[] => {
  const out: Test[] = []
  for (let at = 0; at < parts.length;) {
    const left = parts.slice(at)
    const found = knownIn(is, left) ?? (is === 'all' ? guarded(left) : undefined)
    const [first] = left
    if (found) out.push(found.test)
    else if (first) out.push(folded(first))
    at += found?.taken ?? 1
  }
  return out
}

/** The longest beginning of a list that is what some condition means. */
const knownIn = (is: 'all' | 'any', parts: readonly Test[]): Found | undefined => {
  for (const candidate of candidates(is, parts)) {
    const plain = plainOf(candidate)
    const wanted = plain.is === is ? plain.of : [plain]
    if (isDeepStrictEqual(parts.slice(0, wanted.length), wanted))
      return { test: { is: 'known', condition: candidate }, taken: wanted.length }
  }
  return undefined
}

/** Conditions that the first parts could be, the longer first. Only a guess: knownIn compares. */
const candidates = (is: 'all' | 'any', parts: readonly Test[]): readonly Known[] => {
  const [first, second, third] = parts
  const inner = second?.is === 'all' ? second.of.at(-1) : undefined
  const one: readonly Known[] =
    first?.is === 'compare'
      ? [{ is: 'mfa' }, { is: 'device' }, { is: 'purpose' }, ...lists(first).map((names) => ({ is: 'channel', in: names }) as const)] // prettier-ignore
      : []
  if (is === 'any') return [...hours(first, second), ...(inner?.is === 'compare' ? amounts(inner) : []), ...one]
  return [
    ...hours(first, second, third),
    { is: 'region', in: 'own' },
    ...lists(second).map((names) => ({ is: 'region', in: names }) as const),
    ...networks(second),
    ...(third?.is === 'compare' && third.right?.is === 'number' && third.right.value % 60 === 0
      ? [{ is: 'mfa', minutes: third.right.value / 60 } as const]
      : []),
    ...one,
  ]
}

const amounts = ({ right }: Compare): readonly Known[] =>
  right?.is === 'number' ? [{ is: 'amount', most: right.value }] : [{ is: 'amount', most: 'limit' }]

const lists = (test: Test | undefined): readonly (readonly string[])[] => {
  if (test?.is !== 'compare' || test.left.is !== 'list') return []
  const names = test.left.items.flatMap((item) => (item.is === 'text' ? [item.value] : []))
  return names.length === test.left.items.length ? [names] : []
}

const networks = (test: Test | undefined): readonly Known[] => {
  const asked = test?.is === 'any' ? test.of : test ? [test] : []
  const ranges = asked.flatMap((one) => (one.is === 'compare' && one.right?.is === 'ip' ? [one.right.value] : []))
  return ranges.length > 0 ? [{ is: 'network', ranges }] : []
}

const hours = (...parts: readonly (Test | undefined)[]): readonly Known[] => {
  const [first] = parts
  const items = first?.is === 'compare' && first.left.is === 'list' ? first.left.items : undefined
  const days = items?.flatMap((item) => (item.is === 'number' ? [item.value] : []))
  const good = days?.every((day) => day >= 1 && day <= 7) === true && days.length > 0 && days.length < 7
  const times = good ? parts.slice(1) : parts
  const [start, end] = times[0]?.is === 'any' ? times[0].of : times
  const [from, to] = [clockOf(start), clockOf(end)]
  if (from === undefined || to === undefined) return []
  return [{ is: 'hours', from: timeOf(from), to: timeOf(to), days: good ? days : [1, 2, 3, 4, 5, 6, 7] }]
}

const clockOf = (test: Test | undefined): number | undefined =>
  test?.is === 'compare' && test.right?.is === 'number' && test.right.value >= 0 && test.right.value < 1440
    ? test.right.value
    : undefined

/** `e has a && e.a < 1` as one comparison that asks first. */
const guarded = (parts: readonly Test[]): Found | undefined => {
  const count = parts.findIndex(({ is }) => is !== 'there')
  const last = parts[count]
  if (count < 1 || last?.is !== 'compare') return undefined
  const guard = (['both', 'left', 'right'] as const).find((side) =>
    isDeepStrictEqual(parts.slice(0, count), guardsOf(last, side)),
  )
  return guard && { test: { ...last, guard }, taken: count + 1 }
}

/** What a comparison asks for first; nothing where a side has no attribute. */
export const guardsOf = ({ left, right }: Compare, guard: NonNullable<Compare['guard']>): readonly Test[] => {
  const sides = guard === 'both' ? [left, right] : guard === 'left' ? [left] : [right]
  const asked = sides.map((side) => (side === undefined ? [] : attributesOf(side)))
  if (asked.some(({ length }) => length === 0)) return []
  const tests = asked.flat().map(({ of, path }) => there(of, ...path))
  return tests.filter((one, i) => tests.findIndex((other) => isDeepStrictEqual(one, other)) === i)
}

/** The attributes an operand looks at. */
export const attributesOf = (operand: Operand): readonly Attribute[] => {
  switch (operand.is) {
    case 'attribute':
      return operand.path.length > 0 ? [operand] : []
    case 'sum':
      return [...attributesOf(operand.left), ...attributesOf(operand.right)]
    case 'call':
      return [...attributesOf(operand.of), ...(operand.with ? attributesOf(operand.with) : [])]
    case 'list':
      return operand.items.flatMap(attributesOf)
    default:
      return []
  }
}
