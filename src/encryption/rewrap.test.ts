// Many data keys to another epoch at once: each as one call would do it, all or none.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault, newId } from '#kernel'
import { openCell, sealCell } from './cell.ts'
import { createEpoch, type Epoch, openEpoch } from './epoch.ts'
import { contextFor, flip, memoryRoot, suiteIds } from './fixtures/keys.ts'
import { rewrapSubjectKeys } from './rewrap.ts'
import { newSubjectKey, openSubjectKey, rewrapSubjectKey, type SubjectKeyRow } from './subject.ts'
import type { SuiteId } from './suite.ts'

const closed = (work: () => unknown): void => {
  assert.throws(work, (error) => isFault(error, 'cell-does-not-open') && error.cause === undefined)
}

const epochs = async (from: SuiteId, to: SuiteId): Promise<readonly [Epoch, Epoch]> => {
  const root = memoryRoot()
  const tenant = newId()
  return [
    await openEpoch(root, await createEpoch(root, tenant, 1, from)),
    await openEpoch(root, await createEpoch(root, tenant, 2, to)),
  ]
}

test('[encryption-121] keys of every suite move to an epoch of every suite, in their order, and their cells open', async () => {
  for (const suite of suiteIds) {
    for (const next of suiteIds) {
      const [from, to] = await epochs(suite, next)
      const made = Array.from({ length: suite === 1 && next === 1 ? 1100 : 5 }, (_, i) =>
        newSubjectKey(from, newId(), i + 1),
      )
      const moved = rewrapSubjectKeys(
        from,
        to,
        made.map(({ row }) => row),
      )
      assert.equal(moved.length, made.length)
      made.forEach(({ row, key }, i) => {
        const one = moved[i]
        assert.ok(one)
        const { epoch, wrapped, ...same } = one
        assert.deepEqual(same, {
          tenant: row.tenant,
          subject: row.subject,
          generation: i + 1,
          suite,
          commitment: row.commitment,
        })
        assert.deepEqual([epoch, wrapped[0], wrapped[1]], [2, 0xc2, next])
        const context = contextFor()
        const cell = sealCell(key, context, { i })
        assert.deepEqual(openCell(openSubjectKey(to, one), context, cell), { i })
        closed(() => openSubjectKey(from, one))
        // What a batch made goes back by single calls.
        assert.deepEqual(openCell(openSubjectKey(from, rewrapSubjectKey(to, from, one)), context, cell), { i })
      })
      const nonces = new Set(moved.map((row) => Buffer.from(row.wrapped.subarray(2, 14)).toString('hex')))
      assert.equal(nonces.size, moved.length)
      assert.deepEqual(rewrapSubjectKeys(from, to, []), [])
    }
  }
})

test('[encryption-122] one of many that was moved, changed or relabelled, and none is given', async () => {
  const [from, to] = await epochs(1, 1)
  const rows = Array.from({ length: 3 }, () => newSubjectKey(from, newId(), 1).row)
  const [first, second, third] = rows
  assert.ok(first && second && third)
  const refused = (change: Partial<SubjectKeyRow>): void => {
    closed(() => rewrapSubjectKeys(from, to, [first, { ...second, ...change }, third]))
  }
  for (let bit = 0; bit < second.wrapped.length * 8; bit++) refused({ wrapped: flip(second.wrapped, bit) })
  for (const change of [
    { subject: newId() },
    { tenant: newId() },
    { generation: 2 },
    { epoch: 2 },
    { suite: 2 as const },
    { suite: 9 as 1 },
    { wrapped: second.wrapped.subarray(1) },
    { wrapped: new Uint8Array(0) },
    { wrapped: third.wrapped },
  ])
    refused(change)
  closed(() => rewrapSubjectKeys(to, from, rows))
  const [stranger] = await epochs(1, 1)
  closed(() => rewrapSubjectKeys(from, stranger, rows))
  assert.equal(rewrapSubjectKeys(from, to, rows).length, 3)
})

test('[encryption-122] nothing is wrapped under an epoch that opens only', async () => {
  const root = memoryRoot()
  const tenant = newId()
  const from = await openEpoch(root, await createEpoch(root, tenant, 1, 1))
  const retired = await openEpoch(root, { ...(await createEpoch(root, tenant, 2, 1)), state: 'decrypt-only' })
  const { row } = newSubjectKey(from, newId(), 1)
  assert.throws(
    () => rewrapSubjectKeys(from, retired, [row]),
    (error) => isFault(error, 'wrong-use'),
  )
})
