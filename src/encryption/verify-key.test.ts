// Public keys as text: one writing of each, under one suite, and signatures as standard tools take them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromHex, hex, utf8 } from '#kernel'
import { random } from './digest.ts'
import { type SignatureSuite, signatureSuites, signerOf } from './signature.ts'
import {
  parseVerifyKey,
  parseVerifyKeyPem,
  printVerifyKey,
  sameVerifyKey,
  signatureForTools,
  signatureFromTools,
  verifiedBy,
  verifyKeyPem,
} from './verify-key.ts'

const sizes = { Ed25519: 32, 'ECDSA-P256-SHA256': 65, 'ML-DSA-65': 1952, SM2: 65 } as const
const keys = fc
  .constantFrom(...signatureSuites)
  .chain((suite) =>
    fc.uint8Array({ minLength: sizes[suite], maxLength: sizes[suite] }).map((publicKey) => ({ suite, publicKey })),
  )

test('[encryption-100] a key is parsed to what was printed, as a token and as PEM, with its suite', () => {
  fc.assert(
    fc.property(keys, (key) => {
      assert.deepEqual(parseVerifyKey(printVerifyKey(key)), key)
      assert.deepEqual(parseVerifyKeyPem(verifyKeyPem(key)), key)
    }),
  )
})

test('[encryption-100] whatever text parses is the one writing of its key', () => {
  fc.assert(
    fc.property(keys, fc.nat(), fc.constantFrom('', 'A', '=', ':', '-', '\n', ' '), (key, at, letter) => {
      for (const [text, parse, print] of [
        [printVerifyKey(key), parseVerifyKey, printVerifyKey],
        [verifyKeyPem(key), parseVerifyKeyPem, verifyKeyPem],
      ] as const) {
        const place = at % (text.length + 1)
        const changed = text.slice(0, place) + letter + text.slice(place + 1)
        try {
          assert.equal(print(parse(changed)), changed)
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error
        }
      }
    }),
  )
  for (const text of ['', 'SM2:', 'SM2', 'Ed25519:AAAA', 'RSA:AAAA', 'constructor:AA', `SM2:${'A'.repeat(43)}`])
    assert.throws(() => parseVerifyKey(text), text)
})

test('[encryption-100] the same bytes under another suite are another key, and its signatures do not hold', () => {
  const [p256, sm2] = (['ECDSA-P256-SHA256', 'SM2'] as const).map((suite) => signerOf('a', random(32), suite))
  assert.ok(p256 && sm2)
  const message = utf8('message')
  const signature = sm2.sign(message)
  assert.ok(verifiedBy(sm2, message, signature))
  const renamed = { suite: 'ECDSA-P256-SHA256', publicKey: sm2.publicKey } as const
  assert.ok(!sameVerifyKey(sm2, renamed))
  assert.ok(!verifiedBy(renamed, message, signature))
  assert.ok(!verifiedBy({ suite: 'SM2', publicKey: p256.publicKey }, message, p256.sign(message)))
})

test('[encryption-100] r and s are written for tools in one way, and read back from no other', () => {
  const number = fc.oneof(
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.nat(32).map((zeros) => new Uint8Array(32).fill(0x80, zeros)),
    fc.nat(32).map((zeros) => new Uint8Array(32).fill(0x7f, zeros)),
  )
  fc.assert(
    fc.property(number, number, fc.nat(), (r, s, at) => {
      const signature = new Uint8Array([...r, ...s])
      const der = signatureForTools('SM2', signature)
      assert.deepEqual(signatureFromTools('SM2', der), signature)
      assert.deepEqual(signatureForTools('Ed25519', signature), signature)
      const bad = der.slice()
      bad[at % bad.length] = (bad[at % bad.length] ?? 0) ^ 0x80
      try {
        assert.deepEqual(signatureForTools('SM2', signatureFromTools('SM2', bad)), bad)
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error
      }
      assert.throws(() => signatureFromTools('SM2', der.subarray(1)))
      assert.throws(() => signatureFromTools('SM2', new Uint8Array([...der, 0])))
    }),
  )
})

interface Golden {
  readonly suite: SignatureSuite
  readonly publicKey: string
  readonly token: string
  readonly pem: string
  readonly signature: string
  readonly forTools: string
}

test('[encryption-3] the golden tokens, PEMs and signatures for tools are those of the golden keys', () => {
  const file = new URL('./fixtures/verify-keys-1.json', import.meta.url)
  const golden = JSON.parse(readFileSync(file, 'utf8')) as readonly Golden[]
  assert.deepEqual(
    golden.map(({ suite }) => suite),
    signatureSuites,
  )
  for (const { suite, publicKey, token, pem, signature, forTools } of golden) {
    const key = { suite, publicKey: fromHex(publicKey) }
    assert.equal(printVerifyKey(key), token)
    assert.equal(verifyKeyPem(key), pem)
    assert.deepEqual(parseVerifyKey(token), key)
    assert.equal(hex(signatureForTools(suite, fromHex(signature))), forTools)
  }
})
