// Row security out of the guard rails: which rows no forbid closes, said in facts about whoever asks. What SQL cannot say of a rail lets
// every row through, so that no row is cut which the policies allow. Keeps access-170, access-171.
import {
  always,
  type Catalogue,
  type Facts,
  fieldGroups,
  type Predicate,
  type Principal,
  rolesOf,
  type Wall,
} from '#kernel'
import { recordColumns } from './columns.ts'
import { and, keyOf, or } from './formula.ts'
import { compilePolicies } from './policyset.ts'
import { accessSchema, recordActions } from './schema.ts'
import { fixedPolicies } from './shipped.ts'
import type { PolicyText } from './official.ts'

/** The walls of every record type, from the guard rails as they were shipped and signed. */
export const railWalls = (catalogue: Catalogue): readonly Wall[] => {
  const found = known.get(catalogue) ?? wallsOf(catalogue, fixedPolicies(), { validated: true })
  known.set(catalogue, found)
  return found
}

const known = new WeakMap<Catalogue, readonly Wall[]>()

/** The facts of a principal with the roles it holds at the moment. */
export const factsOf = (principal: Pick<Principal, 'active' | 'role' | 'roles' | 'clearance'>): Facts => ({
  active: principal.active,
  roles: rolesOf(principal),
  ...(principal.clearance === undefined ? {} : { clearance: principal.clearance }),
})

const each = (verb: string): readonly string[] => fieldGroups.map((group) => `${verb}.${group}`)
const reading = ['list', 'history', 'export', ...each('view'), ...each('unmask')]
const creating = ['create', 'import']
const writing = [...recordActions.filter((action) => !reading.includes(action)), ...each('edit')]

/** The walls that some policies make; permits among them count for nothing. */
export const wallsOf = (
  catalogue: Catalogue,
  policies: readonly PolicyText[],
  options: { readonly validated?: boolean } = {},
): readonly Wall[] => {
  const set = compilePolicies(accessSchema(catalogue), policies, options)
  return catalogue.types.map((type) => {
    const columns = recordColumns(catalogue, type.name)
    const some = (actions: readonly string[]): Predicate =>
      anyOf(actions.map((action) => set.unforbidden(action, columns)))
    return { table: type.table, read: some([...reading, ...writing]), create: some(creating), change: some(writing) }
  })
}

/** A disjunction of conjunctions without what another of them says already, and with what all of them say taken out once. */
const anyOf = (all: readonly Predicate[]): Predicate => {
  const parts = all.map((one) => new Map(partsOf(one).map((part) => [keyOf(part), part])))
  const keys = parts.map((one) => new Set(one.keys()))
  const kept = parts.filter(
    (_, i) =>
      !keys.some((other, j) => i !== j && isSubset(other, keys[i]) && (other.size < (keys[i]?.size ?? 0) || j < i)),
  )
  const [first] = kept
  if (!first) return always
  const common = [...first].filter(([key]) => kept.every((one) => one.has(key)))
  const shared = new Set(common.map(([key]) => key))
  return and(
    ...common.map(([, part]) => part),
    or(...kept.map((one) => and(...[...one].filter(([key]) => !shared.has(key)).map(([, part]) => part)))),
  )
}

const isSubset = (a: ReadonlySet<string>, b: ReadonlySet<string> | undefined): boolean =>
  b !== undefined && a.isSubsetOf(b)

const partsOf = (one: Predicate): readonly Predicate[] =>
  one.kind === 'and' ? one.of : one.kind === 'true' ? [] : [one]
