// DATA/database.json: which database this data directory belongs to, and the passwords we made for it. Mode 0600. Keeps store-4.
import { open, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '#kernel'
import { codeOf } from './failure.ts'

export interface Login {
  readonly user: string
  readonly password: string
}

export type DatabaseRecord =
  | {
      readonly format: 1
      readonly kind: 'embedded'
      /** Folder of the cluster's files. */
      readonly cluster: string
      /** Folder of the socket. */
      readonly sockets: string
      readonly owner: Login
      readonly app?: Login
    }
  | { readonly format: 1; readonly kind: 'external'; readonly app: Login }

/** The record of a data directory; undefined where there is none yet. */
export const readRecord = async (data: string): Promise<DatabaseRecord | undefined> => {
  let text: string
  try {
    text = await readFile(join(data, 'database.json'), 'utf8')
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(cause))) return undefined
    throw new Fault('config-invalid', { name: 'database.json', what: 'cannot be read' }, { cause })
  }
  const record = parse(text)
  if (!record) throw new Fault('config-invalid', { name: 'database.json', what: 'is not a record of a database' })
  return record
}

/** Writes the record so that a crash leaves the old or the new one, never half of one. */
export const writeRecord = async (data: string, record: DatabaseRecord): Promise<void> => {
  const path = join(data, 'database.json')
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.chmod(0o600)
    // Written by root into somebody's data directory: it stays theirs.
    const { uid, gid } = await stat(data)
    if (process.getuid?.() === 0 && uid !== 0) await file.chown(uid, gid)
    await file.writeFile(`${JSON.stringify(record, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}

const parse = (text: string): DatabaseRecord | undefined => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(value) || value.format !== 1) return undefined
  const app = login(value.app)
  if (value.kind === 'external') return app && { format: 1, kind: 'external', app }
  const owner = login(value.owner)
  const { cluster, sockets } = value
  if (value.kind !== 'embedded' || !owner || typeof cluster !== 'string' || typeof sockets !== 'string')
    return undefined
  return { format: 1, kind: 'embedded', cluster, sockets, owner, ...(app ? { app } : {}) }
}

const login = (value: unknown): Login | undefined => {
  if (!isObject(value)) return undefined
  const { user, password } = value
  return typeof user === 'string' && typeof password === 'string' ? { user, password } : undefined
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
