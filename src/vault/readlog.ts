// Reads in the journal: gathered and written in batches within a second, so that looking is never slow. Losing power may lose that second.
import type { Scope, Uuid } from '#kernel'
import type { EntryInput, Journal } from '#journal'

export interface ReadLog {
  add(entry: EntryInput): void
  /** Writes what is waiting. */
  flush(): Promise<void>
}

const atMost = 200

/** Gathers read entries of one tenant; failed writes are kept and tried again with the next batch. */
export const createReadLog = (journal: Journal, tenant: Uuid, principal: Uuid, everyMs = 700): ReadLog => {
  const scope: Scope = { tenant, principal }
  let waiting: EntryInput[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  const write = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    const batch = waiting
    waiting = []
    if (batch.length === 0) return writing
    writing = writing.then(async () => {
      try {
        await journal.record(scope, batch)
      } catch {
        waiting = [...batch, ...waiting].slice(0, 50 * atMost)
      }
    })
    return writing
  }
  return {
    add: (entry) => {
      waiting.push(entry)
      if (waiting.length >= atMost) void write()
      else timer ??= setTimeout(() => void write(), everyMs).unref()
    },
    flush: write,
  }
}
