// The role matrix over HTTP: as it is in force, and as it would be after some cells are switched. It stores nothing. Keeps server-232, server-233.
import { actionLabel, type CellEdit, layerOf, type Matrix, matrixActions, matrixOf, matrixRoles, type PolicyDocument, policyPurpose, roleDifferences, roleLabel, scopes, scopesOf, shippedDocument, systemActions, withCells, withOwnRoles, withRoles, isOwnActive, notCarried, roleBases, roleChanges, type RoleSteps } from '#access' // prettier-ignore
import { type Catalogue, Fault, type Label } from '#kernel'
import type { RoleHolders } from '#vault'
import type { MatrixAllow, MatrixAnswer, MatrixDraftAnswer } from './contract/policy-matrix.ts'
import type { Call, GuardedRoute } from './route.ts'
import { roleChange } from './policies.ts'
import {
  answer,
  anything,
  boolean,
  both,
  integer,
  list,
  mapOf,
  oneOf,
  orNull,
  request,
  string,
  text,
} from './schema.ts'

const guard = { action: 'policy.view', resource: 'system' } as const
const named = { name: string, label: both }
const edit = { role: text(64), type: text(64), scope: oneOf(...scopes), action: text(64), on: boolean }
const words = request({ zh: text(40), en: text(40) })
const described = { name: text(40), label: words, 'about?': request({ zh: text(300), en: text(300) }) }
const roleSteps = request({
  make: list(request({ ...described, from: text(40) }), 50),
  describe: list(request(described), 50),
  retire: list(text(40), 50),
})
const noSteps: RoleSteps = { make: [], describe: [], retire: [] }
const matrixOut = answer({
  version: integer,
  roles: list(
    answer({
      ...named,
      shipped: boolean,
      editable: boolean,
      own: orNull(
        answer({
          about: orNull(both),
          base: string,
          baseLabel: both,
          people: integer,
          keys: integer,
          mappings: integer,
          loans: integer,
        }),
      ),
    }),
  ),
  retired: list(answer(named)),
  copied: list(string),
  types: list(answer({ ...named, scopes: list(string) })),
  system: list(answer(named)),
  actions: list(answer(named)),
  cells: anything,
  shipped: mapOf(list(answer({ policy: string, scope: string }))),
  policies: mapOf(answer({ layer: string, label: both })),
})

export const policyMatrixRoutes: readonly GuardedRoute[] = [
  {
    ...guard,
    method: 'GET',
    path: '/api/policies/matrix',
    summary: 'The role matrix in force: who may do what to which records, and from which layer each cell comes',
    out: matrixOut,
    handler: async (call): Promise<MatrixAnswer> => {
      const { document, version } = await inForce(call)
      return shown(call.house.vault.catalogue, document, version, await call.house.policyControl.holders(call.actor))
    },
  },
  {
    ...guard,
    method: 'POST',
    path: '/api/policies/matrix',
    summary:
      'The role matrix after roles of the house’s own are made, described otherwise or retired and some cells are switched, with the differences in words; nothing is stored',
    body: request({ base: integer, edits: list(request(edit), 2000), 'roles?': roleSteps }),
    out: answer({
      document: anything,
      matrix: matrixOut,
      differences: list(
        answer({ role: string, type: string, scope: string, gained: list(string), lost: list(string), words: both }),
      ),
      roles: list(answer(roleChange)),
      left: list(answer({ role: string, policy: string, label: both })),
      refused: list(answer({ edit: answer(edit), policy: string, label: both })),
    }),
    handler: async (call): Promise<MatrixDraftAnswer> => {
      const { base, edits, roles = noSteps } = call.body as Asked
      const { document, version } = await inForce(call)
      if (base !== version) throw new Fault('conflict', { what: 'policy' })
      const { catalogue } = call.house.vault
      const made = withRoles(catalogue, document, roles)
      const holders = await call.house.policyControl.holders(call.actor, made)
      for (const one of edits) demandKnown(catalogue, made, one)
      const { document: next, refused } = withCells(catalogue, made, edits)
      const named = withOwnRoles(catalogue, () => next.roles)
      const label = (policy: string): Label => policyPurpose(named, next, policy)
      return {
        document: next,
        matrix: shown(catalogue, next, version, holders),
        // A new role is told by what it differs in from the one it was copied from.
        differences: roleDifferences(named, made, next),
        roles: roleChanges(catalogue, document, next),
        left: notCarried(catalogue, next, roles.make).map((one) => ({ ...one, label: label(one.policy) })),
        refused: refused.map((one) => ({ ...one, label: label(one.policy) })),
      }
    },
  },
]

