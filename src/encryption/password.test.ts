// Passwords of people.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hex } from '#kernel'
import { argon2id, passwordHash, passwordVerify } from './password.ts'

test('[encryption-16] Argon2id gives the tag of RFC 9106 section 5.3', async () => {
  const tag = await argon2id({
    message: Buffer.alloc(32, 1),
    nonce: Buffer.alloc(16, 2),
    secret: Buffer.alloc(8, 3),
    associatedData: Buffer.alloc(12, 4),
    memory: 32,
    passes: 3,
    parallelism: 4,
    tagLength: 32,
  })
  assert.equal(hex(tag), '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659')
})

test('[encryption-11] the right password is the only one, and no two hashes are alike', async () => {
  const [a, b] = await Promise.all([passwordHash('纸飞机 over Hangzhou'), passwordHash('纸飞机 over Hangzhou')])
  assert.match(a, /^\$argon2id\$v=19\$m=38912,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.notEqual(a, b)
  assert.equal(await passwordVerify(a, '纸飞机 over Hangzhou'), true)
  assert.equal(await passwordVerify(a, '纸飞机 over hangzhou'), false)
  assert.equal(await passwordVerify(a, ''), false)
})

test('[encryption-11] the same password composed another way is the same', async () => {
  const hash = await passwordHash('caf\u00e9 ＡＢＣ 1234')
  assert.equal(await passwordVerify(hash, 'cafe\u0301 ABC 1234'), true)
})

test('[encryption-11] what is no Argon2id string, or asks for too much, is nobody’s password', async () => {
  const good = await passwordHash('correct horse')
  const hashes = [
    '',
    'correct horse',
    '$2b$12$abcdefghijklmnopqrstuv',
    good.replace('argon2id', 'argon2i'),
    good.replace('v=19', 'v=16'),
    good.replace('m=38912', 'm=4194304'),
    good.replace('m=38912', 'm=1'),
    good.replace('t=2', 't=99'),
    good.replace('t=2', 't=0'),
    good.replace('p=1', 'p=0'),
    good.replace('p=1', 'p=99'),
    good.slice(0, -10),
    `${good}\n`,
    `${good}x`,
  ]
  for (const hash of hashes) assert.equal(await passwordVerify(hash, 'correct horse'), false, hash)
})
