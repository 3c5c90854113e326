// What one principal may do, now: decisions on rows, row predicates for lists, what is possible at all. The policies alone decide. Keeps vault-1.
import {
  type Actor,
  type Bounds,
  type Catalogue,
  type Environment,
  type FieldGroup,
  fieldGroups,
  never,
  type RecordType,
  typeOf,
  type Use,
} from '#kernel'
import {
  type ColumnMap,
  contextOf,
  type EntityStore,
  type EntityUid,
  recordColumns,
  type RowCondition,
  rowEntity,
  userRef,
  withPrincipal,
} from '#access'
import type { House } from './house.ts'
import { regionsOf } from './org.ts'
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
  /**
   * The gate of searching: here the purpose is the search itself, so that one who could unmask a number with a reason finds the
   * record by it. What is shown stays masked; one who may never unmask cannot probe for values.
   */
  readonly search: Omit<Gate, 'search'>
}

const systemResource = { type: 'System', id: 'holdfast' }

/** The gate of an actor: its attributes and the organisation as they are now. */
export const createGate = async (house: House, actor: Actor): Promise<Gate> => {
  const org = await house.org.get({ tenant: house.tenant, principal: actor.principal.id })
  const { principal } = actor
  const { bounds } = principal
  const regions = regionsOf(principal.regions ?? [], principal.team, org.teamRegions)
  const entities = withPrincipal(org.entities, { ...principal, regions })
  const env: Environment = { ...actor.env, zone: actor.env.zone ?? org.zone }
  const searching: Environment = { ...env, purpose: env.purpose === '' ? 'search' : env.purpose }
  const made = (surroundings: Environment): Omit<Gate, 'search'> => {
    const gate = gateIn(house, actor, entities, surroundings)
    return bounds === undefined ? gate : narrowed(gate, bounds)
  }
  return { ...made(env), search: made(searching) }
}

/** The gate of a key: what its user may do, and of that only what the bounds name. It never acts on the system itself. */
const narrowed = (gate: Omit<Gate, 'search'>, bounds: Bounds): Omit<Gate, 'search'> => {
  const within = (action: string, type: RecordType): boolean =>
    Object.hasOwn(bounds, type.name) && (bounds[type.name] ?? []).includes(useOf(action))
  return {
    can: (action, type, row) => within(action, type) && gate.can(action, type, row),
    predicate: (action, type) =>
      within(action, type) ? gate.predicate(action, type) : { predicate: never, postFilter: false },
    could: (action, type) => within(action, type) && gate.could(action, type),
    system: () => false,
  }
}

/** Which use of a record an action is; one that nobody thought of counts as a change. */
const useOf = (action: string): Use =>
  action === 'export' ? 'export' : /^(list|history|view\..+|unmask\..+)$/.test(action) ? 'read' : 'write'

interface Place {
  readonly resource: EntityUid
  readonly around: EntityStore
}

const gateIn = (house: House, actor: Actor, entities: EntityStore, env: Environment): Omit<Gate, 'search'> => {
  const principal = userRef(actor.principal.id)
  const context = contextOf(env)
  const conditions = new Map<string, RowCondition>()
  const condition = (action: string, type: RecordType): RowCondition => {
    const key = `${action} ${type.name}`
    const known = conditions.get(key)
    if (known) return known
    const made = house.policies.predicate({
      principal,
      action,
      context,
      entities,
      columns: columnsOf(house.catalogue, type.name),
    })
    conditions.set(key, made)
    return made
  }
  // A row is asked about once per field group and right: it becomes an entity once.
  const places = new WeakMap<Row, Place>()
  const placed = (type: RecordType, row: Row): Place => {
    const known = places.get(row)
    if (known) return known
    const made = rowEntity(columnsOf(house.catalogue, type.name), row)
    const place = { resource: made.ref, around: entities.with(made) }
    places.set(row, place)
    return place
  }
  return {
    can: (action, type, row) => {
      const { resource, around } = placed(type, row)
      return house.policies.allows({ principal, action, resource, context, entities: around })
    },
    predicate: condition,
    could: (action, type) => condition(action, type).predicate.kind !== 'false',
    system: (action) => house.policies.allows({ principal, action, resource: systemResource, context, entities }),
  }
}

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
      // What needs a purpose is possible once the person gives one.
      const withPurpose = (action: string): boolean => gate.search.could(action, type)
      const groups: Partial<Record<FieldGroup, { view: boolean; edit: boolean; unmask: boolean }>> = {}
      for (const group of fieldGroups) {
        if (!type.fields.some((field) => field.group === group)) continue
        groups[group] = {
          view: could(`view.${group}`),
          edit: could(`edit.${group}`),
          unmask: withPurpose(`unmask.${group}`),
        }
      }
      return [
        type.name,
        {
          create: could('create'),
          import: could('import'),
          export: withPurpose('export'),
          delete: could('delete'),
          share: could('share'),
          assign: could('assign'),
          groups,
        },
      ]
    }),
  )
