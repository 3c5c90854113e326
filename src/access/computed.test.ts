// What is worked out in SQL, operator by operator, in a real PostgreSQL; and custom fields whose JSON is not what it should be.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { newId } from '#kernel'
import { holds, type Row, row, thingColumns, users } from '../../test/support/cedar.ts'
import { ask, compileTexts, listOf, planOf, userRows, view } from '../../test/support/differential.ts'
import { idOf, type Json } from '../../test/support/holds.ts'
import { withThings } from '../../test/support/things.ts'
import { allows } from './engine.ts'
import { plan } from './predicate.ts'
import { Datetime } from './time.ts'
import { RecordValue, Ref } from './value.ts'
import { parseIp } from './ip.ts'

const asker = new Ref('User', users[0] ?? '')
const context = new RecordValue(
  new Map<string, NonNullable<ReturnType<typeof parseIp>> | Datetime | bigint | boolean | string>([
    ['mfa', true],
    ['purpose', 'a'],
    ['count', 3n],
    ['now', new Datetime(1_709_164_800_000n)],
    ['ip', parseIp('10.1.2.3') ?? 0n],
  ]),
)

/** Each must be said in SQL whole, not left to the closure. */
const said = [
  'resource.n == 3', 'resource.n != resource.m', 'resource.n < resource.m', 'resource.n <= 2', 'resource.n > context.count', 'resource.n >= resource.m',
  'resource.n + resource.m < 4', 'resource.n - 9007199254740991 - 9007199254740991 * 1024 < 0', 'resource.n * resource.m == 6', '-(resource.n) > 0',
  '9007199254740991 * resource.n * 1024 < 0', '-(9007199254740991 * resource.n * 1024) < 0',
  'resource.b && resource.c', 'resource.b || resource.c', '!resource.b', 'if resource.b then resource.n < 2 else resource.s == "a"',
  '(if resource.b then resource.n else resource.m) < 2', '(if resource.c then resource.owner else resource.maker) == principal',
  `resource in Team::"00000000-0000-7000-8000-000000000011"`, 'resource.team in principal.team', 'principal in resource.team', 'resource.maker in resource.team',
  'resource.owner in resource.team', 'resource in resource.owner.team', 'resource.owner in Role::"a"', 'resource.owner in resource.sharedWith',
  'resource has owner', 'resource has nothing', 'resource.owner has team', 'resource has owner.team', 'resource.owner.role == "a"', 'resource.owner.team == resource.team',
  'resource.owner.role == resource.s', 'resource.s like "a*"', 'resource.s like "*\\\\*"', 'resource.owner.role like "*a"',
  'resource.tags.contains("x")', 'resource.tags.containsAll(["x", "y"])', 'resource.tags.containsAny(["x", "q"])', 'resource.tags.isEmpty()', '["x", "y"].containsAll(resource.tags)',
  'resource.tags == ["y", "x"]', 'resource.sharedWith.contains(resource.owner)', '[resource.owner, resource.maker].contains(principal)',
  '[resource.s, "x"].containsAny(resource.tags)', 'resource.tags.containsAll([resource.s])', 'principal in [resource.owner, resource.maker]',
  'resource is Thing', 'resource.owner is User', `resource.owner is User in Team::"00000000-0000-7000-8000-000000000012"`,
  'resource.getTag("hot") > 0', 'resource.hasTag("hot")', '!resource.hasTag("hot")', 'resource.hasTag("none")', 'resource.getTag("none") == 1',
  'resource.at == datetime("2024-02-29")', 'resource.at < context.now', 'resource.at >= resource.day', 'resource.day == datetime("2024-02-29")', 'resource.day < datetime("2024-02-29T00:00:00.001Z")',
  'resource.at.toDate() == resource.day', 'resource.at.toTime() < duration("1ms")', 'resource.at.offset(duration("1d")) > context.now', 'context.now.durationSince(resource.at) > duration("1h")',
  'resource.at.offset(duration("9223372036854775807ms")) > context.now', 'context.now.durationSince(resource.at).toDays() > 0', 'context.now.durationSince(resource.at).toHours() >= -1',
  'context.now.durationSince(resource.at).toMilliseconds() == 0', 'resource.at.toTime().toMinutes() == 1439', 'resource.at.toTime().toSeconds() == 0',
  'resource.price == decimal("12.5")', 'resource.price.lessThan(decimal("0.0"))', 'resource.price.lessThanOrEqual(decimal("0.0"))', 'resource.price.greaterThan(decimal("0.0"))', 'resource.price.greaterThanOrEqual(resource.custom.rate)',
  'resource.address.isInRange(ip("10.0.0.0/8"))', 'context.ip.isInRange(resource.address)', 'resource.address == ip("::1")', 'resource.address.isIpv4()', 'resource.address.isIpv6()', 'resource.address.isLoopback()', 'resource.address.isMulticast()',
  'resource.credit > 0', 'resource.custom.credit + resource.n > 0', 'resource.custom.grade like "a*"', 'resource.custom.vip', '!resource.custom.vip', 'resource.custom.rate.lessThan(decimal("1.5"))',
  'resource.custom.since < context.now', 'resource.custom.seen == datetime("2024-02-29T00:00:00.001Z")', 'resource.custom.labels.contains("x")', 'resource.custom.labels.isEmpty()',
  'resource.custom.labels == ["x", "y"]', 'resource.custom.labels.containsAny(resource.tags)', 'resource.custom.agent == principal', 'resource.custom.agent in Role::"a"', 'resource.custom.agent is User',
  'resource.custom has credit', '!(resource.custom has credit)', 'resource has custom.grade', 'resource has custom', 'resource.custom.grade == resource.s',
] // prettier-ignore

