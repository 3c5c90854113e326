// One event on its way: signed as Standard Webhooks says, to an address that was looked at, without following it elsewhere or reading
// what it answers. Keeps server-256, server-257.
import { readFile } from 'node:fs/promises'
import { type ClientRequest, request as plainRequest } from 'node:http'
import { request } from 'node:https'
import { rootCertificates } from 'node:tls'
import { Fault, utf8 } from '#kernel'
import { hmacSha256 } from '#encryption'
import type { Config } from './config.ts'
import { allowedOf, pinned, reachable, type Resolve, webhookUrl } from './webhook-target.ts'

export interface Outgoing {
  readonly id: string
  readonly url: string
  readonly keys: readonly Uint8Array[]
  readonly body: string
  readonly now: Date
}

/** What became of a try: the status of the answer, or a code without anybody's address in it. */
export interface Tried {
  readonly ok: boolean
  readonly status: number | null
  readonly error: string | null
}

const longestMs = 10_000

/** Sends once; never throws. */
export const sendEvent = async (
  config: Pick<Config, 'webhookAllow' | 'webhookCa'>,
  outgoing: Outgoing,
  resolve?: Resolve,
): Promise<Tried> => {
  try {
    const status = await within(longestMs, (signal) => ask(config, outgoing, signal, resolve))
    return { ok: status >= 200 && status < 300, status, error: null }
  } catch (error) {
    return { ok: false, status: null, error: codeOf(error) }
  }
}

const ask = async (
  config: Pick<Config, 'webhookAllow' | 'webhookCa'>,
  outgoing: Outgoing,
  signal: AbortSignal,
  resolve?: Resolve,
): Promise<number> => {
  const allowed = allowedOf(config.webhookAllow)
  const url = webhookUrl(outgoing.url, allowed)
  const addresses = await reachable(url, allowed, resolve)
  const ca =
    config.webhookCa === undefined ? undefined : [...rootCertificates, await readFile(config.webhookCa, 'utf8')]
  signal.throwIfAborted()
  const options = {
    method: 'POST',
    // A connection of its own: one kept open was looked at by the address of before.
    agent: false as const,
    lookup: pinned(addresses),
    signal,
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(outgoing.body),
      'user-agent': 'Holdfast-Webhooks',
      ...signed(outgoing),
    },
  }
  return new Promise((done, fail) => {
    const asked: ClientRequest =
      url.protocol === 'http:'
        ? plainRequest(url, options)
        : request(url, { ...options, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) })
    asked.on('response', (response) => {
      // The status alone counts: where the answer points and what it says is left unread.
      response.on('error', () => undefined)
      response.destroy()
      done(response.statusCode ?? 0)
    })
    asked.on('error', fail)
    asked.end(outgoing.body)
  })
}

/** The three headers of Standard Webhooks: one signature for each secret in force. */
export const signed = ({ id, keys, body, now }: Pick<Outgoing, 'id' | 'keys' | 'body' | 'now'>) => {
  const timestamp = String(Math.floor(now.getTime() / 1000))
  const text = utf8(`${id}.${timestamp}.${body}`)
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': keys.map((key) => `v1,${Buffer.from(hmacSha256(key, text)).toString('base64')}`).join(' '),
  }
}

/** The look-up of a name counts in the time as well. */
const within = async <T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const signal = AbortSignal.timeout(ms)
  const late = new Promise<never>((_done, fail) => {
    signal.addEventListener('abort', () => {
      fail(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }))
    })
  })
  return Promise.race([work(signal), late])
}

const codeOf = (error: unknown): string => {
  if (error instanceof Fault) return 'EADDRESSREFUSED'
  const { code, name } = error as { code?: unknown; name?: unknown }
  if (name === 'AbortError' || name === 'TimeoutError') return 'ETIMEDOUT'
  return typeof code === 'string' && /^\w{1,60}$/u.test(code) ? code : 'EUNKNOWN'
}
