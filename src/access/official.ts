// The official Cedar engine as parser and validator: nothing is compiled that it does not accept. It serves no requests. Keeps access-1.
import { createHash } from 'node:crypto'
import { policyToJson, schemaToJson, validate } from './wasm.ts'
import { Fault, phrases, say } from '#kernel'
import { EntityStore } from './entity.ts'
import { parsePolicy, type Policy } from './est.ts'
import { lint } from './lint.ts'
import { validatorSays } from './problem-words.ts'

/** One policy: its id is that of its @id annotation. */
export interface PolicyText {
  readonly id: string
  readonly text: string
}

/** SHA-256 over ids and texts, in hexadecimal; the order of the policies does not matter. */
export const policyDigest = (policies: readonly PolicyText[]): string =>
  createHash('sha256').update(policySource(policies)).digest('hex')

/** Ids and texts as one text, in one order. */
export const policySource = (policies: readonly PolicyText[]): string =>
  policies
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, text }) => `${id}\n${text}`)
    .join('\n')

/** The actions of a schema with their groups. Throws policy-invalid for a schema that is none. */
export const readSchema = (schema: string): EntityStore => {
  if (actions?.schema !== schema) actions = { schema, store: readActions(schema) }
  return actions.store
}

/** Of the schema that was asked for last: a house has one. */
let actions: { readonly schema: string; readonly store: EntityStore } | undefined

const readActions = (schema: string): EntityStore => {
  const answer = schemaToJson(schema)
  if (answer.type === 'failure') throw refused('schema', answer.errors)
  return new EntityStore(
    Object.entries(answer.json).flatMap(([space, { actions }]) => {
      const type = space === '' ? 'Action' : `${space}::Action`
      return Object.entries(actions).map(([id, action]) => ({
        type,
        id,
        attrs: {},
        parents: (action.memberOf ?? []).map((group) => ({ type: group.type ?? type, id: group.id })),
      }))
    }),
  )
}

/** Parses and strictly validates policies, then reads them; what was read a moment ago is known. */
export const readPolicies = (schema: string, policies: readonly PolicyText[]): readonly Policy[] => {
  const key = createHash('sha256')
    .update(JSON.stringify([schema, policies]))
    .digest('base64')
  const known = read.get(key) ?? readAnew(schema, policies)
  // The latest stands last; the oldest of many goes.
  read.delete(key)
  read.set(key, known)
  for (const oldest of read.keys()) if (read.size > mostKept) read.delete(oldest)
  return known
}

/** Validating takes the engine half a second; a version is read when it is proposed, approved and put in force. */
const read = new Map<string, readonly Policy[]>()
const mostKept = 8

/** Why one policy cannot stand, or undefined. Nothing is kept of it. */
export const objection = (schema: string, policy: PolicyText): string | undefined => {
  try {
    readAnew(schema, [policy])
    return undefined
  } catch (error) {
    if (error instanceof Fault && error.code === 'policy-invalid') return error.message
    throw error
  }
}

const readAnew = (schema: string, policies: readonly PolicyText[]): readonly Policy[] => {
  const ids = new Set(policies.map(({ id }) => id))
  if (ids.size !== policies.length) throw new Fault('policy-invalid', { what: 'two policies have the same id' })
  const forms = policies.map(formOf)
  // Ids are given with the texts: from one text alone the engine would call them policy0, policy1, whatever @id says.
  const answer = validate(schema, Object.fromEntries(policies.map(({ id, text }) => [id, text])))
  if (answer.type === 'failure') throw refused('policies', answer.errors)
  const [error] = answer.validationErrors
  if (error) throw refused(error.policyId, [error.error])
  const warning = answer.validationWarnings.find(({ error: { message } }) =>
    meaningless.some((words) => message.includes(words)),
  )
  if (warning) throw refused(warning.policyId, [warning.error])
  return forms.map(policyOf)
}

/** Parses policies alone: guard rails were validated before they were signed, and are validated again among what is in force. */
export const parsePolicies = (policies: readonly PolicyText[]): readonly Policy[] => policies.map(formOf).map(policyOf)

const formOf = ({ id, text }: PolicyText) => {
  const answer = policyToJson(text)
  if (answer.type === 'failure') throw refused(id, answer.errors)
  return { id, json: answer.json }
}

const policyOf = ({ id, json }: ReturnType<typeof formOf>): Policy => {
  const policy = parsePolicy(id, json)
  const found = lint(policy, json.annotations?.id)
  if (found !== undefined)
    throw new Fault('policy-invalid', {
      what: say('{id}: {problem}', { id, problem: { zh: phrases[found], en: found } }),
    })
  return policy
}

/** Warnings that mean a policy never applies: somebody believes in a rule that is not there. */
const meaningless = ['policy is impossible', 'unable to find an applicable action', 'unable to find an applicable']

const refused = (id: string, errors: readonly { readonly message: string; readonly help?: string | null }[]): Fault =>
  new Fault('policy-invalid', {
    what: say('{id}: {problem}', { id, problem: validatorSays(errors) }),
  })
