import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { neutralise, restore } from './neutral.ts'
import { shared } from './shared.fixture.ts'

const dangerous = /^[\s\u200b]*[=+\-@＝＋－＠]|^[\t\r\n]/

test('[crm-15] what a spreadsheet would run is made harmless, full-width forms and leading blanks too', () => {
  for (const text of [
    '=1+1',
    '+8613800138000',
    '-5',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    '＝1+1',
    '＋1',
    '－1',
    '＠x',
    '  =1',
    '\u200b=1',
    "'=1",
  ]) {
    const cell = neutralise(text)
    assert.doesNotMatch(cell, dangerous)
    assert.equal(restore(cell), text)
  }
  assert.equal(neutralise('张伟'), '张伟')
  assert.equal(neutralise(''), '')
})

test('[crm-15] neutralising any text and restoring it gives the same text', () => {
  const risky = fc.string({
    unit: fc.constantFrom('=', '+', '-', '@', "'", '＝', '＠', ' ', '\t', '\r', '\n', 'a', '张', '\u200b'),
  })
  fc.assert(
    fc.property(fc.oneof(risky, fc.string({ unit: 'binary' })), (text) => {
      const cell = neutralise(text)
      assert.equal(restore(cell), text)
      assert.doesNotMatch(cell, dangerous)
    }),
  )
})

test('[crm-15] the naughty strings survive', (t) => {
  const file = shared('hostile/blns/blns.json')
  if (!file) return t.skip('skipped: no shared data')
  const strings = JSON.parse(readFileSync(file, 'utf8')) as string[]
  for (const text of strings) assert.equal(restore(neutralise(text)), text)
})
