// Data keys of many subjects from one epoch to another, at a price near that of the cipher alone: a rotation does it for each of a
// million. The bytes are those of rewrapSubjectKey. Keeps encryption-121, encryption-122.
import { Fault } from '#kernel'
import { demandActive, type Epoch, keysOf } from './epoch.ts'
import { type BatchKey, batchKey } from './gcm-batch.ts'
import { nonceInto } from './nonce.ts'
import {
  aadBytes,
  aadEpochAt,
  aadOf,
  demandOwn,
  headBytes,
  rewrapSubjectKey,
  type SubjectKeyRow,
  wrapMagic,
  wrappedBytes,
} from './subject.ts'

/**
 * The rows of the same data keys under another epoch, in their order; nothing sealed under the data keys changes. Where one does not
 * open, none is given: cell-does-not-open.
 */
export const rewrapSubjectKeys = (from: Epoch, to: Epoch, rows: readonly SubjectKeyRow[]): readonly SubjectKeyRow[] => {
  // The other suites have no batch: they cost two calls a key.
  if (from.suite !== 1 || to.suite !== 1) return rows.map((row) => rewrapSubjectKey(from, to, row))
  demandActive(to)
  if (from.tenant !== to.tenant) throw new Fault('cell-does-not-open')
  const opening = batchKey(keysOf(from).wrapping, shape)
  const sealing = batchKey(keysOf(to).wrapping, shape)
  try {
    const out: SubjectKeyRow[] = []
    for (let start = 0; start < rows.length; start += atOnce)
      rewrapSome({ from, to, opening, sealing }, rows.slice(start, start + atOnce), out)
    return out
  } finally {
    opening.wipe()
    sealing.wipe()
  }
}

const keyBytes = 32
const shape = { aadBytes, bodyBytes: keyBytes }
/** A wrapped key without its head. */
const sealedBytes = wrappedBytes - headBytes

// Enough for the calls not to count, few enough for their bytes to stay near the processor.
const atOnce = 512

interface Move {
  readonly from: Epoch
  readonly to: Epoch
  readonly opening: BatchKey
  readonly sealing: BatchKey
}

const rewrapSome = (
  { from, to, opening, sealing }: Move,
  rows: readonly SubjectKeyRow[],
  out: SubjectKeyRow[],
): void => {
  const aads = Buffer.alloc(rows.length * aadBytes)
  const sealed = new Uint8Array(rows.length * sealedBytes)
  const plain = new Uint8Array(rows.length * keyBytes)
  rows.forEach((row, n) => {
    demandOwn(from, row)
    aads.set(aadOf(from, row), n * aadBytes)
    for (let i = 0; i < sealedBytes; i++) sealed[n * sealedBytes + i] = row.wrapped[headBytes + i] ?? 0
  })
  if (!opening.open(rows.length, aads, sealed, plain)) throw new Fault('cell-does-not-open')
  for (let n = 0; n < rows.length; n++) {
    aads.writeUInt16BE(to.epoch, n * aadBytes + aadEpochAt)
    nonceInto(sealed, n * sealedBytes)
  }
  sealing.seal(rows.length, aads, plain, sealed)
  plain.fill(0)
  rows.forEach(({ tenant, subject, generation, suite, commitment }, n) => {
    const wrapped = new Uint8Array(wrappedBytes)
    wrapped[0] = wrapMagic
    wrapped[1] = to.suite
    for (let i = 0; i < sealedBytes; i++) wrapped[headBytes + i] = sealed[n * sealedBytes + i] ?? 0
    out.push({ tenant, subject, generation, epoch: to.epoch, suite, wrapped, commitment })
  })
}
