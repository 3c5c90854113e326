// A second reader of the golden keyring, index, envelopes, captures and shares: written from docs/formats alone, on nothing but node:crypto
// and a library of SM2, so that a page that says something else than the bytes is found.
import assert from 'node:assert/strict'
import {
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createECDH,
  decapsulate,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  privateDecrypt,
  verify,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sm2 } from 'sm-crypto-v2'

type Text = Readonly<Record<string, string>>
const golden = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../src/encryption/fixtures/${name}.json`, import.meta.url), 'utf8'))

const hex = (text = ''): Buffer => Buffer.from(text, 'hex')
const uuid = (text: string): Buffer => hex(text.replaceAll('-', ''))
const number = (bytes: number, value: number): Buffer => Buffer.from(value.toString(16).padStart(2 * bytes, '0'), 'hex')
const join = (...parts: readonly (Uint8Array | string)[]): Buffer =>
  Buffer.concat(parts.map((one) => Buffer.from(one as string)))
const tlv = (tag: number, value: Uint8Array): Buffer => join(number(2, tag), number(4, value.length), value)
const sha256 = (...parts: readonly (Uint8Array | string)[]): Buffer =>
  createHash('sha256')
    .update(join(...parts))
    .digest()
const hashOf = (suite: number): string => (suite === 3 ? 'sm3' : 'sha256')
const hkdf = (
  hash: string,
  key: Uint8Array,
  info: Uint8Array | string,
  bytes = 32,
  salt: Uint8Array | string = '',
): Buffer => Buffer.from(hkdfSync(hash, key, salt, info, bytes))
const hmac = (hash: string, key: Uint8Array, data: Uint8Array | string): Buffer =>
  createHmac(hash, key).update(data).digest()

const ciphers: Readonly<Record<number, readonly [string, number]>> = {
  1: ['aes-256-gcm', 32],
  2: ['chacha20-poly1305', 32],
  3: ['sm4-gcm', 16],
  4: ['aes-256-gcm-siv', 32],
}

const opened = (cipher: string, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Buffer => {
  const open = createDecipheriv(cipher as 'aes-256-gcm', key, nonce, { authTagLength: 16 })
  open.setAuthTag(sealed.subarray(-16))
  open.setAAD(aad, { plaintextLength: sealed.length - 16 })
  return join(open.update(sealed.subarray(0, -16)), open.final())
}

/** keyring.md, "Under the root key". */
const unwrapped = (root: Uint8Array, wrapped: Buffer, context: string): Buffer => {
  assert.equal(hex('c3').compare(wrapped.subarray(0, 1)), 0)
  assert.deepEqual(wrapped.subarray(1, 11), sha256('holdfast/root/id/1', root).subarray(0, 10))
  const key = hkdf('sha256', root, 'holdfast/root/wrap/1')
  return opened(
    'aes-256-gcm',
    key,
    wrapped.subarray(11, 23),
    join(wrapped.subarray(0, 11), context),
    wrapped.subarray(23),
  )
}

/** envelope.md, HPKE: base mode of RFC 9180, one message. */
const hpke = (kem: number, secret: Uint8Array, info: Uint8Array, aad: Uint8Array, body: Uint8Array): Buffer => {
  const suite = join('HPKE', number(2, kem), number(2, 1), number(2, 2))
  const extract = (salt: Uint8Array, label: string, ikm: Uint8Array): Buffer =>
    hmac('sha256', salt.length === 0 ? Buffer.alloc(32) : salt, join('HPKE-v1', suite, label, ikm))
  const none = Buffer.alloc(0)
  const context = join(hex('00'), extract(none, 'psk_id_hash', none), extract(none, 'info_hash', info))
  const prk = extract(secret, 'secret', none)
  const expand = (label: string, bytes: number): Buffer =>
    hmac('sha256', prk, join(number(2, bytes), 'HPKE-v1', suite, label, context, hex('01'))).subarray(0, bytes)
  return opened('aes-256-gcm', expand('key', 32), expand('base_nonce', 12), aad, body)
}

const pkcs8 = (der: Uint8Array): KeyObject => createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })
// RFC 8410: the raw keys of curve 25519 in DER.
const x25519 = (raw: Uint8Array): KeyObject => pkcs8(join(hex('302e020100300506032b656e04220420'), raw))
const spki = (head: string, raw: Uint8Array): KeyObject =>
  createPublicKey({ key: join(hex(head), raw), format: 'der', type: 'spki' })

/** The secret of a KEM, or what was sent: by suite, as envelope.md lists them. */
const opens: Readonly<
  Record<number, readonly [enc: number, (key: Buffer, enc: Buffer, info: Buffer, aad: Buffer, body: Buffer) => Buffer]>
> = {
  17: [32, (key, enc, info, aad, body) => hpke(0x0020, decapsulate(x25519(key), enc), info, aad, body)],
  18: [
    1120,
    (seed, enc, info, aad, body) => {
      const all = createHash('shake256', { outputLength: 96 }).update(seed).digest()
      // RFC 9935: a private key written as its seed.
      const mlkem = pkcs8(join(hex('3054020100300b060960864801650304040204428040'), all.subarray(0, 64)))
      const curve = x25519(all.subarray(64))
      const sent = enc.subarray(1088)
      const own = createPublicKey(curve).export({ format: 'der', type: 'spki' }).subarray(-32)
      const agreed = diffieHellman({ privateKey: curve, publicKey: spki('302a300506032b656e032100', sent) })
      const secret = createHash('sha3-256')
        .update(join(decapsulate(mlkem, enc.subarray(0, 1088)), agreed, sent, own, hex('5c2e2f2f5e5c')))
        .digest()
      return hpke(0x647a, secret, info, aad, body)
    },
  ],
  19: [
    384,
    (key, enc, info, aad, body) => {
      const secret = privateDecrypt({ key: pkcs8(key), oaepHash: 'sha256', oaepLabel: sha256(aad) }, enc)
      return sent(19, 'sha256', secret, enc, info, aad, body)
    },
  ],
  20: [
    129,
    (key, enc, info, aad, body) => {
      // C1 ‖ C3 ‖ C2 is order 1 of the library, which leaves the 04 out.
      const secret = sm2.doDecrypt(enc.subarray(1).toString('hex'), key.toString('hex'), 1, { output: 'array' })
      return sent(20, 'sm3', Buffer.from(secret), enc, info, aad, body)
    },
  ],
  21: [
    65,
    (key, enc, info, aad, body) => {
      const pair = createECDH('prime256v1')
      pair.setPrivateKey(key)
      const point = pair.getPublicKey()
      const [d, x, y] = [key, point.subarray(1, 33), point.subarray(33)].map((one) => one.toString('base64url'))
      const p256 = createPrivateKey({
        key: { kty: 'EC', crv: 'P-256', d: d ?? '', x: x ?? '', y: y ?? '' },
        format: 'jwk',
      })
      return hpke(0x0010, decapsulate(p256, enc), info, aad, body)
    },
  ],
}

/** Suites 19 and 20: a secret that is sent. */
const sent = (
  suite: number,
  hash: string,
  secret: Uint8Array,
  enc: Buffer,
  info: Buffer,
  aad: Buffer,
  body: Buffer,
): Buffer => {
  const [cipher, bytes] = suite === 19 ? (['aes-256-gcm', 32] as const) : (['sm4-gcm', 16] as const)
  const infoHash = createHash(hash).update(info).digest()
  const out = hkdf(hash, secret, join('holdfast/envelope/1', number(1, suite), infoHash), bytes + 12, enc)
  return opened(cipher, out.subarray(0, bytes), out.subarray(bytes), aad, body)
}

const envelope = (privateKey: Buffer, sealed: Buffer, info: Buffer, aad: Buffer): Buffer => {
  assert.equal(sealed[0], 0xc5)
  const [length, open] = opens[sealed[1] ?? 0] ?? assert.fail('no such suite')
  return open(privateKey, sealed.subarray(2, 2 + length), info, aad, sealed.subarray(2 + length))
}

interface Row {
  readonly epoch: Text & { readonly epoch: number; readonly suite: number; readonly captureSuite?: number }
  readonly subject: Text & { readonly epoch: number; readonly suite: number; readonly generation: number }
  readonly secret: Text
  readonly capture: Text
  readonly importKey: Text
}

const root = hex((golden('keystore-1') as Text)['root'])

test('[encryption-120] keyring.md: every golden row is what the page says', () => {
  const rows = golden('keyring-1') as readonly Row[]
  for (const { epoch, subject, secret, capture, importKey } of rows) {
    const [cipher = '', bytes = 0] = ciphers[epoch.suite] ?? []
    const hash = hashOf(epoch.suite)
    const tenant = uuid(epoch['tenant'] ?? '')
    const place = `holdfast/epoch/1/${epoch['tenant'] ?? ''}/${String(epoch.epoch)}/${String(epoch.suite)}`
    const part = (column: string, name: string): Buffer => unwrapped(root, hex(epoch[column]), `${place}/${name}`)
    const sym = part('symWrapped', 'sym')
    const wrapped = hex(subject['wrapped'])
    assert.deepEqual([...wrapped.subarray(0, 2)], [0xc2, epoch.suite])
    const aad = join(
      wrapped.subarray(0, 2),
      tenant,
      uuid(subject['subject'] ?? ''),
      number(2, subject.epoch),
      number(1, subject.suite),
      number(4, subject.generation),
    )
    const wrapping = hkdf(hash, sym, join('crm/wrap/1', tenant), bytes)
    const dek = opened(cipher, wrapping, wrapped.subarray(2, 14), aad, wrapped.subarray(14))
    const commitment = hkdf(hashOf(subject.suite), dek, 'crm/commit/1')
    assert.equal(commitment.toString('hex'), subject['commitment'])
    // Small secrets.
    const sealed = hex(secret['sealed'])
    const head = sealed.subarray(0, 4)
    assert.deepEqual(head, join(hex('c4'), number(1, epoch.suite), number(2, epoch.epoch)))
    const secretAad = join(tlv(1, head), tlv(2, tenant), tlv(3, Buffer.from(secret['label'] ?? '')))
    const key = hkdf(hash, sym, join('crm/secret/1', tenant), bytes)
    assert.deepEqual(opened(cipher, key, sealed.subarray(4, 16), secretAad, sealed.subarray(16)), hex(secret['plain']))
    // Bare messages of the time before there were envelopes.
    const message = hex(capture['sealed'])
    const agreed = decapsulate(x25519(part('hpkeWrapped', 'hpke')), message.subarray(0, 32))
    const plain = hpke(0x0020, agreed, hex(capture['info']), hex(capture['aad']), message.subarray(32))
    assert.deepEqual(plain, hex(capture['plain']))
    const imports = hkdf(hash, part('indexWrapped', 'index'), join('crm/import/1', tenant))
    assert.deepEqual(hmac(hash, imports, importKey['text'] ?? ''), hex(importKey['key']))
  }
  assert.deepEqual(
    rows.map(({ epoch }) => epoch.suite).toSorted(),
    [...new Set(rows.map(({ epoch }) => epoch.suite))].toSorted(),
  )
})

interface Index {
  readonly root: Text & { readonly generation: number; readonly suite: number; readonly importSuite: number }
  readonly importKey: Text
  readonly indexes: readonly {
    readonly index: { readonly id: number; readonly mode: string; readonly partitions: number }
    readonly record: string
    readonly terms: readonly string[]
    readonly tokens: readonly string[]
  }[]
}

/** Kind and bits of a term, by the table of the page. */
const kindOf = (mode: string, term: string): readonly [kind: number, bits: number] => {
  const text = term.replace(/^\^/, '')
  if (mode === 'suffix') return [1, 12]
  if (mode === 'pinyin') return term.startsWith('i:') ? [2, 8] : term.length <= 8 ? [8, 6] : [9, 12]
  const cjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(text)
  const length = Array.from(text).length
  if (cjk) return length === 1 ? [3, 6] : [4, 12]
  return length === 1 ? [5, 4] : length === 2 ? [6, 8] : [7, 12]
}

test('[encryption-120] keyring.md: tokens of the golden index are what the page says', () => {
  for (const { root: row, importKey, indexes } of golden('index-2') as readonly Index[]) {
    const tenant = uuid(row['tenant'] ?? '')
    const hash = hashOf(row.suite)
    const place = `holdfast/index/1/${row['tenant'] ?? ''}/${String(row.generation)}`
    const j = unwrapped(root, hex(row['wrapped']), `${place}/${String(row.suite)}/index`)
    const imports = unwrapped(root, hex(row['importWrapped']), `${place}/${String(row.importSuite)}/import`)
    assert.deepEqual(hmac(hashOf(row.importSuite), imports, importKey['text'] ?? ''), hex(importKey['key']))
    const tag = hmac(hash, hkdf(hash, j, join('crm/tag/2', tenant)), '').readUInt32BE(0) >>> 4
    for (const { index, record, terms, tokens } of indexes) {
      const key = hkdf(hash, j, join('crm/index/2', tenant, number(4, index.id), index.mode))
      const draws = hmac(hash, hkdf(hash, j, join('crm/partition/2', tenant)), uuid(record))
      const made = terms.map((term) => {
        const head = BigInt(index.id) << 48n
        if (index.mode === 'exact') {
          const h = hmac(hash, key, join(hex('00'), term)).readBigUInt64BE(0)
          return head | ((h >> 20n) & 0xfffffffffffn)
        }
        const [kind, bits] = kindOf(index.mode, term)
        const b = hmac(hash, key, join(number(1, kind), term)).readUInt32BE(0) >>> (32 - bits)
        const partition = index.partitions === 1 ? 0 : (draws[(b ^ (b >> 5)) % 32] ?? 0) % index.partitions
        return head | (BigInt(kind) << 44n) | (BigInt(partition) << 40n) | (BigInt(b) << 28n) | BigInt(tag)
      })
      const signed = made.map((token) => BigInt.asIntN(64, token)).sort((a, b) => (a < b ? -1 : 1))
      assert.deepEqual(
        signed.map(String),
        tokens.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)),
        index.mode,
      )
    }
  }
})

test('[encryption-120] envelope.md: the golden envelope of every suite opens', () => {
  const all = golden('envelopes-1') as readonly (Text & { readonly suite: number })[]
  assert.deepEqual(
    all.map(({ suite }) => suite),
    [17, 18, 19, 20, 21],
  )
  for (const one of all) {
    const plain = envelope(hex(one['privateKey']), hex(one['sealed']), hex(one['info']), hex(one['aad']))
    assert.deepEqual(plain, hex(one['plain']), String(one.suite))
  }
})

interface Capture {
  readonly root: string
  readonly signer: string
  readonly epoch: Row['epoch']
  readonly signed: { readonly manifest: string; readonly signature: string }
  readonly place: Text & { readonly epoch: number; readonly suite: number }
  readonly content: unknown
  readonly sealed: string
}

test('[encryption-120] capture.md: golden manifests verify, golden captures open', () => {
  for (const { root: top, signer, epoch, signed, place, content, sealed } of golden(
    'capture-1',
  ) as readonly Capture[]) {
    const manifest = Buffer.from(signed.manifest, 'base64url')
    const key = spki('302a300506032b6570032100', Buffer.from(signer, 'base64url'))
    const text = join('holdfast/capture/manifest/1\n', manifest)
    assert.ok(verify(null, text, key, Buffer.from(signed.signature, 'base64url')))
    const said = JSON.parse(manifest.toString()) as Record<string, unknown>
    assert.deepEqual(Object.keys(said), [
      'definition',
      'epoch',
      'form',
      'issuedAt',
      'notAfter',
      'publicKey',
      'suite',
      'tenant',
      'v',
    ])
    assert.deepEqual([said['v'], said['suite'], said['epoch']], [1, place.suite, place.epoch])
    const { captureSuite = 17 } = epoch
    const context = `holdfast/epoch/1/${epoch['tenant'] ?? ''}/${String(epoch.epoch)}/${String(epoch.suite)}/hpke${captureSuite === 17 ? '' : `/${String(captureSuite)}`}`
    const privateKey = unwrapped(hex(top), hex(epoch['hpkeWrapped']), context)
    const aad = join(
      tlv(1, uuid(place['tenant'] ?? '')),
      tlv(2, Buffer.from(place['form'] ?? '')),
      tlv(3, number(2, place.epoch)),
      tlv(4, number(1, place.suite)),
      tlv(5, number(8, Date.parse(place['at'] ?? ''))),
    )
    const plain = envelope(privateKey, hex(sealed), Buffer.from('holdfast/capture/1'), aad)
    assert.equal(plain.length % 256, 0)
    assert.deepEqual(JSON.parse(plain.toString()), content)
    assert.match(plain.toString(), /^\{.*\} *$/su)
  }
})

/** Product in GF(2)[z]/(reduction). */
const times = (a: number, b: number, bits: number, reduction: number): number => {
  let product = 0
  for (let i = 0; i < bits; i++) {
    if ((b >> i) & 1) product ^= a << i
  }
  for (let i = 2 * bits - 2; i >= bits; i--) if ((product >> i) & 1) product ^= reduction << (i - bits)
  return product
}
const inverse = (a: number): number => {
  for (let b = 1; b < 256; b++) if (times(a, b, 8, 0x11b) === 1) return b
  throw new RangeError('zero has none')
}

test('[encryption-120] share.md: any three golden shares make the root key', () => {
  const file = golden('share-1') as {
    readonly root: string
    readonly set: Text & { checks: readonly string[] }
    texts: readonly string[]
  }
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  const shares = file.texts.map((text, i) => {
    const blocks = text.split(' ')
    assert.deepEqual([blocks.length, ...new Set(blocks.map(({ length }) => length))], [22, 5])
    const bits = blocks.map((block, n) => {
      const letters = Array.from(block).map((letter) => alphabet.indexOf(letter))
      // keystore.md: x to the n plus the letters times growing powers of x, over GF(2)[x]/(x⁵+x²+1).
      const power = (to: number): number =>
        Array.from({ length: to }).reduce((one: number) => times(one, 2, 5, 0b100101), 1)
      const sum = letters
        .slice(0, 4)
        .reduce((all, letter, at) => all ^ times(letter, power(at + 1), 5, 0b100101), power(n))
      assert.equal(letters[4], sum, `share ${String(i + 1)} block ${String(n)}`)
      return letters
        .slice(0, 4)
        .map((letter) => letter.toString(2).padStart(5, '0'))
        .join('')
    })
    const bytes = Buffer.from(
      Array.from({ length: 55 }, (_, at) => parseInt(bits.join('').slice(8 * at, 8 * at + 8), 2)),
    )
    assert.deepEqual([bytes[0], bytes[1], bytes[5], bytes[6], bytes[7]], [0xc7, 1, 3, 5, i + 1])
    assert.equal(bytes.subarray(2, 5).toString('hex'), file.set['set'])
    assert.deepEqual(bytes.subarray(9, 19), sha256('holdfast/root/id/1', hex(file.root)).subarray(0, 10))
    assert.deepEqual(bytes.subarray(51), sha256('holdfast/share/1', bytes.subarray(0, 51)).subarray(0, 4))
    assert.equal(sha256('holdfast/share/check/1', bytes).subarray(0, 16).toString('hex'), file.set.checks[i])
    return { x: bytes.readUInt8(8), y: bytes.subarray(19, 51) }
  })
  for (const chosen of [
    [0, 1, 2],
    [4, 2, 0],
    [1, 3, 4],
  ]) {
    const three = chosen.map((i) => shares[i] ?? assert.fail())
    const made = Buffer.alloc(32)
    for (const { x, y } of three) {
      const weight = three
        .filter((one) => one.x !== x)
        .reduce((all, one) => times(all, times(one.x, inverse(one.x ^ x), 8, 0x11b), 8, 0x11b), 1)
      for (const [at, value] of y.entries()) made[at] = (made[at] ?? 0) ^ times(value, weight, 8, 0x11b)
    }
    assert.equal(made.toString('hex'), file.root)
  }
})
