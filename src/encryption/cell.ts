// A cell: one AEAD over all of a record's values of one field group. The bytes are docs/formats/cell.md; never edit a version, add
// one. Keeps encryption-2, encryption-3, encryption-4.
import type { KeyObject } from 'node:crypto'
import { concat, Fault, isUuid, type Json, tlv, u16, u64, type Uuid, utf8, uuidBytes } from '#kernel'
import { Bounded } from './bounded.ts'
import { derive, keep } from './digest.ts'
import { nonceInto } from './nonce.ts'
import { type SubjectKey, stateOf } from './subject.ts'
import { nonceBytes, openBytes, sealInto, suiteOf, tagBytes } from './suite.ts'

/** Bytes of a cell: a type of its own, so that nothing plain is stored where a cell belongs. */
export type Sealed = Uint8Array & { readonly __sealed: true }

/** Where a cell lies, and the plain attributes that policies decide on: all of it authenticated. */
export interface CellContext {
  readonly table: string
  readonly record: Uuid
  readonly group: string
  /** Version of the row. */
  readonly version: number
  readonly attributes: Readonly<Record<string, string | null>>
  /** Version of what the group's fields mean; 1 unless a migration says otherwise. */
  readonly schema?: number
}

/** The header of a cell, readable without a key: which key to fetch. epoch is a hint, the keyring row is the truth. */
export interface CellHeader {
  readonly suite: number
  readonly epoch: number
  readonly flags: number
  readonly generation: number
}

const magic = 0xc1
const headerBytes = 9
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
    aadFor(cellKey, out, context),
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
  const aad = aadFor(cellKey, cell, context)
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
  /** The authenticated data of this key's table and group, with room for what differs from cell to cell. */
  readonly template: Uint8Array
  readonly recordAt: number
  readonly schemaAt: number
  readonly versionAt: number
}

// Cell keys in the keeping of OpenSSL, for the subjects used lately: at most this many subjects, a few groups each.
const subjectsHeld = 16_384
const cellKeys = new Bounded<SubjectKey, Map<string, Map<string, CellKey>>>(subjectsHeld)

const cellKeyOf = (key: SubjectKey, context: CellContext): CellKey => {
  const { table, group } = context
  const tables = cellKeys.get(key) ?? new Map<string, Map<string, CellKey>>()
  const known = tables.get(table)?.get(group)
  if (known) return known
  const { cipher, hash, keyBytes } = suiteOf(key.suite)
  const info = concat(utf8('crm/cell/1'), named(table), named(group))
  const made = {
    cipher,
    key: keep(derive(hash, stateOf(key).dek, info, keyBytes)),
    ...templateOf(key.tenant, table, group),
  }
  const groups = tables.get(table) ?? new Map<string, CellKey>()
  cellKeys.set(key, tables.set(table, groups.set(group, made)))
  return made
}

/** Lets go of the cell keys of a subject: part of shredding it. The holder of the subject key lets go of that. */
export const forgetCellKeys = (key: SubjectKey): void => {
  cellKeys.delete(key)
}

const named = (name: string): Uint8Array => {
  const bytes = utf8(name)
  return concat(u16(bytes.length), bytes)
}

// Tags of the authenticated data, in this order. docs/formats/cell.md.
const tag = {
  header: 1,
  tenant: 2,
  table: 3,
  record: 4,
  group: 5,
  schema: 6,
  version: 7,
  name: 8,
  value: 9,
  none: 10,
} as const
const partHead = 6 // tag u16, length u32
const recordLength = 36 // a UUID in lower-case text: writing it as it comes is three times as fast as parsing it

const templateOf = (
  tenant: Uuid,
  table: string,
  group: string,
): Pick<CellKey, 'template' | 'recordAt' | 'schemaAt' | 'versionAt'> => {
  const place = tlv([
    [tag.header, new Uint8Array(headerBytes)],
    [tag.tenant, uuidBytes(tenant)],
    [tag.table, utf8(table)],
  ])
  const recordAt = place.length + partHead
  const groupPart = tlv([[tag.group, utf8(group)]])
  const schemaAt = recordAt + recordLength + groupPart.length + partHead
  const versionAt = schemaAt + 2 + partHead
  const record = tlv([[tag.record, new Uint8Array(recordLength)]])
  const rest = tlv([
    [tag.schema, u16(0)],
    [tag.version, u64(0)],
  ])
  return { template: concat(place, record, groupPart, rest), recordAt, schemaAt, versionAt }
}

// Built in one buffer that is used again for the next cell: allocating its parts would cost more than the cipher.
let aad = Buffer.alloc(2048)

const aadFor = (cellKey: CellKey, cell: Uint8Array, context: CellContext): Uint8Array => {
  const { template, recordAt, schemaAt, versionAt } = cellKey
  const { record, version, attributes, schema = 1 } = context
  if (!Number.isSafeInteger(version) || version < 0) throw new RangeError('the version of a row is a whole number')
  const names = Object.keys(attributes).sort()
  let room = template.length
  for (const name of names) room += 2 * partHead + 3 * (name.length + (attributes[name]?.length ?? 0))
  if (room > aad.length) aad = Buffer.alloc(2 * room)
  aad.set(template)
  for (let i = 0; i < headerBytes; i++) aad[partHead + i] = cell[i] ?? 0
  if (!isUuid(record)) throw new RangeError('not a UUID')
  aad.write(record, recordAt, 'latin1')
  aad.writeUInt16BE(schema, schemaAt)
  aad.writeUInt32BE(Math.floor(version / 2 ** 32), versionAt)
  aad.writeUInt32BE(version >>> 0, versionAt + 4)
  let at = template.length
  for (const name of names) {
    const value = attributes[name] ?? null
    at = writePart(tag.name, name, at)
    at = value === null ? writePart(tag.none, '', at) : writePart(tag.value, value, at)
  }
  return aad.subarray(0, at)
}

const writePart = (partTag: number, text: string, at: number): number => {
  const length = aad.write(text, at + partHead)
  aad.writeUInt16BE(partTag, at)
  aad.writeUInt32BE(length, at + 2)
  return at + partHead + length
}
