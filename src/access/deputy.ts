// Deputies as data: what a role lets its holder do with their own records, whoever stands in for them may do too. One policy for each row
// of the matrix that is about own records, whatever the number of deputies. Keeps vault-253.
import type { PolicyDocument } from './document.ts'
import type { PolicyText } from './official.ts'
import { actionText, grantActions, ofTypes, quoted } from './role.ts'

/** What a deputy takes over: to read and to work on. Giving away, deleting and taking out stay with the person. */
const takenOver = /^(?:list|history|(?:view|unmask|edit)\..+)$/

/** The condition under which somebody stands in for the owner. */
const standsIn =
  'context has grants && context.grants has deputyFor && resource has owner && context.grants.deputyFor.contains(resource.owner)'

export const deputyPolicies = ({ administrator, roles }: PolicyDocument): readonly PolicyText[] => [
  ...(administrator
    ? [
        policy('administrator', 'all', ['anyRead', 'anyEdit'], 'resource', [
          '!(resource is User) && !(resource is Team)',
        ]),
      ]
    : []),
  ...roles.flatMap((role) =>
    role.grants
      .filter(({ scope }) => scope === 'own' || scope === 'subtree')
      .flatMap((grant) => {
        const actions = grantActions(grant).filter((action) => takenOver.test(action))
        const { resource, when } = ofTypes(grant.types)
        return actions.length === 0 ? [] : [policy(role.name, grant.name, actions, resource, when)]
      }),
  ),
]

const policy = (
  role: string,
  row: string,
  actions: readonly string[],
  resource: string,
  when: readonly string[],
): PolicyText => {
  const id = `deputy.${role}.${row}`
  const conditions = [...when, `${standsIn} && resource.owner in Role::${quoted(role)}`]
  return {
    id,
    text: `@id(${quoted(id)})\npermit (\n  principal,\n  action in [${actions.map(actionText).join(', ')}],\n  ${resource}\n)${conditions.map((text) => `\nwhen { ${text} }`).join('')};`,
  }
}
