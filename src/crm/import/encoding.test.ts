import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isFault, utf8 } from '#kernel'
import { shared } from '../shared.fixture.ts'
import { decode, guessEncoding } from './encoding.ts'

const mark = (bytes: readonly number[], rest: Uint8Array): Uint8Array => new Uint8Array([...bytes, ...rest])

test('[crm-2] byte order marks settle the encoding, that of GB18030 too', () => {
  assert.deepEqual(guessEncoding(mark([0xef, 0xbb, 0xbf], utf8('a,b'))), {
    encoding: 'utf-8',
    mark: 3,
    sure: true,
    candidates: ['utf-8'],
  })
  const gb = mark([0x84, 0x31, 0x95, 0x33], new Uint8Array([0xd5, 0xc5, 0xce, 0xb0]))
  assert.equal(guessEncoding(gb).encoding, 'gb18030')
  assert.equal(decode(gb, 'gb18030'), '张伟')
  const wide = new Uint8Array([0xff, 0xfe, 0x61, 0, 0x2c, 0])
  assert.equal(decode(wide, guessEncoding(wide).encoding), 'a,')
  const bare = new Uint8Array([...utf8('name,phone\n')].flatMap((byte) => [byte, 0]))
  assert.equal(guessEncoding(bare).encoding, 'utf-16le')
})

test('[crm-2] workbooks, archives and wrong bytes are refused with a reason', () => {
  for (const head of [
    [0x50, 0x4b, 3, 4],
    [0xd0, 0xcf, 0x11, 0xe0],
    [0x25, 0x50, 0x44, 0x46],
    [0x1f, 0x8b],
  ]) {
    assert.throws(
      () => guessEncoding(new Uint8Array(head)),
      (error) => isFault(error, 'file-unreadable'),
    )
  }
  assert.throws(
    () => decode(new Uint8Array([0x61, 0xff, 0x62]), 'utf-8'),
    (error) => isFault(error, 'file-unreadable'),
  )
  assert.throws(
    () => decode(utf8('a'), 'klingon'),
    (error) => isFault(error, 'bad-input'),
  )
})

const table: readonly (readonly [file: string, encoding: string])[] = [
  ['derived-exports/fxiaoke-contacts.gb18030.csv', 'gb18030'],
  ['messy-csv/data.table/gb18030.txt', 'gb18030'],
  ['messy-csv/frictionless/table-with-accents.csv', 'windows-1252'],
  ['messy-csv/data.table/1680-fread-header-encoding.csv', 'windows-1252'],
  ['messy-csv/readr/enc-iso-8859-1.txt', 'windows-1252'],
  ['salesforce-dataloader/accountData.csv', 'windows-1252'],
  ['messy-csv/csvkit/test_latin1.csv', 'windows-1252'],
  ['messy-csv/frictionless/latin1.csv', 'windows-1252'],
  ['messy-csv/messytables/sparse_with_column_errors.csv', 'windows-1252'],
  ['messy-csv/messytables/utf-16le_encoded.csv', 'utf-16le'],
  ['salesforce-dataloader/encodings-and-dates/csvtext_BOM_UTF16LE.csv', 'utf-16le'],
]

test('[crm-3] real files: the best guess is the truth, Chinese and Western ones alike', (t) => {
  if (!shared('derived-exports')) return t.skip('skipped: no shared data')
  for (const [file, encoding] of table) {
    const path = shared(file)
    assert.ok(path, file)
    assert.equal(guessEncoding(readFileSync(path)).encoding, encoding, file)
  }
  assert.equal(guessEncoding(readFileSync(shared('derived-exports/fxiaoke-contacts.gb18030.csv') ?? '')).sure, true)
})

test('[crm-3] bytes that spell nothing known are not sure', () => {
  // Two rare letters of no common word: nobody can tell a code page from them.
  const guess = guessEncoding(new Uint8Array([0x6e, 0x0a, 0x81, 0xa8, 0xb6, 0xe1, 0x0a]))
  assert.equal(guess.sure, false)
  assert.ok(guess.candidates.length >= 1)
})
