// What one principal may do, now: decisions on rows, row predicates for lists, what is possible at all. The policies alone decide. Keeps vault-1.
import {
  type Actor,
  type Bounds,
  type Catalogue,
  type Environment,
  type Facts,
  type FieldGroup,
  fieldGroups,
  never,
  type Principal,
  type RecordType,
  typeOf,
  type Use,
} from '#kernel'
import {
  type ColumnMap,
  contextOf,
  type Decider,
  type EntityStore,
  type EntityUid,
  factsOf,
  grantsValue,
  recordColumns,
  type RowCondition,
  rowEntity,
  userRef,
  withPrincipal,
} from '#access'
import { grantedNow } from './granted.ts'
import type { House } from './house.ts'
import { type Org, regionsOf } from './org.ts'
import type { Row } from './row.ts'
import { createSight } from './sight.ts'
import type { Abilities, Visibility } from './vault.ts'

export interface Gate {
  /** Whether the action is allowed on this row. */
  can(action: string, type: RecordType, row: Row): boolean
  /** The rows of a type on which the action is allowed, as a condition. */
  predicate(action: string, type: RecordType): RowCondition
  /** Whether the action is possible on any row of the type; an export whose rows nobody counted: of one row. */
  could(action: string, type: RecordType): boolean
  /** How each field group of rows of a type comes out. */
  sight(type: RecordType): (row: Row) => Sight
  /** Whether an action on the system itself is allowed. */
  system(action: string): boolean
  /**
   * The gate of searching: here the purpose is the search itself, so that one who could unmask a number with a reason finds the
   * record by it. What is shown stays masked; one who may never unmask cannot probe for values.
   */
  readonly search: Bare
  /**
   * The gate as if no purpose were given. What a change answers is shown by it: the reason of a change is no reason to unmask, which
   * is counted and journalled by itself.
   */
  readonly unasked: Bare
  /** What row security is told of the actor; transactions that meet records are given them. */
  readonly facts: Facts
}

type Bare = Omit<Gate, 'search' | 'unasked' | 'facts'>

export type Sight = Readonly<Record<FieldGroup, Visibility>>

const systemResource = { type: 'System', id: 'holdfast' }

/** The gate of an actor: its attributes and the organisation as they are now. rows: of the export that it is for, as counted. */
export const createGate = async (house: House, actor: Actor, rows?: number): Promise<Gate> => {
  await house.rules.refresh()
  return gateOver(house, actor, await house.org.get({ tenant: house.tenant, principal: actor.principal.id }), rows)
}

/** The gate of what is the actor's own: nothing lent for a while counts in it, so that nothing lent is lent on. */
export const createOwnGate = async (house: House, actor: Actor): Promise<Gate> => {
  await house.rules.refresh()
  const org = await house.org.get({ tenant: house.tenant, principal: actor.principal.id })
  return gateOver(house, actor, { ...org, grants: new Map(), glasses: new Map(), deputies: new Map() })
}

const gateOver = (house: House, actor: Actor, org: Org, rows?: number): Gate => {
  const { entities, context, facts } = standingOf(house, org, actor)
  const { bounds } = actor.principal
  const made = (purpose: string): Bare => {
    const gate = gateIn(house, actor, entities, context(purpose, rows), context(purpose, rows ?? leastRows))
    return bounds === undefined ? gate : narrowed(gate, bounds)
  }
  const { purpose } = actor.env
  const gate = made(purpose)
  return purpose === ''
    ? { ...gate, search: made('search'), unasked: gate, facts }
    : { ...gate, search: gate, unasked: made(''), facts }
}

// Whether an export is possible at all is asked of the least there is. What is decided without a count is decided as the largest.
const leastRows = 1

export interface Standing {
  /** The organisation as this principal stands in it, grants of roles that run now included. */
  readonly entities: EntityStore
  /** What row security is told of it. */
  readonly facts: Facts
  /** The surroundings with a purpose, grants of records included; rows: of an export, if they were counted. */
  readonly context: (purpose: string, rows?: number) => ReturnType<typeof contextOf>
}

/** What policies see of an actor: whoever decides and whoever explains asks with the same. */
export const standingOf = (house: House, org: Org, actor: Actor): Standing => {
  const { principal, env } = actor
  const regions = regionsOf(principal.regions ?? [], principal.team, org.teamRegions)
  const granted = grantedNow(org, actor)
  const roles = [...(principal.roles ?? []), ...granted.roles]
  const grants = grantsValue(house.catalogue, granted.records, granted.deputyFor)
  const surroundings: Environment = { ...env, zone: env.zone ?? org.zone }
  return {
    entities: seenBy(org.entities, { ...principal, regions, roles }),
    facts: factsOf({ ...principal, roles }),
    context: (purpose, rows) =>
      contextOf({ ...surroundings, purpose, ...(rows === undefined ? {} : { rows }) }, grants),
  }
}

