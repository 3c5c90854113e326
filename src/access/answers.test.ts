// Answers of the official engine that were kept: the same as it gives now, and for nothing but what was asked.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import type * as Cedar from '@cedar-policy/cedar-wasm/nodejs'
import { isFault } from '#kernel'
import { catalogue } from '#testing'
import { keptAnswer, questionKey } from './answers.ts'
import { housePolicies } from './in-force.ts'
import { keepAnswers } from './keep-answers.ts'
import { readPolicies } from './official.ts'
import { railTexts } from './rails.ts'
import { accessSchema } from './schema.ts'
import { shippedDocument } from './shipped.ts'

const cedar = createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs') as typeof Cedar
const schema = accessSchema(catalogue)
const policies = housePolicies(catalogue, shippedDocument)

test('[access-198] every answer that is kept for what the product ships is the one the engine gives', () => {
  keepAnswers(catalogue)
  assert.deepEqual(keptAnswer(questionKey('schema', schema)), JSON.parse(JSON.stringify(cedar.schemaToJson(schema))))
  for (const { id, text } of policies) {
    const kept = keptAnswer(questionKey('policy', text))
    assert.deepEqual(kept, JSON.parse(JSON.stringify(cedar.policyToJson(text))), id)
    assert.equal(keptAnswer(questionKey('valid', questionKey('schema', schema), id, text)), true, id)
  }
  for (const text of railTexts())
    assert.deepEqual(keptAnswer(questionKey('parts', text)), cedar.policySetTextToParts(text))
  const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]))
  const answer = cedar.validate({ validationSettings: { mode: 'strict' }, schema, policies: { staticPolicies } })
  assert.ok(answer.type === 'success' && answer.validationErrors.length === 0)
})

test('[access-198] what was kept answers for no other text, name or schema', () => {
  const [first] = policies
  assert.ok(first)
  const under = questionKey('schema', schema)
  assert.equal(keptAnswer(questionKey('policy', `${first.text} `)), undefined)
  assert.equal(keptAnswer(questionKey('valid', under, 'other', first.text)), undefined)
  assert.equal(keptAnswer(questionKey('valid', questionKey('schema', `${schema} `), first.id, first.text)), undefined)
  // Valid here, and nonsense where accounts have no grade.
  const own = { id: 'own.grade', text: '@id("own.grade")\npermit (principal, action == Action::"list", resource is Account)\nwhen { resource has grade && resource.grade == "A" };' } // prettier-ignore
  assert.equal(readPolicies(schema, [...policies, own]).length, policies.length + 1)
  const poorer = accessSchema({
    types: catalogue.types.map((type) =>
      type.name === 'account' ? { ...type, fields: type.fields.filter(({ name }) => name !== 'grade') } : type,
    ),
  })
  assert.throws(() => readPolicies(poorer, [...policies, own]), (error) => isFault(error, 'policy-invalid')) // prettier-ignore
})

test('[access-198] texts of a house are never kept', () => {
  const own = '@id("own.secret")\npermit (principal, action == Action::"list", resource is Account);'
  readPolicies(schema, [...policies, { id: 'own.secret', text: own }])
  assert.equal(keptAnswer(questionKey('policy', own)), undefined)
})
