// Takes a data directory with its embedded server away: the server is stopped, whoever left it running, and every file goes. Keeps store-150.
import { rm } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { findPostmaster, stopPostmaster } from './postmaster.ts'
import { readRecord } from './record.ts'

/** For a directory that nothing else uses, such as the place of a backup that somebody only looked at. */
export const discardEmbedded = async (data: string): Promise<void> => {
  const record = await readRecord(data).catch(() => undefined)
  const own = record?.kind === 'embedded' ? record : undefined
  const cluster = own === undefined ? join(data, 'postgres') : resolve(data, own.cluster)
  const running = await findPostmaster(cluster).catch(() => undefined)
  if (running) await stopPostmaster(cluster, running.pid)
  if (own !== undefined) await rm(own.sockets, { recursive: true, force: true })
  // Where the account of the database may not enter the directory its files lie in one of their own.
  if (own !== undefined && isAbsolute(own.cluster)) await rm(dirname(cluster), { recursive: true, force: true })
  await rm(data, { recursive: true, force: true })
}
