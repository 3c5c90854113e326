// What is wrong with a document of policies, all of it at once, in words of both languages with its place; the official validator's own
// message stands behind each. Keeps access-183, access-184.
import { type Catalogue, type Fault, isFault, type Label, phrases, type PlainPhrase, type Word } from '#kernel'
import { documentPolicies, parseDocument, type PolicyDocument } from './document.ts'
import { parsePolicy } from './est.ts'
import { housePolicies } from './in-force.ts'
import { lint } from './lint.ts'
import { demandOwnFit } from './own-role-edit.ts'
import type { PolicyText } from './official.ts'
import { compilePolicies, type PolicySet } from './policyset.ts'
import { kindOf, wordsOf } from './problem-words.ts'
import { failedCases } from './scenario.ts'
import { accessSchema } from './schema.ts'
import { type Reach, reachWarnings } from './reach.ts'
import { policyToJson, validate } from './wasm.ts'

export interface Problem {
  /** error: it is not accepted; warning: it is, and does not do what it seems to. */
  readonly severity: 'error' | 'warning'
  /** What kind of thing it is, such as unknown-attribute. */
  readonly kind: string
  readonly words: Label
  /** Id of the policy, or null where it is about the document. */
  readonly policy: string | null
  /** In the text of the policy, counted from one. */
  readonly line: number | null
  readonly column: number | null
  /** What the validator says of it, in its own words; null where the words are ours. */
  readonly original: string | null
}

/** Everything that is wrong with a document; none: it would be accepted. */
export const findProblems = (catalogue: Catalogue, value: unknown): readonly Problem[] => {
  let document: PolicyDocument
  try {
    document = parseDocument(catalogue, value)
  } catch (error) {
    if (!isFault(error, 'policy-invalid')) throw error
    const what = saidBy(error)
    return [made('error', 'document', { what }, null, null, what.en)]
  }
  const schema = accessSchema(catalogue)
  const all = housePolicies(catalogue, document)
  let set: PolicySet
  try {
    set = compilePolicies(schema, all)
  } catch (error) {
    if (!isFault(error, 'policy-invalid')) throw error
    const found = errorsOf(schema, documentPolicies(document), all)
    const what = saidBy(error)
    // What refused it is told, also where nothing here knows why.
    return found.length > 0 ? found : [made('error', 'other', { message: what }, null, null, what.en)]
  }
  const cases = failedCases(set, catalogue, document.cases)
  return [
    ...unfit(catalogue, document),
    ...cases.map((name) => made('error', 'case', { name }, null, null, null)),
    ...reachWarnings(schema, all, new Set(documentPolicies(document).map(({ id }) => id))).map(warned),
  ]
}

/** What is wrong with roles of one's own, beside all else. */
const unfit = (catalogue: Catalogue, document: PolicyDocument): readonly Problem[] => {
  try {
    demandOwnFit(catalogue, document)
    return []
  } catch (error) {
    if (!isFault(error, 'policy-invalid')) throw error
    const what = saidBy(error)
    return [made('error', 'document', { what }, null, null, what.en)]
  }
}

/** What a refusal says, in both languages. */
const saidBy = ({ details: { what } }: Fault): Label =>
  typeof what === 'object' ? what : { zh: phrases[what as PlainPhrase], en: String(what) }

const warned = ({ policy, kind, by }: Reach): Problem =>
  made('warning', kind, { policy, by: by ?? '' }, { id: policy, text: '' }, null, null)

interface Said {
  readonly message: string
  readonly help?: string | null
  readonly sourceLocations?: readonly { readonly start: number; readonly label?: string | null }[]
}

const errorsOf = (schema: string, own: readonly PolicyText[], all: readonly PolicyText[]): readonly Problem[] => {
  const twice = own.filter(({ id }, i) => own.findIndex((one) => one.id === id) !== i)
  const unread = own.flatMap((policy): readonly Problem[] => {
    const answer = policyToJson(policy.text)
    if (answer.type === 'failure') return answer.errors.map((error) => problemOf(policy, error))
    const found = lint(parsePolicy(policy.id, answer.json), answer.json.annotations?.['id'])
    return found === undefined ? [] : [made('error', 'habit', { what: { zh: phrases[found], en: found } }, policy, null, found)]
  })
  const doubled = twice.map((policy) => made('error', 'twice', { policy: policy.id }, policy, null, null))
  if (unread.length + doubled.length > 0) return [...doubled, ...unread]
  const texts = new Map(all.map((policy) => [policy.id, policy]))
  const answer = validate(schema, Object.fromEntries(all.map(({ id, text }) => [id, text])))
  if (answer.type === 'failure')
    return answer.errors.map((error) => made('error', 'other', { message: error.message }, null, null, error.message))
  const wrong = answer.validationErrors.map(({ policyId, error }) => problemOf(texts.get(policyId), error))
  const broken = new Set(answer.validationErrors.map(({ policyId }) => policyId))
  // A policy with an error is told by its error; that it applies to nothing follows from it.
  const idle = answer.validationWarnings
    .filter(({ policyId, error }) => !broken.has(policyId) && /policy is impossible|unable to find an applicable/.test(error.message))
    .filter(({ policyId }, i, list) => list.findIndex((one) => one.policyId === policyId) === i)
    .map(({ policyId, error }) => problemOf(texts.get(policyId), error))
  return [...wrong, ...idle]
} // prettier-ignore

const problemOf = (policy: PolicyText | undefined, { message, help, sourceLocations }: Said): Problem => {
  const [where] = sourceLocations ?? []
  const original = `${message}${where?.label ? `: ${where.label}` : ''}${help ? ` (${help})` : ''}`
  const { kind, params } = kindOf(`${message}\n${help ?? ''}`)
  return made(
    'error',
    kind,
    params,
    policy ?? null,
    policy && where ? placeOf(policy.text, where.start) : null,
    original,
  )
}

/** Line and column of a byte of a text, counted from one; columns in characters. */
const placeOf = (text: string, byte: number): readonly [line: number, column: number] => {
  const before = Buffer.from(text).subarray(0, byte).toString('utf8')
  const lines = before.split('\n')
  return [lines.length, Array.from(lines.at(-1) ?? '').length + 1]
}

const made = (
  severity: Problem['severity'],
  kind: string,
  params: Readonly<Record<string, Word>>,
  policy: PolicyText | null,
  place: readonly [number, number] | null,
  original: string | null,
): Problem => ({
  severity,
  kind,
  words: wordsOf(kind, params),
  policy: policy?.id ?? null,
  line: place?.[0] ?? null,
  column: place?.[1] ?? null,
  original,
})
