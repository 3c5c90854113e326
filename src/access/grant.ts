// Grants as data: single records that somebody may read or write for a while. One policy per type, whatever the number of grants. Keeps access-157.
import type { Catalogue, RecordType } from '#kernel'
import { isStaff } from './columns.ts'
import type { PolicyText } from './official.ts'
import { actionText } from './role.ts'
import { RecordValue, Ref, type Value, ValueSet } from './value.ts'

/** Records granted to who asks, by record type; those that have ended are not among them. */
export type Granted = Readonly<Record<string, { readonly read: readonly string[]; readonly write: readonly string[] }>>

const read = ['list', 'history', 'view.basic', 'view.contact', 'view.notes', 'view.custom', 'unmask.basic', 'unmask.contact', 'unmask.notes', 'unmask.custom'] as const // prettier-ignore
const write = ['edit.basic', 'edit.contact', 'edit.notes', 'edit.custom'] as const

/** What a grant of a single record allows, in the groups that its type has; to write is also to read. */
export const grantedActions = (type: RecordType, level: 'read' | 'write'): readonly string[] =>
  (level === 'read' ? read : [...read, ...write]).filter((action) => {
    const [, group] = action.split('.')
    return group === undefined || type.fields.some((field) => field.group === group && field.retired !== true)
  })

export const grantPolicies = (catalogue: Catalogue): readonly PolicyText[] =>
  catalogue.types
    .filter((type) => !isStaff(type))
    .flatMap((type) =>
      (['read', 'write'] as const).map((level): PolicyText => {
        const id = `grant.${type.name}-${level}`
        const attribute = `${level}${type.entity}`
        const actions = (level === 'read' ? read : write).map(actionText).join(', ')
        return {
          id,
          text: `@id("${id}")\npermit (\n  principal,\n  action in [${actions}],\n  resource is ${type.entity}\n)\nwhen { context has grants && context.grants has ${attribute} && context.grants.${attribute}.contains(resource) };`,
        }
      }),
    )

/** The schema of context.grants. */
export const grantsText = (catalogue: Catalogue): string =>
  `{ ${catalogue.types
    .filter((type) => !isStaff(type))
    .flatMap(({ entity }) => [`"read${entity}"?: Set<${entity}>`, `"write${entity}"?: Set<${entity}>`])
    .concat('"deputyFor"?: Set<User>')
    .join(', ')} }`

/** context.grants, or undefined where nothing is granted. To write is also to read. deputyFor: whom one stands in for now. */
export const grantsValue = (
  catalogue: Catalogue,
  granted: Granted,
  deputyFor: readonly string[] = [],
): RecordValue | undefined => {
  const fields = new Map<string, Value>()
  for (const { name, entity } of catalogue.types) {
    const given = granted[name]
    if (!given) continue
    const set = (ids: readonly string[]): ValueSet => new ValueSet([...new Set(ids)].map((id) => new Ref(entity, id)))
    if (given.read.length + given.write.length > 0) fields.set(`read${entity}`, set([...given.read, ...given.write]))
    if (given.write.length > 0) fields.set(`write${entity}`, set(given.write))
  }
  if (deputyFor.length > 0) fields.set('deputyFor', new ValueSet(deputyFor.map((id) => new Ref('User', id))))
  return fields.size === 0 ? undefined : new RecordValue(fields)
}