/** Left to the closure: too many rows, never too few. */
const left = [
  'resource.custom == resource.custom', 'decimal(resource.s).lessThan(decimal("1.0"))', 'datetime(resource.s) < context.now', 'ip(resource.s).isLoopback()',
  'resource.hasTag(resource.s)', 'resource.owner.team == resource.maker.team && resource.owner.role == "a"', '{a: resource.n} == {a: 1}',
] // prettier-ignore

const sidesOf = (condition: string) => {
  const [compiled] = compileTexts([`permit (principal, action, resource) when { ${condition} };`])
  assert.ok(compiled)
  const notes = { perhaps: false }
  return { verdictOf: compiled.test, ...plan(compiled.policy, listOf(asker, context), notes), perhaps: notes.perhaps }
}

test('[access-140] every operator that records need is said in SQL, and means there what the closure means', async () => {
  const rows = fc.sample(fc.tuple(...Array.from({ length: 200 }, () => row(newId()))), { numRuns: 1, seed: 4 }).flat()
  await withThings(rows, userRows, async (things) => {
    for (const condition of [...said, ...left]) {
      const { verdictOf, t, f, perhaps } = sidesOf(condition)
      assert.equal(perhaps, left.includes(condition), condition)
      const [yes, no] = await things.select([t, f])
      for (const of of rows) {
        const verdict = verdictOf(ask(asker, context, of))
        const found = [yes?.has(idOf(of)), no?.has(idOf(of))]
        if (perhaps) assert.ok((found[0] || verdict !== true) && (found[1] || verdict !== false), condition)
        else assert.deepEqual(found, [verdict === true, verdict === false], condition)
      }
    }
  })
})

