// One process at a time in a data directory: a lock the operating system takes back when its holder dies, so it is never stale. Keeps store-3.
import { open } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { Fault, say } from '#kernel'
import { codeOf } from './failure.ts'

/** Runs work while no other process (and no other caller here) runs work under the same file. */
export const alone = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  const unlock = await lock(path)
  try {
    return await work()
  } finally {
    unlock()
  }
}

// SQLite holds an exclusive transaction by a byte-range lock of the kernel: portable where Node itself has no file locks.
const lock = async (path: string): Promise<() => void> => {
  const until = Date.now() + 180_000
  try {
    await (await open(path, 'a', 0o600)).close()
  } catch (cause) {
    throw new Fault(
      'config-invalid',
      { name: 'data', what: say('cannot be written: {code}', { code: codeOf(cause) }) },
      { cause },
    )
  }
  const file = new DatabaseSync(path, { timeout: 0 })
  for (;;) {
    try {
      file.exec('begin exclusive')
      return () => file.close()
    } catch (error) {
      // SQLite result code 5: SQLITE_BUSY.
      const busy = error instanceof Error && 'errcode' in error && error.errcode === 5
      if (!busy || Date.now() > until) {
        file.close()
        throw new Fault(
          'database-unreachable',
          { what: busy ? 'another process is starting or stopping it' : 'its lock file cannot be used' },
          { cause: error },
        )
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
