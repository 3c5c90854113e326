// What one principal may do, now: decisions on rows, row predicates for lists, what is possible at all. The policies alone decide. Keeps vault-1.
import { type Actor, type Catalogue, type FieldGroup, fieldGroups, type RecordType, typeOf } from '#kernel'
import { type CedarEntity, type CedarValue, type ColumnMap, EntityStore, recordColumns, type RowCondition, rowEntity } from '#access'
import type { House } from './house.ts'
import type { Org } from './org.ts'
import type { Row } from './row.ts'
import type { Abilities } from './vault.ts'

export interface Gate {
  /** Whether the action is allowed on this row. */
  can(action: string, type: RecordType, row: Row): boolean
  /** The rows of a type on which the action is allowed, as a condition. */
  predicate(action: string, type: RecordType): RowCondition
  /** Whether the action is possible on any row of the type. */
  could(action: string, type: RecordType): boolean
  /** Whether an action on the system itself is allowed. */
  system(action: string): boolean
}

const systemResource = { type: 'System', id: 'holdfast' }

/** The gate of an actor: its attributes and the organisation as they are now. */
export const createGate = async (house: House, actor: Actor): Promise<Gate> => {
  const org = await house.org.get({ tenant: house.tenant, principal: actor.principal.id })
  const entities = new EntityStore(entitiesOf(org, actor))
  const principal = { type: 'User', id: actor.principal.id }
  const context = contextOf(actor)
  const conditions = new Map<string, RowCondition>()
  const condition = (action: string, type: RecordType): RowCondition => {
    const key = `${action} ${type.name}`
    const known = conditions.get(key)
    if (known) return known
    const made = house.policies.predicate({ principal, action, context, entities, columns: columnsOf(house.catalogue, type.name) })
    conditions.set(key, made)
    return made
  }
  return {
    can: (action, type, row) => {
      const resource = rowEntity(columnsOf(house.catalogue, type.name), row)
      return house.policies.allows({ principal, action, resource: resource.ref, context, entities: entities.with(resource) })
    },
    predicate: condition,
    could: (action, type) => condition(action, type).predicate.kind !== 'false',
    system: (action) => house.policies.allows({ principal, action, resource: systemResource, context, entities }),
  }
}

const contextOf = (actor: Actor): Record<string, CedarValue> => ({
  now: actor.env.now.getTime(),
  channel: actor.env.channel,
  mfa: actor.env.mfa,
  purpose: actor.env.purpose,
})

/** The principal, everyone else, and the teams with their places in the tree. */
const entitiesOf = (org: Org, actor: Actor): readonly CedarEntity[] => [
  ...[...org.parents].map(([id, parent]): CedarEntity => ({ type: 'Team', id, attrs: {}, parents: parent === null ? [] : [{ type: 'Team', id: parent }] })),
  ...[...org.users].filter(([id]) => id !== actor.principal.id).map(([id, user]) => userEntity(id, user)),
  userEntity(actor.principal.id, actor.principal),
  { type: systemResource.type, id: systemResource.id, attrs: {}, parents: [] },
]

const userEntity = (id: string, user: { readonly role: string; readonly team: string | null; readonly active: boolean }): CedarEntity => ({
  type: 'User',
  id,
  attrs: { role: user.role, active: user.active, ...(user.team === null ? {} : { team: { type: 'Team', id: user.team } }) },
  parents: [{ type: 'Role', id: user.role }, ...(user.team === null ? [] : [{ type: 'Team', id: user.team }])],
})

const maps = new WeakMap<Catalogue, Map<string, ColumnMap>>()

const columnsOf = (catalogue: Catalogue, name: string): ColumnMap => {
  const known = maps.get(catalogue) ?? new Map<string, ColumnMap>()
  maps.set(catalogue, known)
  const found = known.get(name) ?? recordColumns(catalogue, name)
  known.set(name, found)
  return found
}

/** What the principal could do with each type at all: which buttons make sense. */
export const abilitiesOf = (gate: Gate, catalogue: Catalogue): Readonly<Record<string, Abilities>> =>
  Object.fromEntries(
    catalogue.types.map((one) => {
      const type = typeOf(catalogue, one.name)
      const could = (action: string): boolean => gate.could(action, type)
      const groups: Partial<Record<FieldGroup, { view: boolean; edit: boolean; unmask: boolean }>> = {}
      for (const group of fieldGroups) {
        if (!type.fields.some((field) => field.group === group)) continue
        groups[group] = { view: could(`view.${group}`), edit: could(`edit.${group}`), unmask: could(`unmask.${group}`) }
      }
      return [
        type.name,
        { create: could('create'), import: could('import'), export: could('export'), delete: could('delete'), share: could('share'), assign: could('assign'), groups },
      ]
    }),
  )
