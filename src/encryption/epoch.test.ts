// Epochs under their root, small secrets under their epoch, and keys that never show.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { hex, isFault, newId, utf8 } from '#kernel'
import { createEpoch, type EpochRow, keysOf, openCapture, openEpoch } from './epoch.ts'
import { contextFor, flip, memoryRoot, newEpoch, suiteIds } from './fixtures/keys.ts'
import { hpkeKeyPair, hpkeSeal } from './hpke.ts'
import { openSecret, sealSecret, secretEpoch } from './secret.ts'
import { newSubjectKey, stateOf } from './subject.ts'
import { openCell, sealCell } from './cell.ts'

const closed = (error: unknown): boolean => isFault(error, 'cell-does-not-open') && error.cause === undefined

test('[encryption-7] an epoch opens under its own root and context only', async () => {
  const root = memoryRoot()
  const row = await createEpoch(root, newId(), 5, 1)
  const { epoch, state, suite } = await openEpoch(root, row)
  assert.deepEqual([epoch, state, suite], [5, 'active', 1])
  const changes: readonly Partial<EpochRow>[] = [
    { tenant: newId() },
    { epoch: 6 },
    { suite: 2 },
    { symWrapped: row.indexWrapped },
    { symWrapped: row.hpkeWrapped, hpkeWrapped: row.symWrapped },
    { symWrapped: new Uint8Array(0) },
    { symWrapped: flip(row.symWrapped, 0) },
    { indexWrapped: flip(row.indexWrapped, 300) },
    { hpkeWrapped: flip(row.hpkeWrapped, 8 * row.hpkeWrapped.length - 1) },
    { hpkePublic: hpkeKeyPair().publicKey },
  ]
  for (const change of changes) await assert.rejects(openEpoch(root, { ...row, ...change }), closed)
})

test('[encryption-7] another root key is named by its fingerprint', async () => {
  const root = memoryRoot()
  const row = await createEpoch(root, newId(), 1, 1)
  await assert.rejects(
    openEpoch(memoryRoot(), row),
    (error) => isFault(error, 'keystore-foreign') && error.details.fingerprint === root.fingerprint,
  )
})

test('[encryption-7] a destroyed epoch opens nothing, a decrypt-only one seals nothing new', async () => {
  const root = memoryRoot()
  const row = await createEpoch(root, newId(), 1, 1)
  const { row: subject } = newSubjectKey(await openEpoch(root, row), newId(), 1)
  await assert.rejects(openEpoch(root, { ...row, state: 'destroyed' }), (error) => isFault(error, 'key-destroyed'))
  const retired = await openEpoch(root, { ...row, state: 'decrypt-only' })
  assert.equal(subject.epoch, retired.epoch)
  assert.throws(
    () => newSubjectKey(retired, newId(), 1),
    (error) => isFault(error, 'wrong-use'),
  )
  assert.throws(
    () => sealSecret(retired, 'x', utf8('y')),
    (error) => isFault(error, 'wrong-use'),
  )
})

test('[encryption-7] the blind-index root can be carried over to the next epoch of the same tenant and hash', async () => {
  const root = memoryRoot()
  const tenant = newId()
  const first = await openEpoch(root, await createEpoch(root, tenant, 1, 1))
  const next = await openEpoch(root, await createEpoch(root, tenant, 2, 4, { indexOf: first }))
  const fresh = await openEpoch(root, await createEpoch(root, tenant, 3, 1))
  const indexOf = (epoch: typeof first): string => keysOf(epoch).index.export().toString('hex')
  assert.equal(indexOf(next), indexOf(first))
  assert.notEqual(indexOf(fresh), indexOf(first))
  await assert.rejects(createEpoch(root, newId(), 2, 1, { indexOf: first }), (error) => isFault(error, 'wrong-use'))
  await assert.rejects(createEpoch(root, tenant, 2, 3, { indexOf: first }), (error) => isFault(error, 'wrong-use'))
  for (const epoch of [0, 65_536, 1.5, -1]) await assert.rejects(createEpoch(root, tenant, epoch, 1), RangeError)
})

test('[encryption-9] what a form seals to the public key of an epoch, the epoch opens', async () => {
  const epoch = await newEpoch(1)
  const [info, aad, plain] = [utf8('form/contact'), utf8('1'), utf8('{"name":"张伟"}')]
  const sealed = hpkeSeal(epoch.hpkePublic, info, aad, plain)
  assert.deepEqual(openCapture(epoch, info, aad, sealed), new Uint8Array(plain))
  const other = await newEpoch(1)
  assert.throws(() => openCapture(other, info, aad, sealed), closed)
})

test('[encryption-8] a secret opens under its epoch and label only, under every suite', async () => {
  for (const suite of suiteIds) {
    const tenant = newId()
    const root = memoryRoot()
    const epoch = await newEpoch(suite, tenant, root)
    const next = await openEpoch(root, await createEpoch(root, tenant, 2, suite))
    for (const plain of [utf8('JBSWY3DPEHPK3PXP'), new Uint8Array(0)]) {
      const sealed = sealSecret(epoch, 'totp/a', plain)
      assert.equal(secretEpoch(sealed), 1)
      assert.deepEqual(openSecret(epoch, 'totp/a', sealed), new Uint8Array(plain))
      assert.throws(() => openSecret(epoch, 'totp/b', sealed), closed)
      assert.throws(() => openSecret(next, 'totp/a', sealed), closed)
      for (let bit = 0; bit < sealed.length * 8; bit++)
        assert.throws(() => openSecret(epoch, 'totp/a', flip(sealed, bit)), closed)
      for (let n = 0; n < sealed.length; n++)
        assert.throws(() => openSecret(epoch, 'totp/a', sealed.subarray(0, n)), closed)
    }
  }
})

test('[encryption-17] no key shows in what is printed or serialised, and a forged holder opens nothing', async () => {
  const epoch = await newEpoch(1)
  const { key } = newSubjectKey(epoch, newId(), 1)
  const secrets = [keysOf(epoch).index, keysOf(epoch).wrapping, stateOf(key).dek].map((each) => hex(each.export()))
  for (const held of [epoch, key]) {
    const shown = inspect(held, { depth: 9, showHidden: true }) + JSON.stringify(held)
    for (const secret of secrets) assert.ok(!shown.includes(secret))
    assert.ok(!/KeyObject|dek/.test(shown))
  }
  const context = contextFor()
  assert.throws(() => openCell({ ...key }, context, sealCell(key, context, {})), TypeError)
  assert.throws(() => newSubjectKey({ ...epoch }, newId(), 1), TypeError)
})
