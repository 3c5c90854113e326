// The postmaster as a process: find it, start it, wait for it, stop it. Everything by its process id, read from its own pid file. Keeps store-2, store-3.
import { execFile, spawn } from 'node:child_process'
import { open, readdir, readFile, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { Fault } from '#kernel'
import type { Account } from './account.ts'
import { complaint } from './cluster.ts'
import { codeOf } from './failure.ts'

export interface Postmaster {
  readonly pid: number
  /** Folder of its socket. */
  readonly sockets: string
  /** starting, ready, stopping, standby. */
  readonly state: string
}

/** The living postmaster of a cluster, whoever started it; undefined where there is none. */
export const findPostmaster = async (cluster: string): Promise<Postmaster | undefined> => {
  const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const pid = Number(lines[0])
  if (!Number.isSafeInteger(pid) || pid <= 1 || !(await serves(pid, cluster))) return undefined
  return { pid, sockets: lines[4] ?? '', state: (lines[7] ?? '').trim() }
}

/** Starts a postmaster and waits until it takes connections. It lives on its own: neither our end nor Ctrl-C ends it. */
export const startPostmaster = async (
  programs: string,
  cluster: string,
  sockets: string,
  who: Account,
  settings: Readonly<Record<string, string>>,
): Promise<Postmaster> => {
  const log = await openLog(join(dirname(cluster), 'postgresql.log'))
  try {
    await clearStranger(cluster)
    const cache = { shared_buffers: `${String(cacheMegabytes(await databaseBytes(cluster), memory()))}MB` }
    for (let attempt = 0; ; attempt++) {
      const from = (await log.stat()).size
      const child = spawn(
        join(programs, 'bin', 'postgres'),
        ['-D', cluster, ...flags({ ...standard(sockets), ...cache, ...settings })],
        {
          cwd: '/',
          env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' },
          detached: true,
          stdio: ['ignore', log.fd, log.fd],
          ...(who.lent ? { uid: who.uid, gid: who.gid } : {}),
        },
      )
      let over: string | undefined
      child.on('error', (error) => (over = error.message))
      child.on('exit', () => (over ??= ''))
      child.unref()
      while (over === undefined) {
        const found = await findPostmaster(cluster)
        if (found && found.pid === child.pid && found.state === 'ready') return found
        await pause(15)
      }
      const said = over + (await tail(log, from))
      if (said.includes('No space left on device')) throw new Fault('disk-full', { what: 'the database' })
      // What a killed postmaster left behind ends by itself when it notices; if not, it is ended.
      if (attempt >= 60 || !/shared memory block|lock file|in use/.test(said))
        throw new Fault('database-unreachable', { what: complaint(said) ?? 'it does not start' })
      if (attempt === 10) await endOrphans(cluster)
      await pause(150)
    }
  } finally {
    await log.close()
  }
}

/** Stops a postmaster: open transactions are rolled back, everything is written. */
export const stopPostmaster = async (cluster: string, pid: number): Promise<void> => {
  // SIGINT: fast shutdown; SIGQUIT: at once, with recovery at the next start.
  for (const [signal, limit] of [
    ['SIGINT', 60_000],
    ['SIGQUIT', 10_000],
  ] as const) {
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    for (const until = Date.now() + limit; Date.now() < until;) {
      if (!(await serves(pid, cluster))) return
      await pause(10)
    }
  }
}

const standard = (sockets: string): Readonly<Record<string, string>> => ({
  // No network at all: the socket's folder is the door, and only its account may enter.
  listen_addresses: '',
  unix_socket_directories: sockets,
  unix_socket_permissions: '0700',
  password_encryption: 'scram-sha-256',
  max_connections: '100',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  // The log is for machines: no statement, no parameter and no key value is ever written to it.
  log_statement: 'none',
  log_min_messages: 'warning',
  log_min_error_statement: 'panic',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_error_verbosity: 'terse',
})

/**
 * Megabytes of PostgreSQL's own cache for a database of so many bytes on a machine, or in a container, of so much memory: room for half of
 * it, at least 128 (PostgreSQL's default), at most 1024 and an eighth of the memory. What is not in it comes from the system's cache,
 * by a call a page.
 */
export const cacheMegabytes = (database: number, memory: number): number =>
  Math.max(128, Math.floor(Math.min(database / 2, memory / 8, 2 ** 30) / 2 ** 20))

const memory = (): number => Math.min(totalmem(), process.constrainedMemory() || Infinity)

// The first number that PostgreSQL gives to what is not its own (FirstNormalObjectId).
const firstOwn = 16_384

/** Bytes of the databases made in a cluster. */
const databaseBytes = async (cluster: string): Promise<number> => {
  const base = join(cluster, 'base')
  const folders = (await readdir(base).catch(() => [])).filter((name) => Number(name) >= firstOwn)
  const files = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(base, folder)).catch(() => [])).map((name) => join(base, folder, name)),
    ),
  )
  const sizes = await Promise.all(
    files.flat().map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

const flags = (settings: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])

