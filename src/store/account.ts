// The system account PostgreSQL runs under, since it refuses root: root lends it an account of its own. Keeps store-2.
import { readFile, realpath, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { Fault, say } from '#kernel'

export interface Account {
  readonly uid: number
  readonly gid: number
  readonly name: string
  /** Whether we are root and PostgreSQL runs as somebody else. */
  readonly lent: boolean
}

/** Our own account; when we are root: `holdfast` where the machine has one, else `nobody`. */
export const account = async (): Promise<Account> => {
  const uid = process.getuid?.() ?? 0
  if (uid !== 0) {
    demandName(uid)
    return { uid, gid: process.getgid?.() ?? 0, name: 'self', lent: false }
  }
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '')
  for (const name of ['holdfast', 'nobody']) {
    const [, , user, group] =
      users
        .split('\n')
        .find((line) => line.startsWith(`${name}:`))
        ?.split(':') ?? []
    if (user !== undefined && group !== undefined && user !== '0')
      return { uid: Number(user), gid: Number(group), name, lent: true }
  }
  return { uid: 65534, gid: 65534, name: 'nobody', lent: true }
}

// PostgreSQL asks the system for the name of its account and gives up where there is none, as in a container run under a bare number.
const demandName = (uid: number): void => {
  try {
    userInfo()
  } catch (cause) {
    throw new Fault(
      'database-unreachable',
      {
        what: say('PostgreSQL needs an account with a name, and the system knows none for {uid}', { uid: String(uid) }),
      },
      { cause },
    )
  }
}

/** The first folder on the way to a path that the account may not enter; undefined when it may reach the path. */
export const barrier = async (path: string, who: Account): Promise<string | undefined> => {
  if (!who.lent) return undefined
  const way: string[] = []
  for (let at = await realpath(path); ; at = dirname(at)) {
    way.unshift(at)
    if (at === dirname(at)) break
  }
  for (const folder of way) {
    const { mode, uid, gid } = await stat(folder)
    const search = uid === who.uid ? 0o100 : gid === who.gid ? 0o010 : 0o001
    if ((mode & search) === 0) return folder
  }
  return undefined
}
