// The role matrix as a table: who may do what to which records, and which layer each cell comes from. What roles and defaults say is read
// from the document; what guard rails, restrictions and a house's own policies say is asked of the policies themselves. Keeps access-194.
import { type Catalogue, fieldGroups, type RecordType } from '#kernel'
import { compileAll } from './closure.ts'
import { isStaff, recordColumns } from './columns.ts'
import type { PolicyDocument } from './document.ts'
import { documentPolicies, readable } from './document.ts'
import type { EntityStore } from './entity.ts'
import type { Policy } from './est.ts'
import { type Left, narrow } from './narrow.ts'
import { readPolicies, readSchema } from './official.ts'
import { officeActions } from './own-role.ts'
import { organisation, userRef } from './question.ts'
import { type Grant, grantActions, type RoleScope, scopes } from './role.ts'
import { accessSchema, recordActions, systemActions } from './schema.ts'
import { fixedPolicies } from './shipped.ts'
import { Ref, toRecord } from './value.ts'

export type MatrixLayer = 'rail' | 'everyone' | 'default' | 'role' | 'administrator' | 'own' | 'restriction'

/** What allows a cell, and for which records; `some`: as its own conditions say. */
export interface Allow {
  readonly policy: string
  readonly scope: RoleScope | 'some'
}

/** What forbids it: always, or where its conditions say so. */
export interface Forbid {
  readonly policy: string
  readonly always: boolean
}

export interface MatrixCell {
  readonly allow: readonly Allow[]
  readonly forbid: readonly Forbid[]
}

/** By role, then by type (and `system`), then by action. Actions nothing allows and nothing always forbids are absent. */
export type Matrix = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, MatrixCell>>>>>>

/** Actions on records that have a column: those of field groups by verb. */
export const matrixActions: readonly string[] = [
  ...recordActions,
  ...(['view', 'unmask', 'edit'] as const).flatMap((verb) => fieldGroups.map((group) => `${verb}.${group}`)),
]

export const administrator = 'administrator'

/** Roles of a document in its order, the one who administers all first; what was retired has no rights to show. */
export const matrixRoles = (document: PolicyDocument): readonly string[] => [
  ...(document.administrator ? [administrator] : []),
  ...document.roles.filter(({ own }) => own?.retired !== true).map(({ name }) => name),
]

/** Worked out once for a document and a catalogue: the shipped one and the one in force are asked for again and again. */
export const matrixOf = (catalogue: Catalogue, document: PolicyDocument): Matrix => {
  const known = kept.get(document)
  if (known?.catalogue === catalogue) return known.matrix
  const matrix = workedOut(catalogue, document)
  kept.set(document, { catalogue, matrix })
  return matrix
}

const kept = new WeakMap<PolicyDocument, { readonly catalogue: Catalogue; readonly matrix: Matrix }>()

const workedOut = (catalogue: Catalogue, document: PolicyDocument): Matrix => {
  const ask = outsideRows(catalogue, document)
  return Object.fromEntries(
    matrixRoles(document).map((role) => {
      const rows = catalogue.types.map((type) => [
        type.name,
        cells(matrixActions, (action) => allowed(catalogue, document, role, type, action), (action) => ask(role, action, type.entity)),
      ] as const) // prettier-ignore
      const own = document.roles.some(({ name, own: made }) => name === role && made !== undefined)
      const system = cells(systemActions, (action) => onSystem(document, role, action), (action) => closed(own && officeActions.includes(action), ask(role, action, 'System'))) // prettier-ignore
      return [role, Object.fromEntries([...rows, ['system', system] as const])] as const
    }),
  )
}

/** No role of a house's own is given what belongs to an office; what everybody may, it may too. */
const closed = (office: boolean, asked: Asked): Asked =>
  office && asked.permits.length === 0
    ? { ...asked, forbids: [...asked.forbids, { policy: officeRule, always: true }] }
    : asked

const officeRule = 'rail.own-roles'

const cells = (
  actions: readonly string[],
  allow: (action: string) => readonly Allow[],
  ask: (action: string) => Asked,
): Readonly<Record<string, MatrixCell>> =>
  Object.fromEntries(
    actions.flatMap((action) => {
      const { permits, forbids } = ask(action)
      const all = [...allow(action), ...permits]
      const forbid = all.length > 0 ? forbids : forbids.filter(({ always }) => always)
      return all.length + forbid.length === 0 ? [] : [[action, { allow: all, forbid }] as const]
    }),
  )

