// What the official corpus does not show: each line here is a fault it would not have noticed.
import assert from 'node:assert/strict'
import test from 'node:test'
import { policyToJson } from '@cedar-policy/cedar-wasm/nodejs'
import { entitiesOf, official, said } from '../../test/support/cedar.ts'
import { allows, compilePolicy, decide, type OnForbidError, order } from './engine.ts'
import { EntityStore } from './entity.ts'
import { parsePolicy } from './est.ts'
import { parseIp } from './ip.ts'
import { type CedarValue, Ref, toRecord } from './value.ts'

const user = new Ref('User', 'u')
const doc = new Ref('Doc', 'd')
const entities = new EntityStore([
  {
    type: 'User',
    id: 'u',
    attrs: { n: 3, name: 'line one\nline two', tags: ['b', 'a'] },
    parents: [{ type: 'Team', id: '1' }],
  },
  { type: 'Team', id: '1', attrs: {}, parents: [{ type: 'Team', id: '2' }] },
  { type: 'Team', id: '2', attrs: {}, parents: [{ type: 'Team', id: '3' }] },
  { type: 'Team', id: '3', attrs: {}, parents: [] },
  { type: 'Doc', id: 'd', attrs: { owner: user, r: { a: 1, b: [1, 2] } }, parents: [] },
])
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
    principal: user,
    action: new Ref('Action', 'a'),
    resource: doc,
    context: toRecord(context),
    entities,
    actions: none,
  }
  const decision = decide(compiled, question, onForbidError)
  assert.equal(allows(compiled, question, onForbidError), decision.allow)
  if (onForbidError === 'skip') {
    const engine = official(Object.fromEntries(texts.map((text, i) => [`p${String(i)}`, text])))
    const theirs = engine({
      principal: user,
      action: 'a',
      resource: doc,
      context: toRecord(context),
      entities: entitiesOf(entities),
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
  for (const [body, expected] of [
    ['principal.n > 3', false],
    ['principal.n > 2', true],
    ['principal.n >= 3', true],
    ['principal.n >= 4', false],
    ['principal.n != 3', false],
    ['principal.n != "3"', true],
    ['principal.n < "3"', 'error'],
    ['context.n == 3 && context.deep.er', true],
    ['context.none', 'error'],
    ['context has none', false],
  ] as const) {
    assert.equal(is(body, { n: 3, deep: { er: true } }), expected, body)
    if (expected === 'error') continue
    assert.equal(
      ask([`permit (principal, action, resource) unless { ${body} };`], { n: 3, deep: { er: true } }).allow,
      !expected,
      body,
    )
  }
})

test('[access-2] membership is transitive and reflexive, sets have no order, patterns reach over line ends', () => {
  for (const [body, expected] of [
    ['principal in Team::"3"', true],
    ['principal in principal', true],
    ['Team::"9" in Team::"9"', true],
    ['Team::"3" in Team::"1"', false],
    ['principal in [Team::"9", Team::"2"]', true],
    ['principal in []', false],
    ['principal in [Team::"3", 1]', 'error'],
    ['1 in principal', 'error'],
    ['principal.tags == ["a", "b"]', true],
    ['principal.tags == ["a", "b", "a"]', true],
    ['principal.tags == ["a"]', false],
    ['["a"] == principal.tags', false],
    ['resource.r == {b: [2, 1, 1], a: 1}', true],
    ['resource.r == {b: [2, 1], a: 1, c: 1}', false],
    ['principal.name like "line*two"', true],
    ['principal.name like "line one"', false],
    ['principal.name like "*\\n*"', true],
    ['principal.name like "line.one*"', false],
    ['"*" like "\\*" && !("a" like "\\*")', true],
    ['"" like "*" && "" like "" && "ab" like "a**b"', true],
    ['principal is User in Team::"3" && !(principal is Doc in Team::"3")', true],
    ['User::"x" has n', false],
    ['User::"x".n == 1', 'error'],
    ['resource.owner.n == 3', true],
  ] as const) {
    assert.equal(is(body), expected, body)
  }
})

test('[access-2] errors stop where evaluation stops, and Longs do not wrap', () => {
  for (const [body, expected] of [
    ['false && 1', false],
    ['true || 1', true],
    ['true && 1', 'error'],
    ['1 && false', 'error'],
    ['false || 1', 'error'],
    ['if true then true else 1', true],
    ['if 1 then true else true', 'error'],
    ['!1', 'error'],
    ['(if true then 1 else 2) == 1', true],
    ['[1, principal.none].isEmpty()', 'error'],
    ['{a: principal.none} has a', 'error'],
    ['9007199254740991 * 9007199254740991 == 1', 'error'],
    ['-(-4503599627370496 * 2048) == 1', 'error'],
    ['-4503599627370496 * 2048 < 0', true],
    ['4503599627370496 * 2047 + 4503599627370495 > 0', true],
    ['1 + "1" == 2', 'error'],
    ['[1, 2].containsAll([2]) && ![2].containsAll([1, 2]) && [1, 2].containsAll([])', true],
    ['[1, 2].containsAny([2, 3]) && ![1].containsAny([2]) && ![1].containsAny([])', true],
    ['[1].contains([1])', false],
    ['1.contains(1)'.replace('1.', '(1).'), 'error'],
  ] as const) {
    assert.equal(is(body), expected, body)
  }
})

test('[access-2] ranges of addresses, days before 1970, offsets and decimals', () => {
  const ip = parseIp('10.1.2.3')
  assert.ok(ip)
  for (const [body, expected] of [
    ['context.ip.isInRange(ip("10.0.0.0/8"))', true],
    ['ip("10.0.0.0/8").isInRange(ip("10.0.0.0/16"))', false],
    ['ip("10.0.0.0/16").isInRange(ip("10.0.0.0/8"))', true],
    ['ip("10.1.2.3/8") == ip("10.0.0.0/8")', false],
    ['ip("::1").isInRange(ip("0.0.0.0/0"))', false],
    ['datetime("1969-12-31T12:00:00Z").toDate() == datetime("1969-12-31")', true],
    ['datetime("1969-12-31T12:00:00Z").toTime() == duration("12h")', true],
    ['datetime("2024-01-01T00:00:00+0800") == datetime("2023-12-31T16:00:00Z")', true],
    ['duration("-90m").toHours() == -1', true],
    ['decimal("1.5").lessThan(decimal("1.50"))', false],
    ['decimal("1.5").lessThanOrEqual(decimal("1.50"))', true],
    ['decimal("-0.5").lessThan(decimal("-0.4999"))', true],
    ['decimal("1.00001") == decimal("1.0")', 'error'],
  ] as const) {
    assert.equal(is(body, { ip }), expected, body)
  }
})

test('[access-3] what is laid over the organisation is seen, and the organisation stays as it was', () => {
  const over = entities.with({ type: 'Team', id: '2', attrs: {}, parents: [{ type: 'Team', id: '9' }] })
  const [team9, team3] = [new Ref('Team', '9'), new Ref('Team', '3')]
  assert.deepEqual([over.inside(user, team9), over.inside(user, team3)], [true, false])
  assert.deepEqual([entities.inside(user, team9), entities.inside(user, team3)], [false, true])
  const ids = (store: EntityStore, of: Ref): readonly string[] => store.descendants(of).map(({ id }) => id).toSorted() // prettier-ignore
  assert.deepEqual(ids(entities, team3), ['1', '2', '3', 'u'])
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
