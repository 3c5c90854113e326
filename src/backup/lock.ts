// One writer at a time in a repository: a lock file that its holder keeps fresh and that a dead holder cannot leave behind for
// long. Keeps backup-11.
import { link, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { canonical, Fault, newId } from '#kernel'
import { isErrno, within } from './folder.ts'

export interface Lock {
  /** Throws Fault backup-busy when somebody took the lock away meanwhile (this process slept too long). */
  demandHeld(): Promise<void>
  release(): Promise<void>
}

/** A holder that lives touches the file every half minute; one that was silent for ten is gone, wherever it ran. */
const touchEvery = 30_000
const silentFor = 600_000

export const takeLock = async (repo: string): Promise<Lock> => {
  const path = within(repo, 'lock')
  const mine = canonical({ pid: process.pid, host: hostname(), id: newId() })
  // Written beside and linked into place: whoever is killed in between leaves no lock without a name in it.
  const draft = `${path}.${newId()}`
  await writeFile(draft, mine, { mode: 0o600, flag: 'wx' })
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        await link(draft, path)
        break
      } catch (error) {
        if (!isErrno(error, 'EEXIST')) throw error
        if (attempt > 2 || !(await takeAway(path))) throw new Fault('backup-busy')
      }
    }
  } finally {
    await rm(draft, { force: true })
  }
  await sweepDrafts(repo)
  const timer = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), touchEvery).unref()
  const held = async (): Promise<boolean> => (await readFile(path, 'utf8').catch(() => '')) === mine
  return {
    async demandHeld() {
      if (!(await held())) throw new Fault('backup-busy')
    },
    async release() {
      clearInterval(timer)
      if (await held()) await rm(path, { force: true })
    },
  }
}

/** Drafts that killed processes left. One that is young may still be somebody's. */
const sweepDrafts = async (repo: string): Promise<void> => {
  for (const name of await readdir(repo)) {
    if (!name.startsWith('lock.')) continue
    const path = within(repo, name)
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    if (age > silentFor) await rm(path, { force: true })
  }
}

/** Moves a dead holder's lock aside; false where its holder may live. */
const takeAway = async (path: string): Promise<boolean> => {
  let seen: string
  let age: number
  try {
    seen = await readFile(path, 'utf8')
    age = Date.now() - (await stat(path)).mtimeMs
  } catch (error) {
    return isErrno(error, 'ENOENT')
  }
  if (age < silentFor && holderLives(seen, age)) return false
  const aside = `${path}.${newId()}`
  try {
    await rename(path, aside)
  } catch (error) {
    return isErrno(error, 'ENOENT')
  }
  const moved = await readFile(aside, 'utf8')
  // Between reading and moving, another process may have taken the dead lock away and set its own: give it back.
  if (moved !== seen) {
    await link(aside, path).catch(() => undefined)
    await rm(aside, { force: true })
    return false
  }
  await rm(aside, { force: true })
  return true
}

const holderLives = (text: string, age: number): boolean => {
  let holder: unknown
  try {
    holder = JSON.parse(text)
  } catch {
    // Created, not yet written: its owner is at it, or died in between.
    return age < touchEvery
  }
  if (typeof holder !== 'object' || holder === null || !('pid' in holder) || !('host' in holder)) return false
  if (holder.host !== hostname() || typeof holder.pid !== 'number') return true
  try {
    process.kill(holder.pid, 0)
    return true
  } catch (error) {
    return isErrno(error, 'EPERM')
  }
}
