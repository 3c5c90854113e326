// Blind indexes: what they are keyed by, how short they are, their roots, and the published attacks run against them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHash } from 'node:crypto'
import { isFault, newId, type Uuid } from '#kernel'
import { askedTokens, type BlindIndex, importKey, indexTokens, type TokenMode } from './blind.ts'
import { flip, memoryRoot, newEpoch } from './fixtures/keys.ts'
import { createIndexRoot, type IndexRoot, openIndexRoot, rewrapIndexRoot } from './index-root.ts'
import { wrappedBy } from './provider/root.ts'
import type { SuiteId } from './suite.ts'

const modes: readonly TokenMode[] = ['exact', 'suffix', 'ngram', 'pinyin']

const newRoot = async (suite: SuiteId = 1, tenant: Uuid = newId()): Promise<IndexRoot> => {
  const provider = memoryRoot()
  return openIndexRoot(provider, await createIndexRoot(provider, 1, suite, await newEpoch(suite, tenant, provider)))
}

const index = (mode: TokenMode, more: Partial<BlindIndex> = {}): BlindIndex => ({
  id: 804,
  mode,
  partitions: 1,
  ...more,
})

const record = newId()

const tokens = (root: IndexRoot, of: BlindIndex, terms: readonly string[]): readonly bigint[] =>
  indexTokens(root, of, record, terms)

test('[encryption-10] a term has the same token every time, another one in another index, mode and tenant', async () => {
  const root = await newRoot()
  const other = await newRoot()
  const terms = Array.from({ length: 64 }, (_, i) => `name${String(i)}`)
  for (const mode of modes) {
    const found = tokens(root, index(mode), terms)
    assert.deepEqual(tokens(root, index(mode), terms), found)
    assert.notDeepEqual(tokens(root, index(mode, { id: 805 }), terms), found)
    const theirs = new Set(tokens(other, index(mode), terms))
    assert.ok(!found.some((token) => theirs.has(token)), 'two tenants share no list of records')
  }
  assert.notDeepEqual(tokens(await newRoot(3), index('exact'), ['a']), tokens(await newRoot(3), index('exact'), ['a']))
})

test('[encryption-10] tokens fit a signed 64-bit column and are as short as the format says', async () => {
  const root = await newRoot()
  const many = (f: (i: number) => string, n = 20_000): readonly string[] => Array.from({ length: n }, (_, i) => f(i))
  const han = (i: number): string => String.fromCodePoint(0x4e00 + (i % 20_000))
  const letter = (i: number): string => String.fromCharCode(97 + (i % 26))
  const cases: readonly (readonly [TokenMode, readonly string[], kind: bigint, bits: number])[] = [
    ['suffix', many((i) => String(i).padStart(4, '0')), 1n, 12],
    ['ngram', many(han), 3n, 6],
    ['ngram', many((i) => han(i) + han(i * 7)), 4n, 12],
    ['ngram', many((i) => `^${letter(i)}`), 5n, 4],
    ['ngram', many((i) => `^${letter(i)}${letter(i / 26)}`), 6n, 8],
    ['ngram', many((i) => i.toString(36).padStart(3, 'q')), 7n, 12],
    ['pinyin', many((i) => `i:${letter(i)}${letter(i / 26)}`), 2n, 8],
    ['pinyin', many((i) => `s:${i.toString(36)}`), 8n, 6],
    ['pinyin', many((i) => `s:${i.toString(36).padStart(7, 'x')}`), 9n, 12],
  ]
  const tags = new Set<bigint>()
  for (const [mode, terms, kind, bits] of cases) {
    const found = tokens(root, index(mode), terms)
    assert.ok(found.length <= 2 ** bits)
    assert.ok(found.length > Math.min(2 ** bits, new Set(terms).size) * 0.5, mode)
    for (const token of found) {
      assert.equal(token, BigInt.asIntN(64, token))
      assert.equal(token >> 48n, 804n)
      assert.equal((token >> 44n) & 15n, kind)
      assert.equal((token >> 40n) & 15n, 0n)
      assert.ok(((token >> 28n) & 0xfffn) < 2n ** BigInt(bits))
      tags.add(token & 0xfffffffn)
    }
  }
  assert.equal(tags.size, 1, 'one tag a tenant')
  const exact = tokens(root, index('exact', { id: 0xffff }), many(String))
  assert.equal(exact.length, 20_000)
  assert.ok(exact.every((token) => token < 0n && token === BigInt.asIntN(64, token)))
})

