// Texts and functions of the extension types against the official engine: hundreds of literals in one policy set, one question.
import assert from 'node:assert/strict'
import test from 'node:test'
import { policyToJson } from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import { official, said } from '../../test/support/cedar.ts'
import { compilePolicy, decide, order } from './engine.ts'
import { EntityStore } from './entity.ts'
import { parsePolicy } from './est.ts'
import { toRecord, Ref } from './value.ts'

/** Asserts that each expression comes out alike: true, false or error. */
const agree = (expressions: readonly string[]): void => {
  const texts = Object.fromEntries(
    expressions.map((body, i) => [`p${String(i)}`, `permit (principal, action, resource) when { ${body} };`]),
  )
  const compiled = order(
    Object.entries(texts).map(([id, text]) => {
      const answer = policyToJson(text)
      assert.ok(answer.type === 'success', text)
      return compilePolicy(parsePolicy(id, answer.json))
    }),
  )
  const it = new Ref('User', 'u')
  const entities = new EntityStore()
  const action = new Ref('Action', 'a')
  const ours = decide(
    compiled,
    { principal: it, action, resource: it, context: toRecord({}), entities, actions: entities },
    'skip',
  )
  const theirs = official(texts)({ principal: it, action: 'a', resource: it, context: toRecord({}), entities: [] })
  if (said(ours.allow, ours.reasons, ours.errors) === theirs) return
  // Name the first expression that differs, which shrinks to it.
  for (const expression of expressions.length > 1 ? expressions : []) agree([expression])
  assert.equal(
    `${expressions.join()}: ${said(ours.allow, ours.reasons, ours.errors)}`,
    `${expressions.join()}: ${theirs}`,
  )
}

const sample = <T>(arbitrary: fc.Arbitrary<T>, count = 400): readonly T[] => fc.sample(arbitrary, { numRuns: count })
const digits = (most: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...Array.from('0123456789')), { minLength: 1, maxLength: most }).map((all) => all.join(''))
const noise = (letters: string, most: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...Array.from(letters)), { maxLength: most }).map((all) => all.join(''))

const octet = fc.oneof(
  fc.constantFrom('0', '1', '10', '127', '128', '224', '239', '240', '255', '256', '01', '-1', ''),
  fc.nat(299).map(String),
)
const four = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'))
const goodFour = fc
  .tuple(...Array.from({ length: 4 }, () => fc.constantFrom(0, 10, 127, 128, 224, 255)))
  .map((parts) => parts.join('.'))
const group = fc.constantFrom('0', '1', 'ff', 'ff00', 'FFFF', '0001', '00001', 'g', '')
const six = fc.array(group, { minLength: 2, maxLength: 9 }).map((parts) => parts.join(':'))
const goodSix = fc.constantFrom(
  '::',
  '::1',
  'ff00::',
  'ff02::1',
  '1:2:3:4:5:6:7::',
  '::2:3:4:5:6:7:8',
  '1:2:3:4:5:6:7:8',
  'fe80::1:0',
  '1::8',
)
const prefixed = (host: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      host,
      fc.constantFrom(
        '',
        '',
        '/0',
        '/1',
        '/4',
        '/7',
        '/8',
        '/24',
        '/31',
        '/32',
        '/33',
        '/127',
        '/128',
        '/129',
        '/',
        '/08',
        '/+8',
        '/ 8',
      ),
    )
    .map((parts) => parts.join(''))
const goodIp = fc.oneof(
  fc.tuple(goodFour, fc.constantFrom('', '/0', '/3', '/4', '/8', '/16', '/31', '/32')).map((parts) => parts.join('')),
  fc.tuple(goodSix, fc.constantFrom('', '/0', '/7', '/8', '/64', '/127', '/128')).map((parts) => parts.join('')),
) // prettier-ignore

