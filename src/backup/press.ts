// Turns slabs of rows into what is stored of them: hashes, a keyed id, compressed bytes. Large slabs go to threads beside the
// one that reads, so that reading, hashing and compressing happen at once. Keeps backup-4.
import { createHmac } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { hex, utf8 } from '#kernel'
import { RowDigest, rowHash } from './digest.ts'
import type { Slab } from './rows.ts'
import { compressNow } from './segment.ts'

/** What a slab became. */
export interface Pressed {
  /** Keyed hash over name, shape and row hashes: equal rows have equal ids, which tell nobody else anything. */
  readonly id: string
  readonly rows: number
  readonly digest: string
  readonly raw: number
  /** Null where a segment of that id lies in the repository already. */
  readonly compressed: Uint8Array | null
}

export interface PressOptions {
  readonly key: Uint8Array
  /** Ids of segments that need not be stored again. */
  readonly known: ReadonlySet<string>
}

export interface PressStart {
  readonly key: Uint8Array
  /** Threads are started at once, while the backup still prepares; else with the first large slab. */
  readonly early: boolean
}

export interface Press {
  /** Slabs that may be under work at once before the reader should wait. */
  readonly width: number
  /** Segments of these ids need not be stored again; told before the first slab. */
  know(ids: Iterable<string>): void
  press(name: string, shape: string, slab: Slab): Promise<Pressed>
  close(): Promise<void>
}

/** The work itself, on whatever thread. */
export const pressSlab = ({ key, known }: PressOptions, name: string, shape: string, slab: Slab): Pressed => {
  const digest = new RowDigest()
  let hashes = ''
  let start = 0
  for (const end of slab.ends) {
    const one = rowHash(slab.bytes.subarray(start, end))
    digest.add(one)
    hashes += one
    start = end
  }
  // Over the hashes, not the rows: one pass is enough.
  const id = hex(
    createHmac('sha256', key)
      .update(utf8(`${name}\n${shape}\n`))
      .update(hashes, 'latin1')
      .digest(),
  )
  const compressed = known.has(id) ? null : compressNow(slab.bytes)
  return { id, rows: digest.rows, digest: digest.hex(), raw: slab.bytes.length, compressed }
}

/** A message to a thread; its answer carries the same number. */
export interface Order {
  readonly number: number
  readonly name: string
  readonly shape: string
  readonly slab: Slab
}

/** The other message: ids that need not be stored again. */
export interface Known {
  readonly known: ReadonlySet<string>
}

/** Slabs below this are not worth a thread; an increment rarely has a larger one. */
const worthThread = 1 << 18
/** One core reads, one belongs to the database; the rest press, and at least one thread does. */
const threads = Math.min(Math.max(availableParallelism() - 2, 1), 4)

export const openPress = ({ key, early }: PressStart): Press => {
  const workers: Worker[] = []
  const waiting = new Map<number, { resolve: (pressed: Pressed) => void; reject: (error: unknown) => void }>()
  let known: ReadonlySet<string> = new Set()
  let number = 0
  const fail = (error: unknown): void => {
    for (const one of waiting.values()) one.reject(error)
    waiting.clear()
  }
  const start = (): Worker => {
    const worker = new Worker(new URL('./press-worker.ts', import.meta.url), { workerData: key })
    worker.on('error', fail)
    worker.on('exit', () => fail(new Error('a thread of the backup ended early')))
    worker.on('message', ({ number: of, pressed }: { number: number; pressed: Pressed }) => {
      waiting.get(of)?.resolve(pressed)
      waiting.delete(of)
    })
    if (known.size > 0) worker.postMessage({ known } satisfies Known)
    return worker
  }
  if (early) for (let i = 0; i < threads; i++) workers.push(start())
  return {
    width: 2 * threads + 2,
    know(ids) {
      known = new Set(ids)
      if (known.size > 0) for (const worker of workers) worker.postMessage({ known } satisfies Known)
    },
    async press(name, shape, slab) {
      // With the threads behind, the reader lends a hand rather than wait for them.
      if (slab.bytes.length < worthThread || waiting.size >= 2 * threads)
        return pressSlab({ key, known }, name, shape, slab)
      const turn = number++
      const worker = (workers[turn % threads] ??= start())
      return await new Promise<Pressed>((resolve, reject) => {
        waiting.set(turn, { resolve, reject })
        worker.postMessage({ number: turn, name, shape, slab } satisfies Order, [slab.bytes.buffer as ArrayBuffer])
      })
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}
