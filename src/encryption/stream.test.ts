// Streams: what is sealed comes back; cut short, made longer, reordered, mixed or moved it is one Fault, and nothing leaves unproven.
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, fromHex, hex, isFault, newId } from '#kernel'
import { sha256 } from './digest.ts'
import { flip, golden, newKey, suiteIds } from './fixtures/keys.ts'
import {
  chunksOf,
  openChunks,
  openStream,
  readStreamHeader,
  sealChunks,
  sealedChunkBytes,
  sealerUnder,
  sealStream,
  streamChunkBytes,
  type StreamContext,
  streamHeaderBytes,
} from './stream.ts'
import { holdSubjectKey, newSubjectKey, type SubjectKey } from './subject.ts'
import { newEpoch } from './fixtures/keys.ts'

const place = (): StreamContext => ({ attachment: newId(), table: 'contact', record: newId() })
const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff)

async function* parts(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve()
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % Math.max(1, sizes.length)] ?? bytes.length
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function* each(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve()
  yield* chunks
}

const seal = async (
  key: SubjectKey,
  context: StreamContext,
  bytes: Uint8Array,
  sizes: readonly number[] = [65_536],
): Promise<{ header: Uint8Array; chunks: Uint8Array[] }> => {
  const sealer = sealStream(key, context)
  return { header: sealer.header, chunks: await Array.fromAsync(sealChunks(sealer, parts(bytes, sizes))) }
}

/** Opens all of it; on failure says which chunks had left by then. */
const open = async (
  key: SubjectKey,
  context: StreamContext,
  header: Uint8Array,
  chunks: readonly Uint8Array[],
  wanted = chunks.length,
): Promise<{ bytes: Uint8Array; failed: boolean }> => {
  const out: Uint8Array[] = []
  try {
    for await (const plain of openChunks(openStream(key, context, header), each(chunks), wanted)) out.push(plain)
    return { bytes: concat(...out), failed: false }
  } catch (error) {
    assert.ok(isFault(error, 'cell-does-not-open') && error.cause === undefined)
    return { bytes: concat(...out), failed: true }
  }
}

test('[encryption-18] sealed into buffers that are used again, each chunk is good until as many more were taken', async () => {
  const key = await newKey(1)
  const bytes = pattern(9 * 65_536 + 5)
  const where = place()
  const sealer = sealStream(key, where)
  const chunks: Uint8Array[] = []
  let held: Uint8Array[] = []
  for await (const chunk of sealChunks(sealer, parts(bytes, [100_000]), 3)) {
    held.push(chunk)
    if (held.length < 4) continue
    chunks.push(...held.map((one) => Uint8Array.from(one)))
    held = []
  }
  chunks.push(...held)
  assert.equal(chunks.length, 10)
  const opened = await open(key, where, sealer.header, chunks)
  assert.ok(!opened.failed && Buffer.from(opened.bytes).equals(bytes))
})

test('[encryption-18] a chunk is sealed and opened where it lies, under every suite, beside memory that others use', async () => {
  for (const suite of suiteIds) {
    const key = await newKey(suite)
    const where = place()
    const sealer = sealStream(key, where)
    const all = Buffer.alloc(4 * sealedChunkBytes, 0x5a)
    const lengths = [streamChunkBytes, streamChunkBytes, 5000]
    const at = (i: number, length: number): Buffer => all.subarray(i * sealedChunkBytes, i * sealedChunkBytes + length)
    const sealed = lengths.map((length, i) => {
      at(i, length).set(pattern(length))
      return sealer.seal(at(i, length), i === 2, at(i, sealedChunkBytes))
    })
    const copies = sealed.map((chunk) => Uint8Array.from(chunk))
    const opener = openStream(key, where, sealer.header)
    sealed.forEach((chunk, i) => {
      assert.ok(Buffer.from(pattern(lengths[i] ?? 0)).equals(opener.open(chunk, i === 2, chunk)))
    })
    // The last chunk was shorter than its place, the fourth place nobody's.
    assert.ok(all.subarray(2 * sealedChunkBytes + 5000 + 16).every((byte) => byte === 0x5a))
    const opened = await open(key, where, sealer.header, copies)
    assert.ok(!opened.failed && opened.bytes.length === 2 * streamChunkBytes + 5000)
  }
})