interface Asked {
  readonly base: number
  readonly edits: readonly CellEdit[]
  readonly roles?: RoleSteps
}

const inForce = async ({ house, actor }: Call): Promise<{ document: PolicyDocument; version: number }> => {
  const { document, versions } = await house.policyControl.state(actor)
  return { document, version: versions.find(({ active }) => active)?.number ?? 0 }
}

const demandKnown = (catalogue: Catalogue, document: PolicyDocument, { role, type, action }: CellEdit): void => {
  const known = document.roles.some(({ name, own }) => name === role && own?.retired !== true)
  const actions: readonly string[] = type === 'system' ? systemActions : matrixActions
  const typed = type === 'system' || catalogue.types.some(({ name }) => name === type)
  if (!known || !typed || !actions.includes(action))
    throw new Fault('policy-invalid', { what: 'there is no such cell' })
}

const shown = (
  known: Catalogue,
  document: PolicyDocument,
  version: number,
  holders: ReadonlyMap<string, RoleHolders>,
): MatrixAnswer => {
  const cells = matrixOf(known, document)
  const catalogue = withOwnRoles(known, () => document.roles)
  const labelled = (name: string) => ({ name, label: capital(roleLabel(catalogue, name)) })
  return {
    version,
    roles: matrixRoles(document).map((name) => {
      const role = document.roles.find((one) => one.name === name)
      const own = role?.own
      return {
        ...labelled(name),
        shipped: matrixRoles(shippedDocument).includes(name),
        editable: role !== undefined,
        own: own
          ? {
              about: own.about ?? null,
              base: own.base,
              baseLabel: capital(roleLabel(catalogue, own.base)),
              ...(holders.get(name) ?? nobody),
            }
          : null,
      }
    }),
    retired: document.roles.filter(({ own }) => own?.retired === true).map(({ name }) => labelled(name)),
    copied: document.roles.filter((role) => roleBases.includes(role.name) || isOwnActive(role)).map(({ name }) => name),
    types: catalogue.types.map(({ name, label }) => ({ name, label, scopes: scopesOf(catalogue, name) })),
    system: systemActions.map((name) => ({ name, label: actionLabel(name) })),
    actions: matrixActions.map((name) => ({ name, label: actionLabel(name) })),
    cells,
    shipped: differing(cells, matrixOf(known, shippedDocument)),
    policies: Object.fromEntries(
      policiesIn(cells).map((id) => [id, { layer: layerOf(document, id), label: policyPurpose(catalogue, document, id) }]), // prettier-ignore
    ),
  }
}

const nobody: RoleHolders = { people: 0, keys: 0, mappings: 0, loans: 0 }

/** A name that stands alone. */
const capital = ({ zh, en }: Label): Label => ({ zh, en: en.charAt(0).toUpperCase() + en.slice(1) })

const policiesIn = (cells: Matrix): readonly string[] => [
  ...new Set(
    Object.values(cells)
      .flatMap((types) => Object.values(types).flatMap((actions) => Object.values(actions)))
      .flatMap(({ allow, forbid }) => [...allow, ...forbid].map(({ policy }) => policy)),
  ),
]

/** Cells of shipped roles that are allowed for other records than as shipped. */
const differing = (cells: Matrix, shipped: Matrix): Record<string, readonly MatrixAllow[]> =>
  Object.fromEntries(
    Object.entries(cells).flatMap(([role, types]) =>
      Object.entries(shipped[role] ?? {}).flatMap(([type, before]) =>
        [...new Set([...Object.keys(before), ...Object.keys(types[type] ?? {})])].flatMap((action) => {
          const [now, then] = [types[type]?.[action]?.allow ?? [], before[action]?.allow ?? []]
          return reach(now) === reach(then) ? [] : [[`${role}/${type}/${action}`, then] as const]
        }),
      ),
    ),
  )

const reach = (allow: readonly MatrixAllow[]): string => [...new Set(allow.map(({ scope }) => scope))].toSorted().join()
