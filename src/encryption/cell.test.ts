// Cells: what is sealed comes back, everything else is one Fault.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault, type Json, newId, tlv, u16, u64, utf8, uuidBytes } from '#kernel'
import type { CellContext } from './aad.ts'
import { cellShape, openCell, overhead, readHeader, sealCell } from './cell.ts'
import { contextFor, flip, newEpoch, newKey, shared, suiteIds } from './fixtures/keys.ts'
import { derive, keep } from './digest.ts'
import { holdSubjectKey, newSubjectKey, stateOf } from './subject.ts'
import { openBytes } from './suite.ts'

const closed = (work: () => unknown): void => {
  assert.throws(work, (error) => isFault(error, 'cell-does-not-open') && error.cause === undefined)
}

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constant('\ud800'),
)
const number = fc.double({ noDefaultInfinity: true, noNaN: true }).map((n) => (n === 0 ? 0 : n))
const value = fc.letrec<{ any: Json }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 2 },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(text, tie('any'), { maxKeys: 4 }),
  ),
})).any
const values = fc.dictionary(text, value, { maxKeys: 8 })

test('[encryption-2] any values come back as they were, under every suite', async () => {
  for (const suite of suiteIds) {
    const key = await newKey(suite)
    fc.assert(
      fc.property(values, (given) => {
        const context = contextFor()
        const opened = openCell(key, context, sealCell(key, context, given))
        assert.equal(JSON.stringify(opened), JSON.stringify(given))
      }),
      { numRuns: 60 },
    )
  }
})

test('[encryption-2] hostile strings come back byte for byte', async (t) => {
  const list = shared('crm/hostile/blns/blns.json') as readonly string[] | null
  if (!list) return t.skip('skipped: no shared data')
  assert.ok(list.length > 400)
  const key = await newKey(1)
  const context = contextFor()
  for (const each of list) assert.equal(openCell(key, context, sealCell(key, context, { [each]: each }))[each], each)
  const all = openCell(key, context, sealCell(key, context, { list }))
  assert.deepEqual(all.list, list)
})

test('[encryption-2] long texts come back, and a name like __proto__ is a name like others', async () => {
  const key = await newKey(1)
  const context = contextFor({ attributes: { note: '守'.repeat(5000) } })
  const long = '客'.repeat(40_000)
  const hostile = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>
  const opened = openCell(key, context, sealCell(key, context, { long, ...hostile, nested: hostile }))
  assert.equal(opened.long, long)
  assert.deepEqual(Object.keys(opened.nested as object), ['__proto__', 'constructor'])
  assert.deepEqual(openCell(key, context, sealCell(key, context, {})), {})
})

test('[encryption-2] what JSON cannot hold is refused before it is sealed', async () => {
  const key = await newKey(1)
  for (const bad of [NaN, Infinity, undefined, 1n, () => 1, [undefined], { a: NaN }]) {
    assert.throws(() => sealCell(key, contextFor(), { bad: bad as unknown as Json }), TypeError)
  }
})

test('[encryption-2] no bit of a cell can be turned over, under any suite', async () => {
  for (const suite of suiteIds) {
    const key = await newKey(suite)
    const context = contextFor()
    const cell = sealCell(key, context, { name: '张伟' })
    for (let bit = 0; bit < cell.length * 8; bit++) closed(() => openCell(key, context, flip(cell, bit)))
    for (let length = 0; length < cell.length; length++) closed(() => openCell(key, context, cell.subarray(0, length)))
    closed(() => openCell(key, context, Buffer.concat([cell, Buffer.alloc(16)])))
  }
})

test('[encryption-2] a cell opens in its own place only', async () => {
  const tenant = newId()
  const epoch = await newEpoch(1, tenant)
  const { key } = newSubjectKey(epoch, newId(), 1)
  const context = contextFor({ version: 7, attributes: { owner: 'a', team: null } })
  const cell = sealCell(key, context, { phone: '+8613800138001' })
  const moved: readonly Partial<CellContext>[] = [
    { record: newId() },
    { table: 'lead' },
    { group: 'basic' },
    { table: 'contactc', group: 'ontact' },
    { version: 6 },
    { version: 8 },
    { version: 7 + 2 ** 32 },
    { schema: 2 },
    { attributes: { owner: 'b', team: null } },
    { attributes: { owner: 'a', team: '' } },
    { attributes: { owner: 'a' } },
    { attributes: { owner: 'a', team: null, region: 'x' } },
    { attributes: {} },
  ]
  for (const change of moved) closed(() => openCell(key, { ...context, ...change }, cell))
  // The order in which attributes are given is not part of them.
  assert.deepEqual(openCell(key, { ...context, attributes: { team: null, owner: 'a' } }, cell), {
    phone: '+8613800138001',
  })
})

