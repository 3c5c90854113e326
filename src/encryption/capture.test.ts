// Captures: golden, bound to their place, and signed manifests.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { base64url, fromBase64url, fromHex, fromUtf8, isFault, type Json, newId, type Uuid } from '#kernel'
import {
  type CapturePlace,
  manifestMessage,
  readCapture,
  sealCapture,
  signManifest,
  type SignedManifest,
} from './capture.ts'
import { ed25519Verify } from './curve.ts'
import { createEpoch, type EpochRow, openEpoch } from './epoch.ts'
import { flip, golden, memoryRoot } from './fixtures/keys.ts'
import { signerOf } from './signature.ts'

const closed = (error: unknown): boolean => isFault(error, 'cell-does-not-open') && error.cause === undefined

type Hexed<T> = { readonly [K in keyof T]: T[K] extends Uint8Array ? string : T[K] }
interface Golden {
  readonly root: string
  readonly seed: string
  readonly signer: string
  readonly epoch: Hexed<EpochRow>
  readonly manifest: {
    readonly tenant: Uuid
    readonly form: string
    readonly epoch: number
    readonly suite: 17 | 18 | 20
    readonly publicKey: string
    readonly issuedAt: string
    readonly notAfter: string
    readonly definition: Json
  }
  readonly signed: SignedManifest
  readonly place: Omit<CapturePlace, 'at'> & { readonly at: string }
  readonly content: Json
  readonly sealed: string
}
const goldens = golden('capture-1.json') as readonly Golden[]

const opened = (one: Golden) =>
  openEpoch(memoryRoot(fromHex(one.root)), {
    ...one.epoch,
    symWrapped: fromHex(one.epoch.symWrapped),
    indexWrapped: fromHex(one.epoch.indexWrapped),
    hpkePublic: fromHex(one.epoch.hpkePublic),
    hpkeWrapped: fromHex(one.epoch.hpkeWrapped),
  })

test('[encryption-50] the golden captures of every suite a form may use open, and their manifests verify', async () => {
  assert.deepEqual(
    goldens.map(({ manifest }) => manifest.suite),
    [17, 18, 20],
  )
  for (const one of goldens) {
    const { publicKey, issuedAt, notAfter, ...rest } = one.manifest
    const place = { ...one.place, at: new Date(one.place.at) }
    assert.deepEqual(readCapture(await opened(one), place, fromHex(one.sealed)), one.content)
    const signed = signManifest(signerOf('capture', fromHex(one.seed)), {
      ...rest,
      publicKey: fromHex(publicKey),
      issuedAt: new Date(issuedAt),
      notAfter: new Date(notAfter),
    })
    assert.deepEqual(signed, one.signed)
    const bytes = fromBase64url(signed.manifest)
    assert.ok(ed25519Verify(fromBase64url(one.signer), manifestMessage(bytes), fromBase64url(signed.signature)))
    // The label is a part of what is signed: the bare bytes are nobody's signature.
    assert.ok(!ed25519Verify(fromBase64url(one.signer), bytes, fromBase64url(signed.signature)))
    const said = JSON.parse(fromUtf8(bytes)) as { v: number; publicKey: string; notAfter: string }
    assert.deepEqual([said.v, said.publicKey, said.notAfter], [1, base64url(fromHex(publicKey)), notAfter])
  }
})

test('[encryption-50] a capture opens in its own place only, and with no bit changed', async () => {
  for (const one of goldens) {
    const epoch = await opened(one)
    const place = { ...one.place, at: new Date(one.place.at) }
    const sealed = fromHex(one.sealed)
    for (const change of [
      { tenant: newId() },
      { form: 'demo-requesu' },
      { epoch: 259 },
      { suite: 19 },
      { at: new Date(place.at.getTime() + 1) },
    ])
      assert.throws(() => readCapture(epoch, { ...place, ...change }, sealed), closed)
    const bits = new Set([0, 8, 15, 16, 300, 8 * sealed.length - 1, 8 * sealed.length - 200])
    for (const bit of bits) assert.throws(() => readCapture(epoch, place, flip(sealed, bit)), closed)
    assert.throws(() => readCapture(epoch, place, sealed.subarray(0, 40)), closed)
    assert.throws(() => readCapture(epoch, place, new Uint8Array(0)), closed)
  }
})

test('[encryption-50] whatever is sealed comes back, and its length shows in steps of 256 bytes', async () => {
  const root = memoryRoot()
  const tenant = newId()
  const row = await createEpoch(root, tenant, 1, 1, { envelope: 17 })
  const epoch = await openEpoch(root, row)
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.string({ unit: 'binary' })),
      fc.date({ min: new Date(0), noInvalidDate: true }),
      (values, at) => {
        const place = { tenant, form: 'a', epoch: 1, suite: 17, at } as const
        const sealed = sealCapture(row.hpkePublic, place, values)
        assert.deepEqual(readCapture(epoch, place, sealed), JSON.parse(JSON.stringify(values)))
        assert.equal((sealed.length - 2 - 32 - 16) % 256, 0)
      },
    ),
    { numRuns: 100 },
  )
})

test('[encryption-50] what opens and is no JSON is closed like everything else, without a word of it', async () => {
  const root = memoryRoot()
  const tenant = newId()
  const row = await createEpoch(root, tenant, 1, 1, { envelope: 17 })
  const epoch = await openEpoch(root, row)
  const place = { tenant, form: 'a', epoch: 1, suite: 17, at: new Date(0) } as const
  // undefined has no JSON: what is sealed then is the text of no value.
  const sealed = sealCapture(row.hpkePublic, place, undefined as unknown as Json)
  assert.throws(() => readCapture(epoch, place, sealed), closed)
})
