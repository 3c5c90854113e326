// Faults as people read them: things and fields by their names in the reader's language, and what the framework refuses.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalogue } from '#crm'
import { Fault, inSentence, offeredFields, partIn, typeOf } from '#kernel'
import { faultOf, problemOf } from './problem.ts'

const named = (type: string) => inSentence(typeOf(catalogue, type).label)

test('[server-5] a record is called what people call it, in both languages', () => {
  const conflict = new Fault('conflict', { what: named('account') })
  assert.equal(problemOf(conflict, 'zh').detail, '客户已被他人修改，请刷新后重试')
  assert.equal(
    problemOf(conflict, 'en').detail,
    'the account was changed by someone else meanwhile; reload and try again',
  )
  assert.match(
    problemOf(new Fault('not-found', { what: named('followup') }), 'en').detail,
    /^there is no such follow-up,/,
  )
  assert.equal(problemOf(new Fault('taken', { what: named('lead') }), 'zh').detail, '线索已有负责人')
  assert.equal(problemOf(new Fault('already-exists', { what: 'user' }), 'zh').detail, '用户已存在')
  for (const type of catalogue.types)
    for (const code of ['conflict', 'not-found', 'taken', 'already-exists'] as const)
      assert.doesNotMatch(new Fault(code, { what: named(type.name) }).in('zh'), /[a-z]/, type.name)
})

test('[server-5] a field is called by its label of that type; the problem keeps its name', () => {
  const hidden = new Fault('hidden-field', partIn(typeOf(catalogue, 'contact'), 'nationalId'))
  assert.match(problemOf(hidden, 'zh').detail, /“身份证号”/)
  assert.equal(problemOf(hidden, 'zh').field, 'nationalId')
  assert.equal(new Fault('wrong-use', { what: 'option --type is needed' }).in('en'), 'option --type is needed')
  assert.equal(new Fault('port-in-use', { port: 8443 }).in('en'), 'port 8443 is in use')
  for (const type of catalogue.types)
    for (const { name, label } of offeredFields(type)) {
      const said = problemOf(new Fault('bad-value', { ...partIn(type, name), what: 'there is no such field' }), 'zh')
      assert.deepEqual([said.field, said.detail], [name, `“${label.zh}”：没有此字段`])
    }
})

test('[server-260] what the schema of a route refuses is said in both languages, its parts by what forms call them', () => {
  const said = (error: object, language: 'zh' | 'en'): string =>
    problemOf(
      faultOf({ validation: [error], validationContext: 'body' }, () => undefined),
      language,
    ).detail
  const cases: readonly (readonly [string, string, Readonly<Record<string, unknown>>, string])[] = [
    ['/name', 'maxLength', { limit: 80 }, '“名称”：至多 80 个字符'],
    ['/name', 'minLength', { limit: 1 }, '“名称”：至少 1 个字符'],
    ['', 'required', { missingProperty: 'reason' }, '缺少“原因”'],
    ['', 'required', { missingProperty: 'document' }, '缺少 document'],
    ['/values/x', 'additionalProperties', { additionalProperty: 'a<b' }, 'body/values/x：不接受 a?b'],
    ['/minutes', 'minimum', { comparison: '>=', limit: 5 }, '“时长”：不能小于 5'],
    ['/minutes', 'type', { type: 'integer' }, '“时长”：类型不正确，应为整数'],
    ['/until', 'type', { type: ['string', 'null'] }, '“结束时间”：类型不正确，应为文本或空'],
    ['/types/0', 'enum', { allowedValues: ['a'] }, '“记录类型”：不在可选项之内'],
    ['/ids', 'maxItems', { limit: 5 }, 'body/ids：至多 5 项'],
    ['/what', 'pattern', { pattern: '^a' }, 'body/what：格式不正确'],
    ['/what', 'neverHeardOf', {}, 'body/what：格式不正确'],
  ]
  for (const [instancePath, keyword, params, zh] of cases) {
    const error = { instancePath, keyword, params, message: 'must be otherwise' }
    assert.equal(said(error, 'zh'), zh)
    assert.equal(said(error, 'en'), `body${instancePath} must be otherwise`)
  }
  const empty = faultOf({ statusCode: 400, code: 'FST_ERR_CTP_EMPTY_JSON_BODY' }, () => undefined)
  assert.deepEqual([empty.in('zh'), empty.in('en')], ['请求内容为空', 'the body is empty'])
  const large = faultOf({ statusCode: 413 }, () => undefined)
  assert.equal(large.in('zh'), '请求超过上限（以接口限制为准）')
})
