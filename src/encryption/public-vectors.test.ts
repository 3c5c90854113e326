// Published vectors of the public-key primitives (Wycheproof, RFC 9180, X-Wing) through the functions that envelopes and signatures are
// made of. What the runtime refuses or does not offer is listed here by name.
import assert from 'node:assert/strict'
import { createPrivateKey, createSecretKey, decapsulate, diffieHellman, encapsulate, privateDecrypt } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fromHex, hex } from '#kernel'
import { shared } from './fixtures/keys.ts'
import { groupsOf, label, part } from './fixtures/wycheproof.ts'
import { keySchedule, kems } from './hpke.ts'
import { mlkemPrivate, mlkemPublic, mlkemRaw } from './mlkem.ts'
import { p256Private, p256Public } from './p256.ts'
import { oaep } from './scheme.ts'
import { verifySignature } from './signature.ts'
import { openBytes } from './suite.ts'
import { xwingDecapsulate, xwingEncapsulate, xwingPublic } from './xwing.ts'

const attempt = (work: () => Uint8Array): string | null => {
  try {
    return hex(work())
  } catch {
    return null
  }
}

test('[encryption-16] ECDH on P-256: every valid point agrees; compressed points are not of our format', (t) => {
  const groups = groupsOf(t, 'ecdh_secp256r1_ecpoint')
  if (groups.length === 0) return
  let [ran, agreed] = [0, 0]
  for (const vector of groups.flatMap(({ tests }) => tests)) {
    ran++
    // Wycheproof writes the private number without or with zeroes before it.
    const scalar = fromHex(String(vector.private).padStart(64, '0').slice(-64))
    const found = attempt(() =>
      diffieHellman({ privateKey: p256Private(scalar), publicKey: p256Public(part(vector, 'public')) }),
    )
    if (vector.result === 'valid') assert.equal(found, String(vector.shared), label(vector))
    else assert.equal(found, null, label(vector))
    if (found !== null) agreed++
  }
  assert.deepEqual([ran, agreed], [355, 330])
})

test('[encryption-16] ECDSA on P-256 with SHA-256, r ‖ s', (t) => {
  const groups = groupsOf(t, 'ecdsa_secp256r1_sha256_p1363')
  if (groups.length === 0) return
  let ran = 0
  for (const group of groups) {
    const publicKey = fromHex((group.publicKey as { readonly uncompressed: string }).uncompressed)
    for (const vector of group.tests) {
      ran++
      const good = verifySignature('ECDSA-P256-SHA256', publicKey, part(vector, 'msg'), part(vector, 'sig'))
      assert.equal(good, vector.result === 'valid', label(vector))
    }
  }
  assert.equal(ran, 262)
})

test('[encryption-16] ML-DSA-65; signatures with a context are not ours', (t) => {
  const groups = groupsOf(t, 'mldsa_65_verify')
  if (groups.length === 0) return
  let ran = 0
  const withContext: string[] = []
  for (const group of groups) {
    const publicKey = fromHex(String(group.publicKey))
    for (const vector of group.tests) {
      ran++
      const good = verifySignature('ML-DSA-65', publicKey, part(vector, 'msg'), part(vector, 'sig'))
      const foreign = vector.ctx !== undefined && vector.ctx !== ''
      if (foreign) {
        assert.equal(good, false, label(vector))
        if (vector.result === 'valid') withContext.push(label(vector))
      } else assert.equal(good, vector.result === 'valid', label(vector))
    }
  }
  assert.equal(ran, 210)
  assert.deepEqual(withContext, ['3 non-empty context', '4 longest context'])
})

test('[encryption-16] ML-KEM-768: keys out of seeds, decapsulation', (t) => {
  const seeds = groupsOf(t, 'mlkem_768_keygen_seed').flatMap(({ tests }) => tests)
  const all = groupsOf(t, 'mlkem_768').flatMap(({ tests }) => tests)
  for (const vector of seeds)
    assert.equal(hex(mlkemRaw(mlkemPrivate(part(vector, 'seed')))), String(vector.ek), label(vector))
  for (const vector of all) {
    const found = attempt(() => decapsulate(mlkemPrivate(part(vector, 'seed')), part(vector, 'c')))
    assert.equal(found, vector.result === 'valid' ? String(vector.K) : null, label(vector))
  }
  assert.ok(seeds.length === 0 || (seeds.length === 100 && all.length === 193))
})

