// Calls to the server: JSON in and out, the CSRF header on every change, problems as ProblemError, a lost session told once.
import type { Problem } from './contract.ts'
import { currentLanguage } from './text.ts'

let csrf = ''
let lost: () => void = () => undefined
let confirmed: () => Promise<boolean> = () => Promise.resolve(false)
let enrolling: () => void = () => undefined
let asking: Promise<boolean> | undefined

/** The value every change has to carry; from Me. */
export const carryCsrf = (value: string): void => {
  csrf = value
}

/** What to do when the server no longer knows the session. */
export const onSessionLost = (act: () => void): void => {
  lost = act
}

/** What to do when the role needs a second factor from now on. */
export const onFactorNeeded = (act: () => void): void => {
  enrolling = act
}

/** How the person proves once more to be there, when something dangerous asks for it. */
export const onConfirmNeeded = (act: () => Promise<boolean>): void => {
  confirmed = act
}

/** Asks once for several requests that need it at the same time. */
const confirm = (): Promise<boolean> =>
  (asking ??= confirmed().finally(() => {
    asking = undefined
  }))

export class ProblemError extends Error {
  readonly code: string
  readonly status: number
  readonly field: string | undefined
  constructor(problem: Partial<Problem>, status: number) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`)
    this.name = 'ProblemError'
    this.code = problem.code ?? 'internal'
    this.status = status
    this.field = problem.field
  }
}

export const isProblem = (error: unknown, code?: string): error is ProblemError =>
  error instanceof ProblemError && (code === undefined || error.code === code)

export const get = async <Answer>(path: string): Promise<Answer> => ask<Answer>('GET', path)
export const post = async <Answer = null>(path: string, body: unknown = {}): Promise<Answer> =>
  ask<Answer>('POST', path, body)
export const put = async <Answer = null>(path: string, body: unknown): Promise<Answer> => ask<Answer>('PUT', path, body)
export const patch = async <Answer = null>(path: string, body: unknown): Promise<Answer> =>
  ask<Answer>('PATCH', path, body)
export const remove = async (path: string, body?: unknown): Promise<void> => {
  await ask<null>('DELETE', path, body)
}

/** Sends a form with a file. */
export const send = async <Answer>(path: string, form: FormData): Promise<Answer> => {
  return await read<Answer>(
    await sent(() => fetch(path, { method: 'POST', body: form, headers: headers(), credentials: 'same-origin' })),
  )
}

/** Sends a form with a file that may be large, telling how far it is (0 … 1). */
export const upload = <Answer>(
  path: string,
  form: FormData,
  signal: AbortSignal,
  tell: (done: number) => void,
): Promise<Answer> =>
  // fetch cannot tell how much of a body has left.
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value)
    request.upload.onprogress = (event) => tell(event.lengthComputable ? event.loaded / event.total : 0)
    request.onload = () => {
      read<Answer>(new Response(request.status === 204 ? null : request.responseText, { status: request.status })).then(
        resolve,
        reject,
      )
    }
    request.onerror = () => reject(new TypeError('unreachable'))
    request.onabort = () => reject(new DOMException('stopped', 'AbortError'))
    signal.addEventListener('abort', () => request.abort())
    request.send(form)
  })

/** Asks for a file and hands it to the browser to keep. */
export const download = async (path: string, name: string, body?: unknown): Promise<void> => {
  const answer = await sent(() =>
    fetch(path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...headers(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      credentials: 'same-origin',
    }),
  )
  if (!answer.ok) throw await problemOf(answer)
  keep(await answer.blob(), nameOf(answer) ?? name)
}

/** Offers bytes as a file. */
export const keep = (blob: Blob, name: string): void => {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

const ask = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> => {
  const answer = await sent(() =>
    fetch(path, {
      method,
      headers: { ...headers(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      credentials: 'same-origin',
    }),
  )
  return await read<Answer>(answer)
}

/** Sends, and sends once more after the person has confirmed to be there, where that was asked for. */
const sent = async (send: () => Promise<Response>): Promise<Response> => {
  const answer = await send()
  if (answer.status !== 403) return answer
  const { code } = parsed(await answer.clone().text())
  if (code !== 'confirm-needed' && code !== 'second-factor-needed') return answer
  if (code === 'second-factor-needed') {
    enrolling()
    return answer
  }
  return (await confirm()) ? send() : answer
}

// The shape of an answer is the contract's, and the server sends nothing its schema does not name.
const read = async <Answer>(answer: Response): Promise<Answer> => {
  if (!answer.ok) throw await problemOf(answer)
  const text = await answer.text()
  return (text === '' ? null : JSON.parse(text)) as Answer
}

const headers = (): Record<string, string> => ({
  accept: 'application/json',
  'accept-language': currentLanguage(),
  ...(csrf === '' ? {} : { 'x-holdfast-csrf': csrf }),
})

const problemOf = async (answer: Response): Promise<ProblemError> => {
  const text = await answer.text()
  const problem = new ProblemError(parsed(text), answer.status)
  if (problem.code === 'not-signed-in') lost()
  return problem
}

const parsed = (text: string): Partial<Problem> => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

const nameOf = (answer: Response): string | null => {
  const header = answer.headers.get('content-disposition') ?? ''
  const utf8 = /filename\*=UTF-8''([^;]+)/i.exec(header)?.[1]
  return utf8 ? decodeURIComponent(utf8) : (/filename="([^"]+)"/i.exec(header)?.[1] ?? null)
}
