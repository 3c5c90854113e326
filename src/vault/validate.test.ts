// What a field holds and what it refuses, where the difference is not plain to see.
import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { test } from 'node:test'
import { fieldOf, typeOf } from '#kernel'
import { catalogue } from '#testing'
import { checkValue } from '#vault'

const phone = fieldOf(typeOf(catalogue, 'account'), 'phone')
assert.ok(phone)
const taken = (text: string): boolean => 'value' in checkValue(phone, text)

test('[vault-3] a phone field takes what people write in it, and no ciphertext', () => {
  for (const text of [
    '13800138000',
    '+86 138 0013 8000',
    '\u202d+86 13800138000\u202c',
    '010-65551234 转 801',
    '张经理：13800138000（仅工作日）',
    '(209)172-7124x3651',
    '001-639-955-2116 ext. 751',
    'Tel 020 7946 0000, fax 020 7946 0001',
    '1-800-FLOWERS',
    '１３８００１３８０００',
    '13800138000/13900139000',
    '110',
  ])
    assert.ok(taken(text), text)
  for (const text of [
    'no phone',
    '12',
    '138****8001',
    'Wd8S6Ud4n35vWYZAbODw6w==',
    '138\u0007001',
    '138\ufffd\ufffd001',
  ])
    assert.ok(!taken(text), text)
  let passed = 0
  for (let i = 0; i < 2000; i++) {
    const cipher = createCipheriv('aes-128-ecb', 'an old key, 16 B', null)
    const sealed = Buffer.concat([cipher.update(`1380013${String(1000 + i)}`, 'utf8'), cipher.final()])
    if (taken(sealed.toString('base64'))) passed++
    if (taken(sealed.toString('hex'))) passed++
  }
  assert.ok(passed <= 2, `${String(passed)} of 4000 ciphertexts pass for numbers`)
})
