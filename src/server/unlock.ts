// A start that waits for the holders of custody shares: each gives theirs over a socket in the key directory, at their own time, and the
// start goes on when there are enough. Shares are held in memory until then and nowhere else. Keeps server-32.
import { chmod, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { checkShares, keystoreHomes, shareTexts } from '#encryption'
import { type Details, Fault, type FaultCode, isFault, sizeOf } from '#kernel'
import type { Config } from './config.ts'

/** What a giver of shares is told. */
export interface Unlocking {
  readonly needed: number
  readonly good: number
}

/** The configuration with shares in it: those given, or those that come while it waits; unchanged where the keys need none. */
export const withShares = async (
  config: Config,
  waiting: (state: Unlocking) => void,
  signal?: AbortSignal,
): Promise<Config> => {
  if (config.shares !== undefined || !(await needsShares(config.keys))) return config
  const texts = await gather(config.keys, waiting, signal)
  return { ...config, shares: texts.join('\n\n') }
}

/** Gives shares to a start that waits. Throws shares-missing's kin for a bad share; not-found where nothing waits. */
export const giveShares = (keys: string, texts: readonly string[]): Promise<Unlocking> =>
  new Promise((resolve, reject) => {
    const socket = connect(socketPath(keys))
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('error', (cause) => reject(new Fault('not-found', { what: 'start that waits for shares' }, { cause })))
    socket.on('data', (part: string) => (answer += part))
    socket.on('end', () => {
      const said = JSON.parse(answer === '' ? '{}' : answer) as Partial<Unlocking> & {
        readonly code?: FaultCode
        readonly details?: Details
      }
      if (said.code !== undefined) reject(Fault.again(said.code, said.details ?? {}))
      else resolve({ needed: said.needed ?? 0, good: said.good ?? 0 })
    })
    socket.end(texts.join('\n\n'))
  })

const needsShares = async (keys: string): Promise<boolean> => {
  const homes = await keystoreHomes(keys).catch((error: unknown) => {
    if (isFault(error, 'keystore-missing')) return []
    throw error
  })
  return homes.some(({ protection }) => protection === 'shares')
}

const mostBytes = 64 * 1024

const gather = async (
  keys: string,
  waiting: (state: Unlocking) => void,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> => {
  const path = socketPath(keys)
  if (Buffer.byteLength(path) > 100)
    throw new Fault('config-invalid', {
      name: 'keys',
      what: 'its path is too long to wait for shares there; give them with --shares',
    })
  await rm(path, { force: true })
  let held: readonly string[] = []
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
  // One giver at a time, so that two who come at once are both counted.
  let turn: Promise<void> = Promise.resolve()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    turn = turn.then(() => take(socket)).catch(() => undefined)
  })
  const take = async (socket: Socket): Promise<void> => {
    try {
      const text = await textOf(socket)
      const given = shareTexts(text)
      // What has no block in it is still a share given: it is named as not being one.
      const together = [...held, ...(given.length > 0 ? given : [text])]
      const state = await checkShares(keys, together)
      held = together
      socket.end(JSON.stringify(state))
      waiting(state)
      if (state.good >= state.needed) resolve(held)
    } catch (error) {
      const { code, details } = error instanceof Fault ? error : new Fault('internal', { id: 'unlock' })
      socket.end(JSON.stringify({ code, details }))
    }
  }
  server.on('error', reject)
  signal?.addEventListener('abort', () => reject(new Fault('shares-missing', { needed: 0, good: held.length })))
  server.listen(path, () => {
    chmod(path, 0o600)
      .then(() => checkShares(keys, []))
      .then(waiting, reject)
  })
  try {
    return await promise
  } finally {
    server.close()
    await rm(path, { force: true })
  }
}

const textOf = async (socket: Socket): Promise<string> => {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of socket.iterator({ destroyOnReturn: false })) {
    size += (part as Buffer).length
    if (size > mostBytes) throw new Fault('too-large', { what: 'a share', limit: sizeOf(mostBytes) })
    parts.push(part as Buffer)
  }
  return Buffer.concat(parts).toString('utf8')
}

const socketPath = (keys: string): string => join(keys, 'unlock.sock')