test('[encryption-19] a changed chunk that is opened where it lies is left as it was', async () => {
  for (const suite of suiteIds) {
    const key = await newKey(suite)
    const context = place()
    const { header, chunks } = await seal(key, context, pattern(streamChunkBytes + 500))
    const [first] = chunks
    assert.ok(first)
    for (const bit of [0, 77_777, 8 * streamChunkBytes - 1, 8 * streamChunkBytes, 8 * first.length - 1]) {
      const changed = flip(first, bit)
      const before = Buffer.from(changed)
      assert.throws(
        () => openStream(key, context, header).open(changed, false, changed),
        (error) => isFault(error, 'cell-does-not-open'),
      )
      assert.ok(before.equals(changed))
    }
  }
})

test('[encryption-18] a stream of any length, in parts of any size, comes back under every suite', async () => {
  for (const suite of suiteIds) {
    const key = await newKey(suite)
    const length = fc.oneof(
      fc.nat(300),
      fc.integer({ min: -2, max: 2 }).map((n) => streamChunkBytes + n),
      fc.integer({ min: -1, max: 1 }).map((n) => 3 * streamChunkBytes + n),
    )
    await fc.assert(
      fc.asyncProperty(
        length,
        fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1 }),
        async (size, sizes) => {
          const [context, bytes] = [place(), pattern(size)]
          const { header, chunks } = await seal(key, context, bytes, sizes)
          assert.equal(header.length, streamHeaderBytes)
          assert.deepEqual(readStreamHeader(header), { suite, generation: 1 })
          assert.equal(chunks.length, chunksOf(size))
          assert.ok(chunks.slice(0, -1).every((chunk) => chunk.length === sealedChunkBytes))
          const opened = await open(key, context, header, chunks)
          assert.ok(!opened.failed && Buffer.from(bytes).equals(opened.bytes))
        },
      ),
      { numRuns: 12 },
    )
  }
})

test('[encryption-19] cut short, made longer, reordered, repeated or mixed with another stream it does not open', async () => {
  const key = await newKey(1)
  const context = place()
  const bytes = pattern(2 * streamChunkBytes + 100)
  const { header, chunks } = await seal(key, context, bytes)
  const other = await seal(key, context, bytes)
  const [a, b, c] = chunks
  assert.ok(a && b && c && other.chunks[1] && other.chunks[2])
  const bad: Record<string, readonly Uint8Array[]> = {
    'the last chunk is missing': [a, b],
    'two chunks are missing': [a],
    'all is missing': [],
    'the first is missing': [b, c],
    'one in the middle is missing': [a, c],
    'two are swapped': [b, a, c],
    'one is repeated': [a, a, b, c],
    'the last is repeated': [a, b, c, c],
    'one of another stream of the same file': [a, other.chunks[1], c],
    'the end of another stream': [a, b, other.chunks[2]],
    'a chunk is shorter': [a, b.subarray(1), c],
    'a chunk is empty': [a, new Uint8Array(0), c],
    'the last is cut': [a, b, c.subarray(0, -1)],
    'an empty last chunk is put behind': [a, b, c, sealerUnder(key, context, header).seal(new Uint8Array(0), true)],
  }
  for (const [what, given] of Object.entries(bad)) {
    const result = await open(key, context, header, given)
    assert.ok(result.failed, what)
    // What had left by then is a true beginning of the file.
    assert.ok(Buffer.from(bytes.subarray(0, result.bytes.length)).equals(result.bytes), what)
  }
  // A shorter count does not make a shorter file.
  assert.ok((await open(key, context, header, [a, b, c], 2)).failed)
  assert.ok((await open(key, context, header, [a, b, c], 4)).failed)
})

test('[encryption-19] any bit changed in header or chunk fails that chunk, and none of its bytes leave', async () => {
  const key = await newKey(1)
  const context = place()
  const { header, chunks } = await seal(key, context, pattern(streamChunkBytes + 500))
  const [first, last] = chunks
  assert.ok(first && last)
  for (let bit = 0; bit < 8 * header.length; bit++) {
    // The epoch is a hint for finding keys, and still authenticated.
    const result = await open(key, context, flip(header, bit), chunks).catch((error: unknown) => {
      assert.ok(isFault(error, 'cell-does-not-open'))
      return { bytes: new Uint8Array(0), failed: true }
    })
    assert.ok(result.failed && result.bytes.length === 0, `header bit ${bit}`)
  }
  fc.assert(
    fc.property(fc.nat(8 * first.length - 1), (bit) => {
      const opener = openStream(key, context, header)
      assert.throws(
        () => opener.open(flip(first, bit), false),
        (error) => isFault(error, 'cell-does-not-open'),
      )
    }),
    { numRuns: 40 },
  )
  await fc.assert(
    fc.asyncProperty(fc.nat(8 * last.length - 1), async (bit) => {
      const result = await open(key, context, header, [first, flip(last, bit)])
      assert.ok(result.failed && result.bytes.length === streamChunkBytes)
    }),
    { numRuns: 40 },
  )
})

