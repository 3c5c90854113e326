// Published vectors (Wycheproof) through the very functions that seal. What the runtime refuses is listed here by name.
import assert from 'node:assert/strict'
import { createSecretKey, diffieHellman, hash, hkdfSync } from 'node:crypto'
import { test } from 'node:test'
import { fromHex, hex, utf8 } from '#kernel'
import { ed25519Verify, privateKeyOf, publicKeyOf } from './curve.ts'
import { hmacSha256, sha256 } from './digest.ts'
import { type Group, groupsOf, label, part } from './fixtures/wycheproof.ts'
import { signerOf } from './signature.ts'
import { openBytes, sealInto } from './suite.ts'

/** Runs every vector of an AEAD both ways. Gives back how many ran, and those the runtime refused, by name. */
const runAead = (
  groups: readonly Group[],
  cipherOf: (keyBits: number) => string,
): { ran: number; refused: readonly string[] } => {
  const refused: string[] = []
  let ran = 0
  for (const group of groups) {
    for (const vector of group.tests) {
      ran++
      const cipher = cipherOf(Number(group.keySize))
      const key = createSecretKey(part(vector, 'key'))
      const [nonce, aad, plain] = [part(vector, 'iv'), part(vector, 'aad'), part(vector, 'msg')]
      const sealed = Buffer.concat([part(vector, 'ct'), part(vector, 'tag')])
      const opened = openBytes(cipher, key, nonce, aad, sealed)
      if (vector.result === 'invalid') {
        assert.equal(opened, null, label(vector))
        continue
      }
      const out = new Uint8Array(plain.length + 16)
      try {
        sealInto(cipher, key, nonce, aad, plain, out, 0)
      } catch {
        assert.equal(opened, null, label(vector))
        refused.push(label(vector))
        continue
      }
      assert.equal(hex(out), hex(sealed), label(vector))
      assert.equal(opened && hex(opened), hex(plain), label(vector))
    }
  }
  return { ran, refused }
}

test('[encryption-16] AES-GCM: all but the three with a nonce of 257 bytes', (t) => {
  const groups = groupsOf(t, 'aes_gcm')
  if (groups.length === 0) return
  const { ran, refused } = runAead(groups, (bits) => `aes-${bits}-gcm`)
  assert.equal(ran, 316)
  assert.deepEqual(refused, ['268 long IV size', '272 long IV size', '276 long IV size'])
})

test('[encryption-16] ChaCha20-Poly1305', (t) => {
  const groups = groupsOf(t, 'chacha20_poly1305')
  if (groups.length === 0) return
  const { ran, refused } = runAead(groups, () => 'chacha20-poly1305')
  assert.equal(ran, 325)
  assert.deepEqual(refused, [])
})

test('[encryption-16] SM4-GCM: all but the one with a nonce of 257 bytes', (t) => {
  const groups = groupsOf(t, 'sm4_gcm')
  if (groups.length === 0) return
  const { ran, refused } = runAead(groups, () => 'sm4-gcm')
  assert.equal(ran, 104)
  assert.deepEqual(refused, ['90 long IV size'])
})

test('[encryption-16] AES-GCM-SIV', (t) => {
  const groups = groupsOf(t, 'aes_gcm_siv')
  if (groups.length === 0) return
  const { ran, refused } = runAead(groups, (bits) => `aes-${bits}-gcm-siv`)
  assert.equal(ran, 202)
  assert.deepEqual(refused, [])
})

test('[encryption-16] HKDF-SHA256', (t) => {
  let ran = 0
  for (const vector of groupsOf(t, 'hkdf_sha256').flatMap((group) => group.tests)) {
    ran++
    const expand = (): ArrayBuffer =>
      hkdfSync('sha256', part(vector, 'ikm'), part(vector, 'salt'), part(vector, 'info'), Number(vector.size))
    if (vector.result === 'invalid') assert.throws(expand, label(vector))
    else assert.equal(hex(new Uint8Array(expand())), String(vector.okm), label(vector))
  }
  assert.ok(ran === 86 || ran === 0)
})

test('[encryption-16] HMAC-SHA256', (t) => {
  let ran = 0
  for (const group of groupsOf(t, 'hmac_sha256')) {
    for (const vector of group.tests) {
      ran++
      const mac = hmacSha256(part(vector, 'key'), part(vector, 'msg')).subarray(0, Number(group.tagSize) / 8)
      assert.equal(hex(mac) === String(vector.tag), vector.result === 'valid', label(vector))
    }
  }
  assert.ok(ran === 174 || ran === 0)
})

test('[encryption-16] Ed25519', (t) => {
  let ran = 0
  for (const group of groupsOf(t, 'ed25519')) {
    const publicKey = fromHex((group.publicKey as { readonly pk: string }).pk)
    for (const vector of group.tests) {
      ran++
      assert.equal(
        ed25519Verify(publicKey, part(vector, 'msg'), part(vector, 'sig')),
        vector.result === 'valid',
        label(vector),
      )
    }
  }
  assert.ok(ran === 151 || ran === 0)
  // RFC 8032 section 7.1, test 1.
  const signer = signerOf('test', fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'))
  assert.equal(hex(signer.publicKey), 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
  assert.ok(hex(signer.sign(new Uint8Array(0))).startsWith('e5564300c360ac729086e2cc806e828a'))
  assert.equal(ed25519Verify(new Uint8Array(31), new Uint8Array(0), new Uint8Array(64)), false)
})

test('[encryption-16] X25519: all but the 31 whose secret is all zero', (t) => {
  let ran = 0
  const refused: number[] = []
  for (const vector of groupsOf(t, 'x25519').flatMap((group) => group.tests)) {
    ran++
    const agree = (): Buffer =>
      diffieHellman({
        privateKey: privateKeyOf('x25519', part(vector, 'private')),
        publicKey: publicKeyOf('x25519', part(vector, 'public')),
      })
    if (vector.flags?.includes('ZeroSharedSecret')) {
      assert.throws(agree, label(vector))
      refused.push(vector.tcId)
    } else assert.equal(hex(agree()), String(vector.shared), label(vector))
  }
  const between = Array.from({ length: 24 }, (_, i) => 63 + i)
  if (ran > 0) assert.deepEqual([ran, ...refused], [518, 32, 33, ...between, 117, 118, 154, 165, 166])
})

test('[encryption-16] SHA-256 and SM3 of "abc"', () => {
  assert.equal(hex(sha256(utf8('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  assert.equal(hash('sm3', 'abc'), '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0')
})
