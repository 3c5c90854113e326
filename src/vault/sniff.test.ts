// What files are by their bytes, and what becomes of their names.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '#kernel'
import { endingOf, safeName } from './filename.ts'
import { sniff, sniffBytes } from './sniff.ts'

const hexed = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const zip = (name: string): Uint8Array =>
  new Uint8Array(Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(26), Buffer.from(name)]))

test('[vault-17] what a file is follows from its bytes; another name or another named type is noticed', () => {
  const png = hexed('89504e470d0a1a0a 0000000d')
  const cases: readonly [name: string, bytes: Uint8Array, declared: string, type: string, mismatch: boolean][] = [
    ['合同.pdf', utf8('%PDF-1.7\n'), 'application/pdf', 'application/pdf', false],
    ['photo.png', png, 'image/png', 'image/png', false],
    ['photo.pdf', png, 'image/png', 'image/png', true],
    ['photo.png', png, 'application/pdf', 'image/png', true],
    ['photo', png, '', 'image/png', false],
    ['scan.jpeg', hexed('ffd8ffe0 0010'), 'image/jpeg', 'image/jpeg', false],
    [
      '报价.docx',
      zip('word/document.xml'),
      '',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      false,
    ],
    [
      'list.xlsx',
      zip('xl/workbook.xml'),
      '',
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      false,
    ],
    ['list.pdf', zip('xl/workbook.xml'), '', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', true],
    ['old.doc', hexed('d0cf11e0a1b11ae1'), '', 'application/x-ole-storage', false],
    ['all.zip', zip('readme.txt'), '', 'application/zip', false],
    ['voice.amr', utf8('#!AMR\n...'), 'audio/amr', 'audio/amr', false],
    ['call.mp3', utf8('ID3....'), 'audio/mpeg', 'audio/mpeg', false],
    ['notes.txt', utf8('张三 13800138000\n'), 'text/plain', 'text/plain', false],
    ['gbk.csv', hexed('d5c5c8fd2c310a'), 'text/csv', 'text/csv', false],
    ['page.html', utf8('<!DOCTYPE html><script>1</script>'), 'text/html', 'text/html', false],
    ['mark.svg', utf8('<?xml version="1.0"?><svg onload="x()"/>'), 'image/svg+xml', 'image/svg+xml', false],
    ['notes.pdf', utf8('only text'), '', 'text/plain', true],
    ['blob.bin', hexed('00010203'), '', 'application/octet-stream', false],
    ['empty.txt', new Uint8Array(0), '', 'text/plain', false],
  ]
  for (const [name, bytes, declared, type, mismatch] of cases)
    assert.deepEqual(sniff(bytes, name, declared), { type, executable: false, mismatch }, name)
})

test('[vault-17] programs, scripts and shortcuts are known, whatever they are called', () => {
  const cases: readonly [name: string, bytes: Uint8Array][] = [
    ['invoice.pdf', utf8('MZ\u0090\0')],
    ['tool', hexed('7f454c460201')],
    ['tool', hexed('cffaedfe0700')],
    ['photo.jpg', utf8('#!/bin/sh\n')],
    ['a.docx', hexed('4c0000000114020000000000c000000000000046')],
    ['a.zip', zip('META-INF/MANIFEST.MF')],
    ['a.apk', zip('AndroidManifest.xml')],
    ['run.bat', utf8('@echo off')],
    ['run.PS1', utf8('Get-Item')],
    ['page.hta', utf8('<html></html>')],
    ['mod.wasm', hexed('0061736d01000000')],
  ]
  for (const [name, bytes] of cases) assert.equal(sniff(bytes, name, '').executable, true, name)
  assert.equal(
    sniff(utf8('MZ is the beginning of a letter'), 'letter.txt', '').executable,
    true,
    'when in doubt, refused',
  )
})

test('[vault-17] any bytes, any name: an answer, never an error', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'binary' }),
      fc.string(),
      (bytes, name, declared) => {
        const found = sniff(bytes, name, declared)
        assert.match(found.type, /^[a-z]+\/[a-z0-9.+-]+$/)
      },
    ),
  )
  assert.equal(sniff(new Uint8Array(sniffBytes + 10), 'x', '').type, 'application/octet-stream')
})

test('[vault-17] a name keeps nothing that misleads: folders, controls, direction marks, devices', () => {
  const cases: readonly [given: string, safe: string][] = [
    ['合同（终稿）.pdf', '合同（终稿）.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\x\\报价.xlsx', '报价.xlsx'],
    ['a\u0000b\r\nc.txt', 'abc.txt'],
    ['invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['con', '_con'],
    ['COM1.txt', '_COM1.txt'],
    ['...', 'file'],
    ['', 'file'],
    ['  . ', 'file'],
    ['a<b>:"|?*.txt', 'a_b______.txt'],
    ['.htaccess', 'htaccess'],
  ]
  for (const [given, safe] of cases) assert.equal(safeName(given), safe)
  assert.equal(endingOf('a.tar.GZ'), 'gz')
  assert.equal(safeName(`${'长'.repeat(300)}.pdf`).length, 200)
  assert.ok(safeName(`${'长'.repeat(300)}.pdf`).endsWith('.pdf'))
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (given) => {
      const name = safeName(given)
      assert.ok(name.length > 0 && name.length <= 200 && name.isWellFormed() && !/[\p{Cc}\\/]/u.test(name))
      assert.equal(safeName(name), name)
    }),
  )
})
