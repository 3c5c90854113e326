// What a verb prints: one JSON line for scripts, or lines for people.
import type { Arguments } from './arguments.ts'

/** Prints the result as JSON with --json, else the lines, in which nothing can move the cursor or colour a terminal. */
export const print = (args: Arguments, result: unknown, lines: readonly string[]): void => {
  process.stdout.write(
    args.json ? `${JSON.stringify(result, plainNumbers)}\n` : lines.map((line) => `${shown(line)}\n`).join(''),
  )
}

// C0, DEL and C1: names come out of files and records of others. Our own lines are broken and indented.
const controls = /(?![\n\t])\p{Cc}/gu
const shown = (line: string): string => line.replaceAll(controls, '\ufffd')

const plainNumbers = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value)

/** A line of progress on a terminal, written over itself; silent elsewhere and with --json. */
export const progress = (args: Arguments): ((text: string) => void) => {
  if (args.json || !process.stderr.isTTY) return () => undefined
  return (text) => {
    process.stderr.write(`\r\u001b[2K${text}`)
    if (text === '') process.stderr.write('\r')
  }
}

/** Whole text of standard input, without its last line end. */
export const readInput = async (): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part as Buffer)
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/u, '')
}