const allowed = (
  catalogue: Catalogue,
  document: PolicyDocument,
  role: string,
  type: RecordType,
  action: string,
): readonly Allow[] => [
  ...(role === administrator && document.administrator ? [{ policy: 'administrator.all', scope: 'all' } as const] : []),
  ...document.roles
    .filter(({ name }) => name === role)
    .flatMap(({ grants }) => grants)
    .filter((grant) => covers(catalogue, grant, type.name) && grantActions(grant).includes(action))
    .filter(({ scope }) => scopesOf(catalogue, type.name).includes(scope))
    .map(({ name, scope }) => ({ policy: `${role}.${name}`, scope })),
  ...byDefault(document, role, type.name, action),
]

const byDefault = (document: PolicyDocument, role: string, type: string, action: string): readonly Allow[] => {
  const kind = document.defaults[type] ?? 'private'
  const inside = document.roles.some(({ name, inside: counts }) => name === role && counts)
  if (kind === 'private' || !inside || !readable.some((one) => one === action)) return []
  return [{ policy: `default.${type}`, scope: kind === 'unit' ? 'team' : 'all' }]
}

const onSystem = (document: PolicyDocument, role: string, action: string): readonly Allow[] => [
  ...(role === administrator && document.administrator ? [{ policy: 'administrator.all', scope: 'all' } as const] : []),
  ...document.roles
    .filter(({ name, system }) => name === role && system.includes(action))
    .map(() => ({ policy: `${role}.system`, scope: 'all' }) as const),
]

/** Whether a row of the matrix is about a type. */
export const covers = (catalogue: Catalogue, { types }: Pick<Grant, 'types'>, type: string): boolean =>
  typesOf(catalogue, types).includes(type)

/** The types of a row by name. */
export const typesOf = (catalogue: Catalogue, types: Grant['types']): readonly string[] =>
  types === 'customers' ? catalogue.types.filter((type) => !isStaff(type)).map(({ name }) => name) : types

/** The scopes that mean something for a type: not every type has a pool or a region. */
export const scopesOf = (catalogue: Catalogue, name: string): readonly RoleScope[] => {
  if (name === 'system') return ['all']
  const type = catalogue.types.find((one) => one.name === name)
  if (!type) return []
  const { attributes } = recordColumns(catalogue, name)
  return scopes.filter((scope) => (scope === 'pool' ? type.pool : scope === 'region' ? attributes.has('region') : true))
}

/** From which layer a policy comes, by its id. */
export const layerOf = (document: PolicyDocument, id: string): MatrixLayer => {
  const [first = ''] = id.split('.')
  if (document.policies.some((one) => one.id === id)) return 'own'
  if (first === 'rail' || first === 'everyone' || first === 'default' || first === 'restriction') return first
  return id === 'administrator.all' ? 'administrator' : 'role'
}

interface Asked {
  readonly permits: readonly Allow[]
  readonly forbids: readonly Forbid[]
}

/** What stands outside the roles' own rows: guard rails, what everybody may, restrictions, a house's own policies. */
export const outsideRows = (
  catalogue: Catalogue,
  document: PolicyDocument,
): ((role: string, action: string, entity: string) => Asked) => {
  const schema = accessSchema(catalogue)
  const policies = readPolicies(schema, [
    ...fixedPolicies(),
    ...documentPolicies({ ...document, administrator: false, roles: [], defaults: {} }),
  ])
  const actions = readSchema(schema)
  const fitting = new Map<string, readonly Policy[]>()
  const people = new Map<string, EntityStore>()
  return (role, action, type) => {
    const store = people.get(role) ?? organisation([{ id: somebody, role, team: someTeam, active: true }], [{ id: someTeam, parent: null }]) // prettier-ignore
    people.set(role, store)
    const found = fitting.get(action) ?? policies.filter(fits(action, actions))
    fitting.set(action, found)
    const ref = new Ref('Action', action)
    const left = narrow(found, { principal: userRef(somebody), action: ref, entities: store, actions, type }, 'deny')
    return {
      permits: left.filter(({ policy: { effect } }) => effect === 'permit').map(({ policy: { id }, sure }) => ({ policy: id, scope: sure ? 'all' : 'some' })), // prettier-ignore
      forbids: left.filter(({ policy: { effect } }) => effect === 'forbid').map(({ policy: { id }, sure }: Left) => ({ policy: id, always: sure })), // prettier-ignore
    }
  }
}

const somebody = '00000000-0000-7000-8000-000000000001'
const someTeam = '00000000-0000-7000-8000-000000000011'

const fits = (id: string, actions: EntityStore): ((policy: Policy) => boolean) => {
  const action = new Ref('Action', id)
  const question = { principal: action, action, resource: action, context: toRecord({}), entities: actions, actions }
  return (policy) => compileAll([policy.scope.action])(question) === true
}
