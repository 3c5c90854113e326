// The national algorithms against the examples of their standards, and SM2 kept to its one library.
import assert from 'node:assert/strict'
import { createCipheriv, createSecretKey, hash } from 'node:crypto'
import { test } from 'node:test'
import { Linter } from 'eslint'
import fc from 'fast-check'
import { fromHex, hex, utf8 } from '#kernel'
import { derive, random } from './digest.ts'
import { flip } from './fixtures/keys.ts'
import { sm2Decrypt, sm2Encrypt, sm2Public, sm2Scalar, sm2ScalarOk, sm2Sign, sm2Verify } from './sm2.ts'
import { openBytes, sealInto } from './suite.ts'

// GB/T 32918.5-2017 annexes A and C: the key of both examples.
const scalar = fromHex('3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8')
const publicKey = fromHex(
  '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020' +
    'ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
)

test('[encryption-16] SM2: the signature of GB/T 32918.5 annex A, with the standard user id', () => {
  const signature = fromHex(
    'f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3' +
      'b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
  )
  assert.equal(hex(sm2Public(scalar)), hex(publicKey))
  assert.ok(sm2Verify(publicKey, utf8('message digest'), signature))
  assert.ok(!sm2Verify(publicKey, utf8('message digesT'), signature))
})

test('[encryption-16] SM2: the ciphertext of GB/T 32918.5 annex C, as C1 C3 C2', () => {
  const c1 =
    '04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73' +
    'e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0'
  const c3 = '59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766'
  const c2 = '21886ca989ca9c7d58087307ca93092d651efa'
  assert.deepEqual(sm2Decrypt(scalar, fromHex(`04${c1}${c3}${c2}`)), utf8('encryption standard'))
})

test('[encryption-16] SM3: both examples of GB/T 32905, and HMAC and HKDF over it', () => {
  assert.equal(hash('sm3', 'abc'), '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0')
  assert.equal(hash('sm3', 'abcd'.repeat(16)), 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732')
  // No standard publishes HKDF-SM3: RFC 5869 computed out of HMAC-SM3 by hand.
  const [key, info] = [random(32), random(9)]
  assert.equal(hex(derive('sm3', createSecretKey(key), info, 32)), hex(hkdfByHand(key, info)))
})

const hkdfByHand = (key: Uint8Array, info: Uint8Array): Uint8Array =>
  hmacByHand(hmacByHand(new Uint8Array(32), key), new Uint8Array([...info, 1]))

// RFC 2104 over blocks of 64 bytes.
const hmacByHand = (key: Uint8Array, text: Uint8Array): Uint8Array => {
  const padded = new Uint8Array(64)
  padded.set(key)
  const inner = hash('sm3', new Uint8Array([...padded.map((byte) => byte ^ 0x36), ...text]), 'buffer')
  return new Uint8Array(hash('sm3', new Uint8Array([...padded.map((byte) => byte ^ 0x5c), ...inner]), 'buffer'))
}

test('[encryption-16] SM4: the example of GB/T 32907, and SM4-GCM of RFC 8998 A.1', () => {
  const text = fromHex('0123456789abcdeffedcba9876543210')
  const block = createCipheriv('sm4-ecb', text, null).setAutoPadding(false)
  assert.equal(block.update(text).toString('hex'), '681edf34d206965e86b3e94f536e4246')
  const plain = fromHex(
    'aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd' +
      'eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa',
  )
  const sealed =
    '17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735' +
    'd82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d' +
    '83de3541e4c2b58177e065a9bf7b62ec'
  const [nonce, aad] = [fromHex('00001234567800000000abcd'), fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2')]
  const out = new Uint8Array(80)
  sealInto('sm4-gcm', createSecretKey(text), nonce, aad, plain, out, 0)
  assert.equal(hex(out), sealed)
  assert.equal(hex(openBytes('sm4-gcm', createSecretKey(text), nonce, aad, out) ?? new Uint8Array()), hex(plain))
})

test('[encryption-31] SM2: what is sealed opens, what is signed verifies; numbers out of range are refused', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc.uint8Array({ minLength: 40, maxLength: 40 }),
      (text, bytes) => {
        const own = sm2Scalar(bytes)
        const pub = sm2Public(own)
        assert.deepEqual(sm2Decrypt(own, sm2Encrypt(pub, text)), text)
        assert.ok(sm2Verify(pub, text, sm2Sign(own, pub, text)))
      },
    ),
    { numRuns: 20 },
  )
  const order = 'fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123'
  const minus = (n: number): Uint8Array => fromHex((BigInt(`0x${order}`) - BigInt(n)).toString(16))
  assert.deepEqual(
    [0, 1, 2].map((n) => sm2ScalarOk(minus(n))),
    [false, false, true],
  )
  assert.ok(sm2ScalarOk(sm2Scalar(new Uint8Array(40))) && sm2ScalarOk(sm2Scalar(new Uint8Array(40).fill(255))))
  const signature = sm2Sign(scalar, publicKey, utf8('x'))
  const [r, s] = [hex(signature.subarray(0, 32)), hex(signature.subarray(32))]
  const zero = '00'.repeat(32)
  for (const bad of [zero + s, r + zero, order + s, r + order, 'ff'.repeat(64), zero + zero])
    assert.ok(!sm2Verify(publicKey, utf8('x'), fromHex(bad)))
  assert.ok(!sm2Verify(flip(publicKey, 520 - 1), utf8('x'), signature))
  assert.equal(sm2Decrypt(scalar, sm2Encrypt(publicKey, utf8('x')).subarray(0, 97)), null)
})

test('[encryption-31] the linter refuses SM2 of node:crypto', async () => {
  const url = new URL('../../eslint.config.js', import.meta.url)
  const { default: config } = (await import(url.href)) as { readonly default: readonly Linter.Config[] }
  const rule = config.map(({ rules }) => rules?.['no-restricted-syntax']).find((found) => found !== undefined)
  assert.ok(rule)
  const found = (code: string): number => new Linter().verify(code, { rules: { 'no-restricted-syntax': rule } }).length
  assert.equal(found("generateKeyPairSync('ec', { namedCurve: 'SM2' })"), 1)
  assert.equal(found("createPublicKey({ key: { kty: 'EC', crv: 'sm2', x, y }, format: 'jwk' })"), 1)
  assert.equal(found("createECDH('SM2')"), 1)
  assert.equal(found("generateKeyPairSync('ec', { namedCurve: 'P-256' })"), 0)
})
