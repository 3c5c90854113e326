// For tests of restores: a house that is set up and backed up, and the places where it comes back as another beside it.
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type House, openHouse, readConfig } from '#server'
import type { Actor, Uuid } from '#kernel'
import { temporaryFolder } from '#testing'
import { testPassword } from './server.ts'

export interface Origin {
  readonly folder: string
  readonly keys: string
  readonly email: string
  readonly userId: Uuid
  /** The first house, open. */
  readonly first: House
  /** Of a house beside it, with the same keys and backups. */
  readonly config: (name: string) => ReturnType<typeof readConfig>
  /** Its owner, as one who acts from the command line. */
  readonly ownerOf: (house: House) => Promise<Actor>
  /** What opens its backups. */
  readonly identity: () => Promise<string>
  readonly remove: () => Promise<void>
}

/** Sets the first house up; its owner signs in with `testPassword`. */
export const openOrigin = async (): Promise<Origin> => {
  const folder = temporaryFolder()
  const keys = join(folder, 'keys')
  const config = (name: string): ReturnType<typeof readConfig> =>
    readConfig(
      {
        data: join(folder, name),
        keys,
        repository: join(folder, 'backups'),
        port: 0,
        // Mail servers of tests have certificates of our own authority.
        mailCa: join(keys, 'tls', 'authority.crt'),
      },
      {},
      folder,
    )
  const email = 'owner@example.org'
  const first = await openHouse(config('first'), { create: true })
  const person = { name: '林岚', email, role: 'administrator', teamId: null, language: 'zh' } as const
  const { userId } = await first.setUp({ ...person, password: testPassword, organisation: '示例公司' })
  return {
    folder,
    keys,
    email,
    userId,
    first,
    config,
    ownerOf: (house) => house.actorOf(userId, { channel: 'cli', ip: '', mfa: true }),
    identity: () => readFile(join(keys, 'backup.identity'), 'utf8'),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
