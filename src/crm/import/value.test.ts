import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Field, fieldOf, typeOf } from '#kernel'
import { catalogue } from '../catalogue.ts'
import { shared } from '../shared.fixture.ts'
import { creditCodeValid, nationalIdValid } from './checkdigit.ts'
import { openTable } from './csv.ts'
import { decode } from './encoding.ts'
import { moneyText, readInteger, readMoney } from './number.ts'
import { values } from './reason.ts'
import { joinTags, readValue, splitTags, usualTags } from './value.ts'

const context = { order: null, offset: 480, tags: usualTags }
const field = (type: string, name: string): Field => {
  const found = fieldOf(typeOf(catalogue, type), name)
  assert.ok(found)
  return found
}
const read = (type: string, name: string, text: string): unknown => readValue(field(type, name), text, context)

test('[crm-9] money becomes minor units exactly', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['1,234.56', 123456],
    ['¥1,234.5', 123450],
    ['1.234,56', 123456],
    ['12,5', 1250],
    ['(1,000)', -100000],
    ['120万', 120000000],
    ['1.5亿', 15000000000],
    ['１２３元', 12300],
    ['3.5E8', 35000000000],
    ['0.10', 10],
    ['-0.29', -29],
    ['1100.0400', 110004],
    ['CNY 5', 500],
  ]
  for (const [text, minor] of cases) assert.deepEqual(readMoney(text), { value: minor }, text)
  for (const text of ['1.005', 'many', '1e99', '', '1.2.3', '--1']) assert.ok('refused' in readMoney(text), text)
  fc.assert(
    fc.property(fc.maxSafeInteger(), (minor) =>
      assert.deepEqual(readMoney(moneyText(minor)), { value: minor === 0 ? 0 : minor }),
    ),
  )
  assert.deepEqual(readInteger('1,000'), { value: 1000 })
  assert.ok('refused' in readInteger('100-500'))
  assert.ok('refused' in readInteger('1.5'))
})

test('[crm-9] damaged and masked numbers are refused, real ones stay text', () => {
  assert.deepEqual(read('contact', 'nationalId', '5.54563E+15'), { refused: values.damaged })
  assert.deepEqual(read('contact', 'mobile', '1.38001E+10'), { refused: values.damaged })
  assert.deepEqual(read('contact', 'mobile', '138****0000'), { refused: values.masked })
  assert.deepEqual(read('contact', 'email', 'z***@example.com'), { refused: values.masked })
  assert.deepEqual(read('contact', 'mobile', "'+8613800138000"), { value: '+8613800138000' })
  assert.deepEqual(read('contact', 'phone', '008-0044 x12'), { value: '008-0044 x12' })
  assert.deepEqual(read('contact', 'email', 'no address'), { refused: values.email })
})

test('[crm-9] wrong check digits warn and are kept', (t) => {
  // Both with a last sign that is wrong on purpose.
  assert.deepEqual(read('contact', 'nationalId', '110101199003070000'), {
    value: '110101199003070000',
    warning: values.nationalId,
  })
  assert.deepEqual(read('account', 'taxId', '91110000MA00000000'), {
    value: '91110000MA00000000',
    warning: values.creditCode,
  })
  const [accounts, contacts] = [
    shared('derived-exports/fxiaoke-accounts.utf8bom.csv'),
    shared('derived-exports/fxiaoke-contacts.gb18030.csv'),
  ]
  if (!accounts || !contacts) return t.skip('skipped: no shared data')
  const column = (text: string, heading: string): readonly string[] => {
    const table = openTable(text)
    return [...table.rows()].map((row) => row.cells[table.header.indexOf(heading)] ?? '')
  }
  const codes = column(decode(readFileSync(accounts), 'utf-8'), '统一社会信用代码')
  assert.equal(codes.length, 300)
  assert.ok(codes.every(creditCodeValid))
  const ids = column(decode(readFileSync(contacts), 'gb18030'), '身份证号')
  assert.equal(ids.length, 300)
  assert.ok(ids.every(nationalIdValid))
})

test('[crm-10] choices are understood in both languages and as other systems write them', () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    ['account', 'grade', 'A（重点客户）', 'A'],
    ['account', 'grade', 'B(普通客户)', 'B'],
    ['account', 'grade', 'Hot', 'A'],
    ['account', 'status', '多次成交', 'repeat'],
    ['account', 'status', '未成交', 'none'],
    ['account', 'source', 'External Referral', 'referral'],
    ['account', 'source', '转介绍', 'referral'],
    ['deal', 'stage', 'Closed Won', 'won'],
    ['deal', 'stage', 'Engaging', 'qualified'],
    ['deal', 'stage', '商务谈判', 'negotiation'],
    ['lead', 'status', 'Open - Not Contacted', 'new'],
    ['lead', 'status', 'IN_PROGRESS', 'working'],
    ['lead', 'status', 'OPEN_DEAL', 'qualified'],
    ['contact', 'gender', '女', 'female'],
  ]
  for (const [type, name, text, value] of cases) assert.deepEqual(read(type, name, text), { value }, text)
  for (const type of catalogue.types) {
    for (const one of type.fields) {
      for (const option of one.options ?? []) {
        const value = one.kind === 'tags' ? undefined : one.kind === 'integer' ? Number(option.value) : option.value
        if (value === undefined) continue
        for (const text of [option.value, option.label.zh, option.label.en])
          assert.deepEqual(readValue(one, text, context), { value }, `${one.name} ${text}`)
      }
    }
  }
})

test('[crm-10] unknown choices: other with a warning where there is one, else refused', () => {
  assert.deepEqual(read('account', 'source', 'from the moon'), { value: 'other', warning: values.otherChoice })
  assert.deepEqual(read('account', 'grade', 'Z'), { refused: values.choice })
  assert.deepEqual(read('contact', 'decisionMaker', '是'), { value: true })
  assert.deepEqual(read('contact', 'decisionMaker', 'FALSE'), { value: false })
  assert.deepEqual(read('contact', 'decisionMaker', 'perhaps'), { refused: values.boolean })
})

test('[crm-7] tags come apart at the usual signs; our own form holds any text', () => {
  assert.deepEqual(read('account', 'tags', '重点|展会；需上门,重点'), { value: ['重点', '展会', '需上门'] })
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1, unit: fc.constantFrom('a', '|', '\\', ',', ' ', '张', '\n') })),
      (tags) => {
        assert.deepEqual(splitTags(joinTags(tags)), tags)
      },
    ),
  )
})
