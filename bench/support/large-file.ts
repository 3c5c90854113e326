// A large file up to a server of its own process and down again, over HTTPS, and the memory that process took meanwhile as Linux counts it.
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request, type RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

export interface LargeFile {
  /** MiB per second. */
  readonly up: number
  readonly down: number
  /** Resident set in MiB before the first byte, and the most it was; null where the system does not tell. */
  readonly before: number | null
  readonly most: number | null
  /** The most of it that is the process's own: without the binary and the libraries, mapped from disk and shared with every process of it. */
  readonly own: number | null
}

const mebi = 1024 * 1024

export const largeFile = async (mebis: number): Promise<LargeFile> => {
  const folder = await mkdtemp(join(tmpdir(), 'hf-bench-'))
  // The embedded server runs under an account of its own when root starts it, and must get through.
  await chmod(folder, 0o711)
  const password = randomBytes(18).toString('base64url')
  const maker = holdfast(folder, {}, 'init', '--admin-email', 'bench@example.com', '--password-stdin')
  maker.stdin.end(`${password}\n`)
  maker.stdout.resume()
  const [made] = (await once(maker, 'exit')) as [number | null]
  if (made !== 0) throw new Error('the house was not set up')
  const child = holdfast(folder, { HOLDFAST_ATTACHMENT_MIB: String(2 * mebis) }, 'start', '--port', '0')
  try {
    const client = clientOf(await addressOf(child), readFileSync(join(folder, 'keys/tls/authority.crt')))
    const session = await client.json('POST', '/api/session', { email: 'bench@example.com', password })
    client.csrf = String(session['csrf'])
    const contact = await client.json('POST', '/api/contacts', { values: { name: 'Bench' } })
    const files = `/api/contacts/${String(contact['id'])}/attachments`
    const memory = watch(child)
    let started = performance.now()
    const file = await client.upload(files, mebis)
    const up = (mebis / (performance.now() - started)) * 1000
    started = performance.now()
    const bytes = await client.length(`${files}/${String(file['id'])}/content`)
    const down = (mebis / (performance.now() - started)) * 1000
    if (bytes !== mebis * mebi) throw new Error('the file came back in another length')
    return { up, down, ...memory() }
  } finally {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
    await rm(folder, { recursive: true, force: true })
  }
}

const launcher = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url))

/** The product as it is started, with the settings it gives itself. */
const holdfast = (folder: string, env: NodeJS.ProcessEnv, ...args: readonly string[]): Child =>
  spawn(
    process.execPath,
    [launcher, ...args, '--json', '--data', join(folder, 'data'), '--keys', join(folder, 'keys')],
    {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, ...env },
    },
  )

type Child = ChildProcessByStdio<Writable, Readable, null>

/** Where it listens: its first line says so, or it ends. */
const addressOf = async (child: Child): Promise<string> => {
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, url } = JSON.parse(line) as { readonly event?: string; readonly url?: string }
    if (event === 'ready' && url !== undefined) return url
  }
  throw new Error('the server did not start')
}

/** From now on; the answer says what it was now and at most. */
const watch = (child: ChildProcess): (() => Pick<LargeFile, 'before' | 'most' | 'own'>) => {
  const folder = `/proc/${String(child.pid)}`
  if (!existsSync(`${folder}/clear_refs`)) return () => ({ before: null, most: null, own: null })
  const read = (field: string): number =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`${folder}/status`, 'utf8'))?.[1]) / 1024
  // proc(5): 5 sets the peak back to what is resident.
  writeFileSync(`${folder}/clear_refs`, '5')
  const before = read('VmRSS')
  // The kernel keeps no peak of this part: looked at a hundred times a second.
  let own = 0
  const looks = setInterval(() => (own = Math.max(own, read('RssAnon'))), 10)
  return () => {
    clearInterval(looks)
    return { before, most: read('VmHWM'), own }
  }
}

interface Client {
  csrf: string
  json(method: string, path: string, body: unknown): Promise<Record<string, unknown>>
  upload(path: string, mebis: number): Promise<Record<string, unknown>>
  length(path: string): Promise<number>
}

const clientOf = (url: string, ca: Buffer): Client => {
  let cookie = ''
  const client: Client = {
    csrf: '',
    json: async (method, path, body) => {
      const headers = { 'content-type': 'application/json' }
      return read(await ask(method, path, headers, (asked) => asked.end(JSON.stringify(body))))
    },
    upload: async (path, mebis) => {
      const boundary = 'bench-boundary'
      const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="large.bin"\r\ncontent-type: application/octet-stream\r\n\r\n`
      const block = randomBytes(mebi)
      const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }
      const answer = ask('POST', path, headers, (asked) => {
        const send = async (): Promise<void> => {
          asked.write(head)
          for (let i = 0; i < mebis; i++) if (!asked.write(block)) await once(asked, 'drain')
          asked.end(`\r\n--${boundary}--\r\n`)
        }
        send().catch((error: unknown) => asked.destroy(error instanceof Error ? error : undefined))
      })
      return read(await answer)
    },
    length: async (path) => {
      let bytes = 0
      for await (const part of await ask('GET', path, {}, (asked) => asked.end())) bytes += (part as Buffer).length
      return bytes
    },
  }
  return client

  function ask(
    method: string,
    path: string,
    headers: Record<string, string>,
    send: (asked: ReturnType<typeof request>) => unknown,
  ): Promise<IncomingMessage> {
    const own = { ...headers, cookie, ...(client.csrf === '' ? {} : { 'x-holdfast-csrf': client.csrf }) }
    const options: RequestOptions = { method, ca, headers: own }
    return new Promise((resolve, reject) => {
      const asked = request(url + path, options, (answer) => {
        const given = answer.headers['set-cookie']
        if (given) cookie = given.map((one) => one.split(';')[0]).join('; ')
        resolve(answer)
      })
      asked.on('error', reject)
      send(asked)
    })
  }
}

const read = async (answer: IncomingMessage): Promise<Record<string, unknown>> => {
  let text = ''
  for await (const part of answer) text += String(part)
  if ((answer.statusCode ?? 500) >= 300) throw new Error(`answered ${String(answer.statusCode)}: ${text}`)
  return JSON.parse(text) as Record<string, unknown>
}
