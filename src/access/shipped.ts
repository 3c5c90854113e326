// The policies this product ships: guard rails nobody can edit, and what each role may do by default. Keeps access-10.
import { readdirSync, readFileSync } from 'node:fs'
import { policySetTextToParts, policyToJson } from '@cedar-policy/cedar-wasm/nodejs'
import { Fault } from '#kernel'
import type { PolicyText } from './official.ts'

const folder = new URL('./policy/', import.meta.url)

/** Every policy of policy/*.cedar, by id. */
export const shippedPolicies = (): readonly PolicyText[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.cedar'))
    .flatMap((name) => splitPolicies(readFileSync(new URL(name, folder), 'utf8')))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))

/** The policies of one text, each with the id of its @id annotation. */
export const splitPolicies = (text: string): readonly PolicyText[] => {
  const parts = policySetTextToParts(text)
  if (parts.type === 'failure')
    throw new Fault('policy-invalid', { what: parts.errors.map(({ message }) => message).join('; ') })
  if (parts.policy_templates.length > 0) throw new Fault('policy-invalid', { what: 'templates are not used here' })
  return parts.policies.map((part) => {
    const json = policyToJson(part)
    const id = json.type === 'success' ? json.json.annotations?.id : undefined
    if (!id) throw new Fault('policy-invalid', { what: 'a policy has no @id annotation' })
    return { id, text: part }
  })
}
