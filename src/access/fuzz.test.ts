// Random policies over random rows: the official engine, the closure, the row condition in memory and in PostgreSQL must agree.
// HOLDFAST_FUZZ=10 runs ten times as many; a difference is shrunk and printed with its seed.
import assert from 'node:assert/strict'
import test from 'node:test'
import { policyToJson } from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import { newId, type Predicate } from '#kernel'
import { predicateSql } from '#store'
import { openTestDatabase } from '#testing'
import {
  entitiesOf,
  holds,
  official,
  policy,
  type Row,
  row,
  said,
  teamParents,
  teams,
  thingColumns,
  users,
} from '../../test/support/cedar.ts'
import type { Question } from './closure.ts'
import { rowEntity } from './columns.ts'
import { allows, type Compiled, compilePolicy, decide, order } from './engine.ts'
import { EntityStore } from './entity.ts'
import { parsePolicy } from './est.ts'
import { plan, planAll } from './predicate.ts'
import { Datetime } from './time.ts'
import { RecordValue, Ref, type Value } from './value.ts'
import { parseIp } from './ip.ts'

const times = Number(process.env.HOLDFAST_FUZZ ?? '1')

const actions = new EntityStore([
  { type: 'Action', id: 'any', attrs: {}, parents: [] },
  { type: 'Action', id: 'view', attrs: {}, parents: [{ type: 'Action', id: 'any' }] },
  { type: 'Action', id: 'edit', attrs: {}, parents: [{ type: 'Action', id: 'any' }] },
])

/** The users of the small world, as rows and as entities: one has no team, one no role anyone asks for. */
const userRows: readonly Row[] = users.map((id, i) => ({
  id,
  role: ['a', 'b', 'a', 'c'][i] ?? 'a',
  unit_id: [teams[0], teams[2], null, teams[3]][i] ?? null,
  deleted_at: null,
}))
const world = new EntityStore([
  ...teams.map((id, i) => {
    const parent = teamParents[i] ?? null
    return { type: 'Team', id, attrs: {}, parents: parent === null ? [] : [{ type: 'Team', id: parent }] }
  }),
  ...userRows.map(({ id, role, unit_id: unit }, i) => ({
    type: 'User',
    id: String(id),
    attrs: {
      role: String(role),
      active: i !== 1,
      ...(typeof unit === 'string' ? { team: new Ref('Team', unit) } : {}),
    },
    parents: [{ type: 'Role', id: String(role) }, ...(typeof unit === 'string' ? [{ type: 'Team', id: unit }] : [])],
  })),
])

const surroundings = fc
  .record({ mfa: fc.boolean(), purpose: fc.constantFrom('', 'a', 'a%b'), count: fc.option(fc.constantFrom(0n, 3n)), ip: fc.option(fc.constantFrom('10.1.2.3', '192.0.2.1')) })
  .map(({ mfa, purpose, count, ip }) => {
    const fields = new Map<string, Value>([['mfa', mfa], ['purpose', purpose], ['now', new Datetime(1_709_164_800_000n)]])
    if (count !== null) fields.set('count', count)
    const address = ip === null ? undefined : parseIp(ip)
    if (address) fields.set('ip', address)
    return new RecordValue(fields)
  }) // prettier-ignore

const compile = (texts: readonly string[]): readonly Compiled[] =>
  order(
    texts.map((text, i) => {
      const answer = policyToJson(text)
      assert.ok(answer.type === 'success', text)
      return compilePolicy(parsePolicy(`p${String(i)}`, answer.json))
    }),
  )

const ids = Array.from({ length: 6 }, (_, i) => `00000000-0000-7000-8000-0000000000${String(50 + i)}`)
const rows = fc.tuple(...ids.map(row))
const asker = fc.constantFrom(...users).map((id) => new Ref('User', id))
const view = new Ref('Action', 'view')

const ask = (principal: Ref, context: RecordValue, of: Row): Question => {
  const thing = rowEntity(thingColumns, of)
  return { principal, action: view, resource: thing.ref, context, entities: world.with(thing), actions }
}

test('[access-2] closure and official engine agree on random policies: decision, reasons, errors', () => {
  const seen = { allow: 0, deny: 0, errors: 0 }
  fc.assert(
    fc.property(fc.array(policy, { minLength: 1, maxLength: 4 }), rows, asker, surroundings, (texts, things, principal, context) => {
      const compiled = compile(texts)
      const engine = official(Object.fromEntries(texts.map((text, i) => [`p${String(i)}`, text])))
      const around = [...entitiesOf(world), ...entitiesOf(actions)]
      for (const of of things) {
        const question = ask(principal, context, of)
        const thing = question.entities.get(question.resource)
        assert.ok(thing)
        const ours = decide(compiled, question, 'skip')
        const answer = engine({ principal, action: 'view', resource: question.resource, context, entities: [...entitiesOf(new EntityStore([thing])), ...around] })
        assert.equal(said(ours.allow, ours.reasons, ours.errors), answer)
        assert.equal(allows(compiled, question, 'skip'), ours.allow)
        seen[ours.allow ? 'allow' : 'deny']++
        if (ours.errors.length > 0) seen.errors++
      }
    }),
    { numRuns: 1500 * times },
  ) // prettier-ignore
  const all = seen.allow + seen.deny
  assert.ok(seen.allow > all / 5 && seen.deny > all / 5 && seen.errors > all / 20, JSON.stringify(seen))
})

