/// <reference types="node" />
// The browser's half of a capture against the server's, in Node's WebCrypto: what one seals the other opens, and only pinned keys are believed.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createEpoch, openEpoch } from '../../encryption/epoch.ts'
import { readCapture, signManifest } from '../../encryption/capture.ts'
import { memoryRoot } from '../../encryption/fixtures/keys.ts'
import { signerOf } from '../../encryption/signature.ts'
import { printVerifyKey } from '../../encryption/verify-key.ts'
import { newId } from '../../kernel/index.ts'
import { base64url, fromBase64url } from './bytes.ts'
import { believe } from './manifest.ts'
import { canSeal, seal } from './seal.ts'
import { words } from './words.ts'

test('[web-51] what a browser seals opens at the server, for every suite of a profile, whatever its length', async () => {
  for (const [suite, cell] of [
    [17, 1],
    [18, 1],
    [20, 3],
  ] as const) {
    assert.ok(await canSeal(suite), `suite ${String(suite)}`)
    const root = memoryRoot()
    const tenant = newId()
    const row = await createEpoch(root, tenant, 513, cell, { envelope: suite })
    const epoch = await openEpoch(root, row)
    const place = { tenant, form: 'demo-request', epoch: 513, suite, at: 1_795_478_400_123 }
    for (const size of suite === 20 ? [0, 255, 256, 3000] : [0, 1, 200, 255, 256, 257, 9000]) {
      const content = { v: 1, values: { name: '张'.repeat(size) }, seconds: 3, trap: '', language: 'zh' }
      const sealed = await seal(new Uint8Array(row.hpkePublic), place, content)
      assert.deepEqual(readCapture(epoch, { ...place, at: new Date(place.at) }, sealed), content)
      assert.throws(() => readCapture(epoch, { ...place, at: new Date(place.at + 1) }, sealed))
    }
  }
})

test('[web-51] a suite this browser cannot seal to is never exchanged for another', async () => {
  for (const suite of [0, 19, 21]) {
    assert.ok(!(await canSeal(suite)))
    await assert.rejects(
      seal(new Uint8Array(32), { tenant: newId(), form: 'a', epoch: 1, suite, at: 0 }, {}),
      TypeError,
    )
  }
})

test('[web-52] a manifest is believed under the pinned key, tenant and form alone, until its time is over', async () => {
  const seed = new Uint8Array(32).fill(3)
  const signer = signerOf('capture', seed.slice())
  const other = signerOf('capture', new Uint8Array(32).fill(4))
  const tenant = newId()
  const issuedAt = new Date('2026-11-24T00:00:00.000Z')
  const notAfter = new Date('2026-12-01T00:00:00.000Z')
  const manifest = { tenant, form: 'demo', epoch: 1, suite: 17, issuedAt, notAfter, definition: { a: '中' } } as const
  const signed = signManifest(signer, { ...manifest, publicKey: new Uint8Array(32).fill(5) })
  const pin = { tenant, form: 'demo', key: base64url(signer.publicKey) }
  const now = issuedAt.getTime()
  const good = await believe(signed, pin, now)
  assert.ok(typeof good === 'object')
  assert.deepEqual([good.epoch, good.suite, good.issuedAt, good.publicKey[0]], [1, 17, now, 5])
  // A key swapped in the database or on the way, signed by whoever did it.
  const swapped = signManifest(other, { ...manifest, publicKey: new Uint8Array(32).fill(6) })
  assert.equal(await believe(swapped, pin, now), 'not-signed')
  assert.equal(await believe({ ...signed, manifest: swapped.manifest }, pin, now), 'not-signed')
  const bytes = fromBase64url(signed.manifest)
  bytes[20] = (bytes[20] ?? 0) ^ 1
  assert.equal(await believe({ ...signed, manifest: base64url(bytes) }, pin, now), 'not-signed')
  assert.equal(await believe(signed, { ...pin, form: 'other' }, now), 'not-signed')
  assert.equal(await believe(signed, { ...pin, tenant: newId() }, now), 'not-signed')
  assert.equal(await believe(signed, { ...pin, key: 'AAAA' }, now), 'unsupported')
  assert.equal(await believe(signed, pin, notAfter.getTime() + 1), 'expired')
  assert.equal(await believe(signed, pin, Number.NaN), 'expired')
  for (const junk of [null, undefined, 7, 'x', {}, { manifest: 1 }, { manifest: '!', signature: '!' }])
    assert.equal(await believe(junk, pin, now), 'not-signed')
})

test('[web-100] a manifest is believed by the suite that was pinned, whatever else would hold', async () => {
  const tenant = newId()
  const issuedAt = new Date('2026-11-24T00:00:00.000Z')
  const notAfter = new Date('2026-12-01T00:00:00.000Z')
  const manifest = { tenant, form: 'demo', epoch: 1, suite: 20, issuedAt, notAfter, definition: {} } as const
  const suites = ['Ed25519', 'ML-DSA-65', 'SM2'] as const
  const signers = suites.map((suite) => signerOf('capture', new Uint8Array(32).fill(9), suite))
  const made = signers.map((signer) => signManifest(signer, { ...manifest, publicKey: new Uint8Array(65).fill(5) }))
  for (const [i, signer] of signers.entries())
    for (const [j, signed] of made.entries()) {
      const answer = await believe(signed, { tenant, form: 'demo', key: printVerifyKey(signer) }, issuedAt.getTime())
      assert.equal(typeof answer === 'object', i === j, `${signer.suite} pinned, ${suites[j] ?? ''} signed`)
      if (i !== j) assert.equal(answer, 'not-signed')
      if (i !== j) continue
      const bytes = fromBase64url(signed.signature)
      for (const at of [0, 31, 40, bytes.length - 1]) {
        const bad = bytes.slice()
        bad[at] = (bad[at] ?? 0) ^ 4
        const pin = { tenant, form: 'demo', key: printVerifyKey(signer) }
        assert.equal(await believe({ ...signed, signature: base64url(bad) }, pin, issuedAt.getTime()), 'not-signed')
      }
    }
  const sm2 = signers[2]
  assert.ok(sm2)
  for (const key of [
    `ML-DSA-65:${base64url(sm2.publicKey)}`,
    `ECDSA-P256-SHA256:${base64url(sm2.publicKey)}`,
    'SM2:AA',
  ])
    assert.equal(await believe(made[2], { tenant, form: 'demo', key }, issuedAt.getTime()), 'unsupported')
})

test('[web-53] the form speaks both languages, and loads, stores and sets nothing', () => {
  for (const [name, { zh, en }] of Object.entries(words)) {
    assert.ok(/\p{Script=Han}/u.test(zh) && !/\p{Script=Han}/u.test(en), name)
  }
  const code = ['main', 'form', 'manifest', 'seal', 'gm', 'bytes']
    .map((name) => readFileSync(new URL(`./${name}.ts`, import.meta.url), 'utf8'))
    .join('\n')
  assert.ok(!/localStorage|sessionStorage|indexedDB|document\.cookie|innerHTML|eval\(|new Function/.test(code))
})
