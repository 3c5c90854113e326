// Three ways to the same decision: the official engine, the closure, and PostgreSQL. For each policy the SQL of its two sides tells of
// every row whether it is satisfied, not satisfied or errs; from that follow decision, reasons and errors as the engine names them.
import assert from 'node:assert/strict'
import { policyToJson, validate } from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import { newId } from '#kernel'
import type { Question } from '../../src/access/closure.ts'
import { rowEntity } from '../../src/access/columns.ts'
import { allows, type Compiled, compilePolicy, decide, order } from '../../src/access/engine.ts'
import { EntityStore } from '../../src/access/entity.ts'
import { parsePolicy } from '../../src/access/est.ts'
import { parseIp } from '../../src/access/ip.ts'
import { plan, planAll } from '../../src/access/predicate.ts'
import { typeText } from '../../src/access/schema.ts'
import { Datetime } from '../../src/access/time.ts'
import { RecordValue, Ref, type Value } from '../../src/access/value.ts'
import {
  entitiesOf,
  gone,
  official,
  policy,
  type Row,
  row,
  said,
  teamParents,
  teams,
  thingColumns,
  typedPolicy,
  users,
} from './cedar.ts'
import { idOf } from './holds.ts'
import { type Things, withThings } from './things.ts'

const actions = new EntityStore([
  { type: 'Action', id: 'any', attrs: {}, parents: [] },
  { type: 'Action', id: 'view', attrs: {}, parents: [{ type: 'Action', id: 'any' }] },
  { type: 'Action', id: 'edit', attrs: {}, parents: [{ type: 'Action', id: 'any' }] },
])

/** The users of the small world, as rows and as entities: one has no team, one no role anyone asks for; one was deleted and is a row alone. */
export const userRows = [...users, gone].map((id, i) => ({
  id,
  role: ['a', 'b', 'a', 'c'][i] ?? 'a',
  unit_id: [teams[0], teams[2], null, teams[3], teams[0]][i] ?? null,
  deleted_at: id === gone ? new Date(0) : null,
}))

export const world = new EntityStore([
  ...teams.map((id, i) => {
    const parent = teamParents[i] ?? null
    return { type: 'Team', id, attrs: {}, parents: parent === null ? [] : [{ type: 'Team', id: parent }] }
  }),
  ...userRows.slice(0, users.length).map(({ id, role, unit_id: unit }, i) => ({
    type: 'User',
    id,
    attrs: {
      role,
      active: i !== 1,
      ...(typeof unit === 'string' ? { team: new Ref('Team', unit) } : {}),
    },
    // The first has two roles.
    parents: [
      { type: 'Role', id: role },
      ...(i === 0 ? [{ type: 'Role', id: 'b' }] : []),
      ...(typeof unit === 'string' ? [{ type: 'Team', id: unit }] : []),
    ],
  })),
])

/** The same world in the words of the schema, for strict validation. */
export const schema = `
entity Role;
entity Team in [Team];
entity User in [Role, Team] { "role": String, "active": Bool, "team"?: Team };
entity Thing in [Team] {
${[...thingColumns.attributes].map(([name, column]) => `  "${name}"${('nullable' in column && column.nullable) || column.kind === 'json' ? '?' : ''}: ${typeText(column)},`).join('\n')}
} tags Long;
action any;
action view, edit in [any] appliesTo { principal: User, resource: Thing, context: { "mfa": Bool, "purpose": String, "now": datetime, "count"?: Long, "ip"?: ipaddr } };`

export const surroundings = fc
  .record({ mfa: fc.boolean(), purpose: fc.constantFrom('', 'a', 'a%b'), count: fc.option(fc.constantFrom(0n, 3n)), ip: fc.option(fc.constantFrom('10.1.2.3', '192.0.2.1')) })
  .map(({ mfa, purpose, count, ip }) => {
    const fields = new Map<string, Value>([['mfa', mfa], ['purpose', purpose], ['now', new Datetime(1_709_164_800_000n)]])
    if (count !== null) fields.set('count', count)
    const address = ip === null ? undefined : parseIp(ip)
    if (address) fields.set('ip', address)
    return new RecordValue(fields)
  }) // prettier-ignore

export const compileTexts = (texts: readonly string[]): readonly Compiled[] =>
  order(
    texts.map((text, i) => {
      const answer = policyToJson(text)
      assert.ok(answer.type === 'success', text)
      return compilePolicy(parsePolicy(`p${String(i)}`, answer.json))
    }),
  )

export const asker = fc.constantFrom(...users).map((id) => new Ref('User', id))
export const view = new Ref('Action', 'view')

export const ask = (principal: Ref, context: RecordValue, of: Row): Question => {
  const thing = rowEntity(thingColumns, of)
  return { principal, action: view, resource: thing.ref, context, entities: world.with(thing), actions }
}

export const listOf = (principal: Ref, context: RecordValue) => ({
  principal,
  action: view,
  context,
  entities: world,
  actions,
  columns: thingColumns,
})

