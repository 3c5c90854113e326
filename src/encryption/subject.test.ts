// Data keys of subjects: rows that open in one place only, commitments, and keys per table and group.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault, newId } from '#kernel'
import { Bounded } from './bounded.ts'
import { forgetCellKeys, openCell, sealCell } from './cell.ts'
import { createEpoch, openEpoch } from './epoch.ts'
import { contextFor, flip, memoryRoot, newEpoch, suiteIds } from './fixtures/keys.ts'
import { newSubjectKey, openSubjectKey, rewrapSubjectKey, type SubjectKeyRow } from './subject.ts'

const closed = (work: () => unknown): void => {
  assert.throws(work, (error) => isFault(error, 'cell-does-not-open') && error.cause === undefined)
}

test('[encryption-5] a row gives back the key, and the key opens what the first one sealed', async () => {
  for (const suite of suiteIds) {
    const epoch = await newEpoch(suite)
    const { row, key } = newSubjectKey(epoch, newId(), 3)
    assert.equal(row.wrapped.length, 62)
    assert.equal(row.commitment.length, 32)
    const context = contextFor()
    const cell = sealCell(key, context, { a: suite })
    assert.deepEqual(openCell(openSubjectKey(epoch, row), context, cell), { a: suite })
  }
})

test('[encryption-5] a row moved, changed or relabelled does not open', async () => {
  const root = memoryRoot()
  const tenant = newId()
  const epoch = await openEpoch(root, await createEpoch(root, tenant, 1, 1))
  const twin = await openEpoch(root, await createEpoch(root, tenant, 1, 1))
  const foreign = await newEpoch(1)
  const { row } = newSubjectKey(epoch, newId(), 1)
  const changes: readonly Partial<SubjectKeyRow>[] = [
    { subject: newId() },
    { tenant: newId() },
    { generation: 2 },
    { epoch: 2 },
    { suite: 2 },
    { suite: 9 as 1 },
    { wrapped: row.wrapped.subarray(1) },
    { wrapped: new Uint8Array(0) },
    { commitment: row.commitment.subarray(0, 16) },
    { commitment: new Uint8Array(0) },
    { wrapped: newSubjectKey(epoch, row.subject, 1).row.wrapped },
  ]
  for (const change of changes) closed(() => openSubjectKey(epoch, { ...row, ...change }))
  for (let bit = 0; bit < row.wrapped.length * 8; bit++)
    closed(() => openSubjectKey(epoch, { ...row, wrapped: flip(row.wrapped, bit) }))
  for (let bit = 0; bit < 256; bit++)
    closed(() => openSubjectKey(epoch, { ...row, commitment: flip(row.commitment, bit) }))
  closed(() => openSubjectKey(twin, row))
  closed(() => openSubjectKey(foreign, row))
})

test('[encryption-6] a cell of one table or group is nothing to the key of another', async () => {
  const { key } = newSubjectKey(await newEpoch(4), newId(), 1)
  const context = contextFor()
  const cell = sealCell(key, context, { a: 1 })
  closed(() => openCell(key, { ...context, group: 'identity' }, cell))
  closed(() => openCell(key, { ...context, table: 'account' }, cell))
})

test('[encryption-6] rewrapping under another epoch, even of another suite, leaves the cells as they are', async () => {
  const root = memoryRoot()
  const tenant = newId()
  const from = await openEpoch(root, await createEpoch(root, tenant, 1, 1))
  const to = await openEpoch(root, await createEpoch(root, tenant, 2, 3))
  const { row, key } = newSubjectKey(from, newId(), 1)
  const context = contextFor()
  const cell = sealCell(key, context, { a: 1 })
  const moved = rewrapSubjectKey(from, to, row)
  assert.deepEqual([moved.epoch, moved.suite, moved.generation], [2, 1, 1])
  assert.deepEqual(openCell(openSubjectKey(to, moved), context, cell), { a: 1 })
  closed(() => openSubjectKey(from, moved))
  closed(() => rewrapSubjectKey(to, from, row))
  const elsewhere = await newEpoch(1)
  closed(() => rewrapSubjectKey(from, elsewhere, row))
})

test('[encryption-6] cell keys are held for a limited number of subjects and derived again when needed', async () => {
  const held = new Bounded<number, number>(100)
  for (let i = 0; i < 1000; i++) {
    held.set(i, i)
    assert.equal(held.get(0), 0)
    assert.ok(held.size <= 100)
  }
  assert.equal(held.get(999), 999)
  assert.equal(held.get(1), undefined)
  held.delete(999)
  assert.equal(held.get(999), undefined)
  const { key } = newSubjectKey(await newEpoch(1), newId(), 1)
  const context = contextFor()
  const cell = sealCell(key, context, { a: 1 })
  forgetCellKeys(key)
  assert.deepEqual(openCell(key, context, cell), { a: 1 })
})
