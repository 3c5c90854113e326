import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { RowDigest, rowHash } from './digest.ts'
import { copyHeader, copyTrailer, fieldAt, rowsOf, slabOf, slabsOf } from './rows.ts'

const fields = fc.array(fc.option(fc.uint8Array({ maxLength: 40 })), { minLength: 1, maxLength: 5 })

const rowBytes = (row: readonly (Uint8Array | null)[]): Buffer => {
  const head = Buffer.alloc(2)
  head.writeInt16BE(row.length)
  return Buffer.concat([
    head,
    ...row.flatMap((field) => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(field ? field.length : -1)
      return field ? [length, field] : [length]
    }),
  ])
}

/** The bytes in pieces whose lengths go round the list given. */
async function* pieces(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1
    yield bytes.subarray(at, at + length)
    at += length
    await Promise.resolve()
  }
}

const collect = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const item of source) all.push(item)
  return all
}

test('[backup-3] however a stream is split, its slabs hold whole rows and all of them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fields, { maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 200 }),
      async (rows, lengths, size) => {
        const body = Buffer.concat(rows.map(rowBytes))
        const slabs = await collect(slabsOf(pieces(Buffer.concat([copyHeader, body, copyTrailer]), lengths), size))
        assert.deepEqual(Buffer.concat(slabs.map((slab) => slab.bytes)), body)
        const cut = slabs.flatMap((slab) => [...rowsOf(slab)].map((row) => Buffer.from(row).toString('hex')))
        assert.deepEqual(
          cut,
          rows.map((row) => rowBytes(row).toString('hex')),
        )
        for (const slab of slabs.slice(0, -1)) assert.ok(slab.bytes.length >= size)
        for (const slab of slabs) assert.deepEqual(slabOf(slab.bytes).ends, slab.ends)
      },
    ),
  )
})

test('[backup-3] a field is found in its row, NULL as null', () => {
  fc.assert(
    fc.property(fields, (row) => {
      const bytes = rowBytes(row)
      for (const [i, field] of row.entries()) {
        const found = fieldAt(bytes, 0, i)
        assert.deepEqual(found && Buffer.from(found), field && Buffer.from(field))
      }
    }),
  )
})

test('[backup-3] a stream that is cut, or is something else, is refused', async () => {
  const whole = Buffer.concat([copyHeader, rowBytes([Buffer.from('a')]), copyTrailer])
  for (let length = 0; length < whole.length; length++)
    await assert.rejects(collect(slabsOf(pieces(whole.subarray(0, length), [7]), 100)), { code: 'backup-damaged' })
  await assert.rejects(collect(slabsOf(pieces(Buffer.from('PGCOPY? this is not binary at all'), [7]), 100)), {
    code: 'backup-damaged',
  })
})

test('[backup-4] the digest does not depend on order, and every row counts', () => {
  const digestOf = (rows: readonly Uint8Array[]): string => {
    const digest = new RowDigest()
    for (const row of rows) digest.add(rowHash(row))
    return digest.hex()
  }
  fc.assert(
    fc.property(fc.array(fc.uint8Array(), { minLength: 1, maxLength: 40 }), fc.nat(), (rows, seed) => {
      const sum = rows.reduce(
        (total, row) => (total + BigInt(`0x${Buffer.from(rowHash(row), 'latin1').toString('hex')}`)) % 2n ** 256n,
        0n,
      )
      assert.equal(digestOf(rows), sum.toString(16).padStart(64, '0'))
      assert.equal(digestOf(rows.toReversed()), digestOf(rows))
      const changed = rows.map((row, i) => (i === seed % rows.length ? Buffer.concat([row, Buffer.of(1)]) : row))
      assert.notEqual(digestOf(changed), digestOf(rows))
      assert.notEqual(digestOf(rows.slice(1)), digestOf(rows))
    }),
  )
})
