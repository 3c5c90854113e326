// Faults as people read them: things and fields by their names in the reader's language.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalogue } from '#crm'
import { Fault } from '#kernel'
import { problemOf } from './problem.ts'
import { sentenceOf } from './sentence.ts'

test('[server-5] a record is called what people call it, in both languages', () => {
  const conflict = new Fault('conflict', { what: 'account' })
  assert.equal(sentenceOf(conflict, 'zh'), '客户已被他人修改，请刷新后重试')
  assert.equal(
    problemOf(conflict, 'en').detail,
    'the account was changed by someone else meanwhile; reload and try again',
  )
  assert.match(problemOf(new Fault('not-found', { what: 'followup' }), 'en').detail, /^there is no such follow-up,/)
  assert.equal(problemOf(new Fault('taken', { what: 'lead' }), 'zh').detail, '线索已有负责人')
  assert.equal(problemOf(new Fault('already-exists', { what: 'user' }), 'zh').detail, '用户已存在')
  for (const type of catalogue.types)
    for (const code of ['conflict', 'not-found', 'taken', 'already-exists'] as const)
      assert.doesNotMatch(sentenceOf(new Fault(code, { what: type.name }), 'zh'), /[a-z]/, type.name)
})

test('[server-5] a field is called by its label where it has one only; what is no name of ours stays', () => {
  assert.match(sentenceOf(new Fault('hidden-field', { field: 'nationalId' }), 'zh'), /“身份证号”/)
  assert.equal(sentenceOf(new Fault('wrong-use', { what: 'option --type is needed' }), 'en'), 'option --type is needed')
  assert.equal(sentenceOf(new Fault('port-in-use', { port: 8443 }), 'en'), 'port 8443 is in use')
  for (const name of ['__proto__', 'constructor', 'toString'])
    assert.ok(sentenceOf(new Fault('not-found', { what: name }), 'en').includes(name))
})
