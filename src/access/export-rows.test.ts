// How many rows an export has, as policies see it: exact where it was counted, the largest there is where nobody did, and of nothing else.
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Environment, newId, userPrincipal } from '#kernel'
import { catalogue } from '#testing'
import { sentenceOfBuilt } from './built-words.ts'
import { recordColumns, rowEntity } from './columns.ts'
import { type PolicyDocument, parseDocument } from './document.ts'
import { compileVersion } from './in-force.ts'
import { compilePolicies } from './policyset.ts'
import { findProblems } from './problem.ts'
import { contextOf, organisation, userRef, withPrincipal } from './question.ts'
import { type Around, Replay } from './replay.ts'
import { accessSchema } from './schema.ts'
import { shippedDocument } from './shipped.ts'
import { builtOfText, textOfBuilt } from './translate.ts'

const env: Environment = { now: new Date('2026-03-04T10:00:00Z'), channel: 'web', ip: '', mfa: true, purpose: 'fair' }
const limit = (text = 'context.rows > 500', id = 'own.rows') =>
  `@id("${id}") forbid (principal, action == Action::"export", resource is Deal) when { ${text} };`
const permit = '@id("p") permit (principal, action in [Action::"list", Action::"export"], resource is Deal);'
const person = userPrincipal(newId(), { id: newId(), role: 'sales', active: true, team: null })
const columns = recordColumns(catalogue, 'deal')
const deal = rowEntity(columns, { id: newId(), shared_with: [], created_by: newId(), created_at: env.now, updated_at: env.now }) // prettier-ignore

const asked = (action: string, rows?: number) => ({
  principal: userRef(person.id),
  action,
  context: contextOf({ ...env, ...(rows === undefined ? {} : { rows }) }),
  entities: withPrincipal(organisation([person], []), person),
})

/** One record decided, a decider over many, and the condition of a list: all three say the same. */
const answers = (text: string, action: string, rows?: number): boolean => {
  const policies = compilePolicies(accessSchema(catalogue), [
    { id: 'p', text: permit },
    { id: 'own.rows', text },
  ])
  const request = asked(action, rows)
  const entities = request.entities.with(deal)
  const one = policies.allows({ ...request, resource: deal.ref, entities })
  const decider = policies.decider({ ...request, type: 'Deal' })
  assert.equal(decider.always ?? decider.allows(deal.ref, entities), one)
  assert.equal(policies.couldAllow({ ...request, columns }), one)
  assert.equal(policies.explain({ ...request, resource: deal.ref, entities }).allow, one)
  return one
}

test('[access-204] a policy limits an export by its number of rows: so many pass, one more does not, and an uncounted one is the largest', () => {
  for (const text of [limit(), limit('!(context.rows <= 500)'), limit('context has rows && context.rows > 500')]) {
    assert.equal(answers(text, 'export', 500), true, text)
    assert.equal(answers(text, 'export', 501), false, text)
    assert.equal(answers(text, 'export', 0), true, text)
    assert.equal(answers(text, 'export'), false, text)
  }
  // Whatever limit is written, no uncounted export passes it.
  assert.equal(answers(limit('context.rows > 9007199254740991'), 'export'), false)
  const told = compilePolicies(accessSchema(catalogue), [
    { id: 'p', text: permit },
    { id: 'own.rows', text: limit() },
  ]).explain({ ...asked('export', 501), resource: deal.ref, entities: asked('export').entities.with(deal) })
  assert.deepEqual(told.forbids, [{ policy: 'own.rows', values: { 'context.rows': '501' } }])
})