// A message cannot be given to encapsulate, so ciphertexts cannot be compared: that the keys are taken or refused can.
test('[encryption-16] ML-KEM-768: public keys that are not reduced or of another length are refused', (t) => {
  const all = groupsOf(t, 'mlkem_768_encaps').flatMap(({ tests }) => tests)
  for (const vector of all) {
    const sealed = attempt(() => encapsulate(mlkemPublic(part(vector, 'ek'))).ciphertext)
    assert.equal(sealed !== null, vector.result === 'valid', label(vector))
  }
  assert.ok(all.length === 0 || all.length === 265)
})

test('[encryption-16] RSA-3072-OAEP with SHA-256 and MGF1 with SHA-256', (t) => {
  const groups = groupsOf(t, 'rsa_oaep_3072_sha256_mgf1sha256')
  if (groups.length === 0) return
  let ran = 0
  for (const group of groups) {
    const key = createPrivateKey({
      key: Buffer.from(String(group.privateKeyPkcs8), 'hex'),
      format: 'der',
      type: 'pkcs8',
    })
    for (const vector of group.tests) {
      ran++
      const found = attempt(() => privateDecrypt({ key, ...oaep(part(vector, 'label')) }, part(vector, 'ct')))
      assert.equal(found, vector.result === 'valid' ? String(vector.msg) : null, label(vector))
    }
  }
  assert.equal(ran, 37)
})

interface XwingVector {
  readonly seed: string
  readonly pk: string
  readonly ct: string
  readonly ss: string
}

test('[encryption-16] X-Wing: the vectors of the draft', (t) => {
  const url = new URL('../../../shared/data/rfc9180/xwing-testVectors.ts', import.meta.url)
  if (!existsSync(url)) return t.skip('skipped: no shared data')
  const text = readFileSync(url, 'utf8')
  const field = (name: string): readonly string[] =>
    [...text.matchAll(new RegExp(`\\b${name}:\\s*"([0-9a-f]+)"`, 'g'))].map(([, value]) => value ?? '')
  const [seeds, publics, ciphers, secrets] = [field('seed'), field('pk'), field('ct'), field('ss')]
  const vectors = seeds.map((seed, i): XwingVector => ({
    seed,
    pk: publics[i] ?? '',
    ct: ciphers[i] ?? '',
    ss: secrets[i] ?? '',
  }))
  assert.equal(vectors.length, 3)
  for (const { seed, pk, ct, ss } of vectors) {
    assert.equal(hex(xwingPublic(fromHex(seed))), pk)
    assert.equal(hex(xwingDecapsulate(fromHex(seed), fromHex(ct)) ?? new Uint8Array()), ss)
    const { shared: fresh, enc } = xwingEncapsulate(fromHex(pk))
    assert.equal(hex(xwingDecapsulate(fromHex(seed), enc) ?? new Uint8Array()), hex(fresh))
  }
})

interface Setup {
  readonly mode: string
  readonly kem_id: string
  readonly kdf_id: string
  readonly aead_id: string
  readonly info: string
  readonly enc: string
  readonly skRm: string
  readonly shared_secret: string
  readonly key: string
  readonly base_nonce: string
  readonly exporter_secret: string
  readonly encryptions?: readonly {
    readonly pt: string
    readonly aad: string
    readonly nonce: string
    readonly ct: string
  }[]
}

const aeads: Readonly<Record<string, { readonly id: number; readonly cipher: string; readonly keyBytes: number }>> = {
  '1': { id: 1, cipher: 'aes-128-gcm', keyBytes: 16 },
  '3': { id: 3, cipher: 'chacha20-poly1305', keyBytes: 32 },
  '65535': { id: 65_535, cipher: '', keyBytes: 0 },
}

