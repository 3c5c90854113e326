// Normal forms and terms: whatever matches must have the terms that its query asks for, or a search would miss it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { nameMatches, nameQuery, nameTerms, normalPhone, phoneTail, pinyinQuery, pinyinTerms } from './terms.ts'

const name = fc.oneof(
  fc
    .array(fc.constantFrom(...Array.from('张王李单曾仇伟芳重乐长行科技有限公司')), { minLength: 1, maxLength: 8 })
    .map((l) => l.join('')),
  fc
    .array(fc.constantFrom('Ann', 'O’Neil', 'van', 'der', 'Zoë', 'Łukasz', 'de', 'x'), { minLength: 1, maxLength: 4 })
    .map((l) => l.join(' ')),
)

test('[vault-6] a name that contains a part of itself is found by the terms of that part', () => {
  fc.assert(
    fc.property(name, fc.nat(7), fc.integer({ min: 1, max: 5 }), (text, from, length) => {
      const part = Array.from(text)
        .slice(from, from + length)
        .join('')
        .trim()
      if (part === '' || !nameMatches(text, part)) return
      const have = new Set(nameTerms(text))
      const pinyin = new Set(pinyinTerms(text))
      const byName = nameQuery(part).length > 0 && nameQuery(part).every((term) => have.has(term))
      const byPinyin = pinyinQuery(part).some((set) => set.every((term) => pinyin.has(term)))
      assert.ok(byName || byPinyin, `${text} by ${part}`)
    }),
  )
})

test('[vault-6] a name that sounds like the query has the pinyin terms asked for', () => {
  const letters = fc.constantFrom(
    'zw',
    'zhang',
    'zhangwei',
    'wf',
    'lw',
    'shan',
    'dan',
    'zeng',
    'qiu',
    'zhangweifang',
    'kj',
    'youxian',
  )
  fc.assert(
    fc.property(name, letters, (text, query) => {
      if (!nameMatches(text, query) || nameTerms(text).some((term) => term.includes(query.slice(0, 3)))) return
      const pinyin = new Set(pinyinTerms(text))
      assert.ok(
        pinyinQuery(query).some((set) => set.every((term) => pinyin.has(term))),
        `${text} by ${query}`,
      )
    }),
  )
  for (const [text, query] of [
    ['单雄信', 'sxx'],
    ['单雄信', 'shan'],
    ['张伟', 'zw'],
    ['仇英', 'qiuying'],
    ['曾国', 'zengguo'],
  ] as const) {
    assert.ok(nameMatches(text, query), `${text} by ${query}`)
  }
  assert.ok(!nameMatches('张伟', 'wz'))
})

test('[vault-6] one number has one normal form and one tail, however it is written', () => {
  for (const text of [
    '13800138001',
    '+86 138 0013 8001',
    '(86) 138-0013-8001',
    '１３８００１３８００１',
    '0086 13800138001',
  ]) {
    assert.equal(normalPhone(text), '+8613800138001', text)
    assert.equal(phoneTail(text), '8001', text)
  }
  assert.equal(phoneTail('010-65551234 转 801'), '1234')
  assert.equal(phoneTail('395.826.5986 x879'), '5986')
})

test('[vault-6] a mobile number written plainly has the form that the rules for phone numbers give it', () => {
  const digits = fc.stringMatching(/^1\d{10}$/)
  fc.assert(
    fc.property(digits, (text) => {
      const parsed = parsePhoneNumberFromString(text, 'CN')
      assert.equal(normalPhone(text), parsed?.isPossible() === true ? parsed.number : text)
    }),
    { numRuns: 3000 },
  )
  for (let head = 100; head < 200; head++)
    for (const tail of ['00000000', '12345678', '99999999']) {
      const text = `${String(head)}${tail}`
      const parsed = parsePhoneNumberFromString(text, 'CN')
      assert.equal(normalPhone(text), parsed?.isPossible() === true ? parsed.number : text, text)
    }
})
