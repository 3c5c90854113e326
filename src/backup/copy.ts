// Copies the rows of one COPY into segments: cut, pressed beside the reading, sealed in order. Keeps backup-3 and backup-4.
import { Fault } from '#kernel'
import type { Tx } from '#store'
import { RowDigest } from './digest.ts'
import type { SegmentRef, Stream } from './manifest.ts'
import type { Press, Pressed } from './press.ts'
import { slabsOf } from './rows.ts'
import type { Sink } from './sink.ts'

export interface CopyJob {
  readonly tx: Tx
  readonly sink: Sink
  readonly press: Press
  /** Segments that lie in the repository already, by id. */
  readonly known: ReadonlyMap<string, SegmentRef>
  readonly signal?: AbortSignal | undefined
  /** Bytes of rows in a segment, before compression; default 1 MiB. */
  readonly segmentSize?: number
  /** Called for each stretch of rows read. */
  readonly onRows: (rows: number, bytes: number) => void
}

/** AES and zstd are at their best from 64 KiB to some MiB; larger ones only cost memory. */
const usualSize = 1 << 20

/** Runs a query and keeps its rows as a stream named `name` (schema.table and what) of rows of the given shape. */
export const copyRows = async (job: CopyJob, query: string, name: string, shape: string): Promise<Stream> => {
  const digest = new RowDigest()
  const segments: SegmentRef[] = []
  const pressing: Promise<Pressed>[] = []
  const size = job.segmentSize ?? usualSize
  const store = async (): Promise<void> => {
    const pressed = await pressing.shift()
    if (!pressed) return
    digest.merge(pressed.digest, pressed.rows)
    segments.push(await keep(job, pressed, name, shape))
  }
  try {
    for await (const slab of slabsOf(job.tx.copyOut(`copy (${query}) to stdout (format binary)`), size)) {
      job.signal?.throwIfAborted()
      job.onRows(slab.ends.length, slab.bytes.length)
      const next = job.press.press(name, shape, slab)
      // Its failure is told when its turn comes.
      next.catch(() => undefined)
      pressing.push(next)
      if (pressing.length >= job.press.width) await store()
    }
    while (pressing.length > 0) await store()
  } finally {
    await Promise.allSettled(pressing)
  }
  return { rows: digest.rows, digest: digest.hex(), segments }
}

const keep = async (job: CopyJob, pressed: Pressed, name: string, shape: string): Promise<SegmentRef> => {
  const { id, raw, rows, compressed } = pressed
  if (compressed) return await job.sink.add({ id, raw, rows, compressed, stream: name, shape })
  const ref = job.known.get(id)
  if (!ref) throw new Fault('internal', { id: `segment ${id}` })
  return ref
}
