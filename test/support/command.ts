// The holdfast command as scripts use it: run in a process of its own, its output and exit code kept.
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url))

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

/** Runs the command to its end. */
export const command = async (args: readonly string[], cwd: string, input = ''): Promise<Outcome> => {
  const child = startCommand(args, cwd)
  child.stdin?.end(input)
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (part: Buffer) => (stdout += part.toString('utf8')))
  child.stderr?.on('data', (part: Buffer) => (stderr += part.toString('utf8')))
  const code = await new Promise<number | null>((resolve) => child.on('close', (status) => resolve(status)))
  return {
    code,
    stdout,
    stderr,
    json: () => JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>,
  }
}