test('[access-7] a row condition selects what the closure allows, and its two sides are exact', () => {
  let exact = 0
  let runs = 0
  const tables = { thing_user: userRows }
  fc.assert(
    fc.property(
      fc.array(policy, { minLength: 1, maxLength: 4 }),
      rows,
      asker,
      surroundings,
      (texts, things, principal, context) => {
        const compiled = compile(texts)
        const question = { principal, action: view, context, entities: world, actions, columns: thingColumns }
        const { predicate, postFilter } = planOf(compiled, question)
        runs++
        if (!postFilter) exact++
        for (const of of things) {
          const asked = ask(principal, context, of)
          const allowed = allows(compiled, asked, 'deny')
          assert.equal(allowed, decide(compiled, asked, 'deny').allow)
          const unforbidden = compiled.filter(({ policy: one }) => one.effect === 'permit')
          assert.ok(!allowed || allows(unforbidden, asked, 'deny'), 'a forbid widened')
          const selected = holds(predicate, of, tables)
          if (postFilter) assert.ok(selected || !allowed, 'a row is missing')
          else assert.equal(selected, allowed)
          for (const { policy: one, test: verdictOf } of compiled) {
            const notes = { perhaps: false }
            const { t, f, errs } = plan(one, question, notes)
            const verdict = verdictOf(asked)
            const [yes, no] = [holds(t, of, tables), holds(f, of, tables)]
            if (notes.perhaps) assert.ok((yes || verdict !== true) && (no || verdict !== false), 'a side is too small')
            else assert.deepEqual([yes, no], [verdict === true, verdict === false])
            if (typeof verdict !== 'boolean')
              assert.ok(errs.has('*') || [...errs].some((column) => of[column] === null))
          }
        }
      },
    ),
    { numRuns: 6000 * times },
  )
  assert.ok(exact > runs / 3, `${String(exact)} of ${String(runs)} exact`)
})

const planOf = (compiled: readonly Compiled[], question: Parameters<typeof planAll>[2]) =>
  planAll(
    compiled.flatMap(({ policy: one }) => (one.effect === 'permit' ? [one] : [])),
    compiled.flatMap(({ policy: one }) => (one.effect === 'forbid' ? [one] : [])),
    question,
  )

test('[access-7] PostgreSQL selects the rows the closure allows', async () => {
  const { store, tenant, close } = await openTestDatabase()
  const many = Array.from({ length: 120 }, () => newId())
  const things = fc.sample(fc.tuple(...many.map(row)), { numRuns: 1, seed: 7 }).flat()
  await store.owner(async (tx) => {
    await tx.query({
      text: `create table crm.thing (tenant_id uuid, id uuid, owner_id uuid, team_id uuid, created_by uuid, shared_with uuid[], tags text[],
        n bigint, m bigint, s text, b boolean, c boolean, at timestamptz, deleted_at timestamptz)`,
    })
    await tx.query({ text: 'create table crm.thing_user (tenant_id uuid, id uuid, role text, unit_id uuid, deleted_at timestamptz)' })
    const insert = async (table: string, of: Row): Promise<void> => {
      const columns = Object.keys(of)
      const places = columns.map((_, i) => `$${String(i + 2)}`).join(', ')
      await tx.query({ text: `insert into crm.${table} (tenant_id, ${columns.join(', ')}) values ($1, ${places})`, values: [tenant, ...Object.values(of)] })
    }
    for (const of of things) await insert('thing', of)
    for (const of of userRows) await insert('thing_user', of)
    const select = async (predicate: Predicate): Promise<ReadonlySet<string>> => {
      const { text, values } = predicateSql(predicate, 'r', 2, 1)
      const found = await tx.query<{ id: string }>({ text: `select id from crm.thing r where r.tenant_id = $1 and ${text}`, values: [tenant, ...values] })
      return new Set(found.map(({ id }) => id))
    }
    await fc.assert(
      fc.asyncProperty(fc.array(policy, { minLength: 1, maxLength: 4 }), asker, surroundings, async (texts, principal, context) => {
        const compiled = compile(texts)
        const { predicate, postFilter } = planOf(compiled, { principal, action: view, context, entities: world, actions, columns: thingColumns })
        const selected = await select(predicate)
        for (const of of things) {
          const allowed = allows(compiled, ask(principal, context, of), 'deny')
          if (postFilter) assert.ok(selected.has(String(of.id)) || !allowed, 'a row is missing')
          else assert.equal(selected.has(String(of.id)), allowed)
        }
      }),
      { numRuns: 800 * times },
    )
    await tx.query({ text: 'drop table crm.thing, crm.thing_user' })
  })
  await close()
}) // prettier-ignore
