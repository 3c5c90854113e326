// Worked-out values in real PostgreSQL against an evaluator in memory, over cells that hold what they should and what they should not.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { type Expression, type JsonReading, newId, type Predicate } from '#kernel'
import { row } from '../../test/support/cedar.ts'
import { holds } from '../../test/support/holds.ts'
import { withThings } from '../../test/support/things.ts'

const column = (name: string, as: Extract<Expression, { kind: 'column' }>['as']): Expression => ({
  kind: 'column',
  column: name,
  as,
  up: 0,
})
const value = (given: bigint): Expression => ({ kind: 'value', type: 'number', value: given })
const member = (key: string) => (as: JsonReading): Expression => ({ kind: 'json', column: 'custom', key, as, up: 0 }) // prettier-ignore
const readings = ['long', 'decimal', 'moment', 'day'] as const
const keys = ['credit', 'grade', 'vip', 'rate', 'since', 'seen', 'labels', 'agent']

const { number } = fc.letrec<Record<'number', Expression>>((tie) => ({
  number: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(column('n', 'long'), column('m', 'long'), column('at', 'moment'), column('day', 'day'), column('price', 'decimal')),
    fc.tuple(fc.constantFrom(...keys), fc.constantFrom(...readings)).map(([key, as]) => member(key)(as)),
    fc.constantFrom(0n, -1n, 86_400_000n, 2n ** 63n - 1n, -(2n ** 63n)).map(value),
    fc.record({ kind: fc.constant('arithmetic' as const), op: fc.constantFrom('+' as const, '-' as const, '*' as const), left: tie('number'), right: tie('number') }),
    fc.record({ kind: fc.constant('quotient' as const), of: tie('number'), by: fc.constantFrom(1000n, 86_400_000n) }),
    fc.record({ kind: fc.constant('timeOfDay' as const), of: tie('number') }),
  ),
})) // prettier-ignore

const relation: fc.Arbitrary<Predicate> = fc.oneof(
  fc.record({
    kind: fc.constant('relation' as const),
    op: fc.constantFrom('=' as const, '<' as const, '<=' as const),
    left: number,
    right: number,
    negated: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('present' as const), of: number, negated: fc.boolean() }),
  fc
    .record({
      key: fc.constantFrom(...keys),
      as: fc.constantFrom('text' as const, 'boolean' as const, 'texts' as const),
    })
    .map(({ key, as }): Predicate => ({ kind: 'present', of: member(key)(as), negated: false })),
)

test('[store-140] worked-out values are exact and raise nothing, whatever stands in a cell', async () => {
  const rows = fc.sample(fc.tuple(...Array.from({ length: 150 }, () => row(newId()))), { numRuns: 1, seed: 2 }).flat()
  await withThings(rows, [], async (things) => {
    await fc.assert(
      fc.asyncProperty(fc.array(relation, { minLength: 1, maxLength: 6 }), async (predicates) => {
        const found = await things.select(predicates)
        predicates.forEach((predicate, i) => {
          const expected = rows.filter((of) => holds(predicate, of, {})).map(({ id }) => id)
          assert.deepEqual([...(found[i] ?? [])].toSorted(), expected.toSorted(), String(i))
        })
      }),
      { numRuns: 300 },
    )
  })
})
