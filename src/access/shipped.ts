// The policies this product ships: guard rails nobody can edit, and the document a house begins with. Keeps access-10.
import { policySetTextToParts, policyToJson } from './wasm.ts'
import { Fault } from '#kernel'
import { documentPolicies, type PolicyDocument } from './document.ts'
import type { PolicyText } from './official.ts'
import { validatorSays } from './problem-words.ts'
import { railTexts } from './rails.ts'
import { shippedRoles } from './shipped-roles.ts'

/** The document of a house that changed nothing yet. */
export const shippedDocument: PolicyDocument = {
  v: 1,
  defaults: {},
  administrator: true,
  roles: shippedRoles,
  restrictions: [],
  policies: [],
  cases: [],
}

/** The guard rails, and what everybody and the services of the product need. */
export const fixedPolicies = (): readonly PolicyText[] => railTexts().flatMap(splitPolicies)

/** Every policy that a document puts in force, by id: the fixed ones and its own. */
export const policiesOf = (document: PolicyDocument): readonly PolicyText[] =>
  [...fixedPolicies(), ...documentPolicies(document)].toSorted((a, b) => (a.id < b.id ? -1 : 1))

/** Every policy of a house that changed nothing yet. */
export const shippedPolicies = (): readonly PolicyText[] => policiesOf(shippedDocument)

/** The policies of one text, each with the id of its @id annotation. */
export const splitPolicies = (text: string): readonly PolicyText[] => {
  const parts = policySetTextToParts(text)
  if (parts.type === 'failure') throw new Fault('policy-invalid', { what: validatorSays(parts.errors) })
  if (parts.policy_templates.length > 0) throw new Fault('policy-invalid', { what: 'templates are not used here' })
  return parts.policies.map((part) => {
    const json = policyToJson(part)
    const id = json.type === 'success' ? json.json.annotations?.id : undefined
    if (!id) throw new Fault('policy-invalid', { what: 'a policy has no @id annotation' })
    return { id, text: part }
  })
}
