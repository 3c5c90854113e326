// The role matrix over HTTP: as it is in force, and as it would be after some cells are switched. It stores nothing. Keeps server-232, server-233.
import { actionLabel, type CellEdit, layerOf, type Matrix, matrixActions, matrixOf, matrixRoles, type PolicyDocument, policyPurpose, roleDifferences, roleLabel, scopes, scopesOf, shippedDocument, systemActions, withCells } from '#access' // prettier-ignore
import { type Catalogue, Fault, type Label } from '#kernel'
import type { MatrixAllow, MatrixAnswer, MatrixDraftAnswer } from './contract/policy-matrix.ts'
import type { Call, GuardedRoute } from './route.ts'
import { answer, anything, boolean, both, integer, list, mapOf, oneOf, request, string, text } from './schema.ts'

const guard = { action: 'policy.view', resource: 'system' } as const
const named = { name: string, label: both }
const edit = { role: text(64), type: text(64), scope: oneOf(...scopes), action: text(64), on: boolean }
const matrixOut = answer({
  version: integer,
  roles: list(answer({ ...named, shipped: boolean, editable: boolean })),
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
      return shown(call.house.vault.catalogue, document, version)
    },
  },
  {
    ...guard,
    method: 'POST',
    path: '/api/policies/matrix',
    summary: 'The role matrix after some cells are switched, with the differences in words; nothing is stored',
    body: request({ base: integer, edits: list(request(edit), 2000) }),
    out: answer({
      document: anything,
      matrix: matrixOut,
      differences: list(
        answer({ role: string, type: string, scope: string, gained: list(string), lost: list(string), words: both }),
      ),
      refused: list(answer({ edit: answer(edit), policy: string, label: both })),
    }),
    handler: async (call): Promise<MatrixDraftAnswer> => {
      const { base, edits } = call.body as { base: number; edits: readonly CellEdit[] }
      const { document, version } = await inForce(call)
      if (base !== version) throw new Fault('conflict', { what: 'policy' })
      const { catalogue } = call.house.vault
      for (const one of edits) demandKnown(catalogue, document, one)
      const { document: next, refused } = withCells(catalogue, document, edits)
      return {
        document: next,
        matrix: shown(catalogue, next, version),
        differences: roleDifferences(catalogue, document, next),
        refused: refused.map((one) => ({ ...one, label: policyPurpose(catalogue, document, one.policy) })),
      }
    },
  },
]

const inForce = async ({ house, actor }: Call): Promise<{ document: PolicyDocument; version: number }> => {
  const { document, versions } = await house.policyControl.state(actor)
  return { document, version: versions.find(({ active }) => active)?.number ?? 0 }
}

const demandKnown = (catalogue: Catalogue, document: PolicyDocument, { role, type, action }: CellEdit): void => {
  const known = document.roles.some(({ name }) => name === role)
  const actions: readonly string[] = type === 'system' ? systemActions : matrixActions
  const typed = type === 'system' || catalogue.types.some(({ name }) => name === type)
  if (!known || !typed || !actions.includes(action))
    throw new Fault('policy-invalid', { what: 'there is no such cell' })
}

const shown = (catalogue: Catalogue, document: PolicyDocument, version: number): MatrixAnswer => {
  const cells = matrixOf(catalogue, document)
  return {
    version,
    roles: matrixRoles(document).map((name) => ({
      name,
      label: capital(roleLabel(catalogue, name)),
      shipped: matrixRoles(shippedDocument).includes(name),
      editable: document.roles.some((role) => role.name === name),
    })),
    types: catalogue.types.map(({ name, label }) => ({ name, label, scopes: scopesOf(catalogue, name) })),
    system: systemActions.map((name) => ({ name, label: actionLabel(name) })),
    actions: matrixActions.map((name) => ({ name, label: actionLabel(name) })),
    cells,
    shipped: differing(cells, matrixOf(catalogue, shippedDocument)),
    policies: Object.fromEntries(
      policiesIn(cells).map((id) => [id, { layer: layerOf(document, id), label: policyPurpose(catalogue, document, id) }]), // prettier-ignore
    ),
  }
}

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
