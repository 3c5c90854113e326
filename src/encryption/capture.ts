// What a web form seals, and the signed manifest that tells it to whom: docs/formats/capture.md, to the byte. Keeps encryption-50.
import {
  base64url,
  canonical,
  concat,
  Fault,
  fromUtf8,
  type Json,
  tlv,
  u16,
  u64,
  type Uuid,
  utf8,
  uuidBytes,
} from '#kernel'

import { type EnvelopeSuiteId, sealEnvelope } from './envelope.ts'
import { type Epoch, openCapture } from './epoch.ts'
import type { Signer } from './signature.ts'

/** Where a capture belongs and when its page says it was sealed: all of it authenticated. */
export interface CapturePlace {
  readonly tenant: Uuid
  readonly form: string
  readonly epoch: number
  readonly suite: number
  readonly at: Date
}

/** What a manifest says; definition is the form itself, so that its texts are signed as well. */
export interface CaptureManifest {
  readonly tenant: Uuid
  readonly form: string
  readonly epoch: number
  readonly suite: EnvelopeSuiteId
  readonly publicKey: Uint8Array
  readonly issuedAt: Date
  readonly notAfter: Date
  readonly definition: Json
}

export interface SignedManifest {
  /** base64url of the signed bytes. */
  readonly manifest: string
  /** base64url of the signature, by the suite of the key that the page has pinned. */
  readonly signature: string
}

/** Largest envelope that is taken: 16 KiB. */
export const largestCapture = 16_384

const info = utf8('holdfast/capture/1')
// A key may sign other things as well: the label says that these bytes are a manifest.
const manifestLabel = utf8('holdfast/capture/manifest/1\n')
// Whoever holds a copy of the database shall not tell a long message from a short one: length shows in steps.
const step = 256

/** Signs a manifest with the key that pages have pinned. */
export const signManifest = (signer: Signer, manifest: CaptureManifest): SignedManifest => {
  const { publicKey, issuedAt, notAfter, ...rest } = manifest
  const bytes = utf8(
    canonical({
      v: 1,
      ...rest,
      publicKey: base64url(publicKey),
      issuedAt: issuedAt.toISOString(),
      notAfter: notAfter.toISOString(),
    }),
  )
  return { manifest: base64url(bytes), signature: base64url(signer.sign(concat(manifestLabel, bytes))) }
}

/** The bytes a manifest's signature is over. */
export const manifestMessage = (manifest: Uint8Array): Uint8Array => concat(manifestLabel, manifest)

/** Seals as a form does; pages do it by src/web/capture/seal.ts. */
export const sealCapture = (
  publicKey: Uint8Array,
  place: CapturePlace & { readonly suite: EnvelopeSuiteId },
  content: Json,
): Uint8Array => {
  const text = utf8(JSON.stringify(content))
  const plain = new Uint8Array(Math.ceil(text.length / step) * step).fill(0x20)
  plain.set(text)
  return sealEnvelope({ suite: place.suite, publicKey }, info, aadOf(place), plain)
}

/** What was sealed, as JSON of whatever shape. Wrong key, wrong place, damage, no JSON: the one Fault cell-does-not-open. */
export const readCapture = (epoch: Epoch, place: CapturePlace, sealed: Uint8Array): unknown => {
  const plain = openCapture(epoch, info, aadOf(place), sealed)
  try {
    return JSON.parse(fromUtf8(plain))
  } catch {
    // The cause would carry a part of the text.
    throw new Fault('cell-does-not-open')
  } finally {
    plain.fill(0)
  }
}

const tag = { tenant: 1, form: 2, epoch: 3, suite: 4, at: 5 } as const

const aadOf = ({ tenant, form, epoch, suite, at }: CapturePlace): Uint8Array =>
  tlv([
    [tag.tenant, uuidBytes(tenant)],
    [tag.form, utf8(form)],
    [tag.epoch, u16(epoch)],
    [tag.suite, new Uint8Array([suite])],
    [tag.at, u64(at.getTime())],
  ])
