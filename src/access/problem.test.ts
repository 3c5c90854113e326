// What is wrong with policies, in words: every kind of message of the validator known, with its place; and policies that change nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { catalogue } from '#testing'
import type { PolicyDocument } from './document.ts'
import { compileVersion } from './in-force.ts'
import type { PolicySet } from './policyset.ts'
import { findProblems } from './problem.ts'
import { problemWords } from './problem-words.ts'
import { mayOnRecord, stances } from './scenario.ts'
import { shippedDocument } from './shipped.ts'

const own = (...texts: readonly string[]): PolicyDocument => ({
  ...shippedDocument,
  policies: texts.map((text, i) => ({ id: `own.p${String(i)}`, text: `@id("own.p${String(i)}")\n${text}` })),
})
const deal = 'permit (principal in Role::"sales", action == Action::"list", resource is Deal)'

const wrong: readonly (readonly [kind: string, text: string, line: number])[] = [
  ['ends-early', 'permit (principal, action, resource', 2],
  ['unexpected-token', `${deal}\nwhen { resource has amount && resource.amount > };`, 3],
  ['bad-effect', 'allow (principal, action, resource);', 2],
  ['bad-variable', `${deal}\nwhen { foo };`, 3],
  ['unknown-action', 'permit (principal, action == Action::"lst", resource);', 2],
  ['unknown-type', 'permit (principal, action == Action::"list", resource is Dael);', 2],
  ['unknown-attribute', `${deal}\nwhen {\n  resource.amont > 5 };`, 4],
  ['optional-attribute', `${deal}\nwhen { resource.amount > 5 };`, 3],
  ['rows-elsewhere', `${deal}\nwhen { context.rows > 500 };`, 3],
  ['optional-context', `${deal}\nwhen { context.ip.isLoopback() };`, 3],
  ['wrong-type', `${deal}\nwhen { resource has amount && resource.amount > "x" };`, 3],
  ['mixed-types', `${deal}\nwhen { resource.deleted == "x" };`, 3],
  ['needs-entity', `${deal}\nwhen { principal.role.foo == 1 };`, 3],
  ['needs-set', `${deal}\nwhen { resource.deleted.contains("x") };`, 3],
  ['empty-set', `${deal}\nwhen { [] == [] };`, 3],
  ['bad-ip', `${deal}\nwhen { context has ip && context.ip.isInRange(ip("10.0.0.0/99")) };`, 3],
  ['bad-decimal', `${deal}\nwhen { decimal("1.23456") == decimal("1.0") };`, 3],
  ['not-literal', `${deal}\nwhen { ip(context.purpose).isLoopback() };`, 3],
  ['no-subject', 'permit (principal, action == Action::"list", resource is System);', 1],
  ['impossible', `${deal}\nwhen { resource is Account };`, 1],
  ['open-quote', `${deal}\nwhen { resource.deleted == "x };`, 3],
  ['bad-method', `${deal}\nwhen { context.purpose.frob() };`, 3],
  ['needs-quotes', 'permit (principal in Role::sales, action, resource);', 2],
  ['too-large', `${deal}\nwhen { 9223372036854775808 > 1 };`, 3],
  ['template', 'permit (principal == ?principal, action, resource);', 2],
]

test('[access-183] every kind of message of the validator has a sentence in both languages, with what it is about filled in and the original behind it', () => {
  for (const [kind, text] of wrong) {
    const [found] = findProblems(catalogue, own(text))
    assert.ok(found, text)
    assert.equal(found.kind, kind, `${text}: ${found.original ?? ''}`)
    assert.deepEqual([found.severity, found.policy], ['error', 'own.p0'])
    assert.ok((found.original ?? '').length > 0)
    for (const words of [found.words.zh, found.words.en]) assert.ok(words.length > 0 && !/[{}]\w*[{}]|``|“”/.test(words), words)
    assert.match(found.words.zh, /\p{Script=Han}/u)
    assert.doesNotMatch(found.words.en, /\p{Script=Han}/u)
  }
  for (const [kind, { zh, en }] of Object.entries(problemWords)) {
    const names = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).toSorted()
    assert.deepEqual(names(zh).filter((name) => !names(en).includes(name)), [], kind)
  }
  // All of it at once, whatever else is wrong.
  assert.deepEqual(findProblems(catalogue, own(wrong[3]?.[1] ?? '', 'allow (principal, action, resource);')).map(({ kind, policy }) => [kind, policy]), [['bad-variable', 'own.p0'], ['bad-effect', 'own.p1']])
  assert.deepEqual(findProblems(catalogue, { v: 2 }).map(({ kind }) => kind), ['document'])
  const cases = [{ name: 'sales delete nothing', who: { role: 'sales' }, action: 'list', on: 'deal', expect: 'deny' as const }]
  assert.deepEqual(findProblems(catalogue, { ...shippedDocument, cases }).map(({ kind, words }) => [kind, words.zh.includes('sales delete nothing')]), [['case', true]])
}) // prettier-ignore