test('[access-140] a sum beyond 64 bits is an error of its row and ends no query', async () => {
  const blank = fc.sample(row(newId()), { numRuns: 1, seed: 1 })[0]
  const most = 2n ** 63n - 1n
  const rows = [most, most - 1n, -(2n ** 63n), 0n].map((n): Row => ({ ...blank, id: newId(), n, m: 1n }))
  await withThings(rows, userRows, async (things) => {
    for (const [condition, expected] of [
      ['resource.n + resource.m > 0', [undefined, true, false, true]],
      ['resource.n - resource.m < 0', [false, false, undefined, true]],
      ['resource.n * 2 == 0', [undefined, undefined, undefined, true]],
      ['-(resource.n) <= 0', [true, true, undefined, true]],
      ['resource.n * resource.n * resource.n * 0 == 0', [undefined, undefined, undefined, true]],
    ] as const) {
      const { t, f, verdictOf } = sidesOf(condition)
      const [yes, no] = await things.select([t, f])
      rows.forEach((of, i) => {
        const verdict = verdictOf(ask(asker, context, of))
        assert.equal(typeof verdict === 'boolean' ? verdict : undefined, expected[i], condition)
        assert.deepEqual([yes?.has(idOf(of)), no?.has(idOf(of))], [expected[i] === true, expected[i] === false], condition) // prettier-ignore
      })
    }
  })
})

test('[access-144] nested choices, comparisons and operands stay short in SQL; what is too long is left to the closure', async () => {
  const rows = fc.sample(fc.tuple(...Array.from({ length: 60 }, () => row(newId()))), { numRuns: 1, seed: 5 }).flat()
  const chosen = (depth: number): string => (depth === 0 ? 'resource.b' : `(if ${chosen(depth - 1)} then resource.c else resource.n < ${String(depth)})`) // prettier-ignore
  const same = (depth: number): string => (depth === 0 ? 'resource.b' : `(${same(depth - 1)} == (resource.n < ${String(depth)}))`) // prettier-ignore
  const mixed = (depth: number): string => (depth === 0 ? 'resource.b' : `(${depth % 2 ? '' : '!'}(${mixed(depth - 1)} ${depth % 3 ? '&&' : '||'} resource.n < ${String(depth)}))`) // prettier-ignore
  const either = (n: number): string => `(if resource.n < ${String(n)} then resource.n else resource.m)`
  const sums = Array.from({ length: 12 }, (_, n) => either(n))
  const flat = (from: number) => Array.from({ length: 300 }, (_, n) => `resource.n == ${String(from + n)}`).join(' || ')
  // What is held, and whether it is left to the closure.
  const cases: readonly (readonly [string, boolean])[] = [
    [chosen(3), false], [chosen(40), true], [same(3), false], [same(40), true], [mixed(4), false], [mixed(45), true],
    [`${sums.slice(0, 3).join(' + ')} < 4`, false], [`${sums.join(' + ')} < 4`, true],
    [`[${sums.join(', ')}].contains(2)`, true], [flat(0), false], [`${flat(0)} || ${flat(300)}`, true], [`resource.c || ${chosen(40)}`, true],
  ] // prettier-ignore
  await withThings(rows, userRows, async (things) => {
    for (const [condition, leftToClosure] of cases) {
      const { verdictOf, t, f, perhaps } = sidesOf(condition)
      assert.equal(perhaps, leftToClosure, condition.slice(0, 80))
      const [yes, no] = await things.select([t, f])
      for (const of of rows) {
        const verdict = verdictOf(ask(asker, context, of))
        assert.ok(
          (yes?.has(idOf(of)) || verdict !== true) && (no?.has(idOf(of)) || verdict !== false),
          condition.slice(0, 80),
        )
        if (!perhaps) assert.deepEqual([yes?.has(idOf(of)), no?.has(idOf(of))], [verdict === true, verdict === false], condition.slice(0, 80)) // prettier-ignore
      }
    }
  })
})

