// For tests: runs a piece of code in a Node process of its own, inside the package, so that it can be killed or run as somebody else.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Child {
  readonly pid: number
  /** The next line it prints; rejects when it ends without one. */
  line(): Promise<string>
  /** Its end: exit code, or the signal that ended it. */
  readonly end: Promise<number | string>
  kill(signal: 'SIGKILL' | 'SIGTERM'): void
  send(line: string): void
}

/** Starts a process with this code (an ES module; #room imports work). */
export const runChild = (
  code: string,
  options: { readonly uid?: number; readonly gid?: number; readonly env?: Record<string, string> } = {},
): Child => {
  const { uid, gid, env } = options
  const process_ = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  })
  const lines: string[] = []
  const waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = []
  let rest = ''
  let said = ''
  let over = false
  process_.stdin.on('error', () => undefined)
  process_.stderr.setEncoding('utf8').on('data', (part: string) => (said += part))
  process_.stdout.setEncoding('utf8').on('data', (part: string) => {
    const parts = (rest + part).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) {
      const first = waiting.shift()
      if (first) first.resolve(line)
      else lines.push(line)
    }
  })
  const end = new Promise<number | string>((resolve) => {
    process_.on('close', (status, signal) => {
      over = true
      for (const { reject } of waiting.splice(0)) reject(new Error(`the process ended: ${said}`))
      resolve(status ?? signal ?? '')
    })
  })
  return {
    pid: process_.pid ?? 0,
    end,
    line: () => {
      const first = lines.shift()
      if (first !== undefined) return Promise.resolve(first)
      if (over) return Promise.reject(new Error(`the process ended: ${said}`))
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
    },
    kill: (signal) => process_.kill(signal),
    send: (line) => process_.stdin.write(`${line}\n`),
  }
}
