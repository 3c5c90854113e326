// Opened packs, a few at a time: segments of one backup lie next to one another, so the same pack is asked for again and again.
import type { Uuid } from '#kernel'
import type { SegmentRef } from './manifest.ts'
import { type PackReader, readPack } from './pack.ts'
import type { Repository } from './repository.ts'

export interface Shelf {
  /** The rows of a segment; Fault backup-damaged unless they are what was sealed there. */
  read(ref: SegmentRef, stream: string, shape: string): Promise<Uint8Array>
  close(): Promise<void>
}

const atMost = 4

export const openShelf = (repository: Repository, privateKey: Uint8Array): Shelf => {
  const open = new Map<Uuid, PackReader>()
  return {
    async read(ref, stream, shape) {
      let pack = open.get(ref.pack)
      if (!pack) {
        pack = await readPack(repository.folder, repository.id, ref.pack, privateKey)
        open.set(ref.pack, pack)
        const [[oldest, reader] = []] = open
        if (open.size > atMost && oldest !== undefined && reader) {
          open.delete(oldest)
          await reader.close()
        }
      }
      return await pack.segment(ref, stream, shape)
    },
    async close() {
      for (const pack of open.values()) await pack.close()
      open.clear()
    },
  }
}