test('[encryption-2] another subject, tenant, generation or suite does not open it', () => {
  const dek = (): ReturnType<typeof keep> => keep(new Uint8Array(32).fill(7))
  const of = { tenant: newId(), subject: newId(), generation: 1, epoch: 1, suite: 1 } as const
  const key = holdSubjectKey({ ...of }, dek())
  const context = contextFor()
  const cell = sealCell(key, context, { a: 1 })
  closed(() => openCell(holdSubjectKey({ ...of, tenant: newId() }, dek()), context, cell))
  closed(() => openCell(holdSubjectKey({ ...of, generation: 2 }, dek()), context, cell))
  for (const suite of [2, 3, 4] as const) closed(() => openCell(holdSubjectKey({ ...of, suite }, dek()), context, cell))
  closed(() => openCell(holdSubjectKey({ ...of }, keep(new Uint8Array(32).fill(8))), context, cell))
  // The epoch in the header is a hint: a rewrapped key still opens the cell.
  assert.deepEqual(openCell(holdSubjectKey({ ...of, epoch: 2 }, dek()), context, cell), { a: 1 })
})

test('[encryption-3] the authenticated data is the TLV list of the format', () => {
  const dek = keep(new Uint8Array(32).fill(9))
  const key = holdSubjectKey(
    { tenant: newId(), subject: newId(), generation: 0x01020304, epoch: 0x0506, suite: 1 },
    dek,
  )
  const context = contextFor({ version: 2 ** 40 + 5, schema: 3, attributes: { b: null, a: '值', '': 'x' } })
  const cell = sealCell(key, context, { k: 'v' })
  assert.deepEqual(readHeader(cell), { suite: 1, epoch: 0x0506, flags: 2, generation: 0x01020304 })
  const aad = tlv([
    [1, cell.subarray(0, 9)],
    [2, uuidBytes(key.tenant)],
    [3, utf8(context.table)],
    [4, utf8(context.record)],
    [5, utf8(context.group)],
    [6, u16(3)],
    [7, u64(context.version)],
    [8, utf8('')],
    [9, utf8('x')],
    [8, utf8('a')],
    [9, utf8('值')],
    [8, utf8('b')],
    [10, utf8('')],
  ])
  const info = Buffer.concat([utf8('crm/cell/1'), u16(7), utf8('contact'), u16(7), utf8('contact')])
  const cellKey = keep(derive('sha256', dek, info, 32))
  const plain = openBytes('aes-256-gcm', cellKey, cell.subarray(9, 21), aad, cell.subarray(21))
  assert.equal(plain?.toString(), '{"k":"v"}       ')
})

test('[encryption-4] the same values never give the same cell, nor a nonce a second time', async () => {
  const key = await newKey(1)
  const context = contextFor()
  const cells = Array.from({ length: 3000 }, () => Buffer.from(sealCell(key, context, { a: 1 })))
  assert.equal(new Set(cells.map((cell) => cell.toString('hex', 9, 21))).size, cells.length)
  assert.equal(new Set(cells.map((cell) => cell.toString('hex', 21))).size, cells.length)
})

test('[encryption-4] the length of a cell tells its content to 16 bytes only', async () => {
  const key = await newKey(1)
  for (let n = 0; n < 100; n++) {
    const cell = sealCell(key, contextFor(), { name: 'x'.repeat(n) })
    assert.equal(cell.length, overhead + Math.ceil((n + 11) / 16) * 16)
    assert.ok(cellShape(cell))
  }
})

test('[encryption-4] a data key stops at 2^28 cells', async () => {
  const key = await newKey(1)
  stateOf(key).sealed = 2 ** 28 - 1
  sealCell(key, contextFor(), {})
  assert.throws(
    () => sealCell(key, contextFor(), {}),
    (error) => isFault(error, 'wrong-use'),
  )
})

test('[encryption-2] an id or a version that is none is refused', async () => {
  const key = await newKey(1)
  for (const record of ['', 'x', '0190C4A1-0000-7000-8000-00000000000C', '0190c4a1-0000-7000-8000-0000000000\u0130c']) {
    assert.throws(() => sealCell(key, contextFor({ record }), {}), RangeError)
  }
  for (const version of [-1, 1.5, NaN, 2 ** 53])
    assert.throws(() => sealCell(key, contextFor({ version }), {}), RangeError)
})
