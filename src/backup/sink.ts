// Where segments go while a backup is written: into packs of a bounded size, one after the other. Keeps backup-7 and backup-9.
import type { Uuid } from '#kernel'
import { packPath, type PackWriter, writePack } from './pack.ts'
import { remove } from './folder.ts'
import type { PackRef, SegmentRef } from './manifest.ts'
import type { Repository } from './repository.ts'

export interface Sink {
  add(o: Parameters<PackWriter['add']>[0]): Promise<SegmentRef>
  /** All packs written, on the disk under their names. */
  finish(): Promise<readonly PackRef[]>
  /** Removes all of them. */
  abandon(): Promise<void>
}

/** One file per segment costs 30-50 % (facts); packs above 64 MiB are slow to copy and to repair. */
const packSize = 32 << 20

export const openSink = (repository: Repository): Sink => {
  let current: PackWriter | undefined
  const finished: Promise<PackRef>[] = []
  const begun: Uuid[] = []
  const finishCurrent = (): void => {
    if (!current) return
    const ending = current.finish()
    // Its failure is told by finish(); until then nobody waits for it.
    ending.catch(() => undefined)
    finished.push(ending)
    current = undefined
  }
  return {
    async add(segment) {
      current ??= await writePack(repository.folder, repository.id, repository.recipient)
      if (begun.at(-1) !== current.id) begun.push(current.id)
      const ref = await current.add(segment)
      if (current.size >= packSize) {
        finishCurrent()
        // At most two packs wait for the disk.
        await finished.at(-3)
      }
      return ref
    },
    async finish() {
      finishCurrent()
      return await Promise.all(finished)
    },
    async abandon() {
      await current?.abandon()
      await Promise.allSettled(finished)
      for (const id of begun) await remove(packPath(repository.folder, id))
    },
  }
}
