// Envelopes of every suite: whole and closed.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault, utf8 } from '#kernel'
import { random } from './digest.ts'
import {
  type EnvelopeSuiteId,
  envelopeSuite,
  envelopeSuites,
  openEnvelope,
  recipientKeyPair,
  type RecipientKeyPair,
  recipientOf,
  sealEnvelope,
} from './envelope.ts'
import { flip } from './fixtures/keys.ts'

const closed = (error: unknown): boolean => isFault(error, 'cell-does-not-open') && error.cause === undefined
const refused = (error: unknown): boolean => isFault(error, 'wrong-use')
const unknown = (error: unknown): boolean => isFault(error, 'suite-unknown')

const ids = envelopeSuites.map(({ id }) => id)
const pairs = new Map<EnvelopeSuiteId, RecipientKeyPair>()
const pairOf = (id: EnvelopeSuiteId): RecipientKeyPair => {
  const pair = pairs.get(id) ?? recipientKeyPair(id)
  pairs.set(id, pair)
  return pair
}
const [info, aad] = [utf8('info'), utf8('aad')]

test('[encryption-30] what is sealed to a public key, its private key opens, in every suite', () => {
  for (const { id, encBytes } of envelopeSuites) {
    const own = pairOf(id)
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.uint8Array({ maxLength: 3000 }), (i, a, plain) => {
        const sealed = sealEnvelope(own, i, a, plain)
        assert.equal(sealed.length, 2 + encBytes + plain.length + 16)
        assert.equal(envelopeSuite(sealed), id)
        assert.deepEqual(openEnvelope(own, i, a, sealed), plain)
      }),
      { numRuns: 20 },
    )
    const long = random(5000)
    assert.deepEqual(openEnvelope(own, long, long, sealEnvelope(own, long, long, long)), long)
    assert.notDeepEqual(sealEnvelope(own, info, aad, aad), sealEnvelope(own, info, aad, aad))
    assert.deepEqual(recipientOf(id, own.privateKey), { suite: id, publicKey: own.publicKey })
  }
})

// SM2 and RSA take milliseconds an attempt: one bit of each byte there, all eight elsewhere.
test('[encryption-30] any bit, any length, another key, suite, info or aad: one Fault', () => {
  for (const { id } of envelopeSuites) {
    const own = pairOf(id)
    const sealed = sealEnvelope(own, info, aad, utf8('plain'))
    const step = id === 19 || id === 20 ? 9 : 1
    for (let bit = 0; bit < sealed.length * 8; bit += step)
      assert.throws(() => openEnvelope(own, info, aad, flip(sealed, bit)), closed, `suite ${id}, bit ${bit}`)
    for (let n = 0; n < sealed.length; n += 1 + (n >> 6))
      assert.throws(() => openEnvelope(own, info, aad, sealed.subarray(0, n)), closed)
    assert.throws(() => openEnvelope(own, info, aad, new Uint8Array([...sealed, 0])), closed)
    assert.throws(() => openEnvelope(own, utf8('other'), aad, sealed), closed)
    assert.throws(() => openEnvelope(own, info, utf8('other'), sealed), closed)
    assert.throws(() => openEnvelope(recipientKeyPair(id), info, aad, sealed), closed)
    for (const other of ids) {
      if (other === id) continue
      assert.throws(() => openEnvelope(pairOf(other), info, aad, sealed), closed)
      assert.throws(
        () => openEnvelope(pairOf(other), info, aad, new Uint8Array([0xc5, other, ...sealed.subarray(2)])),
        closed,
      )
    }
  }
})

test('[encryption-30] what is no public key of the suite is not sealed to', () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const spki = new Uint8Array(small.publicKey.export({ format: 'der', type: 'spki' }))
  const pkcs8 = new Uint8Array(small.privateKey.export({ format: 'der', type: 'pkcs8' }))
  const offCurve = new Uint8Array(65).fill(7)
  offCurve[0] = 4
  const bad: readonly (readonly [EnvelopeSuiteId, Uint8Array])[] = [
    [17, new Uint8Array(32)],
    [17, random(31)],
    [18, random(1215)],
    [18, new Uint8Array(1216).fill(255)],
    [19, spki],
    [19, pairOf(21).publicKey],
    [20, offCurve],
    [20, pairOf(21).publicKey],
    [20, pairOf(20).publicKey.subarray(1)],
    [21, offCurve],
    [21, pairOf(20).publicKey],
    [21, new Uint8Array([0])],
  ]
  for (const [suite, publicKey] of bad)
    assert.throws(() => sealEnvelope({ suite, publicKey }, info, aad, aad), refused, `suite ${suite}`)
  const noKeys: readonly (readonly [EnvelopeSuiteId, Uint8Array])[] = [
    [17, random(31)],
    [18, random(64)],
    [19, pkcs8],
    [20, new Uint8Array(32)],
    [20, new Uint8Array(32).fill(255)],
    [21, new Uint8Array(32)],
    [21, new Uint8Array(32).fill(255)],
  ]
  for (const [suite, privateKey] of noKeys) assert.throws(() => recipientOf(suite, privateKey), `suite ${suite}`)
})

test('[encryption-30] every other number is refused with one error', () => {
  const own = pairOf(17)
  const sealed = sealEnvelope(own, info, aad, aad)
  for (const id of [0, 1, 2, 3, 4, 14, 16, 22, 0xe0, 0xe1, 0xe2, 255, -1, 17.5, NaN]) {
    const suite = id as EnvelopeSuiteId
    assert.throws(() => recipientKeyPair(suite), unknown)
    assert.throws(() => recipientOf(suite, own.privateKey), unknown)
    assert.throws(() => sealEnvelope({ ...own, suite }, info, aad, aad), unknown)
    assert.throws(() => openEnvelope({ ...own, suite }, info, aad, sealed), unknown)
    if (!Number.isInteger(id) || id < 0) continue
    assert.throws(() => openEnvelope(own, info, aad, new Uint8Array([0xc5, id, ...sealed.subarray(2)])), closed)
  }
  assert.equal(envelopeSuite(new Uint8Array([0xc1, 17])), null)
  assert.equal(envelopeSuite(new Uint8Array([0xc5])), null)
})