test('[encryption-10] no token repeats within one answer', async () => {
  const root = await newRoot()
  const terms = ['张', '张', ...Array.from({ length: 500 }, (_, i) => String.fromCodePoint(0x4e00 + i))]
  const found = tokens(root, index('ngram'), terms)
  assert.equal(new Set(found).size, found.length)
  assert.ok(found.length <= 64)
  assert.deepEqual(tokens(root, index('exact'), []), [])
})

test('[encryption-20] a record draws a partition for each term: equal terms spread evenly, and every one is asked for', async () => {
  const root = await newRoot()
  const of = index('ngram', { partitions: 4 })
  const asked = askedTokens(root, of, '张')
  assert.equal(asked.length, 4)
  const counts = new Map(asked.map((token) => [token, 0]))
  for (let i = 0; i < 2000; i++) {
    const id = newId()
    const [token] = indexTokens(root, of, id, ['张'])
    assert.deepEqual(indexTokens(root, of, id, ['张']), [token])
    assert.ok(token !== undefined && counts.has(token))
    counts.set(token, (counts.get(token) ?? 0) + 1)
  }
  for (const count of counts.values()) assert.ok(count > 400 && count < 600, String(count))
  // Two terms of a tenant share the byte of the draw, and so the partition, once in 32 times: no pair alone is a fair sample.
  const records = Array.from({ length: 400 }, () => newId())
  const drawn = (term: string): string[] =>
    records.map((id) => String(((indexTokens(root, of, id, [term])[0] ?? 0n) >> 40n) & 15n))
  const first = drawn('王')
  const apart = Array.from({ length: 40 }, (_, i) => drawn(String.fromCodePoint(0x4e00 + i))).filter(
    (other) => new Set(other.map((part, i) => `${part} ${String(first[i])}`)).size === 16,
  )
  assert.ok(apart.length >= 30, `terms of one record fall into partitions of their own: ${apart.length} of 40 pairs`)
  assert.equal(askedTokens(root, index('exact', { partitions: 4 }), '张').length, 1)
})

test('[encryption-20] an index root opens under its own root key, tenant, generation and suite only; import keys go on', async () => {
  const provider = memoryRoot()
  const tenant = newId()
  const epoch = await newEpoch(1, tenant, provider)
  const row = await createIndexRoot(provider, 1, 1, epoch)
  const first = await openIndexRoot(provider, row)
  const next = await openIndexRoot(provider, await createIndexRoot(provider, 2, 3, first))
  const same = await openIndexRoot(provider, await createIndexRoot(provider, 3, 1, first, first))
  assert.deepEqual(importKey(next, 'row 1'), importKey(first, 'row 1'), 'whatever the hash of the new root')
  assert.notDeepEqual(tokens(next, index('exact'), ['a']), tokens(first, index('exact'), ['a']))
  assert.deepEqual(tokens(same, index('exact'), ['a']), tokens(first, index('exact'), ['a']))
  const closed = (error: unknown): boolean => isFault(error, 'cell-does-not-open')
  await assert.rejects(openIndexRoot(provider, { ...row, generation: 2 }), closed)
  await assert.rejects(openIndexRoot(provider, { ...row, tenant: newId() }), closed)
  await assert.rejects(openIndexRoot(provider, { ...row, suite: 4 }), closed)
  await assert.rejects(openIndexRoot(provider, { ...row, wrapped: row.importWrapped }), closed)
  await assert.rejects(openIndexRoot(provider, { ...row, wrapped: flip(row.wrapped, 300) }), closed)
  await assert.rejects(openIndexRoot(provider, { ...row, suite: 5 as SuiteId }), (e) => isFault(e, 'suite-unknown'))
  await assert.rejects(openIndexRoot(memoryRoot(), row), (e) => isFault(e, 'keystore-foreign'))
  await assert.rejects(createIndexRoot(provider, 2, 3, first, first), (e) => isFault(e, 'wrong-use'))
  assert.equal(await rewrapIndexRoot(provider, row), null, 'nothing to do')
  const other = memoryRoot()
  // As while a root key is exchanged: both open, the new one wraps.
  const both = {
    ...other,
    unwrap: (wrapped: Uint8Array, context: string): Promise<Uint8Array> =>
      (wrappedBy(wrapped) === other.fingerprint ? other : provider).unwrap(wrapped, context),
  }
  const fresh = await rewrapIndexRoot(both, row)
  assert.ok(fresh && (await rewrapIndexRoot(both, fresh)) === null)
  const moved = await openIndexRoot(other, fresh)
  assert.deepEqual(tokens(moved, index('suffix'), ['8001']), tokens(first, index('suffix'), ['8001']))
})

