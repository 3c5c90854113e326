// The data key (DEK) of one subject: random, wrapped under the tenant epoch, committed to; and the cell keys that come out of it.
// Keeps encryption-5 and encryption-6.
import type { KeyObject } from 'node:crypto'
import { Fault, type Uuid, utf8, writeUuid } from '#kernel'
import { derive, equal, keep, random } from './digest.ts'
import { demandActive, type Epoch, keysOf } from './epoch.ts'
import { nonceInto } from './nonce.ts'
import type { Lease } from './provider/root.ts'
import { nonceBytes, openParts, sealInto, type SuiteId, suiteOf, tagBytes } from './suite.ts'

/** A row of keyring.subject_key. */
export interface SubjectKeyRow {
  readonly tenant: Uuid
  readonly subject: Uuid
  readonly generation: number
  readonly epoch: number
  readonly suite: SuiteId
  readonly wrapped: Uint8Array
  readonly commitment: Uint8Array
}

/** An opened data key. The key itself is held beside it. */
export interface SubjectKey {
  readonly tenant: Uuid
  readonly subject: Uuid
  readonly generation: number
  readonly epoch: number
  readonly suite: SuiteId
}

/** What a subject key holds; for this room only. */
export interface SubjectState {
  readonly dek: KeyObject
  /** Of the epoch that opened it. */
  readonly lease?: Lease | undefined
  /** Cells sealed by this process. */
  sealed: number
}

const held = new WeakMap<SubjectKey, SubjectState>()

/** The state of a key that this module made. */
export const stateOf = (key: SubjectKey): SubjectState => {
  const state = held.get(key)
  if (!state) throw new TypeError('not a subject key that was opened here')
  state.lease?.demandOpen()
  return state
}

/** A fresh data key and its row. */
export const newSubjectKey = (
  epoch: Epoch,
  subject: Uuid,
  generation: number,
): { readonly row: SubjectKeyRow; readonly key: SubjectKey } => {
  demandActive(epoch)
  const dek = keep(random(32))
  const { tenant, suite } = epoch
  const row = wrapDek(epoch, { tenant, subject, generation, suite }, dek)
  const key = holdSubjectKey({ tenant, subject, generation, epoch: epoch.epoch, suite }, dek, keysOf(epoch).lease)
  return { row, key }
}

/** The data key of a row; the commitment is checked before the key opens anything. One Fault: cell-does-not-open. */
export const openSubjectKey = (epoch: Epoch, row: SubjectKeyRow): SubjectKey => {
  const { tenant, subject, generation, suite } = row
  return holdSubjectKey(
    { tenant, subject, generation, epoch: row.epoch, suite },
    unwrapDek(epoch, row),
    keysOf(epoch).lease,
  )
}

/**
 * The row of the same data key under another epoch: nothing sealed under the data key changes. The commitment goes along as it is,
 * unchecked: no data key is used here, and whoever opens the row checks it.
 */
export const rewrapSubjectKey = (from: Epoch, to: Epoch, row: SubjectKeyRow): SubjectKeyRow => {
  demandActive(to)
  if (from.tenant !== to.tenant) throw new Fault('cell-does-not-open')
  const dek = unwrapBytes(from, row)
  // The row was named in the authenticated data when it was opened.
  const wrapped = wrapPlaced(to, dek)
  dek.fill(0)
  const { tenant, subject, generation, suite, commitment } = row
  return { tenant, subject, generation, epoch: to.epoch, suite, wrapped, commitment }
}

// The wrapped key: 0xC2 ‖ suite of the epoch ‖ nonce (12) ‖ ciphertext (32) ‖ tag (16).
export const wrapMagic = 0xc2
export const headBytes = 2
export const wrappedBytes = headBytes + nonceBytes + 32 + tagBytes

interface Owner {
  readonly tenant: Uuid
  readonly subject: Uuid
  readonly generation: number
  readonly suite: SuiteId
}

const wrapDek = (epoch: Epoch, of: Owner, dek: KeyObject): SubjectKeyRow => {
  const raw = dek.export()
  const wrapped = wrapBytes(epoch, of, raw)
  raw.fill(0)
  const { tenant, subject, generation, suite } = of
  return { tenant, subject, generation, epoch: epoch.epoch, suite, wrapped, commitment: commitmentOf(suite, dek) }
}

const wrapBytes = (epoch: Epoch, of: Owner, raw: Uint8Array): Uint8Array => {
  placeOwner(of)
  return wrapPlaced(epoch, raw)
}

