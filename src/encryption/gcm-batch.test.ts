// AES-256-GCM in batches against node:crypto, one call a message, and against the published vectors.
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { hex } from '#kernel'
import { random } from './digest.ts'
import { flip } from './fixtures/keys.ts'
import { groupsOf, label, part } from './fixtures/wycheproof.ts'
import { type BatchKey, batchKey, type Shape } from './gcm-batch.ts'
import { openBytes, sealInto } from './suite.ts'

const cipher = 'aes-256-gcm'

test('[encryption-121] a batch makes the bytes of single calls, and opens them', () => {
  const shapes = fc.record({ aadBytes: fc.nat(70), bodyBytes: fc.nat(70) })
  const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(shapes, seeds, fc.integer({ min: 0, max: 9 }), (shape, seed, count) => {
      const { key, aads, plain, sealed, batch } = filled(shape, seed, count)
      batch.seal(count, aads, plain, sealed)
      const stride = 12 + shape.bodyBytes + 16
      for (let n = 0; n < count; n++) {
        const one = sealed.subarray(n * stride, (n + 1) * stride)
        const aad = aads.subarray(n * shape.aadBytes, (n + 1) * shape.aadBytes)
        const body = plain.subarray(n * shape.bodyBytes, (n + 1) * shape.bodyBytes)
        const out = new Uint8Array(stride - 12)
        sealInto(cipher, key, one.subarray(0, 12), aad, body, out, 0)
        assert.equal(hex(one.subarray(12)), hex(out))
      }
      const opened = new Uint8Array(plain.length)
      assert.equal(batch.open(count, aads, sealed, opened), true)
      assert.equal(hex(opened), hex(plain))
    }),
    { numRuns: 300 },
  )
})

const filled = (
  shape: Shape,
  seed: Uint8Array,
  count: number,
): {
  readonly key: ReturnType<typeof createSecretKey>
  readonly batch: BatchKey
  readonly aads: Uint8Array
  readonly plain: Uint8Array
  readonly sealed: Uint8Array
} => {
  const key = createSecretKey(seed)
  const stride = 12 + shape.bodyBytes + 16
  const sealed = new Uint8Array(count * stride)
  for (let n = 0; n < count; n++) sealed.set(random(12), n * stride)
  return {
    key,
    batch: batchKey(key, shape),
    aads: random(count * shape.aadBytes),
    plain: random(count * shape.bodyBytes),
    sealed,
  }
}

test('[encryption-121] the longest message there is goes through, one byte more is refused', () => {
  const shape = { aadBytes: 0, bodyBytes: 1024 }
  const { key, batch, aads, plain, sealed } = filled(shape, random(32), 1)
  batch.seal(1, aads, plain, sealed)
  const opened = openBytes(cipher, key, sealed.subarray(0, 12), aads, sealed.subarray(12))
  assert.equal(opened && hex(opened), hex(plain))
  assert.throws(() => batchKey(key, { aadBytes: 0, bodyBytes: 1025 }), RangeError)
})

test('[encryption-121] the published vectors of AES-256-GCM with nonces of 96 bits', (t) => {
  const groups = groupsOf(t, 'aes_gcm').filter((group) => Number(group.keySize) === 256 && Number(group.ivSize) === 96)
  let ran = 0
  for (const vector of groups.flatMap((group) => group.tests)) {
    const [aad, plain] = [part(vector, 'aad'), part(vector, 'msg')]
    const batch = batchKey(createSecretKey(part(vector, 'key')), { aadBytes: aad.length, bodyBytes: plain.length })
    const sealed = Buffer.concat([part(vector, 'iv'), part(vector, 'ct'), part(vector, 'tag')])
    const opened = new Uint8Array(plain.length)
    assert.equal(batch.open(1, aad, sealed, opened), vector.result === 'valid', label(vector))
    ran++
    if (vector.result !== 'valid') continue
    assert.equal(hex(opened), hex(plain), label(vector))
    const made = Buffer.concat([part(vector, 'iv'), Buffer.alloc(plain.length + 16)])
    batch.seal(1, aad, plain, made)
    assert.equal(hex(made), hex(sealed), label(vector))
  }
  if (groups.length > 0) assert.equal(ran, 66)
})

test('[encryption-122] whichever bit of three messages or their authenticated data was changed, no byte of any is written', () => {
  const shape = { aadBytes: 41, bodyBytes: 32 }
  const count = 3
  const { batch, aads, plain, sealed } = filled(shape, random(32), count)
  batch.seal(count, aads, plain, sealed)
  const out = new Uint8Array(plain.length)
  for (let bit = 0; bit < sealed.length * 8; bit++) assert.equal(batch.open(count, aads, flip(sealed, bit), out), false)
  for (let bit = 0; bit < aads.length * 8; bit++) assert.equal(batch.open(count, flip(aads, bit), sealed, out), false)
  // Two of them exchanged: each is whole, and neither is in its place.
  const exchanged = new Uint8Array(sealed)
  exchanged.copyWithin(0, 60, 120)
  exchanged.set(sealed.subarray(0, 60), 60)
  assert.equal(batch.open(count, aads, exchanged, out), false)
  // The same change to two tags does not cancel out.
  assert.equal(batch.open(count, aads, flip(flip(sealed, 44 * 8), 104 * 8), out), false)
  assert.deepEqual(out, new Uint8Array(plain.length))
  assert.equal(batch.open(count, aads, sealed, out), true)
})

test('[encryption-122] a key that was wiped seals nothing that opens', () => {
  const shape = { aadBytes: 41, bodyBytes: 32 }
  const { key, batch, aads, plain, sealed } = filled(shape, random(32), 1)
  batch.wipe()
  batch.seal(1, aads, plain, sealed)
  assert.equal(openBytes(cipher, key, sealed.subarray(0, 12), aads, sealed.subarray(12)), null)
})

const places = 12
const rounds = 60
const slowestToQuickest = 1.5

test('[encryption-122] the time to refuse does not depend on where among many the wrong one stands', () => {
  const count = 512
  const { batch, aads, plain, sealed } = filled({ aadBytes: 41, bodyBytes: 32 }, random(32), count)
  batch.seal(count, aads, plain, sealed)
  const damaged = Array.from({ length: places }, (_, i) =>
    flip(sealed, Math.floor(((sealed.length * 8 - 1) * i) / (places - 1))),
  )
  const out = new Uint8Array(plain.length)
  const ratio = (): number => {
    const taken = damaged.map(() => [] as number[])
    for (let round = 0; round < rounds; round++) {
      damaged.forEach((bytes, i) => {
        const start = process.hrtime.bigint()
        const opened = batch.open(count, aads, bytes, out)
        taken[i]?.push(Number(process.hrtime.bigint() - start))
        assert.equal(opened, false)
      })
    }
    const medians = taken.map((each) => each.toSorted((a, b) => a - b)[rounds / 2] ?? 0)
    return Math.max(...medians) / Math.min(...medians)
  }
  // A busy machine may disturb one series; a real difference would show in each.
  let least = ratio()
  for (let again = 0; again < 4 && least > slowestToQuickest; again++) least = Math.min(least, ratio())
  assert.ok(least <= slowestToQuickest, `slowest to quickest ${least.toFixed(2)}`)
})