test('[access-144] many long policies together: what goes beyond is decided row by row, forbids included', () => {
  const long = (from: number) => Array.from({ length: 200 }, (_, n) => `resource.n == ${String(from + n)}`).join(' || ')
  const many = Array.from({ length: 40 }, (_, i) => `${i % 2 ? 'permit' : 'forbid'} (principal, action, resource) when { ${long(i * 200)} };`) // prettier-ignore
  const compiled = compileTexts([...many, 'permit (principal, action, resource) when { resource.b };'])
  const { predicate, postFilter } = planOf(compiled, { ...listOf(asker, context), action: view })
  assert.ok(postFilter && JSON.stringify(predicate, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v)).length < 5_000_000) // prettier-ignore
  for (const of of fc.sample(row(newId()), { numRuns: 200, seed: 6 })) {
    for (const n of [0n, 200n, 7_900n, null]) {
      const one = { ...of, n }
      if (allows(compiled, ask(asker, context, one), 'deny')) assert.ok(holds(predicate, one, { thing_user: userRows }))
    }
  }
})

const wrongs: readonly Json[] = [null, true, 7, -0.5, 1e300, 9_007_199_254_740_992, '', 'x', '7', '7.00000', '2024-13-01', '2023-02-29', '2024-01-01T25:00:00.000Z', '0000-01-01', '٣', [], ['x', 1], [['x']], {}, { credit: 7 }] // prettier-ignore

test('[access-141] a custom field that is absent or of another JSON type is no value: no condition on it holds but has', async () => {
  const cases = [
    ['credit', 'resource.custom.credit', ['== 7', '!= 7', '< 7', '>= 7', '== resource.m']],
    ['grade', 'resource.custom.grade', ['== "x"', '!= "x"', 'like "*"']],
    ['vip', 'resource.custom.vip', ['', '== true', '!= true']],
    ['rate', 'resource.custom.rate', ['== decimal("7.0")', '.lessThan(decimal("7.0"))', '.greaterThanOrEqual(decimal("7.0"))']],
    ['since', 'resource.custom.since', ['== datetime("2024-01-01")', '< context.now', '>= context.now']],
    ['seen', 'resource.custom.seen', ['== datetime("2024-01-01")', '< context.now', '>= context.now']],
    ['labels', 'resource.custom.labels', ['.contains("x")', '.containsAny(["x"])', '.isEmpty()', '== ["x"]', '.containsAll(resource.tags)']],
    ['agent', 'resource.custom.agent', ['== principal', 'in Role::"a"', 'is User', '== resource.owner']],
  ] as const // prettier-ignore
  const blank = fc.sample(row(newId()), { numRuns: 1, seed: 1 })[0]
  const rows = cases.flatMap(([key]) =>
    [undefined, ...wrongs].map((member): Row => {
      const custom: Readonly<Record<string, Json>> = member === undefined ? {} : { [key]: member }
      return { ...blank, id: newId(), custom, n: 1n, tags: ['x'] }
    }),
  )
  const nulls: Row = { ...blank, id: newId(), custom: null }
  let refused = 0
  await withThings([...rows, nulls], userRows, async (things) => {
    for (const [key, path, tails] of cases) {
      const column = thingColumns.attributes.get('custom')
      assert.ok(column?.kind === 'record' && column.fields.has(key))
      for (const tail of tails) {
        for (const condition of [`${path} ${tail}`, `!(${path} ${tail})`]) {
          const { t, f, verdictOf, perhaps } = sidesOf(condition)
          assert.ok(!perhaps, condition)
          const [yes, no] = await things.select([t, f])
          for (const of of [...rows, nulls]) {
            const has = sidesOf(`resource.custom has ${key}`).verdictOf(ask(asker, context, of))
            const verdict = verdictOf(ask(asker, context, of))
            const found = [yes?.has(idOf(of)), no?.has(idOf(of))]
            if (has === true) {
              assert.deepEqual(found, [verdict === true, verdict === false], condition)
              continue
            }
            assert.equal(typeof verdict, 'object', condition)
            assert.deepEqual(found, [false, false], `${condition} of ${JSON.stringify(of.custom)}`)
            refused++
          }
        }
      }
    }
  })
  assert.ok(refused > 5000)
})
