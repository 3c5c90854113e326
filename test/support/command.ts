// The holdfast command as scripts use it: its output and exit code kept. `command` runs verbs one after another in one process beside the
// test, which loads the product once; `commandProcess` is a process of its own, as a shell starts it.
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { VerbAnswer, VerbAsked } from './verb-host.ts'

const launcher = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url))
const hostFile = fileURLToPath(new URL('./verb-host.ts', import.meta.url))

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Last line of the output as JSON. */
  json(): Record<string, unknown>
}

/** Starts the command; the caller stops it by its id. */
export const startCommand = (args: readonly string[], cwd: string): ChildProcess =>
  spawn(process.execPath, [launcher, ...args], { cwd, stdio: ['pipe', 'pipe', 'pipe'], env: environment() })

const environment = (): NodeJS.ProcessEnv => {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_')))
  // A test runner's own variables would make a child report as a test.
  delete env['NODE_TEST_CONTEXT']
  return env
}

/** Runs the command to its end, in a process of its own. */
export const commandProcess = async (args: readonly string[], cwd: string, input = ''): Promise<Outcome> => {
  const child = startCommand(args, cwd)
  child.stdin?.end(input)
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (part: Buffer) => (stdout += part.toString('utf8')))
  child.stderr?.on('data', (part: Buffer) => (stderr += part.toString('utf8')))
  const code = await new Promise<number | null>((resolve) => child.on('close', (status) => resolve(status)))
  return outcome(code, stdout, stderr)
}

/** Runs the verb to its end, in a process that other verbs were run in before. */
export const command = async (args: readonly string[], cwd: string, input = ''): Promise<Outcome> => {
  host ??= openHost()
  const { code, stdout, stderr } = await host({ args, cwd, input })
  return outcome(code, stdout, stderr)
}

const outcome = (code: number | null, stdout: string, stderr: string): Outcome => ({
  code,
  stdout,
  stderr,
  json: () => JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>,
})

type Host = (asked: VerbAsked) => Promise<VerbAnswer>

let host: Host | undefined

const openHost = (): Host => {
  const child = fork(hostFile, [], { execArgv: [], env: environment(), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const waiting = new Map<number, { resolve: (answer: VerbAnswer) => void; reject: (error: Error) => void }>()
  let last = 0
  const rest = (): void => {
    // Between two verbs it keeps nobody from ending.
    if (waiting.size > 0) return
    child.unref()
    child.channel?.unref()
  }
  child.on('message', ({ id, ...answer }: VerbAnswer & { readonly id: number }) => {
    waiting.get(id)?.resolve(answer)
    waiting.delete(id)
    rest()
  })
  child.once('exit', (code) => {
    host = undefined
    for (const { reject } of waiting.values()) reject(new Error(`the verbs' process ended with ${String(code)}`))
  })
  process.once('exit', () => child.kill('SIGKILL'))
  rest()
  return (asked) =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, { resolve, reject })
      child.ref()
      child.channel?.ref()
      child.send({ id, ...asked })
    })
}
