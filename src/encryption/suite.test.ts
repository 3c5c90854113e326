// The four suites and nothing else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault, newId } from '#kernel'
import { cellShape, openCell, sealCell } from './cell.ts'
import { keep, random } from './digest.ts'
import { createEpoch, openEpoch } from './epoch.ts'
import { contextFor, flip, memoryRoot, newKey, suiteIds } from './fixtures/keys.ts'
import { holdSubjectKey } from './subject.ts'
import { openBytes, sealInto, type SuiteId, suiteOf, suites } from './suite.ts'

test('[encryption-1] the table holds the four suites of the format', () => {
  assert.deepEqual(
    suites.map(({ id, name, keyBytes, hash }) => [id, name, keyBytes, hash]),
    [
      [1, 'AES-256-GCM', 32, 'sha256'],
      [2, 'ChaCha20-Poly1305', 32, 'sha256'],
      [3, 'SM4-GCM', 16, 'sm3'],
      [4, 'AES-256-GCM-SIV', 32, 'sha256'],
    ],
  )
})

// 0xE0 DES, 0xE1 3DES, 0xE2 AES without MAC are numbers of the importer; 17 to 20 are for envelopes, not for cells.
const refused = [0, 5, 11, 14, 17, 18, 19, 20, 0xe0, 0xe1, 0xe2, 255, -1, 1.5, NaN]

test('[encryption-1] every other number is refused: as an epoch, as a key, in a cell', async () => {
  const root = memoryRoot()
  const row = await createEpoch(root, newId(), 1, 1)
  const key = await newKey(1)
  const context = contextFor()
  const cell = sealCell(key, context, { a: 1 })
  for (const id of refused) {
    const suite = id as SuiteId
    assert.throws(
      () => suiteOf(id),
      (error) => isFault(error, 'suite-unknown'),
    )
    await assert.rejects(createEpoch(root, newId(), 1, suite), (error) => isFault(error, 'suite-unknown'))
    await assert.rejects(openEpoch(root, { ...row, suite }), (error) => isFault(error, 'suite-unknown'))
    const odd = holdSubjectKey({ tenant: newId(), subject: newId(), generation: 1, epoch: 1, suite }, keep(random(32)))
    assert.throws(() => sealCell(odd, context, { a: 1 }))
    if (!Number.isInteger(id) || id < 0) continue
    const changed = new Uint8Array(cell)
    changed[1] = id
    assert.ok(!cellShape(changed))
    assert.throws(
      () => openCell(key, context, changed),
      (error) => isFault(error, 'cell-does-not-open'),
    )
  }
})

test('[encryption-1] an empty text is sealed and opened by every suite, and nothing leaves before the tag is checked', () => {
  for (const id of suiteIds) {
    const { cipher, keyBytes } = suiteOf(id)
    const key = keep(random(keyBytes))
    const [nonce, aad] = [random(12), random(5)]
    for (const plain of [new Uint8Array(0), random(1), random(1000)]) {
      const sealed = new Uint8Array(plain.length + 16)
      sealInto(cipher, key, nonce, aad, plain, sealed, 0)
      assert.deepEqual(new Uint8Array(openBytes(cipher, key, nonce, aad, sealed) ?? []), plain)
      for (let bit = 0; bit < Math.min(sealed.length * 8, 300); bit++) {
        assert.equal(openBytes(cipher, key, nonce, aad, flip(sealed, bit)), null)
      }
      assert.equal(openBytes(cipher, key, nonce, random(5), sealed), null)
      assert.equal(openBytes(cipher, key, random(12), aad, sealed), null)
      assert.equal(openBytes(cipher, key, nonce, aad, sealed.subarray(0, 15)), null)
    }
  }
})
