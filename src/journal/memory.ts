// Where the last checkpoint is remembered apart from the database, so that a database put back to yesterday is noticed. Keeps journal-9.
import { open, readFile, rename } from 'node:fs/promises'
import { newId } from '#kernel'

export interface Memory {
  load(): Promise<string | null>
  save(note: string): Promise<void>
}

/** A memory that lives as long as the process. */
export const processMemory = (): Memory => {
  let last: string | null = null
  return {
    load: () => Promise.resolve(last),
    save: (note) => {
      last = note
      return Promise.resolve()
    },
  }
}

/** A memory in a file; replaced in one step, so it holds the old note or the new one whatever happens. */
export const fileMemory = (path: string): Memory => ({
  async load() {
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
      throw error
    }
  },
  async save(note) {
    const next = `${path}.${newId()}.new`
    const file = await open(next, 'w', 0o600)
    try {
      await file.writeFile(note)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(next, path)
  },
})
