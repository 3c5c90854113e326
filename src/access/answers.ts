// What the official engine said of the texts that the product ships, kept beside the compiled sources: reading them anew costs every
// start a second. Kept by the bytes that were asked, so that another text, schema or engine is asked again; texts of a house are never
// kept. Whoever can write here can write the sources. Keeps access-198.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const file = fileURLToPath(new URL('../../.cache/engine-answers.json', import.meta.url))
// The package does not offer its own description: it lies one folder above.
const engine = pathToFileURL(createRequire(import.meta.url).resolve('@cedar-policy/cedar-wasm/nodejs'))
const { version } = JSON.parse(readFileSync(new URL('../package.json', engine), 'utf8')) as { version: string }

let kept: ReadonlyMap<string, unknown> | undefined
let recorded: Map<string, unknown> | undefined

/** Name of a question: the engine's version, what is asked, and every byte of it. */
export const questionKey = (...asked: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([version, ...asked]))
    .digest('base64')

/** What was kept for a question; undefined: the engine has to be asked. */
export const keptAnswer = (key: string): unknown => {
  // While answers are recorded none is taken from before.
  if (recorded) return recorded.get(key)
  kept ??= read()
  return kept.get(key)
}

/** Keeps an answer where answers are being recorded; nothing else happens. */
export const record = (key: string, answer: unknown): void => void recorded?.set(key, answer)

/** Keeps the answers to everything that some work asks, which must be shipped texts alone. */
export const recording = (work: () => void): void => {
  recorded = new Map()
  try {
    work()
    mkdirSync(dirname(file), { recursive: true })
    const partial = `${file}.${String(process.pid)}`
    writeFileSync(partial, JSON.stringify([...recorded]))
    // Whoever reads meanwhile has the old file or the new one, whole.
    renameSync(partial, file)
    kept = recorded
  } finally {
    recorded = undefined
  }
}

const read = (): ReadonlyMap<string, unknown> => {
  try {
    return new Map(JSON.parse(readFileSync(file, 'utf8')) as [string, unknown][])
  } catch {
    // Not built, or not readable: the engine answers.
    return new Map()
  }
}
