// The place a repository lies on: a folder. Objects appear whole or not at all and are never changed; a full disk is one clear
// error. Keeps backup-9 and backup-16.
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Fault, say } from '#kernel'

/** An object that is being written; it gets its name only when it is complete and on the disk. */
export interface Writing {
  write(bytes: Uint8Array): Promise<void>
  /** Flushes to the disk, then gives the object its name. */
  finish(): Promise<void>
  /** Removes what was written. */
  abandon(): Promise<void>
}

const unfinished = '.partial'

export const begin = async (path: string): Promise<Writing> => {
  const temporary = path + unfinished
  let handle: FileHandle
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    handle = await open(temporary, 'wx', 0o600)
  } catch (error) {
    throw diskFault(error)
  }
  return {
    async write(bytes) {
      try {
        for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten
      } catch (error) {
        throw diskFault(error)
      }
    },
    async finish() {
      try {
        await handle.sync()
        await handle.close()
        await rename(temporary, path)
        await syncFolder(dirname(path))
      } catch (error) {
        throw diskFault(error)
      }
    },
    async abandon() {
      await handle.close().catch(() => undefined)
      await rm(temporary, { force: true }).catch(() => undefined)
    },
  }
}

/** Writes a whole object at once. */
export const put = async (path: string, bytes: Uint8Array): Promise<void> => {
  await rm(path + unfinished, { force: true })
  const writing = await begin(path)
  try {
    await writing.write(bytes)
    await writing.finish()
  } catch (error) {
    await writing.abandon()
    throw error
  }
}

/** The object's bytes, or undefined where there is none. */
export const read = async (path: string): Promise<Uint8Array | undefined> => {
  try {
    return await readFile(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/** The object's size, or undefined where there is none. */
export const sizeOf = async (path: string): Promise<number | undefined> => {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/** Names in a folder, sorted; none where there is no folder. */
export const list = async (path: string): Promise<readonly string[]> => {
  try {
    return (await readdir(path)).sort()
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

export const remove = async (path: string): Promise<void> => {
  await rm(path, { force: true })
}

export const isUnfinished = (name: string): boolean => name.endsWith(unfinished)

export const isErrno = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)

/** Makes a rename survive a power cut: the folder itself is flushed. */
const syncFolder = async (path: string): Promise<void> => {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const diskFault = (error: unknown): unknown =>
  isErrno(error, 'ENOSPC', 'EDQUOT') ? new Fault('disk-full', { what: 'the backup' }, { cause: error }) : error

export const within = (repo: string, ...parts: readonly string[]): string => join(repo, ...parts)

/** Makes a folder that only its owner may look into. */
export const mkdirPrivate = async (path: string): Promise<void> => {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    if (isErrno(error, 'EEXIST', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS'))
      throw new Fault(
        'config-invalid',
        { name: 'repository', what: say('{path} cannot be made', { path }) },
        { cause: error },
      )
    throw diskFault(error)
  }
}