/** The gate of a key: what its user may do, and of that only what the bounds name. It never acts on the system itself. */
const narrowed = (gate: Bare, bounds: Bounds): Bare => {
  const within = (action: string, type: RecordType): boolean =>
    Object.hasOwn(bounds, type.name) && (bounds[type.name] ?? []).includes(useOf(action))
  return {
    can: (action, type, row) => within(action, type) && gate.can(action, type, row),
    predicate: (action, type) =>
      within(action, type) ? gate.predicate(action, type) : { predicate: never, postFilter: false },
    could: (action, type) => within(action, type) && gate.could(action, type),
    // Seeing and unmasking are the one use "read", whatever the group.
    sight: (type) => (within('view.basic', type) ? gate.sight(type) : createSight(type, () => refusal, refusal.allows)),
    system: () => false,
  }
}

const refusal = { key: 'false', always: false, allows: () => false } as const

/** Which use of a record an action is; one that nobody thought of counts as a change. */
const useOf = (action: string): Use =>
  action === 'export' ? 'export' : /^(list|history|view\..+|unmask\..+)$/.test(action) ? 'read' : 'write'

// Kept as long as the organisation stays as it is, and with it what the policies make of a principal.
const seats = new WeakMap<EntityStore, Map<string, EntityStore>>()

const seenBy = (org: EntityStore, principal: Principal): EntityStore => {
  const known = seats.get(org) ?? new Map<string, EntityStore>()
  seats.set(org, known)
  const key = JSON.stringify(principal)
  const found = known.get(key) ?? withPrincipal(org, principal)
  known.set(key, found)
  return found
}

interface Place {
  readonly resource: EntityUid
  readonly around: EntityStore
}

const gateIn = (
  house: House,
  actor: Actor,
  entities: EntityStore,
  context: ReturnType<typeof contextOf>,
  least: ReturnType<typeof contextOf>,
): Bare => {
  const principal = userRef(actor.principal.id)
  // One gate decides by one version of the policies, whatever comes into force meanwhile.
  const policies = house.policies
  const conditions = new Map<string, RowCondition>()
  const condition = (action: string, type: RecordType, around = context): RowCondition => {
    const key = `${action} ${type.name}${around === context ? '' : ' at all'}`
    const known = conditions.get(key)
    if (known) return known
    const made = policies.predicate({
      principal,
      action,
      context: around,
      entities,
      columns: columnsOf(house.catalogue, type.name),
    })
    conditions.set(key, made)
    return made
  }
  const deciders = new Map<string, Decider>()
  // Which action a decider is about, until it refused once: then its errors are looked into.
  const asks = new Map<Decider, string>()
  const decider = (action: string, type: RecordType): Decider => {
    const key = `${action} ${type.name}`
    const known = deciders.get(key)
    if (known) return known
    const made = policies.decider({ principal, action, type: type.entity, context, entities })
    deciders.set(key, made)
    asks.set(made, action)
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
  const ask = (asked: Decider, type: RecordType, row: Row): boolean => {
    if (asked.always === true) return true
    const { resource, around } = placed(type, row)
    if (asked.always === undefined && asked.allows(resource, around)) return true
    const action = asks.get(asked)
    if (action !== undefined && asks.delete(asked))
      house.alarms.refused(policies, { principal, action, resource, context, entities: around }, actor)
    return false
  }
  const sights = new Map<RecordType, (row: Row) => Sight>()
  return {
    can: (action, type, row) => ask(decider(action, type), type, row),
    sight: (type) => {
      const known = sights.get(type)
      if (known) return known
      const made = createSight(
        type,
        (action) => decider(action, type),
        (asked, row) => ask(asked, type, row),
      )
      sights.set(type, made)
      return made
    },
    predicate: condition,
    could: (action, type) => condition(action, type, action === 'export' ? least : context).predicate.kind !== 'false',
    system: (action) => {
      const asked = { principal, action, resource: systemResource, context, entities }
      const allowed = policies.allows(asked)
      if (!allowed) house.alarms.refused(policies, asked, actor)
      return allowed
    },
  }
}

const maps = new WeakMap<Catalogue, Map<string, ColumnMap>>()

export const columnsOf = (catalogue: Catalogue, name: string): ColumnMap => {
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
