// The files of the embedded cluster: where they may lie, made once by initdb, complete or not there at all. Keeps store-1, store-2.
import { createHash, randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Fault, type Label, say, verbatim } from '#kernel'
import { type Account, barrier } from './account.ts'
import type { Login } from './record.ts'
import { major, shared } from './runtime.ts'

/** Says where the database's files of a new data directory go: inside it, or where the lent account can reach them. */
export const place = async (data: string, who: Account, log: (line: string) => void): Promise<string> => {
  if (!who.lent) return data
  // The data directory is ours: others may pass through it, its files keep their own modes.
  const { mode } = await stat(data)
  if ((mode & 0o001) === 0) await chmod(data, (mode & 0o777) | 0o001)
  const closed = await barrier(data, who)
  if (closed === undefined) return data
  const stem = createHash('sha256').update(data).digest('hex').slice(0, 12)
  const root = shared
  try {
    await mkdir(root, { recursive: true, mode: 0o711 })
    const left = (await readdir(root)).filter((name) => name.startsWith(`${stem}-`))
    if (left.length > 0) log(`an earlier database of this data directory still lies in ${root}: ${left.join(', ')}`)
    const base = await mkdtemp(join(root, `${stem}-`))
    await chmod(base, 0o711)
    await writeFile(join(base, 'belongs-to'), `${data}\n`)
    log(`the account ${who.name} may not enter ${closed}; the database's files lie in ${base}`)
    return base
  } catch (cause) {
    throw closedTo(closed, who, cause)
  }
}

/** The Fault for a folder PostgreSQL's account may not enter. */
export const closedTo = (folder: string, who: Account, cause?: unknown): Fault =>
  new Fault(
    'config-invalid',
    {
      name: 'data',
      what: say(
        'the account {account}, under which PostgreSQL runs, may not enter {folder}; choose another data directory',
        { account: who.name, folder },
      ),
    },
    { cause },
  )

/** Makes the cluster. A crash in between leaves only a folder that the next start removes. */
export const createCluster = async (
  programs: string,
  cluster: string,
  who: Account,
  owner: Login,
  sync: boolean,
): Promise<void> => {
  await removeLeft(cluster)
  const fresh = await mkdtemp(`${cluster}.new-`)
  const files = join(fresh, 'files')
  const secret = join(fresh, 'secret')
  await writeFile(secret, `${owner.password}\n`, { mode: 0o600 })
  if (who.lent) for (const path of [fresh, secret]) await chown(path, who.uid, who.gid)
  const options = ['-D', files, '-U', owner.user, `--pwfile=${secret}`, '--auth=scram-sha-256', '--encoding=UTF8']
  options.push(
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--data-checksums',
    '--no-instructions',
    ...(sync ? [] : ['--no-sync']),
  )
  try {
    await run(join(programs, 'bin', 'initdb'), options, who)
    await rename(files, cluster)
  } finally {
    await rm(fresh, { recursive: true, force: true }).catch(() => undefined)
  }
}

// What an initdb that was killed left behind. One that still runs may hold its folder; then the next start removes it.
const removeLeft = async (cluster: string): Promise<void> => {
  for (const name of await readdir(dirname(cluster)))
    if (name.startsWith(`${basename(cluster)}.new-`))
      await rm(join(dirname(cluster), name), { recursive: true, force: true }).catch(() => undefined)
}

/** Refuses a cluster of another major version, whose files this PostgreSQL cannot read. */
export const demandVersion = async (cluster: string): Promise<void> => {
  const found = (await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => '')).trim()
  if (found === '')
    throw new Fault('database-unreachable', { what: say('{path} holds no database', { path: cluster }) })
  if (Number(found) !== major)
    throw new Fault('data-newer', { found: `PostgreSQL ${found}`, known: `PostgreSQL ${String(major)}` })
}

/** Sets the owner's password in a cluster that is not running: for a data directory that lost its record. */
export const resetPassword = async (programs: string, cluster: string, who: Account, owner: Login): Promise<void> => {
  const statement = `alter role ${owner.user} password '${owner.password}'\n`
  await run(
    join(programs, 'bin', 'postgres'),
    ['--single', '-D', cluster, '-c', 'log_statement=none', 'postgres'],
    who,
    statement,
  )
}

/** A folder for the socket that only the account may enter, with a path short enough for a socket's address. */
export const socketFolder = async (known: string | undefined, cluster: string, who: Account): Promise<string> => {
  if (known !== undefined && (await ours(known, who))) return known
  const stem = `holdfast-${createHash('sha256').update(cluster).digest('hex').slice(0, 10)}-`
  for (const root of [tmpdir(), '/tmp']) {
    // unix(7): 108 bytes with the terminating NUL; "/.s.PGSQL.5432.lock" and six random letters are added.
    if (Buffer.byteLength(join(root, stem)) + 26 > 107 || (await barrier(root, who).catch(() => root)) !== undefined)
      continue
    const folder = await mkdtemp(join(root, stem))
    await chmod(folder, 0o700)
    if (who.lent) await chown(folder, who.uid, who.gid)
    return folder
  }
  throw new Fault('config-invalid', { name: 'TMPDIR', what: 'no folder short enough for a socket' })
}

const ours = async (folder: string, who: Account): Promise<boolean> => {
  const found = await lstat(folder).catch(() => undefined)
  if (found === undefined) {
    // Taken away by a clean-up of temporary files: the same name again, unless somebody else is faster.
    const made = await mkdir(folder, { mode: 0o700 }).then(
      () => true,
      () => false,
    )
    if (made && who.lent) await chown(folder, who.uid, who.gid)
    return made
  }
  return found.isDirectory() && found.uid === who.uid && (found.mode & 0o077) === 0
}

/** A password nobody will ever type. */
export const newPassword = (): string => randomBytes(24).toString('hex')

// Runs a program of the package to its end; what it says on failure becomes the Fault.
const run = async (program: string, options: readonly string[], who: Account, input = ''): Promise<void> => {
  const child = spawn(program, options, {
    cwd: '/',
    env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'pipe'],
    ...(who.lent ? { uid: who.uid, gid: who.gid } : {}),
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => (said = (said + part).slice(-4000)))
  child.stdin.on('error', () => undefined).end(input)
  const code = await new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (status, signal) => resolve(status ?? signal ?? 'unknown'))
  })
  if (code === 0) return
  if (said.includes('No space left on device')) throw new Fault('disk-full', { what: 'the database' })
  throw new Fault('database-unreachable', {
    what: complaint(said) ?? say('initdb ended with {code}', { code: String(code) }),
  })
}

/** The line in which PostgreSQL says why it gives up. */
export const complaint = (said: string): Label | undefined => {
  const line = said.split('\n').findLast((text) => /(?:FATAL|PANIC|error):/.test(text))
  return line === undefined ? undefined : verbatim(line.replace(/^.*?(?:FATAL|PANIC|error):\s*/, '').trim())
}
