// A root key in a PKCS #11 token (a smart card, an HSM, SoftHSM): an AES-256 key that never leaves it encrypts ours. The module runs in a
// process of its own (pkcs11-host.ts). Keeps encryption-66.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { Fault } from '#kernel'
import { outerProvider } from './outer.ts'
import type { Refusal } from './pkcs11-abi.ts'
import type { RootProvider } from './root.ts'

export interface TokenSettings {
  /** Path of the module, a shared library. */
  readonly module: string
  /** Label of the token. */
  readonly token: string
  /** Label of the AES key in it. */
  readonly key: string
  /** Asked when a session is opened; never put into arguments or the environment of the other process. */
  readonly pin: () => Promise<string>
  /** Milliseconds one operation may take; default 10,000. */
  readonly timeoutMs?: number
}

/** The provider over a key of a token. */
export const tokenProvider = (settings: TokenSettings): RootProvider => {
  const { token, key } = settings
  const state: { host: Host | undefined; opening: Promise<Host> | undefined; closed: boolean } = {
    host: undefined,
    opening: undefined,
    closed: false,
  }
  const session = async (): Promise<Host> => {
    if (state.closed) throw new Fault('keystore-locked')
    if (state.host?.alive === true) return state.host
    state.opening ??= openHost(settings, false).finally(() => (state.opening = undefined))
    state.host = await state.opening
    return state.host
  }
  const call = async (op: 'encrypt' | 'decrypt', data: Uint8Array, context: string): Promise<Uint8Array> => {
    const request = { op, data: base64(data), aad: base64(Buffer.from(context)) }
    for (let attempt = 0; ; attempt++) {
      const host = await session()
      const answer = await host.ask(request)
      if (answer.refused === undefined) return Buffer.from(answer.data ?? '', 'base64')
      // A token that was pulled out and put back has forgotten its sessions: one new session is tried.
      host.end()
      if (attempt > 0 || (answer.refused !== 'session' && answer.refused !== 'token'))
        throw faultOf(answer.refused, settings)
    }
  }
  return outerProvider({
    kind: 'pkcs11',
    identity: `${token}/${key}`,
    encrypt: (plain, context) => call('encrypt', plain, context),
    decrypt: (sealed, context) => call('decrypt', sealed, context),
    close: () => {
      state.closed = true
      state.host?.end()
    },
  })
}

/** Makes the AES key of that label in the token where there is none: sensitive, never to be taken out. */
export const createTokenKey = async (settings: TokenSettings): Promise<void> => {
  ;(await openHost(settings, true)).end()
}

interface Reply {
  readonly data?: string
  readonly refused?: Refusal | 'module'
}

interface Host {
  readonly alive: boolean
  ask(request: unknown): Promise<Reply>
  end(): void
}

const openHost = async (settings: TokenSettings, create: boolean): Promise<Host> => {
  const { module, token, key, pin } = settings
  const secret = await pin()
  const host = startHost(settings)
  const { refused } = await host.ask({ op: 'open', module, place: { token, key, pin: secret }, create })
  if (refused === undefined) return host
  host.end()
  throw faultOf(refused, settings)
}

/** Nothing of ours is in its environment but what modules need: their own settings, not our secrets. */
const withoutSecrets = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(HOLDFAST|AWS|VAULT|ALIBABA)_|^NODE_(OPTIONS|TEST_CONTEXT)$|PASSWORD|SECRET|TOKEN$/.test(name),
    ),
  )

const startHost = ({ timeoutMs = 10_000 }: TokenSettings): Host => {
  const path = fileURLToPath(new URL('./pkcs11-host.ts', import.meta.url))
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(
    process.execPath,
    ['--experimental-ffi', '--disable-warning=ExperimentalWarning', path],
    { stdio: ['pipe', 'pipe', 'ignore'], env: withoutSecrets() },
  )
  const held: { waiting: Buffer; asked: ((reply: Reply) => void)[]; alive: boolean } = {
    waiting: Buffer.alloc(0),
    asked: [],
    alive: true,
  }
  const end = (): void => {
    held.alive = false
    child.kill('SIGKILL')
    for (const tell of held.asked.splice(0)) tell({ refused: 'module' })
  }
  child.on('error', end)
  child.on('exit', end)
  child.stdin.on('error', () => undefined)
  child.stdout.on('data', (part: Buffer) => {
    held.waiting = Buffer.concat([held.waiting, part])
    while (held.waiting.length >= 4 && held.waiting.length >= 4 + held.waiting.readUInt32BE()) {
      const size = 4 + held.waiting.readUInt32BE()
      held.asked.shift()?.(JSON.parse(held.waiting.toString('utf8', 4, size)) as Reply)
      held.waiting = held.waiting.subarray(size)
    }
  })
  // The server may end although the token is at rest; only an open question keeps it.
  child.unref()
  for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref?(): void }).unref?.()
  return {
    get alive() {
      return held.alive
    },
    ask: (request) =>
      new Promise((resolve) => {
        const timer = setTimeout(end, timeoutMs)
        held.asked.push((reply) => {
          clearTimeout(timer)
          resolve(reply)
        })
        if (!held.alive) return end()
        const body = Buffer.from(JSON.stringify(request))
        const head = Buffer.alloc(4)
        head.writeUInt32BE(body.length)
        child.stdin.write(Buffer.concat([head, body]))
      }),
    end,
  }
}

const faultOf = (refused: Refusal | 'module', { token, key }: TokenSettings): Fault => {
  if (refused === 'pin-wrong') return new Fault('token-pin-wrong', { token })
  if (refused === 'pin-locked') return new Fault('token-pin-locked', { token })
  if (refused === 'sealed') return new Fault('cell-does-not-open')
  if (refused === 'token') return new Fault('token-missing', { token, key })
  return new Fault('provider-away', { provider: 'pkcs11' })
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
