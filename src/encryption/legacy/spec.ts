// How a customer's old system sealed its columns: ciphers this product reads once and never writes. Keeps encryption-40.
import { Fault, type Label, type Said, say } from '#kernel'

export const legacyCiphers = ['des', '3des', 'aes-128', 'aes-192', 'aes-256'] as const
export const legacyModes = ['ecb', 'cbc'] as const
export const legacyPaddings = ['pkcs7', 'zero', 'none'] as const
export const legacyEncodings = ['hex', 'base64'] as const
export const legacyCharsets = ['utf-8', 'gb18030'] as const

/** One sealed column of a file. */
export interface LegacyColumn {
  /** Place of the column in the file, from 0. */
  readonly index: number
  readonly cipher: (typeof legacyCiphers)[number]
  readonly mode: (typeof legacyModes)[number]
  /** none with ecb; zero: all zero bytes; prefix: the first block of each value; hex: the same for all; column: another column of the row. */
  readonly iv: 'none' | 'zero' | 'prefix' | { readonly hex: string } | { readonly column: number }
  readonly padding: (typeof legacyPaddings)[number]
  /** How the ciphertext is written in the cell. */
  readonly encoding: (typeof legacyEncodings)[number]
  /** How the plain text was written in bytes. */
  readonly charset: (typeof legacyCharsets)[number]
}

export interface LegacySpec {
  readonly columns: readonly LegacyColumn[]
  /** raw: the bytes as they are. mysql: AES_ENCRYPT's folding, each byte XORed into place modulo the length of the key. */
  readonly derive: 'raw' | 'mysql'
}

/** Bytes of a block; what Sweet32 counts. */
export const blockBytes = (cipher: LegacyColumn['cipher']): 8 | 16 => (cipher.startsWith('aes') ? 16 : 8)

/** Length of keys in bytes that a cipher takes; two-key 3DES is k1‖k2‖k1. */
export const keyLengths = (cipher: LegacyColumn['cipher']): readonly number[] =>
  ({ des: [8], '3des': [16, 24], 'aes-128': [16], 'aes-192': [24], 'aes-256': [32] })[cipher]

/**
 * A specification out of JSON. Columns are named by heading, or by place where no heading is so called; by place alone where a program
 * wrote it, for a heading may be a number too. Throws bad-input naming what is wrong.
 */
export const parseLegacySpec = (
  value: unknown,
  header: readonly string[],
  columnsBy: 'heading' | 'place' = 'heading',
): LegacySpec => {
  const placeOf = placeIn(header, columnsBy)
  const spec = object(value, 'the specification of old ciphers is an object')
  const columns = object(spec['columns'], isObject('columns'))
  const derive = oneOf(spec['derive'] ?? 'raw', ['raw', 'mysql'] as const, 'derive')
  const found = Object.entries(columns).map(([name, column]) => parseColumn(placeOf(name), column, placeOf))
  if (found.length === 0) throw wrong('columns names no column')
  return { columns: found, derive }
}

/** The key for this specification, folded where it says so. Throws legacy-key-length where a column's cipher does not take its length. */
export const legacyKey = (spec: LegacySpec, raw: Uint8Array): Uint8Array => {
  const cipher = spec.columns[0]?.cipher ?? 'aes-128'
  const key = spec.derive === 'mysql' ? folded(raw, keyLengths(cipher)[0] ?? 16) : raw
  for (const column of spec.columns)
    if (raw.length === 0 || !keyLengths(column.cipher).includes(key.length))
      throw new Fault('legacy-key-length', {
        cipher: column.cipher.toUpperCase(),
        found: raw.length === 0 ? 0 : key.length,
        expected: keyLengths(column.cipher).join(' / '),
      })
  return key
}

const folded = (raw: Uint8Array, length: number): Uint8Array => {
  const key = new Uint8Array(length)
  raw.forEach((byte, i) => {
    key[i % length] = (key[i % length] ?? 0) ^ byte
  })
  return key
}

type PlaceOf = (name: string) => number

const parseColumn = (index: number, value: unknown, placeOf: PlaceOf): LegacyColumn => {
  const column = object(value, say('column {column} is an object', { column: index + 1 }))
  const cipher = oneOf(column['cipher'], legacyCiphers, 'cipher')
  const mode = oneOf(column['mode'], legacyModes, 'mode')
  const iv = parseIv(column['iv'] ?? (mode === 'ecb' ? 'none' : 'prefix'), placeOf)
  if ((mode === 'ecb') !== (iv === 'none')) throw wrong(mode === 'ecb' ? 'ecb takes no iv' : 'cbc takes an iv')
  if (typeof iv === 'object' && 'hex' in iv && iv.hex.length !== blockBytes(cipher) * 2)
    throw wrong(say('the iv of {cipher} has {bytes} bytes', { cipher, bytes: blockBytes(cipher) }))
  return {
    index,
    cipher,
    mode,
    iv,
    padding: oneOf(column['padding'] ?? 'pkcs7', legacyPaddings, 'padding'),
    encoding: oneOf(column['encoding'] ?? 'base64', legacyEncodings, 'encoding'),
    charset: oneOf(column['charset'] ?? 'utf-8', legacyCharsets, 'charset'),
  }
}

const parseIv = (value: unknown, placeOf: PlaceOf): LegacyColumn['iv'] => {
  if (value === 'none' || value === 'zero' || value === 'prefix') return value
  const iv = object(value, isObject('iv'))
  if (typeof iv['hex'] === 'string' && /^([0-9a-f]{2})+$/i.test(iv['hex'])) return { hex: iv['hex'].toLowerCase() }
  if (typeof iv['column'] === 'string' || typeof iv['column'] === 'number')
    return { column: placeOf(String(iv['column'])) }
  throw wrong('iv is none, zero, prefix, or an object with hex or column')
}

const placeIn =
  (header: readonly string[], columnsBy: 'heading' | 'place'): PlaceOf =>
  (name) => {
    const byName = columnsBy === 'heading' ? header.indexOf(name) : -1
    const index = byName !== -1 ? byName : /^\d{1,4}$/.test(name) ? Number(name) : -1
    if (index < 0 || index >= header.length) throw wrong('a column of the specification is not in the file')
    return index
  }

const isObject = (name: string): Label => say('{name} is an object', { name })

const object = (value: unknown, otherwise: Said): Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(otherwise)
  return value as Record<string, unknown>
}

const oneOf = <T extends string>(value: unknown, choices: readonly T[], name: string): T => {
  const found = choices.find((choice) => choice === value)
  if (found === undefined) throw wrong(say('{name} is one of {choices}', { name, choices: choices.join(', ') }))
  return found
}

const wrong = (what: Said): Fault => new Fault('bad-input', { what })
