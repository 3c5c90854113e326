// Blind indexes: what they are keyed by, how short they are, and the attack on unkeyed hashes run against them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHash } from 'node:crypto'
import { newId } from '#kernel'
import { importKey, indexTokens, type TokenMode } from './blind.ts'
import { newEpoch } from './fixtures/keys.ts'

const modes: readonly TokenMode[] = ['exact', 'suffix', 'ngram', 'pinyin']

test('[encryption-10] a term has the same token every time, another one in another index, mode and tenant', async () => {
  const epoch = await newEpoch(1)
  const other = await newEpoch(1)
  const terms = Array.from({ length: 64 }, (_, i) => `name${i}`)
  for (const mode of modes) {
    const tokens = indexTokens(epoch, 804, mode, terms)
    assert.deepEqual(indexTokens(epoch, 804, mode, terms), tokens)
    assert.notDeepEqual(indexTokens(epoch, 805, mode, terms), tokens)
    assert.notDeepEqual(indexTokens(other, 804, mode, terms), tokens)
  }
  assert.notDeepEqual(
    indexTokens(await newEpoch(3), 804, 'exact', ['a']),
    indexTokens(await newEpoch(3), 804, 'exact', ['a']),
  )
})

test('[encryption-10] tokens fit a signed 64-bit column and are as short as the format says', async () => {
  const epoch = await newEpoch(1)
  const many = (f: (i: number) => string, n = 20_000): readonly string[] => Array.from({ length: n }, (_, i) => f(i))
  const han = (i: number): string => String.fromCodePoint(0x4e00 + (i % 20_000))
  const letter = (i: number): string => String.fromCharCode(97 + (i % 26))
  const cases: readonly (readonly [TokenMode, readonly string[], kind: number, bits: number])[] = [
    ['suffix', many((i) => String(i).padStart(4, '0')), 1, 12],
    ['ngram', many(han), 3, 6],
    ['ngram', many((i) => han(i) + han(i * 7)), 4, 12],
    ['ngram', many((i) => `^${letter(i)}`), 5, 4],
    ['ngram', many((i) => `^${letter(i)}${letter(i / 26)}`), 6, 8],
    ['ngram', many((i) => i.toString(36).padStart(3, 'q')), 7, 12],
    ['pinyin', many((i) => `i:${letter(i)}${letter(i / 26)}`), 2, 8],
    ['pinyin', many((i) => `s:${i.toString(36)}`), 8, 6],
    ['pinyin', many((i) => `s:${i.toString(36).padStart(7, 'x')}`), 9, 12],
  ]
  for (const [mode, terms, kind, bits] of cases) {
    const tokens = indexTokens(epoch, 1, mode, terms)
    assert.ok(tokens.length <= 2 ** bits)
    assert.ok(tokens.length > Math.min(2 ** bits, new Set(terms).size) * 0.5, mode)
    for (const token of tokens) {
      assert.equal(Number(token) >> 16, kind)
      assert.ok((Number(token) & 0xffff) < 2 ** bits)
    }
  }
  const exact = indexTokens(epoch, 1, 'exact', many(String))
  assert.equal(exact.length, 20_000)
  assert.ok(exact.every((token) => token === BigInt.asIntN(64, token)))
  assert.ok(exact.some((token) => token < 0n))
})

test('[encryption-10] no token repeats within one answer', async () => {
  const epoch = await newEpoch(1)
  const tokens = indexTokens(epoch, 1, 'ngram', [
    '张',
    '张',
    ...Array.from({ length: 500 }, (_, i) => String.fromCodePoint(0x4e00 + i)),
  ])
  assert.equal(new Set(tokens).size, tokens.length)
  assert.ok(tokens.length <= 64)
  assert.deepEqual(indexTokens(epoch, 1, 'exact', []), [])
})

test('[encryption-10] hashing every phone number finds an unkeyed index out, and ours not', async () => {
  const epoch = await newEpoch(1)
  const numbers = Array.from({ length: 10_000 }, (_, i) => `+861380013${String(i).padStart(4, '0')}`)
  const unkeyed = (n: string): bigint => createHash('sha256').update(n).digest().readBigInt64BE(0)
  const table = new Map(numbers.map((n) => [unkeyed(n), n]))
  const stored = numbers.filter((_, i) => i % 100 === 0)
  assert.equal(stored.filter((n) => table.get(unkeyed(n)) === n).length, 100)
  assert.equal(indexTokens(epoch, 444, 'exact', stored).filter((token) => table.has(token)).length, 0)
  const attacker = await newEpoch(1)
  const theirs = new Set(indexTokens(attacker, 444, 'exact', numbers))
  assert.equal(indexTokens(epoch, 444, 'exact', stored).filter((token) => theirs.has(token)).length, 0)
})

test('[encryption-10] import keys are 32 bytes, the same for the same text, another for another tenant', async () => {
  const tenant = newId()
  const epoch = await newEpoch(1, tenant)
  assert.equal(importKey(epoch, 'row 1').length, 32)
  assert.deepEqual(importKey(epoch, 'row 1'), importKey(epoch, 'row 1'))
  assert.notDeepEqual(importKey(epoch, 'row 1'), importKey(epoch, 'row 2'))
  assert.notDeepEqual(importKey(epoch, 'row 1'), importKey(await newEpoch(1), 'row 1'))
  assert.equal(importKey(await newEpoch(3), 'row 1').length, 32)
})
