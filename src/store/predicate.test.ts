// Predicates in real PostgreSQL against an evaluator that follows the rule of kernel/predicate.ts to the letter.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault, newId, type Predicate, type Scalar, type ScalarType } from '#kernel'
import { predicateSql } from '#store'
import { openTestDatabase } from '#testing'

// Few values, so that they meet often; among them empty text, LIKE's own letters and letters beyond the first plane.
const texts = ['', 'a', 'b', 'ab', 'A', '%', '_', '\\', 'a%b', '张伟', '𠮷', '\uffff']
const ids = Array.from({ length: 4 }, (_, n) => `0190a000-0000-7000-8000-00000000000${String(n)}`)
const ints = [-(2n ** 63n), -1n, 0n, 1n, 2n ** 53n + 1n, 2n ** 63n - 1n]
const moments = [
  '0099-01-01T00:00:00Z',
  '1970-01-01T00:00:00Z',
  '2026-02-28T23:59:59.999Z',
  '2026-03-01T00:00:00Z',
].map((at) => new Date(at))
const days = ['1999-12-31', '2024-02-29', '2026-01-01']

const columns = {
  t: { type: 'text', values: texts },
  u: { type: 'uuid', values: ids },
  n: { type: 'bigint', values: ints },
  b: { type: 'boolean', values: [true, false] },
  m: { type: 'timestamptz', values: moments },
  d: { type: 'date', values: days },
} as const satisfies Record<string, { readonly type: ScalarType; readonly values: readonly Scalar[] }>
const arrays = { ts: columns.t, us: columns.u } as const

type Cell = Scalar | readonly Scalar[] | null
type Row = Readonly<Record<string, Cell>>

const cell = (values: readonly Scalar[]): fc.Arbitrary<Cell> => fc.option(fc.constantFrom(...values), { freq: 3 })
const row: fc.Arbitrary<Row> = fc.record({
  ...Object.fromEntries(Object.entries(columns).map(([name, { values }]) => [name, cell(values)])),
  ...Object.fromEntries(
    Object.entries(arrays).map(([name, { values }]) => [
      name,
      fc.option(fc.array(fc.constantFrom<Scalar>(...values), { maxLength: 3 }), { freq: 3 }),
    ]),
  ),
  link: fc.option(fc.constantFrom(...ids), { freq: 4 }),
})

const scalarAtom = fc
  .constantFrom(...(Object.keys(columns) as (keyof typeof columns)[]))
  .chain((column): fc.Arbitrary<Predicate> => {
    const { type, values } = columns[column]
    const value = fc.constantFrom<Scalar>(...values)
    return fc.oneof(
      fc.record({
        kind: fc.constant('compare' as const),
        column: fc.constant(column),
        op: fc.constantFrom('=' as const, '<>' as const, '<' as const, '<=' as const, '>' as const, '>=' as const),
        value,
        type: fc.constant(type),
      }),
      fc.record({
        kind: fc.constant('in' as const),
        column: fc.constant(column),
        values: fc.array(value, { maxLength: 3 }),
        type: fc.constant(type),
        negated: fc.boolean(),
      }),
      fc.record({ kind: fc.constant('null' as const), column: fc.constant(column), negated: fc.boolean() }),
    )
  })
const arrayAtom = fc.constantFrom('ts' as const, 'us' as const).chain((column): fc.Arbitrary<Predicate> =>
  fc.record({
    kind: fc.constant('array' as const),
    column: fc.constant(column),
    op: fc.constantFrom('containsAll' as const, 'containsAny' as const, 'containedBy' as const, 'isEmpty' as const),
    values: fc.array(fc.constantFrom<Scalar>(...arrays[column].values), { maxLength: 3 }),
    type: fc.constant(arrays[column].type),
    negated: fc.boolean(),
  }),
)
// A pattern may not end inside an escape; PostgreSQL refuses it.
const pattern = fc
  .array(fc.constantFrom('%', '_', '\\%', '\\_', '\\\\', 'a', 'b', '张', '𠮷'), { maxLength: 4 })
  .map((parts) => parts.join(''))
