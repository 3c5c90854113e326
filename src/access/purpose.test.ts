// Every policy in words, in both languages; what was asked, also where it was whether something is there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalogue } from '#testing'
import { newId } from '#kernel'
import { compilePolicies } from './policyset.ts'
import { housePolicies } from './in-force.ts'
import { policyPurpose } from './purpose.ts'
import { contextOf, organisation, userRef } from './question.ts'
import { accessSchema } from './schema.ts'
import { fixedPolicies, shippedDocument } from './shipped.ts'
import { EntityStore } from './entity.ts'
import type { PolicyDocument } from './document.ts'

const document: PolicyDocument = {
  ...shippedDocument,
  defaults: { account: 'unit', task: 'public' },
  restrictions: [
    { name: 'office', label: { zh: '仅限办公网', en: 'office only' }, roles: [], types: ['deal'], actions: ['export'], mode: 'unless', conditions: [{ is: 'mfa' }] },
  ],
  policies: [{ id: 'own.extra', text: '@id("own.extra") permit (principal, action == Action::"list", resource is Task);' }],
} // prettier-ignore

test('[access-160] every policy that can be in force has a purpose in both languages, no two alike, and none goes by its id but a house’s own', () => {
  const seen = new Map<string, string>()
  for (const { id } of housePolicies(catalogue, document)) {
    const { zh, en } = policyPurpose(catalogue, document, id)
    assert.match(zh, /\p{Script=Han}/u, id)
    assert.equal(en.includes(id), id === 'own.extra', `${id}: ${en}`)
    assert.ok(!seen.has(en), `${id} and ${seen.get(en) ?? ''}: ${en}`)
    seen.set(en, id)
  }
  for (const { id } of fixedPolicies()) assert.ok(!policyPurpose(catalogue, document, id).en.includes('own, '), id)
  assert.deepEqual(policyPurpose(catalogue, document, 'restriction.office'), { zh: '限制：仅限办公网', en: 'restriction: office only' }) // prettier-ignore
})

test('[access-161] an explanation counts what held before, and a question whether something is there is answered with it', () => {
  const set = compilePolicies(accessSchema(catalogue), [
    { id: 'a', text: '@id("a") permit (principal in Role::"x", action == Action::"list", resource is Deal);' },
    { id: 'b', text: '@id("b") permit (principal, action == Action::"list", resource is Deal) when { resource has owner && resource.owner == principal };' },
    { id: 'c', text: '@id("c") permit (principal, action == Action::"list", resource is Deal) when { context has grants && context.grants has readDeal };' },
  ]) // prettier-ignore
  const person = newId()
  const org = organisation([{ id: person, role: 'sales', team: null, active: true }], [])
  const deal = { type: 'Deal', id: newId() }
  const entities = new EntityStore([{ ...deal, attrs: { sharedWith: [], deleted: false, pool: false }, parents: [] }], org) // prettier-ignore
  const told = set.explain({
    principal: userRef(person),
    action: 'list',
    resource: deal,
    context: contextOf({ now: new Date(0), channel: 'web', ip: '', mfa: false, purpose: '' }),
    entities,
  })
  assert.deepEqual(
    told.permits.map(({ policy, passed, unmet }) => [policy, passed, unmet.condition, unmet.values]),
    [
      ['a', 0, 'principal in Role::"x"', { principal: `User::"${person}"` }],
      ['b', 3, 'resource has owner', { 'resource.owner': 'absent' }],
      ['c', 3, 'context has grants', { 'context.grants': 'absent' }],
    ],
  )
})
