// The rows of a table as a chain of backups leaves them: the newest manifest that speaks of a key wins. Every stream is compared
// with its digest while it passes. Keeps backup-4 and backup-12.
import { Fault, say } from '#kernel'
import { RowDigest, rowHash } from './digest.ts'
import type { Manifest, Stream, TableState } from './manifest.ts'
import { copyHeader, copyTrailer, fieldAt, slabOf } from './rows.ts'
import type { Shelf } from './shelf.ts'

/**
 * A table's rows as a COPY stream. chain: the full backup first. digest receives every row that goes out.
 * Nothing is applied on top of anything: rows that a newer backup replaced or removed are left out while reading.
 */
export async function* mergedRows(
  chain: readonly Manifest[],
  name: string,
  shelf: Shelf,
  digest: RowDigest,
): AsyncGenerator<Uint8Array> {
  const states = chain.flatMap((manifest) => manifest.tables.filter((table) => table.name === name))
  const newest = states.at(-1)
  if (!newest) throw new Fault('backup-damaged', { what: say('no backup of the chain holds {table}', { table: name }) })
  if (states.some((state) => state.shape !== newest.shape || state.mode !== newest.mode))
    throw new Fault('backup-damaged', {
      what: say('backups of the chain hold {table} in different shapes', { table: name }),
    })
  yield copyHeader
  if (newest.mode === 'whole') yield* everyRow(newest, shelf, digest)
  else if (newest.mode === 'append') for (const state of states) yield* everyRow(state, shelf, digest)
  else yield* latestRows(states, shelf, digest)
  yield copyTrailer
}

/** Reads a stream to its end and compares it with its manifest; for verify. */
export const readStream = async (stream: Stream, what: string, shape: string, shelf: Shelf): Promise<void> => {
  const segments = checkedSegments(stream, what, shape, shelf)
  for (let next = await segments.next(); next.done !== true;) next = await segments.next()
}

async function* everyRow(state: TableState, shelf: Shelf, digest: RowDigest): AsyncGenerator<Uint8Array> {
  for await (const { bytes, hashes } of checkedSegments(state.rows, `${state.name}/rows`, state.shape, shelf)) {
    for (const one of hashes) digest.add(one)
    yield bytes
  }
}

async function* latestRows(states: readonly TableState[], shelf: Shelf, digest: RowDigest): AsyncGenerator<Uint8Array> {
  /** Keys that newer backups have spoken of. */
  const spoken = new Set<string>()
  for (const state of states.toReversed()) {
    const field = state.columns.findIndex((column) => column.name === state.key)
    if (field < 0)
      throw new Fault('backup-damaged', {
        what: say('{table} has no column {column}', { table: state.name, column: state.key }),
      })
    const isFull = state === states[0]
    const here = new Set<string>()
    for await (const { bytes, ends, hashes } of checkedSegments(state.rows, `${state.name}/rows`, state.shape, shelf)) {
      const kept: Uint8Array[] = []
      let start = 0
      for (const [i, end] of ends.entries()) {
        const key = keyOf(bytes, start, field)
        if (!spoken.has(key)) {
          kept.push(bytes.subarray(start, end))
          digest.add(hashes[i] ?? '')
        }
        if (!isFull) here.add(key)
        start = end
      }
      if (kept.length > 0) yield kept.length === ends.length ? bytes : Buffer.concat(kept)
    }
    for await (const { bytes, ends } of checkedSegments(state.gone, `${state.name}/gone`, state.shape, shelf)) {
      let start = 0
      for (const end of ends) {
        here.add(keyOf(bytes, start, 0))
        start = end
      }
    }
    for (const key of here) spoken.add(key)
  }
}

const keyOf = (bytes: Uint8Array, start: number, field: number): string => {
  const key = fieldAt(bytes, start, field)
  return key ? Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1') : ''
}

interface Checked {
  readonly bytes: Uint8Array
  readonly ends: readonly number[]
  readonly hashes: readonly string[]
}

async function* checkedSegments(stream: Stream, what: string, shape: string, shelf: Shelf): AsyncGenerator<Checked> {
  const sum = new RowDigest()
  for (const ref of stream.segments) {
    const slab = slabOf(await shelf.read(ref, what, shape))
    const hashes: string[] = []
    let start = 0
    for (const end of slab.ends) {
      const one = rowHash(slab.bytes.subarray(start, end))
      sum.add(one)
      hashes.push(one)
      start = end
    }
    yield { ...slab, hashes }
  }
  if (sum.rows !== stream.rows || sum.hex() !== stream.digest)
    throw new Fault('backup-damaged', {
      what: say('the rows of {table} are not those that were signed', { table: what }),
    })
}
