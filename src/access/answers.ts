// What the official engine said of the texts that the product ships, kept beside the compiled sources: reading them anew costs every
// start a second. Kept by the bytes that were asked, so that another text, schema or engine is asked again; texts of a house are never
// kept. Whoever can write here can write the sources; doctor asks anew all the same (check-answers.ts). Keeps access-198, access-199.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Where the answers are kept. */
export const answersFile = fileURLToPath(new URL('../../.cache/engine-answers.json', import.meta.url))
/** Of the file's format. */
const format = 1
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

/** From here on this process takes nothing that was kept. */
export const distrust = (): void => void (kept = new Map())

/** What the engine itself answers to everything that some work asks, nothing taken from before and nothing kept. */
export const askedAnew = (work: () => void): ReadonlyMap<string, unknown> => {
  const answers = new Map<string, unknown>()
  recorded = answers
  try {
    work()
    return answers
  } finally {
    recorded = undefined
  }
}

/** Keeps the answers to everything that some work asks, which must be shipped texts alone. */
export const recording = (work: () => void): void => {
  const answers = askedAnew(work)
  mkdirSync(dirname(answersFile), { recursive: true })
  const partial = `${answersFile}.${String(process.pid)}`
  writeFileSync(partial, JSON.stringify({ v: format, engine: version, answers: [...answers] }))
  // Whoever reads meanwhile has the old file or the new one, whole.
  renameSync(partial, answersFile)
  kept = answers
}

const read = (): ReadonlyMap<string, unknown> => {
  try {
    return parseAnswers(readFileSync(answersFile, 'utf8')) ?? new Map<string, unknown>()
  } catch {
    // Not built, or not readable: the engine answers.
    return new Map()
  }
}

/** The answers in the text of a file; undefined where it is not whole, or of another format or engine: then none of it is used. */
export const parseAnswers = (text: string): ReadonlyMap<string, unknown> | undefined => {
  try {
    const raw = JSON.parse(text) as {
      readonly v?: unknown
      readonly engine?: unknown
      readonly answers?: unknown
    } | null
    if (raw?.v !== format || raw.engine !== version || !Array.isArray(raw.answers)) return undefined
    return raw.answers.every(isAnswer) ? new Map(raw.answers) : undefined
  } catch {
    return undefined
  }
}

/** A question's name, and true or what the engine gives where it understood. */
const isAnswer = (one: unknown): one is readonly [string, unknown] => {
  if (!Array.isArray(one) || one.length !== 2) return false
  const [key, answer] = one as readonly unknown[]
  if (typeof key !== 'string') return false
  return (
    answer === true || (typeof answer === 'object' && answer !== null && 'type' in answer && answer.type === 'success')
  )
}