export const planOf = (compiled: readonly Compiled[], question: Parameters<typeof planAll>[2]) =>
  planAll(
    compiled.flatMap(({ policy: one }) => (one.effect === 'permit' ? [one] : [])),
    compiled.flatMap(({ policy: one }) => (one.effect === 'forbid' ? [one] : [])),
    question,
  )

/** What the official engine says of each row. */
export const officially = (texts: readonly string[], principal: Ref, context: RecordValue) => {
  const engine = official(Object.fromEntries(texts.map((text, i) => [`p${String(i)}`, text])))
  const around = [...entitiesOf(world), ...entitiesOf(actions)]
  return (of: Row): string => {
    const thing = rowEntity(thingColumns, of)
    const entities = [...entitiesOf(new EntityStore([thing])), ...around]
    return engine({ principal, action: 'view', resource: thing.ref, context, entities })
  }
}

export interface Tally {
  decisions: number
  allow: number
  errors: number
  policies: number
  /** Accepted by strict validation. */
  valid: number
  /** Said by SQL alone. */
  exact: number
}

const isValid = (text: string): boolean => {
  const answer = validate({ validationSettings: { mode: 'strict' }, schema, policies: { staticPolicies: { p: text } } })
  return answer.type === 'success' && answer.validationErrors.length === 0
}

/** Throws where the three differ. */
const compare = async (
  things: Things,
  rows: readonly Row[],
  asked: { readonly texts: readonly string[]; readonly principal: Ref; readonly context: RecordValue },
  tally: Tally,
): Promise<void> => {
  const { texts, principal, context } = asked
  const compiled = compileTexts(texts)
  const question = listOf(principal, context)
  const sides = compiled.map(({ policy: one }) => {
    const notes = { perhaps: false }
    return { one, ...plan(one, question, notes), perhaps: notes.perhaps }
  })
  const { predicate, postFilter } = planOf(compiled, question)
  const [selected = new Set(), ...found] = await things.select([predicate, ...sides.flatMap(({ t, f }) => [t, f])])
  const engine = officially(texts, principal, context)
  for (const of of rows) {
    const id = idOf(of)
    const asks = ask(principal, context, of)
    const ours = decide(compiled, asks, 'skip')
    const closure = said(ours.allow, ours.reasons, ours.errors)
    assert.equal(closure, engine(of), 'closure and official engine')
    assert.equal(allows(compiled, asks, 'skip'), ours.allow, 'the short way')
    const verdicts = sides.map(({ one, perhaps }, i) => {
      const [yes, no] = [found[2 * i]?.has(id) === true, found[2 * i + 1]?.has(id) === true]
      const verdict = compiled[i]?.test(asks)
      if (perhaps) assert.ok((yes || verdict !== true) && (no || verdict !== false), `a side of ${one.id} is too small`)
      return { one, yes: perhaps ? verdict === true : yes, no: perhaps ? verdict === false : no }
    })
    const named = (effect: 'permit' | 'forbid'): readonly string[] =>
      verdicts.flatMap(({ one, yes }) => (yes && one.effect === effect ? [one.id] : []))
    const [permits, forbids] = [named('permit'), named('forbid')]
    const errors = verdicts.flatMap(({ one, yes, no }) => (yes || no ? [] : [one.id]))
    const allow = forbids.length === 0 && permits.length > 0
    assert.equal(said(allow, forbids.length > 0 ? forbids : permits, errors), closure, 'PostgreSQL and closure')
    const allowed = allows(compiled, asks, 'deny')
    if (postFilter) assert.ok(selected.has(id) || !allowed, 'a row is missing')
    else assert.equal(selected.has(id), allowed, 'the row condition')
    tally.decisions++
    if (ours.allow) tally.allow++
    if (ours.errors.length > 0) tally.errors++
  }
  tally.policies += texts.length
  tally.valid += texts.filter(isValid).length
  if (!postFilter) tally.exact++
}

const ids = Array.from({ length: 60 }, () => newId())

/** Rounds of random rows and policies until it is enough. A difference is shrunk and thrown with its seed. */
export const campaign = async (
  seed: number,
  enough: (tally: Tally) => boolean,
  progress: (tally: Tally) => void = () => undefined,
): Promise<Tally> => {
  const tally: Tally = { decisions: 0, allow: 0, errors: 0, policies: 0, valid: 0, exact: 0 }
  const texts = fc.array(fc.oneof(policy, { weight: 2, arbitrary: typedPolicy }), { minLength: 1, maxLength: 4 })
  await withThings([], userRows, async (things) => {
    for (let round = 0; !enough(tally); round++) {
      const [rows = []] = fc.sample(fc.tuple(...ids.map(row)), { numRuns: 1, seed: seed + round })
      await things.refill(rows)
      await fc.assert(
        fc.asyncProperty(fc.record({ texts, principal: asker, context: surroundings }), (asked) =>
          compare(things, rows, asked, tally),
        ),
        { numRuns: 20, seed: seed + round },
      )
      progress(tally)
    }
  })
  return tally
}
