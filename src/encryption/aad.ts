// What a cell is bound to, as bytes: the canonical TLV list of docs/formats/cell.md. Keeps encryption-3.
import { concat, isUuid, tlv, u16, u64, type Uuid, utf8, uuidBytes } from '#kernel'
import { Bounded } from './bounded.ts'

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

/** Bytes 0–8 of a cell are authenticated. */
export const headerBytes = 9

/** What does not change among the cells of one tenant, table and group. */
export interface Place {
  /** The authenticated data, with room for what differs from cell to cell, up to the attributes. */
  readonly template: Uint8Array
  readonly recordAt: number
  readonly schemaAt: number
  readonly versionAt: number
  /** Names the cell key in its derivation. */
  readonly info: Uint8Array
}

// Of each tenant as many as the catalogue has tables and groups.
const tenantsHeld = 64
const places = new Bounded<Uuid, Map<string, Map<string, Place>>>(tenantsHeld)

export const placeOf = (tenant: Uuid, table: string, group: string): Place => {
  const tables = places.get(tenant) ?? new Map<string, Map<string, Place>>()
  const groups = tables.get(table) ?? new Map<string, Place>()
  const known = groups.get(group)
  if (known) return known
  const made = { ...templateOf(tenant, table, group), info: concat(utf8('crm/cell/1'), named(table), named(group)) }
  places.set(tenant, tables.set(table, groups.set(group, made)))
  return made
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

const templateOf = (tenant: Uuid, table: string, group: string): Omit<Place, 'info'> => {
  const before = tlv([
    [tag.header, new Uint8Array(headerBytes)],
    [tag.tenant, uuidBytes(tenant)],
    [tag.table, utf8(table)],
  ])
  const groupPart = tlv([[tag.group, utf8(group)]])
  const recordAt = before.length + partHead
  const schemaAt = recordAt + recordLength + groupPart.length + partHead
  const versionAt = schemaAt + 2 + partHead
  const record = tlv([[tag.record, new Uint8Array(recordLength)]])
  const after = tlv([
    [tag.schema, u16(0)],
    [tag.version, u64(0)],
  ])
  return { template: concat(before, record, groupPart, after), recordAt, schemaAt, versionAt }
}

// Built in one buffer that is used again for the next cell: allocating its parts would cost more than the cipher.
let aad = Buffer.alloc(2048)

/** The authenticated data of a cell; valid until the next call. */
export const aadFor = (place: Place, cell: Uint8Array, context: CellContext): Uint8Array => {
  const { template, recordAt, schemaAt, versionAt } = place
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
