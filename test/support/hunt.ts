// Looks whether each mutant is noticed: by the written edge cases, or by random policies of a fixed seed over fixed rows.
import assert from 'node:assert/strict'
import { policyToJson } from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import type { Predicate } from '#kernel'
import { predicateSql } from '#store'
import { gone, policy, type Row, row, teams, typedPolicy, users } from './cedar.ts'
import { officially } from './differential.ts'
import { Ref } from '../../src/access/value.ts'
import { comparisons, evaluations, extensions, memberships } from './edge-cases.ts'
import { idOf } from './holds.ts'
import * as faultless from './mutant-check.ts'
import { withFault } from './mutation.ts'
import { type Mutant, sqlMutants } from './mutants.ts'
import { withThings } from './things.ts'

type Check = typeof faultless

export const jsonOf = (text: string): unknown => {
  const answer = policyToJson(text)
  assert.ok(answer.type === 'success', text)
  return answer.json
}

const ids = Array.from({ length: 24 }, (_, i) => `00000000-0000-7000-8000-0000000001${String(10 + i)}`)

/** Policies that chance seldom puts together. */
const written: readonly (readonly string[])[] = [
  // Two roles: the forbid of one binds the other.
  ['permit (principal in Role::"a", action, resource);', 'forbid (principal in Role::"b", action, resource);'],
  ['permit (principal, action, resource);', 'forbid (principal, action, resource) when { resource.n > 1 };'],
  ['permit (principal, action, resource);', 'forbid (principal, action, resource) when { resource.c };', 'forbid (principal, action, resource) when { resource.m > 1 };'],
  ['permit (principal, action, resource);', 'forbid (principal, action, resource) when { context.count > 1 };'],
  ['permit (principal, action, resource);', 'forbid (principal, action, resource) when { context.mfa };'],
  ['permit (principal, action, resource);', 'forbid (principal, action, resource) when { resource.n > 1 } when { principal.active && false };'],
  ['permit (principal, action, resource) when { resource.n > 1 };'],
  ['permit (principal, action, resource) unless { resource.b };', 'permit (principal, action, resource) unless { resource.n == 1 };'],
  ['permit (principal, action, resource) when { resource.owner.role == "c" };', 'permit (principal, action, resource) when { resource.owner has role };'],
  [`permit (principal, action, resource) when { resource in Thing::"${ids[3] ?? ''}" };`],
  ['permit (principal, action, resource) unless { resource.custom has vip };', 'permit (principal, action, resource) when { resource.custom has grade };'],
  ['permit (principal, action, resource) when { !(resource.owner has team) };'],
  [`permit (principal, action, resource in Team::"${teams[0] ?? ''}");`],
  [`permit (principal, action, resource) when { resource.team in Team::"${teams[0] ?? ''}" };`],
  ['permit (principal, action, resource) when { resource in resource };', 'permit (principal, action, resource) when { [resource].contains(resource) };'],
  ['permit (principal, action, resource) when { resource.n == 1 || resource has n };'],
  ['permit (principal, action, resource) when { resource.n == 1 || !resource.c };'],
  ['permit (principal, action, resource) when { resource.tags.containsAll(["x", "y"]) };'],
  ['permit (principal, action, resource) unless { resource.n == 1 && (resource.c && resource.n > 5) };'],
  ['permit (principal, action, resource) when { !(resource.n == 1 && resource.c) };'],
  ['permit (principal, action, resource) when { (if resource.c then resource.n else resource.m) > 1 };'],
  ['permit (principal, action, resource) when { if resource.c then resource.m > 1 else resource.m < 0 };'],
  ['permit (principal, action, resource) when { resource.tags == ["x", "y"] };', 'permit (principal, action, resource) unless { resource.tags == ["x"] };'],
  ['permit (principal, action, resource) when { resource.at < datetime("2024-02-29T00:00:00.000Z") };', 'permit (principal, action, resource) when { resource.at <= datetime("2024-02-29T00:00:00.000Z") };'],
  ['permit (principal, action, resource) when { 1 < resource.n };', 'permit (principal, action, resource) when { 1 <= resource.n };'],
  ['permit (principal, action, resource) when { resource.s like "a%b" };', 'permit (principal, action, resource) when { resource.s like "a_b" };', 'permit (principal, action, resource) when { !(resource.s like "*a") };'],
  ['permit (principal, action, resource) when { resource.n < resource.m };', 'permit (principal, action, resource) unless { resource.n < resource.m };'],
  ['permit (principal, action, resource) when { [].contains(resource.s) };', 'permit (principal, action, resource) unless { [].contains(resource.s) };'],
  ['permit (principal, action, resource) when { resource.owner in [] };', 'permit (principal, action, resource) unless { resource.owner in [] };'],
  ['permit (principal, action, resource) unless { resource.custom.grade == "a" };', 'permit (principal, action, resource) unless { resource.custom.vip };'],
  ['permit (principal, action, resource) unless { resource.price.lessThan(decimal("1.0")) };'],
  ['permit (principal, action, resource) when { principal.role == "none" || resource.c };', 'permit (principal, action, resource) when { principal.role == "a" || resource.n > 1 };'],
] // prettier-ignore