const likeAtom = fc.record({
  kind: fc.constant('like' as const),
  column: fc.constant('t'),
  pattern,
  negated: fc.boolean(),
})

const { predicate } = fc.letrec<{ predicate: Predicate }>((tie) => ({
  predicate: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    {
      weight: 5,
      arbitrary: fc.oneof<fc.Arbitrary<Predicate>[]>(
        scalarAtom,
        arrayAtom,
        likeAtom,
        fc.record({ kind: fc.constantFrom('true' as const, 'false' as const) }),
      ),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        of: fc.array(tie('predicate'), { maxLength: 3 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('lookup' as const),
        column: fc.constantFrom('link', 'u'),
        table: fc.constant('probe'),
        where: tie('predicate'),
      }),
    },
  ),
}))

test('[store-14] random predicates over random rows select what the evaluator selects', async () => {
  const { store, tenant, close } = await openTestDatabase()
  await store.owner(async (tx) => {
    await tx.query({
      text: 'create table crm.probe (nr integer, tenant_id uuid, id uuid, t text, u uuid, n bigint, b boolean, m timestamptz, d date, ts text[], us uuid[], link uuid)',
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 6 }),
        fc.array(predicate, { minLength: 1, maxLength: 8 }),
        async (rows, predicates) => {
          await tx.query({ text: 'truncate crm.probe' })
          const world = rows.map((each, n): Row => ({ ...each, id: ids[n % ids.length] ?? '', nr: BigInt(n) }))
          const insert =
            'insert into crm.probe (nr, tenant_id, id, t, u, n, b, m, d, ts, us, link) values ($12, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)'
          for (const each of world)
            await tx.query({
              name: 'probe',
              text: insert,
              values: [
                tenant,
                each.id,
                each.t,
                each.u,
                each.n,
                each.b,
                each.m,
                each.d,
                each.ts,
                each.us,
                each.link,
                each.nr,
              ],
            })
          // A row of another tenant, which no lookup may find.
          await tx.query({
            name: 'probe',
            text: insert,
            values: [newId(), ids[3], 'a', ids[0], 1n, true, null, null, [], [], null, 99],
          })
          for (const each of predicates) {
            const { text, values } = predicateSql(each, 'p', 3, 1)
            const found = await tx.query<{ nr: number }>({
              // Also as the operand of CASE, where unknown must read as "not true" as well.
              text: `select nr from crm.probe p where tenant_id = $1 and $2::int = 0 and ${text} and case when ${text} then true end order by nr`,
              values: [tenant, 0, ...values],
            })
            const expected = world.flatMap((candidate, n) => (holds(each, candidate, world) ? [n] : []))
            assert.deepEqual(
              found.map(({ nr }) => nr),
              expected,
              text,
            )
          }
        },
      ),
      { numRuns: 250 },
    )
    await tx.query({ text: 'drop table crm.probe' })
  })
  await close()
})

test('[store-14] atoms on NULL are not true, negated or not, and the empty list is no exception', async () => {
  const { store, close } = await openTestDatabase()
  const atoms: readonly Predicate[] = [
    { kind: 'compare', column: 'c', op: '=', value: 'a', type: 'text' },
    { kind: 'compare', column: 'c', op: '<>', value: 'a', type: 'text' },
    { kind: 'in', column: 'c', values: [], type: 'text', negated: false },
    { kind: 'in', column: 'c', values: [], type: 'text', negated: true },
    { kind: 'in', column: 'c', values: ['a'], type: 'text', negated: true },
    { kind: 'like', column: 'c', pattern: '%', negated: false },
    { kind: 'like', column: 'c', pattern: 'a', negated: true },
    { kind: 'array', column: 'cs', op: 'isEmpty', values: [], type: 'text', negated: false },
    { kind: 'array', column: 'cs', op: 'isEmpty', values: [], type: 'text', negated: true },
    { kind: 'array', column: 'cs', op: 'containsAll', values: [], type: 'text', negated: false },
    { kind: 'array', column: 'cs', op: 'containsAny', values: ['a'], type: 'text', negated: true },
  ]
  for (const atom of atoms) {
    const { text, values } = predicateSql(atom, 'p', 1, 1)
    const rows = await store.owner((tx) =>
      tx.query({ text: `select 1 from (select null::text as c, null::text[] as cs) p where ${text}`, values }),
    )
    assert.equal(rows.length, 0, text)
  }
  await close()
})

