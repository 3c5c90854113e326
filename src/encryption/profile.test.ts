// The profiles, and epochs that capture under each envelope suite.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault, newId, utf8 } from '#kernel'
import { envelopeSuites, sealEnvelope } from './envelope.ts'
import { createEpoch, openCapture, openEpoch } from './epoch.ts'
import { memoryRoot } from './fixtures/keys.ts'
import { hpkeSeal } from './hpke.ts'
import { profileNameOf, profileOf, profiles } from './profile.ts'
import { signatureSuites } from './signature.ts'
import { suiteOf } from './suite.ts'

const closed = (error: unknown): boolean => isFault(error, 'cell-does-not-open') && error.cause === undefined

test('[encryption-32] each profile names suites that exist; gm uses the national algorithms alone', () => {
  const shown = Object.entries(profiles).map(([name, { cell, envelope, signature }]) => [
    name,
    suiteOf(cell).name,
    envelopeSuites.find(({ id }) => id === envelope)?.name,
    signatureSuites.find((suite) => suite === signature),
  ])
  assert.deepEqual(shown, [
    ['international', 'AES-256-GCM', 'HPKE X25519', 'Ed25519'],
    ['post-quantum', 'AES-256-GCM', 'HPKE X25519+ML-KEM-768', 'ML-DSA-65'],
    ['gm', 'SM4-GCM', 'SM2 with SM4-GCM', 'SM2'],
  ])
  assert.equal(suiteOf(profiles.gm.cell).hash, 'sm3')
  assert.equal(profileOf('gm'), profiles.gm)
  assert.deepEqual(
    [profileNameOf(1, 17), profileNameOf(1, 18), profileNameOf(3, 20), profileNameOf(2, 17)],
    ['international', 'post-quantum', 'gm', null],
  )
  for (const name of ['', 'GM', 'toString', '__proto__'])
    assert.throws(
      () => profileOf(name),
      (error) => isFault(error, 'wrong-use'),
    )
})

test('[encryption-32] an epoch of every envelope suite opens what was sealed to it, and nothing of another suite', async () => {
  const root = memoryRoot()
  const tenant = newId()
  const [info, aad, plain] = [utf8('form/contact'), utf8('1'), utf8('{"name":"张伟"}')]
  for (const { id } of envelopeSuites) {
    const row = await createEpoch(root, tenant, 1, id === 20 ? 3 : 1, { envelope: id })
    assert.equal(row.captureSuite, id)
    const epoch = await openEpoch(root, row)
    assert.equal(epoch.captureSuite, id)
    const sealed = sealEnvelope({ suite: id, publicKey: epoch.hpkePublic }, info, aad, plain)
    assert.deepEqual(openCapture(epoch, info, aad, sealed), plain)
    const other = await openEpoch(root, await createEpoch(root, tenant, 2, 1, { envelope: id === 17 ? 18 : 17 }))
    assert.throws(() => openCapture(other, info, aad, sealed), closed)
    for (const { id: wrong } of envelopeSuites)
      if (wrong !== id) await assert.rejects(openEpoch(root, { ...row, captureSuite: wrong }), closed)
    await assert.rejects(openEpoch(root, { ...row, captureSuite: 14 as 17 }), (error) =>
      isFault(error, 'suite-unknown'),
    )
  }
})

test('[encryption-32] an epoch without an envelope suite is of suite 17, and opens bare messages of it as before', async () => {
  const root = memoryRoot()
  const { captureSuite, ...old } = await createEpoch(root, newId(), 1, 1)
  assert.equal(captureSuite, 17)
  const epoch = await openEpoch(root, old)
  const [info, aad, plain] = [utf8('i'), utf8('a'), utf8('p')]
  let bare = hpkeSeal(epoch.hpkePublic, info, aad, plain)
  // Once in 256 times the random key begins as an envelope does.
  while (bare[0] === 0xc5) bare = hpkeSeal(epoch.hpkePublic, info, aad, plain)
  assert.deepEqual(openCapture(epoch, info, aad, bare), plain)
})
