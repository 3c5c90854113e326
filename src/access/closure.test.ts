// What the official corpus does not show: each line here is a fault it would not have noticed.
import assert from 'node:assert/strict'
import test from 'node:test'
import { policyToJson } from '@cedar-policy/cedar-wasm/nodejs'
import { entitiesOf, official, said } from '../../test/support/cedar.ts'
import {
  comparisons,
  edgeContext,
  edgeDoc,
  edgeEntities,
  edgeUser,
  evaluations,
  extensions,
  memberships,
} from '../../test/support/edge-cases.ts'
import { allows, compilePolicy, decide, type OnForbidError, order } from './engine.ts'
import { EntityStore } from './entity.ts'
import { parsePolicy } from './est.ts'
import { type CedarValue, Ref, toRecord } from './value.ts'

const none = new EntityStore()

const ask = (
  texts: readonly string[],
  context: { readonly [name: string]: CedarValue } = {},
  onForbidError: OnForbidError = 'skip',
) => {
  const compiled = order(
    texts.map((text, i) => {
      const answer = policyToJson(text)
      assert.ok(answer.type === 'success', text)
      return compilePolicy(parsePolicy(`p${String(i)}`, answer.json))
    }),
  )
  const question = {
    principal: edgeUser,
    action: new Ref('Action', 'a'),
    resource: edgeDoc,
    context: toRecord(context),
    entities: edgeEntities,
    actions: none,
  }
  const decision = decide(compiled, question, onForbidError)
  assert.equal(allows(compiled, question, onForbidError), decision.allow)
  if (onForbidError === 'skip') {
    const engine = official(Object.fromEntries(texts.map((text, i) => [`p${String(i)}`, text])))
    const theirs = engine({
      principal: edgeUser,
      action: 'a',
      resource: edgeDoc,
      context: toRecord(context),
      entities: entitiesOf(edgeEntities),
    })
    assert.equal(said(decision.allow, decision.reasons, decision.errors), theirs)
  }
  return decision
}

const permitAll = 'permit (principal, action, resource);'
/** Whether a condition is true; an error is told apart. */
const is = (body: string, context: { readonly [name: string]: CedarValue } = {}): boolean | 'error' => {
  const { allow, errors } = ask([`permit (principal, action, resource) when { ${body} };`], context)
  return errors.length > 0 ? 'error' : allow
}

test('[access-4] silence denies, and one forbid outweighs every permit', () => {
  assert.deepEqual(ask([]), { allow: false, reasons: [], errors: [] })
  assert.deepEqual(ask([permitAll, permitAll]).reasons, ['p0', 'p1'])
  const forbid = 'forbid (principal, action, resource) when { principal.n == 3 };'
  assert.deepEqual(ask([permitAll, forbid, permitAll, forbid]), { allow: false, reasons: ['p1', 'p3'], errors: [] })
  assert.equal(ask([permitAll, 'forbid (principal, action, resource) unless { principal.n == 3 };']).allow, true)
})

test('[access-5] a forbid that errs denies and is named; Cedar would skip it', () => {
  const texts = [permitAll, 'forbid (principal, action, resource) when { principal.nothing };']
  assert.deepEqual(ask(texts, {}, 'skip'), { allow: true, reasons: ['p0'], errors: ['p1'] })
  assert.deepEqual(ask(texts, {}, 'deny'), { allow: false, reasons: ['p1'], errors: ['p1'] })
  assert.equal(ask(['permit (principal, action, resource) when { principal.nothing };'], {}, 'deny').allow, false)
})

test('[access-2] comparisons at their bounds, and unless as the opposite of when', () => {
  for (const [body, expected] of comparisons) {
    assert.equal(is(body, edgeContext()), expected, body)
    if (expected === 'error') continue
    assert.equal(
      ask([`permit (principal, action, resource) unless { ${body} };`], edgeContext()).allow,
      !expected,
      body,
    )
  }
})

test('[access-2] membership is transitive and reflexive, sets have no order, patterns reach over line ends', () => {
  for (const [body, expected] of memberships) {
    assert.equal(is(body), expected, body)
  }
})

test('[access-2] errors stop where evaluation stops, and Longs do not wrap', () => {
  for (const [body, expected] of evaluations) {
    assert.equal(is(body), expected, body)
  }
})

test('[access-2] ranges of addresses, days before 1970, offsets and decimals', () => {
  for (const [body, expected] of extensions) {
    assert.equal(is(body, edgeContext()), expected, body)
  }
})

test('[access-3] what is laid over the organisation is seen, and the organisation stays as it was', () => {
  const over = edgeEntities.with({ type: 'Team', id: '2', attrs: {}, parents: [{ type: 'Team', id: '9' }] })
  const [team9, team3] = [new Ref('Team', '9'), new Ref('Team', '3')]
  assert.deepEqual([over.inside(edgeUser, team9), over.inside(edgeUser, team3)], [true, false])
  assert.deepEqual([edgeEntities.inside(edgeUser, team9), edgeEntities.inside(edgeUser, team3)], [false, true])
  const ids = (store: EntityStore, of: Ref): readonly string[] => store.descendants(of).map(({ id }) => id).toSorted() // prettier-ignore
  assert.deepEqual(ids(edgeEntities, team3), ['1', '2', '3', 'u'])
  assert.deepEqual(ids(over, team3), ['3'])
  assert.deepEqual(ids(over, team9), ['1', '2', '9', 'u'])
  assert.deepEqual(over.ancestors(new Ref('User', 'nobody')), [])
  const circle = new EntityStore([
    { type: 'Team', id: 'a', attrs: {}, parents: [{ type: 'Team', id: 'b' }] },
    { type: 'Team', id: 'b', attrs: {}, parents: [{ type: 'Team', id: 'a' }] },
  ])
  assert.equal(circle.inside({ type: 'Team', id: 'a' }, { type: 'Team', id: 'b' }), true)
  const odd = new EntityStore([{ type: 'A', id: '"::B', attrs: {}, parents: [{ type: 'A"::', id: 'B' }] }])
  assert.equal(odd.inside({ type: 'A', id: '"::B' }, { type: 'A', id: '"::"B' }), false)
})
