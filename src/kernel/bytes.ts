// Bytes as values: hex, base64url, concatenation and the canonical TLV that authenticated data is built from. Keeps kernel-1.

/** Concatenates byte strings into a fresh one. */
export const concat = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 bytes of a string. */
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text)

/** The string of UTF-8 bytes; throws TypeError on malformed input. */
export const fromUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes)

/** Lower-case hexadecimal. */
export const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')

/** Bytes of a hexadecimal string; throws RangeError where it is not one. */
export const fromHex = (text: string): Uint8Array<ArrayBuffer> => {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) throw new RangeError('not hexadecimal')
  return new Uint8Array(Buffer.from(text, 'hex'))
}

/** base64url without padding (RFC 4648 section 5). */
export const base64url = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')

/** Bytes of canonical, unpadded base64url; throws RangeError otherwise. */
export const fromBase64url = (text: string): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(Buffer.from(text, 'base64url'))
  if (base64url(bytes) !== text) throw new RangeError('not canonical base64url')
  return bytes
}

/** Unsigned big-endian integers of fixed width. Values out of range throw RangeError. */
export const u16 = (n: number): Uint8Array<ArrayBuffer> => unsigned(n, 2)
export const u32 = (n: number): Uint8Array<ArrayBuffer> => unsigned(n, 4)
export const u64 = (n: bigint | number): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(8)
  const big = BigInt(n)
  if (big < 0n || big > 0xffffffffffffffffn) throw new RangeError('not an unsigned 64-bit integer')
  new DataView(out.buffer).setBigUint64(0, big)
  return out
}

const unsigned = (n: number, width: 2 | 4): Uint8Array<ArrayBuffer> => {
  if (!Number.isInteger(n) || n < 0 || n >= 2 ** (8 * width))
    throw new RangeError(`not an unsigned ${String(width * 8)}-bit integer`)
  const out = new Uint8Array(width)
  const view = new DataView(out.buffer)
  if (width === 2) view.setUint16(0, n)
  else view.setUint32(0, n)
  return out
}

/**
 * Canonical tag-length-value: each part as tag u16, length u32, bytes, in the order given. Two different lists never give
 * the same bytes, so it is safe as authenticated data.
 */
export const tlv = (parts: readonly (readonly [tag: number, value: Uint8Array])[]): Uint8Array<ArrayBuffer> =>
  concat(...parts.flatMap(([tag, value]) => [u16(tag), u32(value.length), value]))

/** Equality of content; NOT constant in time, so never for secrets. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])