test('[access-204] no other action has a number of rows, whatever it is asked with; a policy that looks for one there is told so in words', () => {
  const everywhere = '@id("own.rows") forbid (principal, action, resource is Deal) when { context has rows && context.rows > 0 };'
  assert.equal(answers(everywhere, 'list', 900), true)
  assert.equal(answers(everywhere, 'export', 900), false)
  const document = (text: string): PolicyDocument => ({ ...shippedDocument, policies: [{ id: 'own.rows', text }] })
  assert.deepEqual(findProblems(catalogue, document(limit())), [])
  const [found] = findProblems(catalogue, document(limit().replace('"export"', '"list"')))
  assert.deepEqual([found?.kind, found?.words], ['rows-elsewhere', { en: 'Only an export has a number of records; let the policy be about the action export alone', zh: '只有导出操作才有“导出条数”，请将策略的操作限定为“导出”' }]) // prettier-ignore
  assert.equal(findProblems(catalogue, document(limit('context.rows > "500"')))[0]?.kind, 'wrong-type')
  const cases = [499.5, '5'].map((rows) => ({ ...shippedDocument, cases: [{ name: 'c', who: { role: 'sales' }, action: 'export', on: 'deal', context: { rows }, expect: 'deny' }] })) // prettier-ignore
  for (const wrong of cases) assert.throws(() => parseDocument(catalogue, wrong), /whole number/)
}) // prettier-ignore

test('[access-204] a test case of a document names the number of rows; without one it is a single record', () => {
  const of = (name: string, rows: number | undefined, expect: 'allow' | 'deny') => ({ name, who: { role: 'manager' }, action: 'export', on: 'deal', context: { purpose: 'fair', ...(rows === undefined ? {} : { rows }) }, expect }) // prettier-ignore
  const document = { ...shippedDocument, policies: [{ id: 'own.rows', text: limit() }] }
  const failing = (...cases: readonly object[]) =>
    findProblems(catalogue, { ...document, cases }).filter(({ kind }) => kind === 'case')
  assert.deepEqual(failing(of('few', 500, 'allow'), of('many', 501, 'deny'), of('one', undefined, 'allow')), [])
  assert.equal(failing(of('few', 500, 'deny'), of('many', 501, 'allow')).length, 2)
})

test('[access-190] [access-193] the condition builder takes a limit on rows and gives it back, and says it in both languages', () => {
  const { built } = builtOfText(limit())
  assert.ok(built)
  assert.deepEqual(built.clauses, [
    {
      kind: 'when',
      test: {
        is: 'compare',
        left: { is: 'attribute', of: 'context', path: ['rows'] },
        op: '>',
        right: { is: 'number', value: 500 },
      },
    },
  ])
  assert.deepEqual(builtOfText(textOfBuilt(built)).built, built)
  assert.deepEqual(sentenceOfBuilt(catalogue, built), {
    zh: '禁止所有人对“商机”执行“导出”，条件是导出条数大于500。',
    en: 'Forbids everybody to export on any deal, when the number of records exported is more than 500.',
  })
})

test('[access-181] past exports are asked again with the rows they had; where the past does not tell, both the least and the largest count', () => {
  const compiled = (policies: PolicyDocument['policies']) =>
    compileVersion(catalogue, { number: 0, document: { ...shippedDocument, policies } }).set
  const manager = { ...person, role: 'manager' }
  const seat = { principal: userRef(person.id), entities: withPrincipal(organisation([manager], []), manager), grants: undefined } // prettier-ignore
  const around: Around = { at: env.now, channel: 'web', ip: '', purpose: 'fair' }
  const replay = new Replay(compiled([]), compiled([{ id: 'own.rows', text: limit() }]), 'UTC')
  const change = (rows?: number): string =>
    replay.onType(seat, 'export', columns, { ...around, ...(rows === undefined ? {} : { rows }) }, true).change
  assert.deepEqual([change(500), change(501), change()], ['allowed', 'newlyDenied', 'undecidable'])
  assert.notEqual(replay.key(['export'], 'Deal', { ...around, rows: 5 }), replay.key(['export'], 'Deal', { ...around, rows: 6 })) // prettier-ignore
  assert.equal(replay.key(['list'], 'Deal', { ...around, rows: 5 }), replay.key(['list'], 'Deal', { ...around, rows: 6 })) // prettier-ignore
  // How it ended tells which it was, where the policies in force already look at it.
  const back = new Replay(compiled([{ id: 'own.rows', text: limit() }]), compiled([]), 'UTC')
  assert.equal(back.onType(seat, 'export', columns, around, false).change, 'newlyAllowed')
  assert.equal(back.onType(seat, 'export', columns, around, true).change, 'allowed')
})
