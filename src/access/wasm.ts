// The official engine, kept from what it does not survive: text so deeply nested that its stack overflows leaves its memory broken, and
// whatever it is asked afterwards fails. Such text is refused before, and an engine that broke all the same is replaced. Keeps access-158.
import { createRequire } from 'node:module'
import type * as Cedar from '@cedar-policy/cedar-wasm/nodejs'
import { keptAnswer, questionKey, record } from './answers.ts'

const require = createRequire(import.meta.url)
const path = '@cedar-policy/cedar-wasm/nodejs'
// Loaded with the first question that nothing kept answers.
let engine: typeof Cedar | undefined

export const schemaToJson = (schema: string): ReturnType<typeof Cedar.schemaToJson> =>
  kept(questionKey('schema', schema), () => ask([], (cedar) => cedar.schemaToJson(schema)))

/** One policy as the JSON of its syntax tree. */
export const policyToJson = (text: string): ReturnType<typeof Cedar.policyToJson> =>
  kept(questionKey('policy', text), () => ask([text], (cedar) => cedar.policyToJson(text)))

/** A policy written from the JSON of its syntax tree, one clause below another. The tree must not be deep: it is not weighed. */
export const policyFromJson = (json: Cedar.PolicyJson): ReturnType<typeof Cedar.formatPolicies> => {
  const plain = ask([], (cedar) => cedar.policyToText(json))
  if (plain.type === 'failure') return plain
  return ask([plain.text], (cedar) => cedar.formatPolicies({ policyText: plain.text, lineWidth: 100, indentWidth: 2 }))
}

/** The policies of one text. */
export const policySetTextToParts = (text: string): ReturnType<typeof Cedar.policySetTextToParts> =>
  kept(questionKey('parts', text), () => ask([text], (cedar) => cedar.policySetTextToParts(text)))

/** Strict validation of policies by id. Each is judged by itself, so those once found without fault or warning are not asked about again. */
export const validate = (
  schema: string,
  policies: Readonly<Record<string, string>>,
): ReturnType<typeof Cedar.validate> => {
  const under = questionKey('schema', schema)
  const keyed = Object.entries(policies).map(([id, text]) => ({ id, text, key: questionKey('valid', under, id, text) }))
  const asked = keyed.filter(({ key }) => keptAnswer(key) !== true)
  if (asked.length === 0) return { type: 'success', validationErrors: [], validationWarnings: [], otherWarnings: [] }
  const staticPolicies = Object.fromEntries(asked.map(({ id, text }) => [id, text]))
  const answer = ask(Object.values(staticPolicies), (cedar) =>
    cedar.validate({ validationSettings: { mode: 'strict' }, schema, policies: { staticPolicies } }),
  )
  if (answer.type === 'success' && answer.otherWarnings.length === 0) {
    const told = new Set([...answer.validationErrors, ...answer.validationWarnings].map(({ policyId }) => policyId))
    for (const { id, key } of asked) if (!told.has(id)) record(key, true)
  }
  return answer
}

const kept = <T extends { readonly type: string }>(key: string, work: () => T): T => {
  const before = keptAnswer(key)
  // Its bytes name the question, so it is of the question's type. A copy: whoever gets it may do with it what they like.
  if (before !== undefined) return structuredClone(before) as T
  const answer = work()
  if (answer.type === 'success') record(key, answer)
  return answer
}

interface Failure {
  readonly type: 'failure'
  errors: Cedar.DetailedError[]
  warnings: Cedar.DetailedError[]
}

const ask = <T>(texts: readonly string[], work: (cedar: typeof Cedar) => T): T | Failure => {
  if (texts.some((text) => text.length > longest || weightOf(text) > most)) return tooComplex()
  try {
    return work((engine ??= require(path) as typeof Cedar))
  } catch {
    // It answers with failures and throws nothing of its own: what it throws is the end of this instance.
    Reflect.deleteProperty(require.cache, require.resolve(path))
    engine = undefined
    return tooComplex()
  }
}

const tooComplex = (): Failure => ({
  type: 'failure',
  errors: [
    {
      message: 'nested deeper, or longer, than can be validated: split it',
      help: null,
      code: null,
      url: null,
      severity: 'error',
    },
  ],
  warnings: [],
})

// Measured with version 4.13 at Node's usual stack: brackets fail between 100 and 200 levels, `if` between 400 and 1,000, operators
// between 1,000 and 4,000. One budget for all three, since they add up.
const most = 1200
const longest = 1_000_000

/** Of the heaviest policy of a text: 12 for each level of brackets, 3 for each `if`, `when` and `unless`, 1 for each operator. */
const weightOf = (text: string): number => {
  let [heaviest, depth, deepest, others] = [0, 0, 0, 0]
  for (const [token] of text.matchAll(tokens)) {
    if (token.length > 1 && (token.startsWith('"') || token.startsWith('//'))) continue
    if ('([{'.includes(token)) deepest = Math.max(deepest, ++depth)
    else if (')]}'.includes(token)) depth = Math.max(depth - 1, 0)
    else if (token !== ';') others += heavy.has(token) ? 3 : 1
    // A semicolon within brackets ends no policy.
    else if (depth === 0) [deepest, others] = [0, 0]
    heaviest = Math.max(heaviest, 12 * deepest + others)
  }
  return heaviest
}

const heavy: ReadonlySet<string> = new Set(['if', 'when', 'unless'])

// A quote that is never closed is a token of its own, so that nothing hides behind it.
const tokens = /"(?:[^"\\]|\\[^])*"|\/\/[^\n]*|[()[\]{};!<>=+*.-]|&&|\|\||\b(?:if|has|like|in|is|when|unless)\b|"/g
