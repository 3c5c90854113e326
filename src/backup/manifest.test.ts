import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { canonical, fromUtf8, hex, newId, utf8 } from '#kernel'
import { newSigner } from '../../test/support/backup-house.ts'
import { createBackupIdentity, parseIdentity, pinVerifyKey } from './identity.ts'
import { type Manifest, manifestName, parseManifest, signatureHolds, signManifest, type Stream } from './manifest.ts'
import { openSegment, type Place, compressNow, sealSegment } from './segment.ts'

const id = fc.integer({ min: 0, max: 2 ** 40 }).map((at) => newId(at))
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hex)
const count = fc.nat()
const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/)
const stream: fc.Arbitrary<Stream> = fc.record({
  rows: count,
  digest,
  segments: fc.array(
    fc.record({ id: digest, pack: id, index: count, offset: count, length: count, raw: count, rows: count }),
    { maxLength: 3 },
  ),
})
const manifest: fc.Arbitrary<Manifest> = fc.record({
  format: fc.constant('holdfast-backup-1' as const),
  repo: id,
  id,
  type: fc.constantFrom('full' as const, 'incremental' as const, 'differential' as const),
  createdAt: fc
    .date({ min: new Date(0), max: new Date('2099-01-01'), noInvalidDate: true })
    .map((at) => at.toISOString()),
  parent: fc.option(fc.record({ id, sha256: digest })),
  tenant: id,
  installation: id,
  incarnation: count,
  database: fc.tuple(count, count).map(([a, b]) => `${String(a)}/${String(b)}`),
  schema: count,
  server: fc.string(),
  snapshot: fc.constantFrom('10:20:', '10:20:11,15'),
  journal: fc.record({ size: count.map(String), root: digest }),
  recipient: fc.string(),
  tables: fc.array(
    fc.record({
      name: fc.tuple(word, word).map(([a, b]) => `${a}.${b}`),
      mode: fc.constantFrom(
        'record' as const,
        'subject' as const,
        'index' as const,
        'append' as const,
        'whole' as const,
      ),
      columns: fc.array(fc.record({ name: word, type: fc.string() }), { maxLength: 3 }),
      key: fc.string(),
      shape: digest,
      rows: stream,
      gone: stream,
      total: fc.record({ rows: count, versions: count }),
      mark: fc.integer().map(String),
    }),
    { maxLength: 3 },
  ),
  packs: fc.array(fc.record({ id, bytes: count, sha256: digest }), { maxLength: 3 }),
})

test('[backup-5] a manifest is parsed to what was printed, and printed to what was parsed', () => {
  const signer = newSigner('backup')
  fc.assert(
    fc.property(manifest, (value) => {
      const { file, sha256 } = signManifest(value, signer)
      const envelope = parseManifest(file, 'x')
      assert.equal(canonical(envelope.manifest), canonical(value))
      assert.equal(envelope.sha256, hex(sha256))
      assert.ok(signatureHolds(envelope))
      assert.deepEqual(signManifest(envelope.manifest, signer).file, file)
      assert.match(manifestName(value), /^\d{8}T\d{9}Z-[a-z]+-[0-9a-f-]{36}\.manifest$/)
    }),
    { numRuns: 50 },
  )
})

test('[backup-5] another spelling, an unknown member, a path in a name: no manifest', () => {
  const signer = newSigner('backup')
  const [sample] = fc.sample(manifest, 1)
  assert.ok(sample)
  const text = fromUtf8(signManifest({ ...sample, tables: [] }, signer).file)
  const bad = [
    '',
    ' ' + text,
    text + '\n',
    text.replace('"format"', '"Format"'),
    text.replace('"incarnation":', '"extra":1,"incarnation":'),
    text.replace(`"id":"${sample.id}"`, `"id":"../../${sample.id}"`),
    text.replace('"schema":', '"schema":-'),
    text.replace('holdfast-backup-1', 'holdfast-backup-2'),
  ]
  for (const one of bad) assert.throws(() => parseManifest(utf8(one), 'x'), { code: 'backup-damaged' })
  assert.ok(parseManifest(utf8(text), 'x'))
})

test('[backup-2] an identity is parsed to what was printed; anything else is refused', () => {
  const one = newSigner('one')
  const two = newSigner('two')
  const { identity, recipient } = createBackupIdentity({ verifyKey: one })
  const parsed = parseIdentity(identity)
  assert.deepEqual(parsed.recipient, recipient)
  const pins = [one, two].map(({ suite, publicKey }) => ({ suite, publicKey }))
  assert.deepEqual(parsed.pinned, pins.slice(0, 1))
  const more = pinVerifyKey(identity, two)
  assert.deepEqual(parseIdentity(more).pinned, pins)
  assert.equal(pinVerifyKey(more, one), more)
  assert.deepEqual(parseIdentity(identity.replaceAll('\n', '\r\n')), parsed)
  for (const bad of [
    '',
    'x',
    identity.replace('v1', 'v2'),
    identity.replace('private', 'public'),
    identity.slice(0, -20),
    identity + identity,
  ])
    assert.throws(() => parseIdentity(bad), { code: 'backup-wrong-identity' })
})

test('[backup-7] a segment opens in its own place only, and not with one bit changed', () => {
  const key = new Uint8Array(32).fill(7)
  const rows = utf8('rows '.repeat(100))
  const place: Place = { repo: newId(), pack: newId(), index: 3, stream: 'crm.account/rows', shape: 'ab'.repeat(32) }
  const sealed = sealSegment(key, place, compressNow(rows))
  assert.deepEqual(new Uint8Array(openSegment(key, place, sealed, rows.length)), rows)
  const elsewhere: Place[] = [
    { ...place, repo: newId() },
    { ...place, pack: newId() },
    { ...place, index: 4 },
    { ...place, stream: 'crm.contact/rows' },
    { ...place, shape: 'cd'.repeat(32) },
  ]
  for (const other of elsewhere)
    assert.throws(() => openSegment(key, other, sealed, rows.length), { code: 'backup-damaged' })
  assert.throws(() => openSegment(new Uint8Array(32), place, sealed, rows.length), { code: 'backup-damaged' })
  assert.throws(() => openSegment(key, place, sealed, rows.length - 1), { code: 'backup-damaged' })
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const damaged = Uint8Array.from(sealed)
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    assert.throws(() => openSegment(key, place, damaged, rows.length), { code: 'backup-damaged' })
  }
})
