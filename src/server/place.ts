// Folders that the configuration names, made where they are missing. Keeps server-124.
import { mkdir } from 'node:fs/promises'
import { Fault, say } from '#kernel'

/** Makes the folder for data or keys. Throws config-invalid, with its path, where it cannot be made. */
export const makePlace = async (name: 'data' | 'keys', path: string): Promise<void> => {
  await mkdir(path, { recursive: true, mode: name === 'keys' ? 0o700 : 0o711 }).catch((cause: unknown) => {
    throw new Fault('config-invalid', { name, what: say('{path} cannot be made', { path }) }, { cause })
  })
}

/** Whether nothing is there: also where a part of the path is a file. */
export const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
