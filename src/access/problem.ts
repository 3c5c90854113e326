// What is wrong with a document of policies, all of it at once, in words of both languages with its place; the official validator's own
// message stands behind each. Keeps access-183, access-184.
import { type Catalogue, isFault, type Label } from '#kernel'
import { documentPolicies, parseDocument, type PolicyDocument } from './document.ts'
import { parsePolicy } from './est.ts'
import { housePolicies } from './in-force.ts'
import { lint } from './lint.ts'
import type { PolicyText } from './official.ts'
import { compilePolicies, type PolicySet } from './policyset.ts'
import { problemWords } from './problem-words.ts'
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
    const what = String(error.details['what'])
    return [made('error', 'document', { what }, null, null, what)]
  }
  const schema = accessSchema(catalogue)
  const all = housePolicies(catalogue, document)
  let set: PolicySet
  try {
    set = compilePolicies(schema, all)
  } catch (error) {
    if (!isFault(error, 'policy-invalid')) throw error
    const found = errorsOf(schema, documentPolicies(document), all)
    const what = String(error.details['what'])
    // What refused it is told, also where nothing here knows why.
    return found.length > 0 ? found : [made('error', 'other', { message: what }, null, null, what)]
  }
  const cases = failedCases(set, catalogue, document.cases)
  return [
    ...cases.map((name) => made('error', 'case', { name }, null, null, null)),
    ...reachWarnings(schema, all, new Set(documentPolicies(document).map(({ id }) => id))).map(warned),
  ]
}

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
    return found === undefined ? [] : [made('error', 'habit', { what: found }, policy, null, found)]
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
  params: Readonly<Record<string, string>>,
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

const wordsOf = (kind: string, params: Readonly<Record<string, string>>): Label => {
  const { zh, en } = problemWords[kind] ?? problemWords['other'] ?? { zh: kind, en: kind }
  const filled = (text: string): string => text.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '')
  return { zh: filled(zh), en: filled(en) }
}

/** Messages of the validator, version 4, by what they mean; the groups of a pattern are what the sentence names. */
const patterns: readonly (readonly [kind: string, pattern: RegExp, ...names: readonly string[]])[] = [
  ['unknown-action', /unrecognized action `(?:Action::)?"?([^"`]+)"?`\n(?:did you mean `(?:Action::)?"?([^"`]+))?/, 'name', 'near'],
  ['unknown-type', /unrecognized entity type `([^`]+)`\n(?:did you mean `([^`]+))?/, 'name', 'near'],
  ['unknown-attribute', /attribute `([^`]+)` on entity type `([^`]+)` not found\n(?:did you mean `([^`]+))?/, 'name', 'type', 'near'],
  ['unknown-context', /attribute `([^`]+)` (?:in|on) (?:the )?context.* not found\n(?:did you mean `([^`]+))?/, 'name', 'near'],
  ['optional-context', /optional attribute `([^`]+)` in context/, 'name'],
  ['optional-attribute', /optional attribute `([^`]+)` on entity type `([^`]+)`/, 'name', 'type'],
  ['needs-entity', /unexpected type: expected __cedar::internal::AnyEntity.* but saw (\S+)/, 'saw'],
  ['needs-set', /unexpected type: expected Set<.* but saw (\S+)/, 'saw'],
  ['wrong-type', /unexpected type: expected (\S+) but saw (\S+)/, 'expected', 'saw'],
  ['mixed-types', /the types (\S+) and (\S+) are not compatible/, 'one', 'other'],
  ['empty-set', /empty set literals are forbidden/],
  ['bad-ip', /failed to parse as IP address: `"?([^"`]*)/, 'value'],
  ['bad-decimal', /failed to parse as a decimal value: `"?([^"`]*)/, 'value'],
  ['bad-literal', /extension function argument validation: ([^\n]*)/, 'what'],
  ['not-literal', /extension constructors may not be called with non-literal/],
  ['no-subject', /unable to find an applicable action/],
  ['impossible', /policy is impossible/],
  ['ends-early', /unexpected end of input/],
  ['unexpected-token', /unexpected token `([^`]*)`/, 'token'],
  ['open-quote', /invalid token[^]*strings are closed/],
  ['bad-token', /invalid token/],
  ['bad-effect', /invalid policy effect: (\S+)/, 'name'],
  ['bad-variable', /invalid variable: (\S+)/, 'name'],
  ['bad-method', /`([^`]+)` is not a valid (?:method|function)/, 'name'],
  ['needs-quotes', /expected an entity uid.*found name `([^`]+)`/, 'name'],
  ['too-large', /integer literal `([^`]+)` is too large/, 'value'],
  ['template', /template containing the slot (\S+)/, 'slot'],
  ['too-complex', /nested deeper, or longer, than can be validated/],
] // prettier-ignore

const kindOf = (said: string): { readonly kind: string; readonly params: Readonly<Record<string, string>> } => {
  for (const [kind, pattern, ...names] of patterns) {
    const found = pattern.exec(said)
    if (!found) continue
    const params = Object.fromEntries(names.map((name, i) => [name, found[i + 1] ?? '']))
    // With or without a guess at what was meant: two sentences.
    return { kind: params['near'] === '' ? `${kind}-far` : kind, params }
  }
  return { kind: 'other', params: { message: said.split('\n')[0] ?? '' } }
}