test('[store-14] names are checked and no value is ever part of the text', () => {
  for (const bad of ['a b', 'a"', 'A', '', '1a', 'a;drop table x', 'é']) {
    assert.throws(
      () => predicateSql({ kind: 'null', column: bad, negated: false }, 'p', 1, 1),
      (error) => isFault(error, 'wrong-use'),
    )
    assert.throws(
      () => predicateSql({ kind: 'true' }, bad, 1, 1),
      (error) => isFault(error, 'wrong-use'),
    )
    assert.throws(
      () => predicateSql({ kind: 'lookup', column: 'a', table: bad, where: { kind: 'true' } }, 'p', 1, 1),
      (error) => isFault(error, 'wrong-use'),
    )
  }
  const { text, values } = predicateSql(
    { kind: 'compare', column: 'name', op: '=', value: "x' or true --", type: 'text' },
    'r',
    4,
    1,
  )
  assert.deepEqual({ text, values }, { text: '"r"."name" = $4::text', values: ["x' or true --"] })
})

const holds = (p: Predicate, row: Row, world: readonly Row[]): boolean => {
  switch (p.kind) {
    case 'true':
      return true
    case 'false':
      return false
    case 'and':
      return p.of.every((part) => holds(part, row, world))
    case 'or':
      return p.of.some((part) => holds(part, row, world))
    case 'null':
      return (row[p.column] === null) !== p.negated
    case 'relation':
    case 'present':
      throw new RangeError('worked-out values have a test of their own')
    default:
      break
  }
  const value = row[p.column]
  if (value === null || value === undefined) return false
  switch (p.kind) {
    case 'compare':
      return compares(p.op, order(value as Scalar, p.value))
    case 'in':
      return p.values.some((one) => order(value as Scalar, one) === 0) !== p.negated
    case 'like':
      return like(value as string, p.pattern) !== p.negated
    case 'array': {
      const have = value as readonly Scalar[]
      const truth = {
        containsAll: p.values.every((one) => have.includes(one)),
        containsAny: p.values.some((one) => have.includes(one)),
        containedBy: have.every((one) => p.values.includes(one)),
        isEmpty: have.length === 0,
      }[p.op]
      return truth !== p.negated
    }
    case 'lookup':
      return world.some((other) => other.id === value && holds(p.where, other, world))
  }
}

const compares = (op: '=' | '<>' | '<' | '<=' | '>' | '>=', sign: number): boolean =>
  ({ '=': sign === 0, '<>': sign !== 0, '<': sign < 0, '<=': sign <= 0, '>': sign > 0, '>=': sign >= 0 })[op]

const order = (a: Scalar, b: Scalar): number => {
  // Bytes of UTF-8 sort by code point; JavaScript's < on strings sorts by UTF-16 unit.
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime()
  return a < b ? -1 : a > b ? 1 : 0
}

const like = (text: string, pattern: string): boolean => {
  let source = ''
  for (let at = 0; at < pattern.length;) {
    const letter = String.fromCodePoint(pattern.codePointAt(at) ?? 0)
    at += letter.length
    if (letter === '%') source += '.*'
    else if (letter === '_') source += '.'
    else if (letter === '\\') source += RegExp.escape(pattern.charAt(at++))
    else source += RegExp.escape(letter)
  }
  return new RegExp(`^${source}$`, 'su').test(text)
}
