// Copies the rows of one COPY into segments: cut, hashed, compressed beside the reading, sealed in order. Keeps backup-3, backup-4.
import { createHmac } from 'node:crypto'
import { hex, utf8 } from '#kernel'
import type { Tx } from '#store'
import { RowDigest, rowHash } from './digest.ts'
import type { SegmentRef, Stream } from './manifest.ts'
import { rowsOf, type Slab, slabsOf } from './rows.ts'
import { compress } from './segment.ts'
import type { Sink } from './sink.ts'

export interface CopyJob {
  readonly tx: Tx
  readonly sink: Sink
  /** Key of segment ids: the same rows get the same id, which tells nobody else anything. */
  readonly dedupKey: Uint8Array
  /** Segments that lie in the repository already, by id. */
  readonly known: ReadonlyMap<string, SegmentRef>
  readonly signal?: AbortSignal | undefined
  /** Called for each stretch of rows read. */
  readonly onRows: (rows: number, bytes: number) => void
}

/** AES and zstd are at their best from 64 KiB to some MiB; larger ones only cost memory. */
const segmentSize = 1 << 20
/** Slabs that may wait for the compressor. */
const inFlight = 3

/** Runs a query and keeps its rows as a stream named `name` (schema.table and what) of rows of the given shape. */
export const copyRows = async (job: CopyJob, query: string, name: string, shape: string): Promise<Stream> => {
  const digest = new RowDigest()
  const segments: SegmentRef[] = []
  const waiting: Promise<Prepared>[] = []
  const store = async (): Promise<void> => {
    const next = await waiting.shift()
    if (next) segments.push('ref' in next ? next.ref : await job.sink.add({ ...next, stream: name, shape }))
  }
  try {
    for await (const slab of slabsOf(job.tx.copyOut(`copy (${query}) to stdout (format binary)`), segmentSize)) {
      job.signal?.throwIfAborted()
      const id = identify(job.dedupKey, name, shape, slab, digest)
      const known = job.known.get(id)
      const prepared = known ? Promise.resolve({ ref: known }) : prepare(id, slab)
      prepared.catch(() => undefined)
      waiting.push(prepared)
      if (waiting.length >= inFlight) await store()
      job.onRows(slab.ends.length, slab.bytes.length)
    }
    while (waiting.length > 0) await store()
  } finally {
    await Promise.allSettled(waiting)
  }
  return { rows: digest.rows, digest: digest.hex(), segments }
}

type Prepared =
  | { readonly ref: SegmentRef }
  | { readonly id: string; readonly raw: number; readonly rows: number; readonly compressed: Uint8Array }

const prepare = async (id: string, slab: Slab): Promise<Prepared> => ({
  id,
  raw: slab.bytes.length,
  rows: slab.ends.length,
  compressed: await compress(slab.bytes),
})

/** Adds the rows to the digest; the segment's id is a keyed hash over the row hashes, which spares a second pass. */
const identify = (key: Uint8Array, name: string, shape: string, slab: Slab, digest: RowDigest): string => {
  const hmac = createHmac('sha256', key).update(utf8(`${name}\n${shape}\n`))
  let hashes = ''
  for (const row of rowsOf(slab)) {
    const one = rowHash(row)
    digest.add(one)
    hashes += one
  }
  return hex(hmac.update(hashes, 'latin1').digest())
}
