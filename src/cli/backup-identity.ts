// The identity file that verbs of backups are given.
import { readFile } from 'node:fs/promises'
import { Fault } from '#kernel'

/** Its text. Throws file-unreadable. */
export const readIdentity = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Fault('file-unreadable', { what: 'the identity file does not exist or may not be read' }, { cause })
  })
