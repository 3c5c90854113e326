// Answers of the official engine that were kept: the same as it gives now, and for nothing but what was asked.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import type * as Cedar from '@cedar-policy/cedar-wasm/nodejs'
import { isFault } from '#kernel'
import { catalogue } from '#testing'
import { keptAnswer, parseAnswers, questionKey } from './answers.ts'
import { housePolicies } from './in-force.ts'
import { keepAnswers } from './keep-answers.ts'
import { readPolicies } from './official.ts'
import { railTexts } from './rails.ts'
import { accessSchema } from './schema.ts'
import { shippedDocument } from './shipped.ts'

const cedar = createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs') as typeof Cedar
const engineVersion = cedar.getCedarSDKVersion()
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

test('[access-199] a file that is cut off anywhere, garbage, or of another format or engine gives no answer at all', () => {
  const [key, answer] = [questionKey('parts', ''), { type: 'success', policies: [] }]
  const version = { v: 1, engine: engineVersion, answers: [[key, answer]] }
  const whole = JSON.stringify(version)
  assert.deepEqual(parseAnswers(whole), new Map([[key, answer]]))
  for (let end = 0; end < whole.length; end++) assert.equal(parseAnswers(whole.slice(0, end)), undefined, String(end))
  for (const other of [
    { ...version, v: 2 },
    { ...version, engine: '4.12.0' },
    { ...version, answers: undefined },
    { ...version, answers: { [key]: answer } },
    // One answer of another shape, and nothing of the file is taken.
    ...[[key], [key, false], [key, 1], [key, null], [key, { type: 'failure' }], [1, true], 'text', null].map((one) => ({
      ...version,
      answers: [[key, answer], one],
    })),
    // As the file was before it had a version.
    [[key, answer]],
    null,
    1,
  ])
    assert.equal(parseAnswers(JSON.stringify(other)), undefined, JSON.stringify(other))
  assert.equal(parseAnswers('\u0000\u0001{'), undefined)
})
