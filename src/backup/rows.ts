// Rows as PostgreSQL's COPY writes them in binary: found in a stream, cut into slabs at row boundaries, put back into a stream.
// Binary, because it keeps every bit, is half the size of text for sealed bytes, and the types we use have had one form since
// PostgreSQL 7.4. Keeps backup-3.
import { Fault, type PlainPhrase } from '#kernel'

/** What a COPY stream begins with: signature, flags, length of the extension. */
export const copyHeader: Uint8Array = Uint8Array.from([
  ...Buffer.from('PGCOPY\n'),
  0xff,
  0x0d,
  0x0a,
  0,
  ...[0, 0, 0, 0],
  ...[0, 0, 0, 0],
])

/** What it ends with: a field count of -1. */
export const copyTrailer: Uint8Array = Uint8Array.of(0xff, 0xff)

/** Whole rows, one after the other; ends[i] is where row i ends. */
export interface Slab {
  readonly bytes: Uint8Array
  readonly ends: readonly number[]
}

/** Cuts a COPY stream, however it is split, into slabs of at least `size` bytes of whole rows (the last one may be smaller). */
export async function* slabsOf(stream: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Slab> {
  let buffer: Uint8Array = Buffer.allocUnsafeSlow(2 * size)
  let filled = 0
  let parsed = 0
  let headerSeen = false
  let trailerSeen = false
  let ends: number[] = []
  for await (const chunk of stream) {
    if (filled + chunk.length > buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * buffer.length, filled + chunk.length))
      larger.set(buffer.subarray(0, filled))
      buffer = larger
    }
    buffer.set(chunk, filled)
    filled += chunk.length
    if (!headerSeen) {
      if (filled < copyHeader.length) continue
      if (!copyHeader.every((byte, i) => byte === buffer[i]))
        throw broken('a stream of rows does not begin as COPY in binary does')
      buffer.copyWithin(0, copyHeader.length, filled)
      filled -= copyHeader.length
      headerSeen = true
    }
    for (let end = rowEnd(buffer, parsed, filled); end !== null; end = rowEnd(buffer, parsed, filled)) {
      if (end === 'trailer') {
        trailerSeen = true
        break
      }
      parsed = end
      ends.push(end)
      if (parsed >= size) {
        const next = Buffer.allocUnsafeSlow(Math.max(2 * size, filled - parsed + size))
        next.set(buffer.subarray(parsed, filled))
        const slab = { bytes: buffer.subarray(0, parsed), ends }
        filled -= parsed
        buffer = next
        // Whoever takes the slab may keep its bytes, or hand them to another thread: nothing here points to them any more.
        yield slab
        parsed = 0
        ends = []
      }
    }
  }
  if (!trailerSeen || filled - parsed !== copyTrailer.length) throw broken('a stream of rows ends before its last row')
  if (ends.length > 0) yield { bytes: buffer.subarray(0, parsed), ends }
}

/** The rows of bytes that hold whole rows only, as a slab. */
export const slabOf = (bytes: Uint8Array): Slab => {
  const ends: number[] = []
  let at = 0
  while (at < bytes.length) {
    const end = rowEnd(bytes, at, bytes.length)
    if (end === null || end === 'trailer') throw broken('a stream of rows does not hold whole rows')
    ends.push(end)
    at = end
  }
  return { bytes, ends }
}

/** The bytes of one field of the row that begins at `start`; null for NULL. */
export const fieldAt = (bytes: Uint8Array, start: number, field: number): Uint8Array | null => {
  let at = start + 2
  for (let i = 0; i < field; i++) {
    const length = int32(bytes, at)
    at += 4 + Math.max(length, 0)
  }
  const length = int32(bytes, at)
  return length < 0 ? null : bytes.subarray(at + 4, at + 4 + length)
}

/** The rows of a slab, one by one. */
export function* rowsOf(slab: Slab): Generator<Uint8Array> {
  let start = 0
  for (const end of slab.ends) {
    yield slab.bytes.subarray(start, end)
    start = end
  }
}

/** Where the row at `at` ends; null when it is not all there yet; 'trailer' at the end of the stream. */
const rowEnd = (bytes: Uint8Array, at: number, filled: number): number | null | 'trailer' => {
  if (filled - at < 2) return null
  const fields = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  if (fields === 0xffff) return 'trailer'
  let end = at + 2
  for (let i = 0; i < fields; i++) {
    if (filled - end < 4) return null
    const length = int32(bytes, end)
    if (length < -1) throw broken('a stream of rows holds a field of impossible length')
    end += 4 + Math.max(length, 0)
  }
  return end <= filled ? end : null
}

const int32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)

const broken = (what: Extract<PlainPhrase, `a stream of rows ${string}`>): Fault =>
  new Fault('backup-damaged', { what })
