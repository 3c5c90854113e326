// For tests: a throw-away server out of the PostgreSQL that the machine has installed (Debian's place), beside the packaged one.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, globSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from './index.ts'

export interface InstalledServer {
  /** URL of a superuser. */
  readonly url: string
  stop(): Promise<void>
}

/** Starts one on a socket of its own; undefined where none is installed. */
export const installedPostgres = async (): Promise<InstalledServer | undefined> => {
  const bin = globSync('/usr/lib/postgresql/*/bin')
    .filter((path) => existsSync(join(path, 'initdb')))
    .sort((a, b) => Number(a.split('/')[4]) - Number(b.split('/')[4]))
    .at(-1)
  if (bin === undefined) return undefined
  const folder = temporaryFolder()
  const root = process.getuid?.() === 0
  // PostgreSQL refuses root: nobody (65534) stands in.
  const as = root ? { uid: 65_534, gid: 65_534 } : {}
  if (root) chownSync(folder, 65_534, 65_534)
  chmodSync(folder, 0o700)
  const data = join(folder, 'data')
  const init = ['-D', data, '-U', 'owner', '--auth=trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']
  execFileSync(join(bin, 'initdb'), init, { stdio: 'ignore', cwd: folder, ...as })
  const settings = ['listen_addresses=', `unix_socket_directories=${folder}`, 'fsync=off'].flatMap((one) => ['-c', one])
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...settings], { stdio: 'ignore', cwd: folder, ...as })
  const stop = (): Promise<void> => end(server, folder)
  for (let i = 0; spawnSync(join(bin, 'pg_isready'), ['-h', folder]).status !== 0; i++) {
    if (i > 150) {
      await stop()
      throw new Error('the installed PostgreSQL does not start')
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return { url: `postgresql://owner@/postgres?host=${encodeURIComponent(folder)}`, stop }
}

const end = async (server: ChildProcess, folder: string): Promise<void> => {
  if (server.exitCode === null && server.signalCode === null) {
    const ended = once(server, 'exit')
    server.kill('SIGQUIT')
    await ended
  }
  await rm(folder, { recursive: true, force: true })
}
