// One error for whatever is wrong, in a time that does not tell what: the properties of cells, and a measurement.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault, newId, type Json } from '#kernel'
import type { CellContext } from './aad.ts'
import { openCell, sealCell } from './cell.ts'
import { contextFor, flip, newEpoch, suiteIds } from './fixtures/keys.ts'
import { newSubjectKey, type SubjectKey } from './subject.ts'

const closed = (error: unknown): boolean =>
  isFault(error, 'cell-does-not-open') && error.cause === undefined && Object.keys(error.details).length === 0

const keysBySuite = async (): Promise<readonly SubjectKey[]> =>
  Promise.all(suiteIds.map(async (suite) => newSubjectKey(await newEpoch(suite), newId(), 1).key))

const valuesOf = fc.dictionary(
  fc.string(),
  fc.oneof(fc.string({ unit: 'binary' }), fc.boolean(), fc.integer(), fc.constant(null)),
  {
    maxKeys: 8,
    noNullPrototype: true,
  },
) as fc.Arbitrary<Readonly<Record<string, Json>>>

test('[encryption-2] sealed and opened again, values are what they were, in every suite', async () => {
  const keys = await keysBySuite()
  fc.assert(
    fc.property(fc.constantFrom(...keys), valuesOf, fc.nat(), (key, values, version) => {
      const context = contextFor({ version })
      assert.deepEqual(openCell(key, context, sealCell(key, context, values)), values)
    }),
    { numRuns: 300 },
  )
})

test('[encryption-2] a flipped bit, a swapped cell, an older version, another owner: one and the same error', async () => {
  const keys = await keysBySuite()
  fc.assert(
    fc.property(fc.constantFrom(...keys), valuesOf, fc.nat(), fc.nat(), (key, values, version, anywhere) => {
      const context = contextFor({ version: version + 1 })
      const cell = sealCell(key, context, values)
      const other = sealCell(key, contextFor({ version: version + 1 }), values)
      const attempts: readonly (readonly [CellContext, Uint8Array])[] = [
        [context, flip(cell, anywhere % (cell.length * 8))],
        [context, other],
        [context, sealCell(key, { ...context, version }, values)],
        [context, sealCell(key, { ...context, group: 'basic' }, values)],
        [context, sealCell(key, { ...context, table: 'lead' }, values)],
        [{ ...context, attributes: { ...context.attributes, owner: newId() } }, cell],
        [{ ...context, attributes: { ...context.attributes, team: newId() } }, cell],
        [{ ...context, attributes: {} }, cell],
        [context, cell.subarray(0, anywhere % cell.length)],
      ]
      for (const [where, bytes] of attempts) assert.throws(() => openCell(key, where, bytes), closed)
    }),
    { numRuns: 150 },
  )
})

// What it can show: that no part of the code looks at the content before the whole is authenticated, or leaves at the first byte that
// differs; such a difference grows with the place and is far over the limit in a cell of 64 KiB. What it cannot show: differences of
// nanoseconds inside OpenSSL, whose comparison of tags is constant-time by its own promise.
const places = 4
const rounds = 60
const slowestToQuickest = 1.5

test('[encryption-34] the time to refuse does not depend on where the bit was flipped', async () => {
  const values = { notes: 'x'.repeat(65_536) }
  for (const key of await keysBySuite()) {
    const context = contextFor()
    const cell = sealCell(key, context, values)
    const first = 21 * 8
    const bits = Array.from(
      { length: places },
      (_, i) => first + Math.floor(((cell.length * 8 - 1 - first) * i) / (places - 1)),
    )
    const damaged = bits.map((bit) => flip(cell, bit))
    const ratio = (): number => {
      const taken = damaged.map(() => [] as number[])
      for (let round = 0; round < rounds; round++)
        damaged.forEach((bytes, i) => taken[i]?.push(refusal(key, context, bytes)))
      const medians = taken.map((each) => each.toSorted((a, b) => a - b)[rounds / 2] ?? 0)
      return Math.max(...medians) / Math.min(...medians)
    }
    // A busy machine may disturb one series; a real difference would show in each.
    let least = ratio()
    for (let again = 0; again < 4 && least > slowestToQuickest; again++) least = Math.min(least, ratio())
    assert.ok(least <= slowestToQuickest, `suite ${key.suite}: slowest to quickest ${least.toFixed(2)}`)
  }
})

const refusal = (key: SubjectKey, context: CellContext, bytes: Uint8Array): number => {
  const start = process.hrtime.bigint()
  assert.throws(() => openCell(key, context, bytes))
  return Number(process.hrtime.bigint() - start)
}
