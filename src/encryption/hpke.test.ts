// HPKE against Appendix A of RFC 9180 as far as our suite allows, and its promises.
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromHex, hex, isFault, utf8 } from '#kernel'
import { random } from './digest.ts'
import { flip, shared } from './fixtures/keys.ts'
import { aes256Gcm, hpkeKeyPair, hpkeOpen, hpkeSeal, keySchedule, sharedSecret } from './hpke.ts'
import { openBytes } from './suite.ts'

interface Setup {
  readonly mode: string
  readonly kem_id: string
  readonly kdf_id: string
  readonly aead_id: string
  readonly info: string
  readonly enc: string
  readonly skRm: string
  readonly pkRm: string
  readonly shared_secret: string
  readonly key: string
  readonly base_nonce: string
  readonly exporter_secret: string
  readonly encryptions?: readonly {
    readonly 'sequence number': string
    readonly pt: string
    readonly aad: string
    readonly nonce: string
    readonly ct: string
  }[]
}

const closed = (error: unknown): boolean => isFault(error, 'cell-does-not-open') && error.cause === undefined

// The appendix has no set with AES-256-GCM: KEM and key schedule are checked with the AEADs it has.
const aeads: Readonly<Record<string, { readonly id: number; readonly cipher: string; readonly keyBytes: number }>> = {
  '1': { id: 1, cipher: 'aes-128-gcm', keyBytes: 16 },
  '3': { id: 3, cipher: 'chacha20-poly1305', keyBytes: 32 },
  '65535': { id: 65_535, cipher: '', keyBytes: 0 },
}

test('[encryption-16] RFC 9180: secrets, key schedules and ciphertexts of base mode with X25519 and HKDF-SHA256', (t) => {
  const all = shared('rfc9180/rfc9180-appendix-a.json') as readonly Setup[] | null
  if (!all) return t.skip('skipped: no shared data')
  const ours = all.filter(({ mode, kem_id, kdf_id }) => mode === '0' && kem_id === '32' && kdf_id === '1')
  assert.equal(ours.length, 3)
  let opened = 0
  for (const setup of ours) {
    const secret = sharedSecret(fromHex(setup.skRm), fromHex(setup.enc))
    assert.equal(hex(secret ?? new Uint8Array(0)), setup.shared_secret)
    const aead = aeads[setup.aead_id]
    assert.ok(aead && secret)
    const { key, baseNonce, exporterSecret } = keySchedule(aead, secret, fromHex(setup.info))
    assert.equal(hex(exporterSecret), setup.exporter_secret)
    if (aead.keyBytes === 0) continue
    assert.equal(hex(key), setup.key)
    assert.equal(hex(baseNonce), setup.base_nonce)
    for (const message of setup.encryptions ?? []) {
      const nonce = fromHex(message.nonce)
      const plain = openBytes(aead.cipher, createSecretKey(key), nonce, fromHex(message.aad), fromHex(message.ct))
      assert.equal(hex(plain ?? new Uint8Array(0)), message.pt)
      opened++
    }
  }
  assert.ok(opened >= 10)
})

test('[encryption-9] what is sealed to a public key, its private key opens', () => {
  const pair = hpkeKeyPair()
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), fc.uint8Array({ maxLength: 3000 }), (info, aad, plain) => {
      const sealed = hpkeSeal(pair.publicKey, info, aad, plain)
      assert.equal(sealed.length, 32 + plain.length + 16)
      assert.deepEqual(hpkeOpen(pair.privateKey, info, aad, sealed), plain)
    }),
    { numRuns: 50 },
  )
})

test('[encryption-9] any change and any other key is the one Fault', () => {
  const pair = hpkeKeyPair()
  const [info, aad] = [utf8('info'), utf8('aad')]
  const sealed = hpkeSeal(pair.publicKey, info, aad, utf8('plain'))
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    // RFC 7748 section 5: the top bit of a public key is ignored, so bit 255 of enc changes nothing but its own bytes; those are
    // part of the KEM's context, so it does not open either.
    assert.throws(() => hpkeOpen(pair.privateKey, info, aad, flip(sealed, bit)), closed)
  }
  for (let n = 0; n < sealed.length; n++)
    assert.throws(() => hpkeOpen(pair.privateKey, info, aad, sealed.subarray(0, n)), closed)
  assert.throws(() => hpkeOpen(hpkeKeyPair().privateKey, info, aad, sealed), closed)
  assert.throws(() => hpkeOpen(pair.privateKey, utf8('other'), aad, sealed), closed)
  assert.throws(() => hpkeOpen(pair.privateKey, info, utf8('other'), sealed), closed)
})

test('[encryption-9] a point of small order is refused', () => {
  const pair = hpkeKeyPair()
  for (const enc of [
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  ]) {
    assert.equal(sharedSecret(pair.privateKey, fromHex(enc)), null)
    assert.throws(
      () => hpkeOpen(pair.privateKey, utf8(''), utf8(''), new Uint8Array([...fromHex(enc), ...random(20)])),
      closed,
    )
  }
  assert.throws(() => hpkeSeal(random(31), utf8(''), utf8(''), utf8('')), RangeError)
  assert.equal(aes256Gcm.id, 2)
})
