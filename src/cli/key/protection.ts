// How a root key in a file is to be kept, from the options of a verb; shares go to files of their own or to the terminal, once.
import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { printedShare, type Protection } from '#encryption'
import { Fault, verbatim } from '#kernel'
import type { Arguments } from '../arguments.ts'

/** Shares by --threshold, --of, --holders, into --out DIR (one file each, mode 0600) or, with --print, on standard output. */
export const protectionOf = (args: Arguments): Protection => {
  const whole = (name: string): number => {
    const value = Number(args.need(name))
    if (!Number.isInteger(value)) throw new Fault('wrong-use', { what: `option --${name} takes a whole number` })
    return value
  }
  const out = args.text('out')
  if (out === undefined && !args.flag('print'))
    throw new Fault('wrong-use', { what: 'option --out DIR or --print is needed: where the shares go' })
  const holders = (args.text('holders') ?? '').split(',').map((name) => name.trim())
  return {
    kind: 'shares',
    threshold: whole('threshold'),
    of: whole('of'),
    holders,
    deliver: async (texts) => {
      const pages = texts.map((text, i) => printedShare(text, holders[i] ?? ''))
      if (out === undefined) process.stdout.write(pages.map((page) => `${page}\f\n`).join(''))
      else await intoFiles(out, pages)
    },
  }
}

const intoFiles = async (folder: string, pages: readonly string[]): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const paths = pages.map((_, i) => join(folder, `share-${String(i + 1)}-of-${String(pages.length)}.txt`))
  for (const path of paths)
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      throw new Fault('already-exists', { what: verbatim(path) })
  for (const [i, path] of paths.entries()) await writeFile(path, pages[i] ?? '', { mode: 0o600, flag: 'wx' })
}
