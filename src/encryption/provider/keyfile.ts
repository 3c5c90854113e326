// Files that hold keys: read only when nobody else can read them, written so that a crash leaves the old file or the new one.
// Keeps encryption-12 and encryption-13.
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, link, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault, say, verbatim } from '#kernel'

const limit = 1 << 20

/** The JSON of a key file, or undefined where there is none. Faults: keystore-unsafe, keystore-locked where it is not JSON. */
export const readKeyFile = async (path: string): Promise<unknown> => {
  const text = await readPrivate(path)
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new Fault('keystore-locked')
  }
}

// The mode is asked of the open file, so that it cannot be exchanged between the question and the reading.
const readPrivate = async (path: string): Promise<string | null> => {
  const file = await open(path, constants.O_RDONLY).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null
    if (codeOf(error) === 'EACCES') throw new Fault('keystore-locked', {}, { cause: error })
    throw error
  })
  if (!file) return null
  try {
    const { mode, size } = await file.stat()
    if ((mode & 0o077) !== 0) throw new Fault('keystore-unsafe', { path, mode: '0600' })
    if (size > limit) throw new Fault('keystore-locked')
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** Writes a key file, mode 0600: a temporary file, flushed, then moved into place, then the directory flushed. */
export const writeKeyFile = async (directory: string, name: string, value: unknown, fresh: boolean): Promise<void> => {
  const path = join(directory, name)
  try {
    // Another process may have swept the temporary file away in between.
    if (!(await put(path, value, fresh)) && !(await put(path, value, fresh)))
      throw new Fault('conflict', { what: verbatim(path) })
  } catch (error) {
    if (codeOf(error) === 'EEXIST')
      throw new Fault('already-exists', { what: { zh: `密钥库 ${path}`, en: `keystore ${path}` } })
    if (codeOf(error) === 'ENOSPC') throw new Fault('disk-full', { what: verbatim(path) })
    throw error
  }
  await flushDirectory(directory)
}

/** Whether it is in its place; false where the temporary file was gone before it was moved. */
const put = async (path: string, value: unknown, fresh: boolean): Promise<boolean> => {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(value, null, 2)}\n`)
    await file.sync()
    await file.close()
    // A link is refused where the name is taken, a rename is not: what must be fresh never overwrites.
    if (fresh) await link(temporary, path)
    else await rename(temporary, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  } finally {
    await file.close().catch(() => undefined)
    await unlink(temporary).catch(() => undefined)
  }
}

/** Takes away what processes that died while writing left: a root key that was let go of may lie in it. */
export const sweepKeyFiles = async (directory: string): Promise<void> => {
  for (const name of await readdir(directory))
    if (/\.json\.[0-9a-f]{12}\.tmp$/.test(name)) await unlink(join(directory, name)).catch(() => undefined)
  await flushDirectory(directory)
}

/** Makes the directory with mode 0700, or takes away what others may do in one that is there. */
export const makeKeyDirectory = async (directory: string): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new Fault(
      'config-invalid',
      { name: 'keys', what: say('{path} cannot be made', { path: directory }) },
      { cause },
    )
  })
  const { mode } = await stat(directory)
  if ((mode & 0o077) !== 0) await chmod(directory, 0o700)
}

/** Refuses a directory that is missing or in which others may exchange files. */
export const checkKeyDirectory = async (directory: string): Promise<void> => {
  const found = await stat(directory).catch(() => null)
  if (!found?.isDirectory()) throw new Fault('keystore-missing', { path: directory })
  if ((found.mode & 0o022) !== 0) throw new Fault('keystore-unsafe', { path: directory, mode: '0700' })
}

const flushDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : ''
