// Phrases of faults: each in both languages, filled alike; English alone neither compiles nor hides in the table.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Fault,
  formFields,
  inSentence,
  listed,
  partIn,
  partOf,
  phrases,
  say,
  sizeOf,
  things,
  verbatim,
} from './index.ts'
import type { RecordType } from './index.ts'
import { backups } from './phrases/backups.ts'
import { imports } from './phrases/imports.ts'
import { keys } from './phrases/keys.ts'
import { people } from './phrases/people.ts'
import { policies } from './phrases/policies.ts'
import { records } from './phrases/records.ts'
import { requests } from './phrases/requests.ts'
import { starting } from './phrases/starting.ts'

const holes = (text: string): readonly string[] => [...text.matchAll(/\{(\w*)\}/g)].map(([, name = '']) => name).sort()

test('[kernel-6] every phrase has its Chinese, which asks for the same words and takes no English along but names', () => {
  const parts = [backups, imports, keys, people, policies, records, requests, starting]
  assert.equal(parts.reduce((sum, part) => sum + Object.keys(part).length, 0), Object.keys(phrases).length, 'none twice') // prettier-ignore
  assert.ok(Object.keys(phrases).length > 300)
  // What is the same in both languages.
  const same = ['PostgreSQL', 'capture.js (npm run build)', '{id}: {problem}']
  for (const [en, zh] of Object.entries(phrases)) {
    assert.deepEqual(holes(zh), holes(en), en)
    if (!same.includes(en)) assert.match(zh, /\p{Script=Han}{2}/u, en)
    assert.doesNotMatch(en, /\p{Script=Han}/u, en)
    assert.doesNotMatch(zh.replaceAll(/\w+:\/\/\S+/g, ''), /\p{Script=Han}[,;:!?.]/u, zh)
    // Names of formats, settings and values are those of the English; nothing else is left of it.
    const plain = zh.replaceAll(/\{\w+\}/g, '')
    const words = plain.match(/[A-Za-z]{3,}/g) ?? []
    const extra = words.filter((word) => !en.includes(word) && !['UUID', 'MiB', 'https', 'AppRole'].includes(word))
    assert.deepEqual(extra, [], en)
    const common = /\b(the|is|are|not|of|and|with|must|may|needs|expected|cannot)\b/
    assert.doesNotMatch(plain, common, en)
  }
  for (const [name, { zh, en }] of [...Object.entries(things), ...Object.entries(formFields)]) {
    assert.match(zh, /\p{Script=Han}/u, name)
    assert.doesNotMatch(en, /\p{Script=Han}/u, name)
  }
})

test('[kernel-6] a fault says all of its sentence in one language', () => {
  const range = new Fault('bad-value', { field: 'port', what: say('expected {from} to {to}', { from: 1, to: 65_535 }) })
  assert.equal(range.in('zh'), '“端口”：应为 1 至 65535')
  assert.equal(range.in('en'), 'field port: expected 1 to 65535')
  assert.equal(range.message, range.in('en'))
  const label = { zh: '发件地址', en: 'Sender address' }
  const type = {
    name: 'deal',
    fields: [
      { name: 'closeDate', label: { zh: '成交日期', en: 'Close date' } },
      { name: 'x_old', label, retired: true },
    ],
  } as unknown as RecordType
  const date = new Fault('bad-value', { ...partIn(type, 'closeDate'), what: 'expected a date' })
  assert.deepEqual([date.in('zh'), date.in('en')], ['“成交日期”：不是有效的日期', 'field close date: expected a date'])
  assert.equal(date.details['field'], 'closeDate')
  // A field that is no longer offered is told of no more than one that never was.
  assert.deepEqual(partIn(type, 'x_old'), { field: 'x_old', label: verbatim('x_old') })
  // A name that is none of ours is shown as it was given, without what could be markup.
  const unknown = new Fault('bad-value', { ...partIn(type, '<b>x'), what: 'there is no such field' })
  assert.deepEqual([unknown.in('zh'), unknown.in('en')], ['“?b?x”：没有此字段', 'field ?b?x: there is no such field'])
  const mail = new Fault('bad-value', { field: 'from', label, what: 'expected an e-mail address' })
  assert.deepEqual([mail.in('zh'), mail.in('en')], ['“发件地址”：应为邮箱地址', 'field sender address: expected an e-mail address']) // prettier-ignore
  const both = { zh: '超过 3 个字符', en: 'longer than 3 characters' }
  assert.equal(
    new Fault('bad-value', { ...partOf({ name: 'x', label }), what: both }).in('zh'),
    '“发件地址”：超过 3 个字符',
  )
  assert.equal(
    new Fault('hidden-field', partOf({ name: 'x', label })).in('zh'),
    '字段“发件地址”对您不可见，不能用于筛选或排序',
  )
  assert.equal(
    new Fault('denied', { action: 'export' }).in('zh'),
    '您没有导出此类记录的权限，如有需要请联系您的主管或管理员',
  )
  assert.equal(
    new Fault('too-large', { what: 'the file', limit: sizeOf(268_435_456) }).in('zh'),
    '文件超过上限（256 MiB）',
  )
  assert.deepEqual(sizeOf(1000), { zh: '1000 字节', en: '1000 bytes' })
  assert.deepEqual(sizeOf(2048), { zh: '2 KiB', en: '2 KiB' })
  assert.deepEqual(listed([label, verbatim('x')]), { zh: '发件地址、x', en: 'Sender address, x' })
  assert.deepEqual(['ID number', 'Follow-up', 'WeChat', 'E-mail'].map((en) => inSentence({ zh: '', en }).en), ['ID number', 'follow-up', 'WeChat', 'e-mail']) // prettier-ignore
  // Names that every object has are no phrases and no things.
  for (const name of ['constructor', '__proto__', 'toString'])
    for (const language of ['zh', 'en'] as const) {
      assert.ok(Fault.again('not-found', { what: name }).in(language).includes(name))
      assert.ok(Fault.again('bad-value', { field: name, what: name }).in(language).includes(name))
    }
})

test('[kernel-6] what would be English alone does not compile', () => {
  const made = [
    // @ts-expect-error a sentence that the table does not have
    () => new Fault('bad-input', { what: 'something else is wrong' }),
    // @ts-expect-error a sentence put together
    () => new Fault('bad-input', { what: `expected ${String(3)}` }),
    // @ts-expect-error a phrase with holes is filled by say
    () => new Fault('bad-input', { what: 'expected {from} to {to}' }),
    // @ts-expect-error a word too few
    () => say('expected {from} to {to}', { from: 1 }),
    // @ts-expect-error words of one language
    () => new Fault('file-unreadable', { what: { en: 'it is empty' } }),
    // @ts-expect-error a field that nobody knows by a name
    () => new Fault('bad-value', { field: 'fooBar', what: 'expected a date' }),
    // @ts-expect-error a thing that has no name
    () => new Fault('not-found', { what: 'gizmo' }),
    // @ts-expect-error no word at all
    () => new Fault('policy-invalid'),
  ]
  assert.equal(made.length, 8)
  // What a compiler did not see still shows, in English.
  assert.equal(Fault.again('bad-input', { what: 'something else is wrong' }).in('zh'), 'something else is wrong')
})