test('[encryption-19] another key, generation, tenant, file, table or record: the same Fault', async () => {
  const epoch = await newEpoch(1)
  const subject = newId()
  const { key } = newSubjectKey(epoch, subject, 1)
  const context = place()
  const { header, chunks } = await seal(key, context, pattern(10))
  const dek = createSecretKey(Buffer.alloc(32, 7))
  const held = holdSubjectKey({ tenant: newId(), subject, generation: 1, epoch: 1, suite: 1 }, dek)
  const twin = await seal(held, context, pattern(10))
  for (const [what, other, where, head, body] of [
    ['key', newSubjectKey(epoch, subject, 1).key, context, header, chunks],
    ['generation', newSubjectKey(epoch, subject, 2).key, context, header, chunks],
    ['suite', await newKey(4), context, header, chunks],
    ['file', key, { ...context, attachment: newId() }, header, chunks],
    ['table', key, { ...context, table: 'lead' }, header, chunks],
    ['record', key, { ...context, record: newId() }, header, chunks],
    ['tenant', holdSubjectKey({ ...held, tenant: newId() }, dek), context, twin.header, twin.chunks],
    ['subject', holdSubjectKey({ ...held, subject: newId() }, dek), context, twin.header, twin.chunks],
  ] as const) {
    try {
      const result = await open(other, where, head, body)
      assert.ok(result.failed && result.bytes.length === 0, what)
    } catch (error) {
      assert.ok(isFault(error, 'cell-does-not-open'), what)
    }
  }
})

test('[encryption-19] a chunk of a wrong length is not sealed, nor one after the last', async () => {
  const key = await newKey(1)
  const sealer = sealStream(key, place())
  assert.throws(
    () => sealer.seal(pattern(5), false),
    (error) => isFault(error, 'wrong-use'),
  )
  sealer.seal(pattern(streamChunkBytes), false)
  assert.throws(
    () => sealer.seal(new Uint8Array(0), true),
    (error) => isFault(error, 'wrong-use'),
  )
  sealer.seal(pattern(1), true)
  assert.throws(
    () => sealer.seal(pattern(1), true),
    (error) => isFault(error, 'wrong-use'),
  )
})

interface GoldenStream {
  readonly key: SubjectKey
  readonly dek: string
  readonly context: StreamContext
  /** The plain bytes are (7 i + ⌊i / 256⌋) mod 256 for i below this. */
  readonly size: number
  readonly header: string
  readonly sha256: string
  /** All of it, where it is short. */
  readonly sealed?: string
}

test('[encryption-3] the golden streams of every suite open, and are sealed to the same bytes', async () => {
  if (process.env.HOLDFAST_GOLDEN === 'write')
    writeFileSync(
      new URL('fixtures/streams-1.json', import.meta.url),
      `${JSON.stringify(await makeGolden(), null, 2)}\n`,
    )
  const streams = golden('streams-1.json') as readonly GoldenStream[]
  assert.equal(streams.length, 12)
  for (const one of streams) {
    const key = holdSubjectKey({ ...one.key }, createSecretKey(fromHex(one.dek)))
    const header = fromHex(one.header)
    const bytes = pattern(one.size)
    const chunks = await Array.fromAsync(sealChunks(sealerUnder(key, one.context, header), parts(bytes, [10_000])))
    assert.equal(hex(sha256(concat(header, ...chunks))), one.sha256)
    if (one.sealed !== undefined) assert.equal(hex(concat(header, ...chunks)), one.sealed)
    const opened = await open(key, one.context, header, chunks)
    assert.ok(!opened.failed && Buffer.from(bytes).equals(opened.bytes))
  }
})

const makeGolden = async (): Promise<readonly GoldenStream[]> => {
  const made: GoldenStream[] = []
  for (const suite of suiteIds)
    for (const size of [0, 21, 2 * streamChunkBytes + 3]) {
      const dek = Buffer.alloc(32, 16 * suite + (size % 7))
      const key = holdSubjectKey(
        { tenant: newId(), subject: newId(), generation: 3, epoch: 2, suite },
        createSecretKey(dek),
      )
      const context = place()
      const { header, chunks } = await seal(key, context, pattern(size))
      const sealed = concat(header, ...chunks)
      made.push({
        key: { ...key },
        dek: hex(dek),
        context,
        size,
        header: hex(header),
        sha256: hex(sha256(sealed)),
        ...(size < 100 ? { sealed: hex(sealed) } : {}),
      })
    }
  return made
}
