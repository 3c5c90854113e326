// A segment: about one MiB of rows of one table, compressed and sealed under its pack's key, bound to its place.
// Keeps backup-1 and backup-7.
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { concat, Fault, fromHex, say, tlv, u32, u64, utf8, type Uuid, uuidBytes } from '#kernel'

/** Where a segment stands; authenticated with it, so that a segment moved elsewhere does not open. */
export interface Place {
  readonly repo: Uuid
  readonly pack: Uuid
  readonly index: number
  /** schema.table and what: rows or gone. */
  readonly stream: string
  readonly shape: string
}

/** Level 1: level 3 saves half a per cent and costs twice the time (facts). */
const level = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

export const compressNow = (rows: Uint8Array): Uint8Array => zstdCompressSync(rows, level)

/** Seals compressed rows. The nonce is the segment's number: a pack's key is random and never used for a second pack. */
export const sealSegment = (key: Uint8Array, place: Place, compressed: Uint8Array): Uint8Array =>
  sealNumbered(key, BigInt(place.index), contextOf(place), compressed)

/** The rows of a segment; Fault backup-damaged for anything but what was sealed there. */
export const openSegment = (key: Uint8Array, place: Place, sealed: Uint8Array, raw: number): Uint8Array => {
  const compressed = openNumbered(key, BigInt(place.index), contextOf(place), sealed)
  try {
    const rows = compressed && zstdDecompressSync(compressed, { maxOutputLength: Math.max(raw, 1) })
    if (rows?.length === raw) return rows
  } catch {
    // one face with a wrong tag
  }
  throw new Fault('backup-damaged', {
    what: say('segment {index} of pack {id} does not open', { index: place.index, id: place.pack }),
  })
}

/** AES-256-GCM with a counted nonce (NIST SP 800-38D 8.2.1: unique per key by construction). */
export const sealNumbered = (key: Uint8Array, number: bigint, aad: Uint8Array, plain: Uint8Array): Uint8Array => {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(number))
  cipher.setAAD(aad)
  const body = cipher.update(plain)
  cipher.final()
  return concat(body, cipher.getAuthTag())
}

/** The plain bytes, or null where key, place or bytes are not those of sealNumbered. */
export const openNumbered = (
  key: Uint8Array,
  number: bigint,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | null => {
  if (sealed.length < 16) return null
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(number), { authTagLength: 16 })
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(sealed.length - 16))
  try {
    const plain = decipher.update(sealed.subarray(0, sealed.length - 16))
    decipher.final()
    return plain
  } catch {
    return null
  }
}

const nonceOf = (number: bigint): Uint8Array => concat(u32(0), u64(number))

const contextOf = (place: Place): Uint8Array =>
  tlv([
    [1, uuidBytes(place.repo)],
    [2, uuidBytes(place.pack)],
    [3, u32(place.index)],
    [4, utf8(place.stream)],
    [5, fromHex(place.shape)],
  ])
