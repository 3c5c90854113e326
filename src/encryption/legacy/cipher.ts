// One value of an old column decoded. Runs in the decoder's own process, imports nothing of the house. What comes out is
// unauthenticated: ECB and CBC have no tag, so it is a claim that the field's own rules must still believe. Keeps encryption-40.
import { createDecipheriv } from 'node:crypto'
import type { LegacyColumn } from './spec.ts'

/** The cell's text as it was before the old system sealed it, or null where the bytes cannot be that. Empty stays empty. */
export const decodeCell = (
  column: LegacyColumn,
  key: Uint8Array,
  cell: string,
  row: readonly string[],
): string | null => {
  if (cell.trim() === '') return ''
  const sealed = bytesOf(column.encoding, cell)
  const block = column.cipher.startsWith('aes') ? 16 : 8
  if (!sealed) return null
  const iv = ivOf(column, block, sealed, row)
  const body = column.iv === 'prefix' ? sealed.subarray(block) : sealed
  if (iv === null || body.length === 0 || body.length % block !== 0) return null
  const plain = decipher(column, key, iv, body)
  return plain && textOf(column, plain)
}

/** Blocks of ciphertext in a cell, about: what birthday bounds are counted in. */
export const blocksOf = (column: LegacyColumn, cell: string): number => {
  const bytes = cell.length * (column.encoding === 'hex' ? 1 / 2 : 3 / 4)
  return Math.ceil(bytes / (column.cipher.startsWith('aes') ? 16 : 8))
}

const bytesOf = (encoding: LegacyColumn['encoding'], cell: string): Uint8Array | null => {
  const text = cell.trim()
  if (encoding === 'hex')
    return /^(0x)?([0-9a-f]{2})+$/i.test(text) ? Buffer.from(text.replace(/^0x/i, ''), 'hex') : null
  const tidy = text.replaceAll(/\s/g, '').replaceAll('-', '+').replaceAll('_', '/')
  return /^[A-Za-z0-9+/]+={0,2}$/.test(tidy) ? Buffer.from(tidy, 'base64') : null
}

const ivOf = (column: LegacyColumn, block: number, sealed: Uint8Array, row: readonly string[]): Uint8Array | null => {
  if (column.iv === 'none') return new Uint8Array(0)
  if (column.iv === 'zero') return new Uint8Array(block)
  const iv =
    column.iv === 'prefix'
      ? sealed.subarray(0, block)
      : 'hex' in column.iv
        ? Buffer.from(column.iv.hex, 'hex')
        : bytesOf(column.encoding, row[column.iv.column] ?? '')
  return iv?.length === block ? iv : null
}

// OpenSSL 3 keeps single DES in its legacy provider, which Node does not load; 3DES with three equal keys is DES (E(D(E)) of
// one key), so des-ede3 reads it. Two-key 3DES is k1‖k2‖k1 (NIST SP 800-67 section 3.1).
const decipher = (column: LegacyColumn, key: Uint8Array, iv: Uint8Array, body: Uint8Array): Uint8Array | null => {
  const block = iv.length === 0 ? null : iv
  const [name, bytes] = column.cipher.startsWith('aes')
    ? [`${column.cipher}-${column.mode}`, key]
    : [column.mode === 'ecb' ? 'des-ede3' : 'des-ede3-cbc', three(key)]
  try {
    const cipher = createDecipheriv(name, bytes, block)
    cipher.setAutoPadding(column.padding === 'pkcs7')
    return Buffer.concat([cipher.update(body), cipher.final()])
  } catch {
    return null
  }
}

const three = (key: Uint8Array): Uint8Array => Buffer.concat([key, key, key], 24)

const textOf = (column: LegacyColumn, plain: Uint8Array): string | null => {
  let end = plain.length
  if (column.padding === 'zero') while (end > 0 && plain[end - 1] === 0) end--
  try {
    const text = new TextDecoder(column.charset, { fatal: true, ignoreBOM: true }).decode(plain.subarray(0, end))
    // A wrong key gives noise, and noise has control characters; a person's data has none but line ends and tabs.
    // eslint-disable-next-line no-control-regex
    return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/.test(text) ? null : text
  } catch {
    return null
  }
}
