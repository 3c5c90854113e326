// A cell of the role matrix switched on or off: the rows of the role are split where only one type is meant, and joined again where they
// say the same. Guard rails are asked first. Keeps access-195.
import { type Catalogue, type FieldGroup, fieldGroups } from '#kernel'
import { isStaff } from './columns.ts'
import type { PolicyDocument } from './document.ts'
import { covers, type Matrix, matrixOf, scopesOf, typesOf } from './matrix.ts'
import { type Grant, grantActions, type Groups, groupsOf, type Role, type RoleScope } from './role.ts'

/** One right of a role to the records of a type as far as a scope reaches; type `system` for functions of the system. */
export interface CellEdit {
  readonly role: string
  readonly type: string
  readonly scope: RoleScope
  readonly action: string
  readonly on: boolean
}

export interface Edited {
  readonly document: PolicyDocument
  /** Edits that change nothing in effect, because a guard rail or an unconditional restriction forbids it. */
  readonly refused: readonly { readonly edit: CellEdit; readonly policy: string }[]
}

/** The document after some edits; those that could never take effect are left out and named. */
export const withCells = (catalogue: Catalogue, document: PolicyDocument, edits: readonly CellEdit[]): Edited => {
  const matrix = matrixOf(catalogue, document)
  const judged = edits.map((edit) => ({ edit, policy: obstacle(matrix, edit) }))
  const refused = judged.flatMap(({ edit, policy }) => (policy === undefined ? [] : [{ edit, policy }]))
  const kept = judged.filter(({ policy }) => policy === undefined).map(({ edit }) => edit)
  return { document: kept.reduce((now, edit) => applied(catalogue, now, edit), document), refused }
}

const obstacle = (matrix: Matrix, { role, type, action, on }: CellEdit): string | undefined =>
  on ? matrix[role]?.[type]?.[action]?.forbid.find(({ always }) => always)?.policy : undefined

const applied = (catalogue: Catalogue, document: PolicyDocument, edit: CellEdit): PolicyDocument => ({
  ...document,
  roles: document.roles.map((role) => (role.name === edit.role ? changed(catalogue, role, edit) : role)),
})

const changed = (catalogue: Catalogue, role: Role, edit: CellEdit): Role => {
  const { type, scope, action, on } = edit
  if (type === 'system') {
    const others = role.system.filter((one) => one !== action)
    return { ...role, system: on ? (role.system.includes(action) ? role.system : [...role.system, action]) : others }
  }
  if (!scopesOf(catalogue, type).includes(scope)) return role
  const mine = (grant: Grant): boolean => grant.scope === scope && covers(catalogue, grant, type)
  const holding = role.grants.filter((grant) => mine(grant) && grantActions(grant).includes(action))
  if (on === holding.length > 0) return role
  const first = role.grants.find(mine)
  if (!first) return { ...role, grants: [...role.grants, added(role, edit)] }
  const grants = (on ? [first] : holding).reduce<readonly Grant[]>(
    (now, grant) => split(catalogue, now, grant, edit),
    role.grants,
  )
  return { ...role, grants }
}

const added = (role: Role, { type, scope, action }: CellEdit): Grant =>
  withAction({ name: unique(role.grants, scope === 'all' ? `all-${type}` : `${scope}-${type}`), types: [type], scope, actions: [], view: [], unmask: [], edit: [] }, action, true) // prettier-ignore

/** Takes one type out of a row, changes it there, and joins it to a row that says the same. */
const split = (
  catalogue: Catalogue,
  grants: readonly Grant[],
  grant: Grant,
  { type, action, on }: CellEdit,
): readonly Grant[] => {
  // prettier-ignore
  const rest = typesOf(catalogue, grant.types).filter((one) => one !== type)
  const at = grants.indexOf(grant)
  const name = rest.length === 0 ? grant.name : unique(grants, `${grant.name}-${type}`)
  const part = withAction({ ...grant, name, types: [type] }, action, on)
  const left: readonly Grant[] = rest.length === 0 ? [] : [{ ...grant, types: rest }]
  const others = [...grants.slice(0, at), ...left, ...grants.slice(at + 1)]
  if (grantActions(part).length === 0) return others
  const same = others.find((one) => one.scope === part.scope && saysTheSame(one, part))
  if (!same) return [...others.slice(0, at + left.length), part, ...others.slice(at + left.length)]
  const types = joined(catalogue, [...typesOf(catalogue, same.types), type])
  return others.map((one) => (one === same ? { ...same, types } : one))
}

const joined = (catalogue: Catalogue, types: readonly string[]): Grant['types'] => {
  const ordered = catalogue.types.filter(({ name }) => types.includes(name))
  const customers = catalogue.types.filter((type) => !isStaff(type))
  const whole = ordered.length === customers.length && customers.every((type) => ordered.includes(type))
  return whole ? 'customers' : ordered.map(({ name }) => name)
}

const saysTheSame = (a: Grant, b: Grant): boolean => {
  const [one, other] = [new Set(grantActions(a)), new Set(grantActions(b))]
  return one.size === other.size && [...one].every((action) => other.has(action))
}

const withAction = (grant: Grant, action: string, on: boolean): Grant => {
  const [verb = '', group = ''] = action.split('.')
  if ((verb === 'view' || verb === 'unmask' || verb === 'edit') && fieldGroups.some((one) => one === group))
    return { ...grant, [verb]: withGroup(grant[verb], group as FieldGroup, on) }
  const others = grant.actions.filter((one) => one !== action)
  return { ...grant, actions: on ? [...others, action] : others }
}

const withGroup = (groups: Groups, group: FieldGroup, on: boolean): Groups => {
  const chosen = fieldGroups.filter((one) => (one === group ? on : groupsOf(groups).includes(one)))
  return chosen.length === fieldGroups.length ? 'all' : chosen
}

const unique = (grants: readonly Grant[], wanted: string): string => {
  const base = wanted.slice(0, 36)
  const taken = new Set(grants.map(({ name }) => name))
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}-${String(n)}`
    if (!taken.has(name)) return name
  }
}