test('[access-184] the place is the line and column in the policy’s own text, counted in characters', () => {
  for (const [kind, text, line] of wrong) assert.equal(findProblems(catalogue, own(text))[0]?.line, line, kind)
  const [found] = findProblems(catalogue, own(`${deal}\nwhen { context.purpose == "客户回访" && resource.amont > 5 };`))
  assert.deepEqual([found?.line, found?.column], [3, 37])
})

const warned = (...texts: readonly string[]): readonly (readonly [string, string | null])[] =>
  findProblems(catalogue, own(...texts)).filter(({ severity, policy }) => severity === 'warning' && policy?.startsWith('own.') === true).map(({ kind, policy }) => [kind, policy] as const) // prettier-ignore

test('[access-185] a permit that another covers or a forbid cuts, a forbid behind another, and conditions that contradict each other are told', () => {
  const wide = 'permit (principal in Role::"partner", action in [Action::"list", Action::"history"], resource is Task);'
  const narrow =
    'permit (principal in Role::"partner", action == Action::"list", resource is Task) when { context.mfa };'
  assert.deepEqual(warned(wide, narrow), [['covered', 'own.p1']])
  assert.deepEqual(warned(narrow, 'permit (principal, action, resource is Task) when { principal in [Role::"partner", Role::"sales"] && context.mfa };'), [['covered', 'own.p0']]) // prettier-ignore
  // Of two alike one is told.
  assert.deepEqual(warned(wide, wide), [['covered', 'own.p1']])
  const forbid = 'forbid (principal, action == Action::"list", resource is Task) when { context.mfa };'
  assert.deepEqual(warned(narrow, forbid), [['cut', 'own.p0']])
  assert.deepEqual(warned('forbid (principal in Role::"partner", action == Action::"list", resource is Task) when { context.mfa };', forbid), [['shadowed-forbid', 'own.p0']]) // prettier-ignore
  for (const clause of ['context.hour >= 20 && context.hour < 8', 'context.channel == "web" && context.channel == "api"', 'context.mfa && !context.mfa'])
    assert.deepEqual(warned(`permit (principal in Role::"partner", action == Action::"list", resource is Task) when { ${clause} };`), [['never', 'own.p0']], clause) // prettier-ignore
  // Not certain, so not told: other conditions, other actions, and a forbid that might err.
  assert.deepEqual(
    warned(wide, 'permit (principal in Role::"partner", action == Action::"delete", resource is Task);'),
    [],
  )
  assert.deepEqual(warned('forbid (principal, action == Action::"list", resource is Task) when { resource has owner && resource.owner has team && resource.owner.role == "a" && context.mfa };', forbid), []) // prettier-ignore
})

const parts = {
  effect: fc.constantFrom('permit', 'permit', 'forbid'),
  who: fc.constantFrom('principal', 'principal in Role::"partner"', 'principal in Role::"auditor"'),
  what: fc.constantFrom('action == Action::"list"', 'action in [Action::"list", Action::"delete"]', 'action in Action::"anyRead"'), // prettier-ignore
  when: fc.constantFrom('true', 'context.mfa', 'context.mfa && context.hour > 8', 'context.purpose == ""', 'context.purpose == "" || context.mfa', 'resource.pool', '!resource.pool', 'resource has owner && resource.owner == principal', 'context.hour > 8', 'principal in [Role::"partner", Role::"auditor"]'), // prettier-ignore
}

test('[access-185] taking a policy out that is told to change nothing changes no decision', () => {
  const actions = ['list', 'delete', 'view.basic']
  const answers = (set: PolicySet): readonly boolean[] =>
    ['partner', 'auditor', 'sales', 'finance'].flatMap((role) =>
      stances.flatMap((stance) =>
        actions.flatMap((action) =>
          ['', 'a purpose'].map((purpose) => mayOnRecord(set, catalogue, { role, action, type: 'task', stance, purpose })),
        ),
      ),
    )
  let told = 0
  fc.assert(
    fc.property(fc.array(fc.record(parts), { minLength: 3, maxLength: 5 }), (made) => {
      const document = own(...made.map(({ effect, who, what, when }) => `${effect} (${who}, ${what}, resource is Task) when { ${when} };`))
      const set = compileVersion(catalogue, { number: 0, document }).set
      for (const { policy, severity } of findProblems(catalogue, document)) {
        if (severity !== 'warning' || policy?.startsWith('own.') !== true) continue
        told++
        const without = { ...document, policies: document.policies.filter(({ id }) => id !== policy) }
        assert.deepEqual(answers(compileVersion(catalogue, { number: 0, document: without }).set), answers(set), policy)
      }
    }),
    { numRuns: 6 },
  )
  assert.ok(told > 0)
}) // prettier-ignore