const casesOf = (seed: number, count: number): readonly (faultless.Case & { readonly texts: readonly string[] })[] => {
  const some = fc.array(fc.oneof(policy, typedPolicy), { minLength: 1, maxLength: 3 })
  const drawn = fc.sample(some, { numRuns: count, seed })
  return [...written, ...drawn].flatMap((texts, i) => {
    const asker = users[i % users.length] ?? ''
    const one = { texts, json: texts.map(jsonOf), asker, full: i % 3 > 0 }
    return i < written.length ? users.map((user) => ({ ...one, asker: user })) : [one]
  })
}

export const rowsOf = (seed: number): readonly Row[] => {
  const [drawn = []] = fc.sample(fc.tuple(...ids.map(row)), { numRuns: 1, seed })
  // One of nothing, one with members of other types than promised, one whose owner was deleted.
  return drawn.map((of, i) => {
    if (i === 0)
      return { ...of, owner_id: null, team_id: null, n: null, c: false, s: null, b: null, at: null, tags: null }
    if (i === 1)
      return { ...of, tags: ['x'], custom: { vip: 'x', grade: 1, credit: '1', rate: '12.50000', labels: ['x', 1] } }
    return i === 2 ? { ...of, owner_id: gone } : of
  })
}

const edgeJson = [...comparisons, ...memberships, ...evaluations, ...extensions].map(([body]) =>
  jsonOf(`permit (principal, action, resource) when { ${body} };`),
)

export interface Hunt {
  readonly mutants: readonly Mutant[]
  readonly seed: number
  readonly cases: number
  readonly enough?: () => boolean
}

export interface Found {
  /** Looked at. */
  readonly tried: number
  readonly survivors: readonly string[]
}

/** Mutants of the compiler that nobody noticed; the official engine vouches for what the compiler without a fault says. */
export const hunt = async ({ mutants: those, seed, cases: count, enough = () => false }: Hunt): Promise<Found> => {
  const cases = casesOf(seed, count)
  const rows = rowsOf(seed)
  const right = cases.map((one) => {
    const decided = faultless.decisions(one, rows)
    const engine = officially(one.texts, new Ref('User', one.asker), faultless.contextOf(one.full))
    assert.deepEqual(decided, rows.map(engine), one.texts.join('\n'))
    return [decided, faultless.consequences(one, rows)].flat().join('\n')
  })
  const edges = faultless.edges(edgeJson).join()
  const notices = (check: Check): boolean => {
    if (check.edges(edgeJson).join() !== edges) return true
    return cases.some((one, i) => [check.decisions(one, rows), check.consequences(one, rows)].flat().join('\n') !== right[i]) // prettier-ignore
  }
  const survivors: string[] = []
  let tried = 0
  for (const mutant of those) {
    if (enough()) break
    tried++
    const check = (await withFault(mutant, 'test/support/mutant-check.ts')) as Check
    if (!noticed(() => notices(check))) survivors.push(mutant.name)
  }
  return { tried, survivors }
}

/** A mutant that throws is noticed, too. */
const noticed = (look: () => boolean): boolean => {
  try {
    return look()
  } catch {
    return true
  }
}

/** What no plan makes today, and the SQL must still be right for: an empty list. */
const bare: readonly Predicate[] = [
  { kind: 'in', column: 's', values: [], type: 'text', negated: true },
  {
    kind: 'relation',
    op: 'member',
    left: { kind: 'column', column: 's', as: 'text', up: 0 },
    right: { kind: 'value', type: 'texts', value: [] },
    negated: true,
  },
]

/** Faults of the SQL, asked of a real PostgreSQL. */
export const huntSql = async (seed: number, count: number, those = sqlMutants): Promise<Found> => {
  const rows = rowsOf(seed)
  const predicates = [...bare, ...casesOf(seed, count).flatMap((one) => faultless.conditions(one))]
  const survivors: string[] = []
  await withThings(rows, faultless.userRows, async (things) => {
    const selected = async (sql: typeof predicateSql): Promise<string> => {
      const found = await things.select(predicates, sql)
      return found.map((one) => rows.map((of) => (one.has(idOf(of)) ? '1' : '0')).join('')).join('\n')
    }
    const right = await selected(predicateSql)
    for (const mutant of those) {
      const faulty = (await withFault(mutant, 'src/store/predicate.ts')) as { predicateSql: typeof predicateSql }
      const found = await selected(faulty.predicateSql).catch(() => 'refused')
      if (found === right) survivors.push(mutant.name)
    }
  })
  return { tried: those.length, survivors }
}
