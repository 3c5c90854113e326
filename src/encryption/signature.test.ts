// Signatures of every suite: good for their key and bytes, and for nothing else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hex, isFault, utf8 } from '#kernel'
import { random } from './digest.ts'
import { flip } from './fixtures/keys.ts'
import { type SignatureSuite, signatureSuites, signerOf, verifySignature } from './signature.ts'

const lengths: Readonly<Record<SignatureSuite, readonly [publicKey: number, signature: number]>> = {
  Ed25519: [32, 64],
  'ECDSA-P256-SHA256': [65, 64],
  'ML-DSA-65': [1952, 3309],
  SM2: [65, 64],
}

test('[encryption-31] a signer signs what its public key then verifies, and comes back from its seed', () => {
  for (const suite of signatureSuites) {
    const seed = random(32)
    const signer = signerOf('journal', new Uint8Array(seed), suite)
    assert.equal(signer.suite, suite)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (message) => {
        const signature = signer.sign(message)
        assert.deepEqual([signer.publicKey.length, signature.length], lengths[suite])
        assert.ok(verifySignature(suite, signer.publicKey, message, signature))
      }),
      { numRuns: 20 },
    )
    const again = signerOf('journal', seed, suite)
    assert.equal(hex(again.publicKey), hex(signer.publicKey))
    assert.ok(
      seed.every((byte) => byte === 0),
      'the seed was wiped',
    )
    assert.ok(verifySignature(suite, signer.publicKey, utf8('x'), again.sign(utf8('x'))))
  }
})

test('[encryption-31] any bit of message, key or signature, another suite or length: not good', () => {
  for (const suite of signatureSuites) {
    const signer = signerOf('a', random(32), suite)
    const { publicKey } = signer
    const message = utf8('message')
    const signature = signer.sign(message)
    const bad = (key: Uint8Array, bytes: Uint8Array, sig: Uint8Array): void =>
      assert.equal(verifySignature(suite, key, bytes, sig), false)
    // SM2 takes milliseconds, ML-DSA has long signatures: one bit of each byte, or of every thirtieth.
    const step = suite === 'ML-DSA-65' ? 241 : suite === 'SM2' ? 9 : 1
    for (let bit = 0; bit < signature.length * 8; bit += step) bad(publicKey, message, flip(signature, bit))
    for (let bit = 0; bit < publicKey.length * 8; bit += step) bad(flip(publicKey, bit), message, signature)
    for (let bit = 0; bit < message.length * 8; bit++) bad(publicKey, flip(message, bit), signature)
    for (const n of [0, 1, 63, signature.length - 1]) bad(publicKey, message, signature.subarray(0, n))
    bad(publicKey, message, new Uint8Array([...signature, 0]))
    bad(publicKey, message, new Uint8Array(signature.length))
    bad(publicKey.subarray(1), message, signature)
    bad(new Uint8Array(0), message, signature)
    bad(signerOf('b', random(32), suite).publicKey, message, signature)
    for (const other of signatureSuites)
      if (other !== suite) assert.equal(verifySignature(other, publicKey, message, signature), false)
  }
})

test('[encryption-31] one seed gives unlike keys for unlike suites', () => {
  const seed = random(32)
  const keys = signatureSuites.map((suite) => hex(signerOf('a', new Uint8Array(seed), suite).publicKey))
  assert.equal(new Set(keys.map((key) => key.slice(-64))).size, signatureSuites.length)
  assert.throws(() => signerOf('a', random(31)), RangeError)
})

test('[encryption-31] a suite that is not in the table is refused with one error', () => {
  for (const name of ['RSA', 'ed25519', 'toString', '__proto__', '']) {
    const suite = name as SignatureSuite
    assert.throws(
      () => signerOf('a', random(32), suite),
      (error) => isFault(error, 'suite-unknown'),
    )
    assert.throws(
      () => verifySignature(suite, random(32), random(3), random(64)),
      (error) => isFault(error, 'suite-unknown'),
    )
  }
})
