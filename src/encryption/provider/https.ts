// Requests to a key service: TLS with names checked, a time limit, and patience with what passes. Keeps encryption-63: a refusal is never
// tried again, and no answer of a service is shown, since it may repeat what it was sent.
import { type IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { Fault } from '#kernel'

export interface Ask {
  readonly method: 'POST' | 'GET'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Answer {
  readonly status: number
  /** The JSON object of the body; empty where it is none. */
  readonly json: Readonly<Record<string, unknown>>
}

export interface Patience {
  /** For names in errors. */
  readonly provider: string
  /** PEM of the authorities that are believed instead of those of the system. */
  readonly ca?: string
  /** Milliseconds one attempt may take; default 5,000. */
  readonly timeoutMs?: number
  /** Attempts after the first; default 3. */
  readonly retries?: number
  /** First pause in milliseconds, doubled each time up to 2,000; default 100. */
  readonly pauseMs?: number
}

const longestPauseMs = 2_000
const longestAnswer = 64 * 1024

/**
 * Asks until there is an answer that means something. ask is made anew for each attempt, since signatures carry the time. passing: whether
 * an answer is worth another attempt (besides 429 and 5xx). Throws provider-away where none came.
 */
export const askPatiently = async (
  ask: () => Promise<Ask> | Ask,
  patience: Patience,
  passing: (answer: Answer) => boolean = () => false,
): Promise<Answer> => {
  const { provider, retries = 3, pauseMs = 100 } = patience
  let cause: unknown
  for (let attempt = 0; attempt <= retries; attempt++) {
    // Full jitter, so that servers that lost the service together do not come back to it together.
    if (attempt > 0) await wait(Math.random() * Math.min(longestPauseMs, pauseMs * 2 ** (attempt - 1)))
    try {
      const answer = await askOnce(await ask(), patience)
      if (answer.status !== 429 && answer.status < 500 && !passing(answer)) return answer
      cause = new Error(`status ${answer.status}`)
    } catch (error) {
      if (error instanceof Fault) throw error
      if (isOurs(error))
        throw new Fault('provider-refused', { provider, what: 'its certificate is not trusted' }, { cause: error })
      cause = error
    }
  }
  throw new Fault('provider-away', { provider }, { cause })
}

const askOnce = (ask: Ask, { ca, timeoutMs = 5_000 }: Patience): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { method, url, headers, body } = ask
    const sent = request(url, {
      method,
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      minVersion: 'TLSv1.2',
      signal: AbortSignal.timeout(timeoutMs),
      ...(ca === undefined ? {} : { ca }),
    })
    sent.on('error', reject)
    sent.on('response', (response) => {
      bodyOf(response).then((text) => resolve({ status: response.statusCode ?? 0, json: objectOf(text) }), reject)
    })
    sent.end(body)
  })

const bodyOf = async (response: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response) {
    size += (part as Buffer).length
    if (size > longestAnswer) throw new RangeError('the answer is too long')
    parts.push(part as Buffer)
  }
  return Buffer.concat(parts).toString('utf8')
}

const objectOf = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

// A certificate that is not trusted will not be trusted at the next attempt either.
const isOurs = (error: unknown): boolean => {
  const code = (error as { readonly code?: unknown } | null)?.code
  return typeof code === 'string' && /CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO_VERIFY|ALTNAME/.test(code)
}
