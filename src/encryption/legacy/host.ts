// The decoder's own process: reads a specification with the old key, then rows, one JSON value a line; answers each. It was started
// without leave to open files, sockets or processes, and ends when its input does. Keeps encryption-40.
import { createInterface } from 'node:readline'
import { blocksOf, decodeCell } from './cipher.ts'
import type { LegacySpec } from './spec.ts'

let held: { readonly spec: LegacySpec; readonly key: Uint8Array } | undefined

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const message: unknown = JSON.parse(line)
  if (!held) {
    const { spec, key } = message as { readonly spec: LegacySpec; readonly key: string }
    held = { spec, key: Buffer.from(key, 'base64') }
    say({ ready: true })
    continue
  }
  const { spec, key } = held
  let blocks = 0
  const cells = (message as readonly (readonly string[])[]).map((row) =>
    spec.columns.map((column) => {
      const cell = row[column.index] ?? ''
      blocks += blocksOf(column, cell)
      return decodeCell(column, key, cell, row)
    }),
  )
  say({ cells, blocks })
}

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