// Whether a process is the postmaster of this cluster. A number read from a file may by now belong to something else.
const serves = async (pid: number, cluster: string): Promise<boolean> => {
  if (!alive(pid)) return false
  if (process.platform === 'linux') {
    // PostgreSQL works inside its cluster; a zombie has no folder any more.
    const folder = await readlink(`/proc/${String(pid)}/cwd`).catch(() => '')
    return folder !== '' && folder === (await realpath(cluster).catch(() => cluster))
  }
  const command = await new Promise<string>((resolve) =>
    execFile('ps', ['-o', 'stat=,command=', '-p', String(pid)], (_, out) => resolve(out)),
  )
  return command.includes(cluster) && !command.trimStart().startsWith('Z')
}

// The pid file of a dead postmaster whose number now belongs to something else: PostgreSQL would wait for that for ever. It may
// only go when nobody is left in the cluster, because it is also what keeps two servers out of one cluster.
const clearStranger = async (cluster: string): Promise<void> => {
  const path = join(cluster, 'postmaster.pid')
  const pid = Number((await readFile(path, 'utf8').catch(() => '')).split('\n')[0])
  if (!Number.isSafeInteger(pid) || pid <= 1 || !alive(pid) || (await serves(pid, cluster))) return
  await endOrphans(cluster)
  await rm(path, { force: true })
}

// Ends what a killed postmaster left behind in its cluster, and waits for it.
const endOrphans = async (cluster: string): Promise<void> => {
  for (const until = Date.now() + 10_000; Date.now() < until; await pause(50)) {
    const left = await orphans(cluster)
    if (left.length === 0) return
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGQUIT')
      } catch {
        // It ended by itself.
      }
    }
  }
}

const orphans = async (cluster: string): Promise<readonly number[]> => {
  if (process.platform !== 'linux') return []
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    const pid = Number(name)
    if (!Number.isSafeInteger(pid) || pid <= 1 || pid === process.pid || !(await serves(pid, cluster))) continue
    const program = await readlink(`/proc/${name}/exe`).catch(() => '')
    if (/\/postgres(?: \(deleted\))?$/.test(program)) found.push(pid)
  }
  return found
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

const openLog = async (path: string): ReturnType<typeof open> => {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  )
  if (size > 5_000_000) {
    await rm(`${path}.1`, { force: true })
    await rename(path, `${path}.1`)
  }
  return open(path, 'a+', 0o600)
}

const tail = async (log: Awaited<ReturnType<typeof open>>, from: number): Promise<string> => {
  const { size } = await log.stat()
  const buffer = Buffer.alloc(Math.min(Math.max(size - from, 0), 16_384))
  await log.read(buffer, 0, buffer.length, size - buffer.length)
  return buffer.toString('utf8')
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
