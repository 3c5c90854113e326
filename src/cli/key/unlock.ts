// holdfast keys unlock: a holder gives a custody share to a start that waits, typed without being shown, or from --shares FILES.
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { giveShares } from '#server'
import type { Arguments } from '../arguments.ts'
import { configOf } from '../house.ts'
import { print, readInput } from '../output.ts'

export const run = async (args: Arguments): Promise<void> => {
  const { keys } = configOf(args)
  const files = args.text('shares')
  const texts =
    files !== undefined && files !== '-'
      ? await Promise.all(files.split(',').map((path) => readFile(path.trim(), 'utf8')))
      : [process.stdin.isTTY ? await typed() : await readInput()]
  const { needed, good } = await giveShares(keys, texts)
  const left = Math.max(0, needed - good)
  print(args, { ok: true, needed, good, missing: left }, [
    left === 0
      ? 'enough shares were given: Holdfast starts'
      : `the share is good; ${String(left)} more of ${String(needed)} are needed`,
  ])
}

/** Lines until an empty one, not shown while they are typed. */
const typed = async (): Promise<string> => {
  process.stderr.write(
    'Type your share, then an empty line (it is not shown) / 请输入分片，以空行结束（不显示输入内容）:\n',
  )
  const silent = new Writable({ write: (_part, _encoding, done) => done() })
  const lines: string[] = []
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true })
  for await (const line of reader) {
    if (line.trim() === '' && lines.length > 0) break
    if (line.trim() !== '') lines.push(line)
  }
  reader.close()
  return lines.join('\n')
}
