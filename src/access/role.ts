// The role matrix as data: role × records × scope × actions and field groups. Cedar is generated from it, one policy a row. Keeps access-152.
import { Fault, type FieldGroup, fieldGroups, type Label } from '#kernel'
import type { PolicyText } from './official.ts'

/** Which records of a type a row is about, as they stand to who asks. subtree: own, the team's, and of every team below it. */
export const scopes = ['own', 'team', 'subtree', 'region', 'pool', 'shared', 'all'] as const
export type RoleScope = (typeof scopes)[number]

/** Groups by name, or every one. */
export type Groups = 'all' | readonly FieldGroup[]

/** One row of the matrix. Actions that are not about field groups stand in `actions`. */
export interface Grant {
  /** Unique within the role; the policy is <role>.<name>. */
  readonly name: string
  /** Names of record types, or all of customers' data. */
  readonly types: 'customers' | readonly string[]
  readonly scope: RoleScope
  readonly actions: readonly string[]
  /** What is seen behind a mask, what is seen plainly (it must be seen at all), what may be changed. */
  readonly view: Groups
  readonly unmask: Groups
  readonly edit: Groups
}

export interface Role {
  readonly name: string
  /** Whether the organisation-wide defaults count for it: those who work inside, with customers. */
  readonly inside: boolean
  readonly grants: readonly Grant[]
  /** Actions on the system itself. */
  readonly system: readonly string[]
  /** Of a role that a house made; absent: the product ships it. */
  readonly own?: OwnRole
}

/** What a house says of a role it made. */
export interface OwnRole {
  readonly label: Label
  /** What it is for. */
  readonly about?: Label
  /** The shipped role it was copied from, over however many copies. */
  readonly base: string
  /** Given to nobody any more: it allows nothing, and keeps its name for what stands in the past. */
  readonly retired?: true
}

/** The policies of a role. */
export const rolePolicies = (role: Role): readonly PolicyText[] => [
  ...role.grants.map((grant) => {
    const id = `${role.name}.${grant.name}`
    const { resource, when } = ofTypes(grant.types)
    const conditions = [...when, ...scopeText(grant.scope)].map((text) => `\nwhen { ${text} }`)
    return {
      id,
      text: `@id(${quoted(id)})\npermit (\n  principal in Role::${quoted(role.name)},\n  action in [${grantActions(grant).map(actionText).join(', ')}],\n  ${resource}\n)${conditions.join('')};`,
    }
  }),
  ...(role.system.length === 0
    ? []
    : [
        {
          id: `${role.name}.system`,
          text: `@id(${quoted(`${role.name}.system`)})\npermit (\n  principal in Role::${quoted(role.name)},\n  action in [${role.system.map(actionText).join(', ')}],\n  resource is System\n);`,
        },
      ]),
]

/** Every action of a row, field groups included. */
export const grantActions = (grant: Grant): readonly string[] => [
  ...grant.actions,
  ...groupsOf(grant.view).map((group) => `view.${group}`),
  ...groupsOf(grant.unmask).map((group) => `unmask.${group}`),
  ...groupsOf(grant.edit).map((group) => `edit.${group}`),
]

export const groupsOf = (groups: Groups): readonly FieldGroup[] => (groups === 'all' ? fieldGroups : groups)

/** A text as Cedar writes it: JSON's, but for control characters. */
export const quoted = (text: string): string =>
  JSON.stringify(text).replaceAll(/\\(?:u([0-9a-f]{4})|.)/g, (escape: string, hex: string | undefined) =>
    hex !== undefined ? `\\u{${hex}}` : escape === '\\b' ? '\\u{8}' : escape === '\\f' ? '\\u{c}' : escape,
  )
export const actionText = (action: string): string => `Action::${quoted(action)}`

/** The scope of a policy for some record types, and what must be asked besides. */
export const ofTypes = (types: Grant['types']): { readonly resource: string; readonly when: readonly string[] } => {
  if (types === 'customers') return { resource: 'resource', when: ['!(resource is User) && !(resource is Team)'] }
  const [only, ...others] = types.map(entityOf)
  if (only === undefined) throw new Fault('policy-invalid', { what: 'a row or restriction names no record type' })
  return others.length === 0
    ? { resource: `resource is ${only}`, when: [] }
    : { resource: 'resource', when: [[only, ...others].map((entity) => `resource is ${entity}`).join(' || ')] }
}

/** The Cedar type of a record type's records: its name with a capital. */
export const entityOf = (type: string): string => type.charAt(0).toUpperCase() + type.slice(1)

const scopeText = (scope: RoleScope): readonly string[] => {
  switch (scope) {
    case 'own':
      return ['resource has owner && resource.owner == principal']
    case 'team':
      return ['principal has team && resource has team && resource.team == principal.team']
    case 'subtree':
      return [
        'resource has owner && resource.owner == principal ||\n  principal has team &&\n    (resource in principal.team || resource has owner && resource.owner in principal.team)',
      ]
    case 'region':
      return ['principal has regions && resource has region && principal.regions.contains(resource.region)']
    case 'pool':
      return ['resource.pool']
    case 'shared':
      return ['resource.sharedWith.contains(principal)']
    case 'all':
      return []
  }
}
