// Identifiers: UUID version 7 (RFC 9562 section 5.7), sortable by the time they were made. Keeps kernel-3.
import { randomBytes } from 'node:crypto'

/** A UUID in lower-case text. */
export type Uuid = string & { readonly __uuid?: never }

/** A fresh UUID version 7 for the moment given (milliseconds since 1970; default: now). */
export const newId = (at: number = Date.now()): Uuid => {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(at, 0, 6)
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  return format(bytes)
}

const format = (bytes: Uint8Array): Uuid => {
  const h = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`
}

const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether a value is a UUID in lower-case text. */
export const isUuid = (value: unknown): value is Uuid => typeof value === 'string' && shape.test(value)

/** The 16 bytes of a UUID; throws RangeError where it is not one. */
export const uuidBytes = (id: Uuid): Uint8Array<ArrayBuffer> => {
  if (!isUuid(id)) throw new RangeError('not a UUID')
  return new Uint8Array(Buffer.from(id.replaceAll('-', ''), 'hex'))
}

/** Writes the 16 bytes of a UUID; throws RangeError where it is not one. Several times as fast as uuidBytes, for work on millions. */
export const writeUuid = (out: Uint8Array, at: number, id: Uuid): void => {
  let wrong = id.length ^ 36
  let to = at
  for (let i = 0; i < 36; i += 2) {
    if (i === 8 || i === 13 || i === 18 || i === 23) wrong |= id.charCodeAt(i++) ^ 0x2d
    const high = digitOf(id.charCodeAt(i))
    const low = digitOf(id.charCodeAt(i + 1))
    wrong |= (high | low) & 0xf0
    out[to++] = (high << 4) | low
  }
  if (wrong !== 0) throw new RangeError('not a UUID')
}

/** The value of a hexadecimal digit in lower case; 0xff where it is none. */
const digitOf = (code: number): number =>
  code >= 0x30 && code <= 0x39 ? code - 0x30 : code >= 0x61 && code <= 0x66 ? code - 0x57 : 0xff

/** The UUID of 16 bytes. */
export const uuidFromBytes = (bytes: Uint8Array): Uuid => {
  if (bytes.length !== 16) throw new RangeError('a UUID has 16 bytes')
  return format(bytes)
}
