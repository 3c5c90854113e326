// A cell: one AEAD over all of a record's values of one field group. The bytes are docs/formats/cell.md; never edit a version, add
// one. Keeps encryption-2, encryption-3, encryption-4.
import type { KeyObject } from 'node:crypto'
import { Fault, type Json } from '#kernel'
import { aadFor, type CellContext, headerBytes, type Place, placeOf } from './aad.ts'
import { Bounded } from './bounded.ts'
import { derive, keep } from './digest.ts'
import { nonceInto } from './nonce.ts'
import { type SubjectKey, stateOf } from './subject.ts'
import { nonceBytes, openBytes, sealInto, suiteOf, tagBytes } from './suite.ts'

/** Bytes of a cell: a type of its own, so that nothing plain is stored where a cell belongs. */
export type Sealed = Uint8Array & { readonly __sealed: true }

/** The header of a cell, readable without a key: which key to fetch. epoch is a hint, the keyring row is the truth. */
export interface CellHeader {
  readonly suite: number
  readonly epoch: number
  readonly flags: number
  readonly generation: number
}

const magic = 0xc1
const padded = 0b10
const bodyAt = headerBytes + nonceBytes
/** A cell with nothing in it: header, nonce, tag. */
export const overhead = bodyAt + tagBytes
// NIST SP 800-38D 8.3 allows 2^32 random nonces a key; we stop far below.
const cellsPerKey = 2 ** 28

/** Seals the values of one group of one record. */
export const sealCell = (key: SubjectKey, context: CellContext, values: Readonly<Record<string, Json>>): Sealed => {
  const state = stateOf(key)
  if (++state.sealed > cellsPerKey)
    throw new Fault('wrong-use', { what: 'a data key has sealed 2^28 cells; make a new generation' })
  const cellKey = cellKeyOf(key, context)
  const size = encode(values)
  const out = Buffer.allocUnsafe(overhead + size)
  out[0] = magic
  out[1] = key.suite
  out.writeUInt16BE(key.epoch, 2)
  out[4] = padded
  out.writeUInt32BE(key.generation, 5)
  nonceInto(out, headerBytes)
  const plain = scratch.subarray(0, size)
  sealInto(
    cellKey.cipher,
    cellKey.key,
    out.subarray(headerBytes, bodyAt),
    aadFor(cellKey.place, out, context),
    plain,
    out,
    bodyAt,
  )
  plain.fill(0)
  return out as unknown as Sealed
}

/** The values of a cell. Whatever is wrong with key, cell or context: the one Fault cell-does-not-open. */
export const openCell = (key: SubjectKey, context: CellContext, cell: Uint8Array): Readonly<Record<string, Json>> => {
  const header = readHeader(cell)
  if (header?.suite !== key.suite || header.flags !== padded || header.generation !== key.generation) {
    throw new Fault('cell-does-not-open')
  }
  const cellKey = cellKeyOf(key, context)
  const aad = aadFor(cellKey.place, cell, context)
  const plain = openBytes(cellKey.cipher, cellKey.key, cell.subarray(headerBytes, bodyAt), aad, cell.subarray(bodyAt))
  if (!plain) throw new Fault('cell-does-not-open')
  const values = JSON.parse(plain.toString('utf8')) as Readonly<Record<string, Json>>
  plain.fill(0)
  return values
}

/** The header of a cell, or null where the bytes are none: too short, another magic. */
export const readHeader = (cell: Uint8Array): CellHeader | null => {
  if (cell.length < overhead || cell[0] !== magic) return null
  const byte = (i: number): number => cell[i] ?? 0
  const generation = ((byte(5) << 24) | (byte(6) << 16) | (byte(7) << 8) | byte(8)) >>> 0
  return { suite: byte(1), epoch: byte(2) * 256 + byte(3), flags: byte(4), generation }
}

/** Whether bytes have the shape of a cell this version writes; says nothing about whether it opens. */
export const cellShape = (cell: Uint8Array): boolean => {
  const header = readHeader(cell)
  return (
    header !== null &&
    header.suite >= 1 &&
    header.suite <= 4 &&
    header.flags === padded &&
    (cell.length - overhead) % 16 === 0
  )
}

// The plain text is JSON, padded with spaces to a multiple of 16 bytes: a parser skips them, so no length need be stored.
// JSON.stringify writes lone surrogates as escapes, so every string of JavaScript comes back as it was.
let scratch = Buffer.alloc(64 * 1024)

const encode = (values: Readonly<Record<string, Json>>): number => {
  for (const name in values) if (!holds(values[name])) throw new TypeError('a cell holds values of JSON only')
  const text = JSON.stringify(values)
  if (text.length * 3 + 16 > scratch.length) scratch = Buffer.alloc(text.length * 4)
  const length = scratch.write(text, 0)
  const size = Math.ceil(length / 16) * 16
  scratch.fill(0x20, length, size)
  return size
}

const holds = (value: unknown): boolean => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(holds)
  return typeof value === 'object' && Object.values(value).every(holds)
}

interface CellKey {
  readonly cipher: string
  readonly key: KeyObject
  readonly place: Place
}

// Cell keys in the keeping of OpenSSL, for the subjects used lately: at most this many subjects, a few groups each.
const subjectsHeld = 16_384
const cellKeys = new Bounded<SubjectKey, Map<Place, CellKey>>(subjectsHeld)

const cellKeyOf = (key: SubjectKey, context: CellContext): CellKey => {
  const { dek } = stateOf(key)
  const place = placeOf(key.tenant, context.table, context.group)
  const known = cellKeys.get(key)
  const found = known?.get(place)
  if (found) return found
  const { cipher, hash, keyBytes } = suiteOf(key.suite)
  const made = { cipher, key: keep(derive(hash, dek, place.info, keyBytes)), place }
  cellKeys.set(key, (known ?? new Map<Place, CellKey>()).set(place, made))
  return made
}

/** Lets go of the cell keys of a subject: part of shredding it. The holder of the subject key lets go of that. */
export const forgetCellKeys = (key: SubjectKey): void => {
  cellKeys.delete(key)
}