test('[encryption-10] hashing every phone number finds an unkeyed index out, and ours not', async () => {
  const root = await newRoot()
  const numbers = Array.from({ length: 10_000 }, (_, i) => `+861380013${String(i).padStart(4, '0')}`)
  const unkeyed = (n: string): bigint => createHash('sha256').update(n).digest().readBigInt64BE(0)
  const table = new Map(numbers.map((n) => [unkeyed(n), n]))
  const stored = numbers.filter((_, i) => i % 100 === 0)
  assert.equal(stored.filter((n) => table.get(unkeyed(n)) === n).length, 100)
  const low = (token: bigint): bigint => token & 0xfffffffffffn
  const found = tokens(root, index('exact'), stored)
  const guesses = new Set([...table.keys()].map(low))
  assert.equal(found.filter((token) => guesses.has(low(token))).length, 0)
  const theirs = new Set(tokens(await newRoot(), index('exact'), numbers))
  assert.equal(found.filter((token) => theirs.has(token)).length, 0)
})

test('[encryption-10] the published attack on unkeyed hashes of prefixes reads them digit by digit; of ours it recovers none', async () => {
  const root = await newRoot()
  const numbers = Array.from({ length: 100 }, (_, i) => `139${String(10_000_000 + i * 7919)}`)
  const hash = (text: string): bigint => createHash('sha256').update(text).digest().readBigInt64BE(0) & 0xfffffffffffn
  // An index over every prefix: what a product stores that offers "begins with" over hashes without a key.
  const attack = (stored: ReadonlySet<bigint>): string => {
    let known = ''
    while (known.length < 11) {
      const next = Array.from('0123456789').find((digit) => stored.has(hash(known + digit)))
      if (next === undefined) return known
      known += next
    }
    return known
  }
  const prefixes = (n: string): readonly string[] => Array.from(n, (_, i) => n.slice(0, i + 1))
  assert.equal(numbers.filter((n) => attack(new Set(prefixes(n).map(hash))) === n).length, 100)
  // Even if ours kept a token for each prefix, in every mode there is.
  for (const mode of modes) {
    const ours = numbers.map((n) =>
      attack(new Set(tokens(root, index(mode), prefixes(n)).map((t) => t & 0xfffffffffffn))),
    )
    assert.equal(ours.filter((found, i) => found === numbers[i]).length, 0)
  }
})

test('[encryption-10] import keys are 32 bytes, the same for the same text, another for another tenant', async () => {
  const root = await newRoot()
  assert.equal(importKey(root, 'row 1').length, 32)
  assert.deepEqual(importKey(root, 'row 1'), importKey(root, 'row 1'))
  assert.notDeepEqual(importKey(root, 'row 1'), importKey(root, 'row 2'))
  assert.notDeepEqual(importKey(root, 'row 1'), importKey(await newRoot(), 'row 1'))
  assert.equal(importKey(await newRoot(3), 'row 1').length, 32)
})