test('[access-2] texts of the extension types are read, and refused, as the official engine does', () => {
  const decimals = fc.oneof(fc.tuple(fc.constantFrom('', '-', '+'), digits(16), fc.constantFrom('.', '', '..'), digits(5)).map((parts) => parts.join('')), noise('0123456789.-', 8), fc.constantFrom('922337203685477.5807', '922337203685477.5808', '-922337203685477.5808', '-922337203685477.5809', '1.', '.1', '-.1', '00.10', '1.0e1')) // prettier-ignore
  const ips = fc.oneof(prefixed(four), prefixed(six), prefixed(goodSix), noise('0123456789abcdef:./', 12), fc.constantFrom('::ffff:1.2.3.4', '1:2:3:4:5:6:7:8::', '::1%eth0', '1::2::3', ':1', '1:', ':::', '', ' 1.1.1.1', '1.1.1.1 ')) // prettier-ignore
  const two = fc.constantFrom('00', '01', '02', '12', '13', '23', '24', '28', '29', '30', '31', '59', '60', '1')
  const datetimes = fc
    .tuple(fc.constantFrom('2024', '2023', '1900', '2000', '0000', '0001', '0099', '9999', '1969', '12024', '24'), two, two, fc.option(fc.tuple(two, two, two), { freq: 4 }), fc.constantFrom('', '.000', '.999', '.1', '.1234'), fc.constantFrom('Z', '', '+0000', '-0000', '+2359', '-2359', '+2400', '+0060', '+08:00', 'z'))
    .map(([y, m, d, time, ms, zone]) => `${y}-${m}-${d}${time ? `T${time.join(':')}${ms}${zone}` : ''}`) // prettier-ignore
  const goodDates = fc
    .tuple(
      fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }),
      fc.constantFrom('Z', '+0130', '-2359', '+0800'),
    )
    .map(([ms, zone]) =>
      new Date(ms).toISOString().length === 24 ? new Date(ms).toISOString().replace('Z', zone) : '2024-01-01',
    )
  const durations = fc.oneof(
    fc.tuple(fc.constantFrom('', '-', '+'), fc.subarray(['d', 'h', 'm', 's', 'ms']), digits(3)).map(([sign, units, n]) => sign + units.map((unit) => n + unit).join('')),
    fc.tuple(fc.constantFrom('', '-'), fc.constantFrom('9223372036854775807', '9223372036854775808', '9223372036854775809', '106751991167', '106751991168', '2562047788015', '153722867280912', '9223372036854775', '9223372036854776'), fc.constantFrom('d', 'h', 'm', 's', 'ms')).map((parts) => parts.join('')),
    noise('0123456789dhms-', 7),
  ) // prettier-ignore
  const readable = (name: string, of: fc.Arbitrary<string>): readonly string[] =>
    sample(of).map((text) => `${name}(${JSON.stringify(text)}) == ${name}(${JSON.stringify(text)})`)
  agree([
    ...readable('decimal', decimals),
    ...readable('ip', ips),
    ...readable('datetime', datetimes),
    ...readable('datetime', goodDates),
    ...readable('duration', durations),
  ])
  // What was read is compared too: the milliseconds of a moment, the milliseconds of a duration.
  agree(sample(goodDates).flatMap((text) => {
    const ms = Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
    return [`datetime("${text}").durationSince(datetime("1970-01-01")).toMilliseconds() == ${String(ms)}`]
  })) // prettier-ignore
})

test('[access-2] functions of the extension types give what the official engine gives', () => {
  const pairs = (of: fc.Arbitrary<string>): readonly (readonly [string, string])[] => sample(fc.tuple(of, of))
  const decimals = fc.constantFrom(
    '0.0',
    '-0.0',
    '0.0001',
    '-0.0001',
    '1.5',
    '1.50',
    '2.0',
    '-922337203685477.5808',
    '922337203685477.5807',
  )
  const moments = fc.constantFrom(
    '1970-01-01',
    '1969-12-31',
    '1969-12-31T23:59:59.999Z',
    '2024-02-29T12:00:00Z',
    '2024-02-29T12:00:00+0800',
    '0000-01-01',
    '9999-12-31',
  )
  const spans = fc.constantFrom(
    '0ms',
    '1ms',
    '-1ms',
    '1d',
    '-1d',
    '23h',
    '-90m',
    '-1d1h',
    '9223372036854775807ms',
    '-9223372036854775808ms',
    '59s',
    '-59s999ms',
  )
  const far = (name: string, span: string): string => `datetime("1970-01-01").offset(duration("${span}")).${name}()`
  agree([
    ...pairs(decimals).flatMap(([a, b]) => [
      ...['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'].map((name) => `decimal("${a}").${name}(decimal("${b}"))`),
      `decimal("${a}") == decimal("${b}")`,
    ]),
    ...pairs(goodIp).flatMap(([a, b]) => [
      `ip("${a}").isInRange(ip("${b}"))`,
      `ip("${a}") == ip("${b}")`,
      ...['isIpv4', 'isIpv6', 'isLoopback', 'isMulticast'].map((name) => `ip("${a}").${name}()`),
    ]),
    ...pairs(moments).flatMap(([a, b]) => [
      ...['<', '<=', '>', '>=', '==', '!='].map((op) => `datetime("${a}") ${op} datetime("${b}")`),
      `datetime("${a}").toDate() == datetime("${b}").toDate()`,
      `datetime("${a}").toTime() < datetime("${b}").toTime()`,
      `datetime("${a}").durationSince(datetime("${b}")) < duration("1d")`,
    ]),
    ...pairs(spans).flatMap(([a, b]) => [
      ...['<', '<=', '==', '>='].map((op) => `duration("${a}") ${op} duration("${b}")`),
      ...['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays'].map((name) => `duration("${a}").${name}() < duration("${b}").${name}()`),
      `${far('toDate', a)} < datetime("1970-01-01")`,
      `${far('toTime', a)} == duration("${b}")`,
      `datetime("2024-01-01").offset(duration("${a}")) > datetime("2024-01-01")`,
      `datetime("2024-01-01").offset(duration("${a}")).durationSince(datetime("2024-01-01").offset(duration("${b}"))) >= duration("0ms")`,
    ]),
  ]) // prettier-ignore
})

test('[access-2] a wrong number or type of arguments is an error, not a refusal to compile', () => {
  const names = ['decimal', 'ip', 'datetime', 'duration']
  const methods = [
    'lessThan',
    'isIpv4',
    'isInRange',
    'offset',
    'toDate',
    'toDays',
    'durationSince',
    'isLoopback',
    'toMilliseconds',
  ]
  agree([
    ...names.flatMap((name) => [`${name}() == 1`, `${name}("1", "2") == 1`, `${name}(1) == 1`, `${name}(["1"]) == 1`]),
    ...methods.flatMap((name) => [`ip("::1").${name}() == 1`, `decimal("1.0").${name}(1, 2) == 1`, `datetime("2024-01-01").${name}("x") == 1`, `(1).${name}() == 1`]),
  ]) // prettier-ignore
})