/** Wraps for the owner that the authenticated data names already. */
const wrapPlaced = (epoch: Epoch, raw: Uint8Array): Uint8Array => {
  const wrapped = new Uint8Array(wrappedBytes)
  wrapped[0] = wrapMagic
  wrapped[1] = epoch.suite
  nonceInto(wrapped, headBytes)
  copy(wrapped, headBytes, part.nonce)
  const aad = headAad(epoch)
  sealInto(suiteOf(epoch.suite).cipher, keysOf(epoch).wrapping, part.nonce, aad, raw, wrapped, headBytes + nonceBytes)
  return wrapped
}

// Parts of a wrapped key, copied here for the one call that reads them: a rotation wraps a million, and a view of each part of each
// costs more than its bytes.
const part = { nonce: new Uint8Array(nonceBytes), body: new Uint8Array(32), tag: new Uint8Array(tagBytes) } as const

const copy = (from: Uint8Array, at: number, to: Uint8Array): void => {
  for (let i = 0; i < to.length; i++) to[i] = from[at + i] ?? 0
}

const unwrapDek = (epoch: Epoch, row: SubjectKeyRow): KeyObject => {
  const dek = keep(unwrapBytes(epoch, row))
  // None of the suites commits to its key, so the row does (AEAD ciphertexts can be made to open under two keys).
  if (!equal(commitmentOf(row.suite, dek), row.commitment)) throw new Fault('cell-does-not-open')
  return dek
}

const unwrapBytes = (epoch: Epoch, row: SubjectKeyRow): Buffer => {
  const { wrapped } = row
  demandOwn(epoch, row)
  copy(wrapped, headBytes, part.nonce)
  copy(wrapped, headBytes + nonceBytes, part.body)
  copy(wrapped, wrappedBytes - tagBytes, part.tag)
  const aad = aadOf(epoch, row)
  const raw = openParts(suiteOf(epoch.suite).cipher, keysOf(epoch).wrapping, part.nonce, aad, part.body, part.tag)
  if (!raw) throw new Fault('cell-does-not-open')
  return raw
}

/** Refuses a row that names another epoch, or whose wrapped key is none of this version; for this room. */
export const demandOwn = (epoch: Epoch, { tenant, epoch: number, suite, wrapped }: SubjectKeyRow): void => {
  const ours = tenant === epoch.tenant && number === epoch.epoch && known(suite)
  if (!ours || wrapped.length !== wrappedBytes || wrapped[0] !== wrapMagic || wrapped[1] !== epoch.suite)
    throw new Fault('cell-does-not-open')
}

const known = (suite: number): boolean => suite >= 1 && suite <= 4

// Head of the wrapped key (2) ‖ tenant (16) ‖ subject (16) ‖ epoch (2) ‖ suite (1) ‖ generation (4). One buffer, used again for the
// next key: opening a list makes one for each of its records.
export const aadBytes = headBytes + 39
export const aadEpochAt = headBytes + 32
const aad = Buffer.alloc(aadBytes)

/** The authenticated data of an owner's key under an epoch; valid until the next call. */
export const aadOf = (epoch: Epoch, of: Owner): Uint8Array => {
  placeOwner(of)
  return headAad(epoch)
}

const placeOwner = (of: Owner): void => {
  if (of.tenant !== placed) {
    placed = ''
    writeUuid(aad, headBytes, of.tenant)
    placed = of.tenant
  }
  writeUuid(aad, headBytes + 16, of.subject)
  aad[headBytes + 34] = of.suite
  aad.writeUInt32BE(of.generation, headBytes + 35)
}

/** The tenant that stands in the buffer. */
let placed = ''

const headAad = (epoch: Epoch): Uint8Array => {
  aad[0] = wrapMagic
  aad[1] = epoch.suite
  aad.writeUInt16BE(epoch.epoch, aadEpochAt)
  return aad
}

const commitmentOf = (suite: SuiteId, dek: KeyObject): Uint8Array => derive(suiteOf(suite).hash, dek, commitInfo, 32)
const commitInfo = utf8('crm/commit/1')

/** A subject key around a data key; for this room and its golden files. */
export const holdSubjectKey = (key: SubjectKey, dek: KeyObject, lease?: Lease): SubjectKey => {
  const frozen = Object.freeze(key)
  held.set(frozen, { dek, lease, sealed: 0 })
  return frozen
}
