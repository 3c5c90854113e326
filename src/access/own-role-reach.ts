// Which permits in Cedar name a role of a house's own and are about what belongs to an office: told by their structure, since one person who
// is asked about shows only one way through their conditions. Keeps access-203.
import type { Catalogue } from '#kernel'
import type { PolicyDocument } from './document.ts'
import { type Node, type Policy } from './est.ts'
import { walk } from './lint.ts'
import { narrow } from './narrow.ts'
import { readPolicies, readSchema } from './official.ts'
import { officeActions } from './own-role.ts'
import { organisation, userRef } from './question.ts'
import { accessSchema } from './schema.ts'
import { Ref } from './value.ts'

export interface Reached {
  readonly policy: string
  readonly role: string
  readonly action: string
}

/** Permits of the document's own policies that name one of these roles, by its entity or its id, and fit an office's action on the system. */
export const officesReached = (
  catalogue: Catalogue,
  document: PolicyDocument,
  roles: readonly string[],
): readonly Reached[] => {
  const schema = accessSchema(catalogue)
  const actions = readSchema(schema)
  const permits = readPolicies(schema, document.policies).filter(({ effect }) => effect === 'permit')
  const entities = organisation([{ id: anybody, role: '-', team: null, active: true }], [])
  return permits.flatMap((policy) => {
    const role = roles.find((name) => namedIn(policy).some((node) => names(node, name)))
    if (role === undefined) return []
    const known = { principal: userRef(anybody), entities, actions, type: 'System' }
    const fitting = officeActions.filter(
      (action) => narrow([whoever(policy)], { ...known, action: new Ref('Action', action) }, 'deny').length > 0,
    )
    return fitting.map((action) => ({ policy: policy.id, role, action }))
  })
}

const anybody = '00000000-0000-7000-8000-000000000001'

const namedIn = ({ scope, conditions }: Policy): readonly Node[] =>
  [scope.principal, scope.resource, ...conditions].flatMap((node) => [...walk(node)])

const names = (node: Node, role: string): boolean => {
  if (node.op === 'like') return matches(node.pattern, role)
  if (node.op !== 'value') return false
  return node.value === role || (node.value instanceof Ref && node.value.type === 'Role' && node.value.id === role)
}

/** A pattern that the id of the role fits names it too; null stands for any characters. */
const matches = (pattern: readonly (string | null)[], role: string): boolean =>
  new RegExp(`^${pattern.map((part) => (part === null ? '.*' : RegExp.escape(part))).join('')}$`, 'su').test(role)

/** What a policy says of action and record alone: whoever it is for, and whatever it asks of them. */
const whoever = (policy: Policy): Policy => ({
  ...policy,
  scope: { ...policy.scope, principal: { op: 'value', value: true } },
  conditions: policy.conditions.filter(
    (node) => !walk(node).some((one) => one.op === 'var' && one.name === 'principal'),
  ),
})
