// The data key (DEK) of one subject: random, wrapped under the tenant epoch, committed to; and the cell keys that come out of it.
// Keeps encryption-5 and encryption-6.
import type { KeyObject } from 'node:crypto'
import { concat, Fault, u16, u32, type Uuid, utf8, uuidBytes } from '#kernel'
import { derive, equal, keep, random } from './digest.ts'
import { demandActive, type Epoch, keysOf } from './epoch.ts'
import { nonceInto } from './nonce.ts'
import { nonceBytes, openBytes, sealInto, type SuiteId, suiteOf, tagBytes } from './suite.ts'

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
  /** Cells sealed by this process. */
  sealed: number
}

const held = new WeakMap<SubjectKey, SubjectState>()

/** The state of a key that this module made. */
export const stateOf = (key: SubjectKey): SubjectState => {
  const state = held.get(key)
  if (!state) throw new TypeError('not a subject key that was opened here')
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
  const key = holdSubjectKey({ tenant, subject, generation, epoch: epoch.epoch, suite }, dek)
  return { row, key }
}

/** The data key of a row; the commitment is checked before the key opens anything. One Fault: cell-does-not-open. */
export const openSubjectKey = (epoch: Epoch, row: SubjectKeyRow): SubjectKey => {
  const { tenant, subject, generation, suite } = row
  return holdSubjectKey({ tenant, subject, generation, epoch: row.epoch, suite }, unwrapDek(epoch, row))
}

/** The row of the same data key under another epoch: nothing sealed under the data key changes. */
export const rewrapSubjectKey = (from: Epoch, to: Epoch, row: SubjectKeyRow): SubjectKeyRow => {
  demandActive(to)
  if (from.tenant !== to.tenant) throw new Fault('cell-does-not-open')
  return wrapDek(to, row, unwrapDek(from, row))
}

// The wrapped key: 0xC2 ‖ suite of the epoch ‖ nonce (12) ‖ ciphertext (32) ‖ tag (16).
const magic = 0xc2
const headBytes = 2
const wrappedBytes = headBytes + nonceBytes + 32 + tagBytes

const wrapDek = (
  epoch: Epoch,
  of: { readonly tenant: Uuid; readonly subject: Uuid; readonly generation: number; readonly suite: SuiteId },
  dek: KeyObject,
): SubjectKeyRow => {
  const { tenant, subject, generation, suite } = of
  const raw = dek.export()
  const wrapped = new Uint8Array(wrappedBytes)
  wrapped[0] = magic
  wrapped[1] = epoch.suite
  nonceInto(wrapped, headBytes)
  const nonce = wrapped.subarray(headBytes, headBytes + nonceBytes)
  const aad = concat(wrapped.subarray(0, headBytes), aadOf({ tenant, subject, epoch: epoch.epoch, suite, generation }))
  sealInto(suiteOf(epoch.suite).cipher, keysOf(epoch).wrapping, nonce, aad, raw, wrapped, headBytes + nonceBytes)
  raw.fill(0)
  return { tenant, subject, generation, epoch: epoch.epoch, suite, wrapped, commitment: commitmentOf(suite, dek) }
}

const unwrapDek = (epoch: Epoch, row: SubjectKeyRow): KeyObject => {
  const { wrapped, commitment } = row
  const ours = row.tenant === epoch.tenant && row.epoch === epoch.epoch && known(row.suite)
  if (!ours || wrapped.length !== wrappedBytes || wrapped[0] !== magic || wrapped[1] !== epoch.suite) {
    throw new Fault('cell-does-not-open')
  }
  const nonce = wrapped.subarray(headBytes, headBytes + nonceBytes)
  const aad = concat(wrapped.subarray(0, headBytes), aadOf(row))
  const body = wrapped.subarray(headBytes + nonceBytes)
  const raw = openBytes(suiteOf(epoch.suite).cipher, keysOf(epoch).wrapping, nonce, aad, body)
  if (!raw) throw new Fault('cell-does-not-open')
  const dek = keep(raw)
  // None of the suites commits to its key, so the row does (AEAD ciphertexts can be made to open under two keys).
  if (!equal(commitmentOf(row.suite, dek), commitment)) throw new Fault('cell-does-not-open')
  return dek
}

const known = (suite: number): boolean => suite >= 1 && suite <= 4

const aadOf = (row: Pick<SubjectKeyRow, 'tenant' | 'subject' | 'epoch' | 'suite' | 'generation'>): Uint8Array =>
  concat(
    uuidBytes(row.tenant),
    uuidBytes(row.subject),
    u16(row.epoch),
    new Uint8Array([row.suite]),
    u32(row.generation),
  )

const commitmentOf = (suite: SuiteId, dek: KeyObject): Uint8Array => derive(suiteOf(suite).hash, dek, commitInfo, 32)
const commitInfo = utf8('crm/commit/1')

/** A subject key around a data key; for this room and its golden files. */
export const holdSubjectKey = (key: SubjectKey, dek: KeyObject): SubjectKey => {
  const frozen = Object.freeze(key)
  held.set(frozen, { dek, sealed: 0 })
  return frozen
}