// The appendix has no set with AES-256-GCM, so KEM and key schedule are checked with the AEADs it has; X25519 is in hpke.test.ts.
test('[encryption-16] RFC 9180: base mode with P-256 and HKDF-SHA256', (t) => {
  const all = shared('rfc9180/rfc9180-appendix-a.json') as readonly Setup[] | null
  if (!all) return t.skip('skipped: no shared data')
  const ours = all.filter(({ mode, kem_id, kdf_id }) => mode === '0' && kem_id === '16' && kdf_id === '1')
  let opened = 0
  for (const setup of ours) {
    const secret = new Uint8Array(decapsulate(p256Private(fromHex(setup.skRm)), fromHex(setup.enc)))
    assert.equal(hex(secret), setup.shared_secret)
    const aead = aeads[setup.aead_id]
    assert.ok(aead)
    const { key, baseNonce, exporterSecret } = keySchedule(aead, secret, fromHex(setup.info), kems.p256)
    assert.equal(hex(exporterSecret), setup.exporter_secret)
    if (aead.keyBytes === 0) continue
    assert.deepEqual([hex(key), hex(baseNonce)], [setup.key, setup.base_nonce])
    for (const { pt, aad, nonce, ct } of setup.encryptions ?? []) {
      const plain = openBytes(aead.cipher, createSecretKey(key), fromHex(nonce), fromHex(aad), fromHex(ct))
      assert.equal(hex(plain ?? new Uint8Array()), pt)
      opened++
    }
  }
  assert.deepEqual([ours.length, opened > 10], [2, true])
})

// Every file of Wycheproof that lies beside us is either run or named here with the reason why not.
const notRun: Readonly<Record<string, string>> = {
  aes_kwp: 'AES key wrap is not used: keys are wrapped by an AEAD with a context',
  aes_wrap: 'AES key wrap is not used',
  aes_siv_cmac: 'AES-SIV with CMAC is not used; AES-GCM-SIV is',
  ecdsa_secp256r1_sha256: 'signatures in DER are not ours: r ‖ s is',
  ecdsa_secp384r1_sha384: 'P-384 is not used',
  hkdf_sha512: 'HKDF is over SHA-256 or SM3',
  hmac_sha3_256: 'HMAC is over SHA-256 or SM3',
  hmac_sha512: 'HMAC is over SHA-256 or SM3',
  mlkem_1024: 'ML-KEM-1024 is not used',
  mlkem_768_semi_expanded_decaps: 'a private key of ML-KEM is its seed; expanded ones are not taken in',
  pbkdf2_hmacsha256: 'passphrases go through Argon2id',
  rsa_oaep_2048_sha256_mgf1sha256: 'RSA of 2048 bits is refused',
  rsa_oaep_3072_sha256_mgf1sha1: 'the mask is over SHA-256',
  rsa_oaep_4096_sha256_mgf1sha256: 'RSA of 4096 bits is not of suite 19',
  sm4_ccm: 'SM4 is used with GCM only',
  x25519_asn: 'keys are 32 raw bytes',
  x25519_jwk: 'keys are 32 raw bytes',
  x25519_pem: 'keys are 32 raw bytes',
  xchacha20_poly1305: 'XChaCha20 is not used',
}

test('[encryption-16] no file of vectors is left out without a reason', (t) => {
  const folder = new URL('../../../shared/data/wycheproof/', import.meta.url)
  if (!existsSync(folder)) return t.skip('skipped: no shared data')
  const files = readdirSync(folder).flatMap((name) => /^(.*)_test\.json$/.exec(name)?.[1] ?? [])
  const tests = ['vectors.test.ts', 'public-vectors.test.ts'].map((name) =>
    readFileSync(new URL(name, import.meta.url), 'utf8'),
  )
  const run = files.filter((name) => tests.some((text) => text.includes(`groupsOf(t, '${name}')`)))
  assert.deepEqual(run.length, 15)
  assert.deepEqual([...run, ...Object.keys(notRun)].sort(), files.sort())
  // The page says the same: every file, with its number of vectors where it is run.
  const page = readFileSync(new URL('../../docs/formats/vectors.md', import.meta.url), 'utf8')
  const listed = [...page.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, name = '', count]) => [name, Number(count)])
  const counted = run.map((name) => {
    const groups = groupsOf(t, name)
    return [name, groups.reduce((sum, { tests }) => sum + tests.length, 0)]
  })
  assert.deepEqual(listed.toSorted(), counted.toSorted())
  for (const name of Object.keys(notRun)) assert.ok(page.includes(`\`${name}\``), name)
})
