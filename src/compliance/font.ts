// The font of reports: taken from its package and unpacked from WOFF to TrueType once, because setting text from a WOFF is a hundred times slower. Keeps compliance-10.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { inflateSync } from 'node:zlib'

export type Weight = 400 | 700

const fonts = new Map<Weight, Promise<Buffer>>()

/** The whole simplified Chinese font, Latin letters included, as TrueType. */
export const reportFont = (weight: Weight): Promise<Buffer> => {
  const known = fonts.get(weight)
  if (known) return known
  const path = import.meta.resolve(
    `@fontsource/noto-sans-sc/files/noto-sans-sc-chinese-simplified-${String(weight)}-normal.woff`,
  )
  const made = readFile(fileURLToPath(path)).then(woffToTrueType)
  fonts.set(weight, made)
  return made
}

/** WOFF 1.0: a table directory of 20-byte rows, each table stored deflated or as it is. */
export const woffToTrueType = (woff: Buffer): Buffer => {
  if (woff.toString('latin1', 0, 4) !== 'wOFF') throw new RangeError('not a WOFF font')
  const count = woff.readUInt16BE(12)
  const tables = Array.from({ length: count }, (_, i) => {
    const row = 44 + i * 20
    const packed = woff.subarray(woff.readUInt32BE(row + 4), woff.readUInt32BE(row + 4) + woff.readUInt32BE(row + 8))
    const length = woff.readUInt32BE(row + 12)
    const data = packed.length < length ? inflateSync(packed) : packed
    if (data.length !== length) throw new RangeError('a table of the font is damaged')
    return { tag: woff.subarray(row, row + 4), checksum: woff.readUInt32BE(row + 16), data }
  })
  const head = Buffer.alloc(12 + count * 16)
  const power = 2 ** Math.floor(Math.log2(count))
  woff.copy(head, 0, 4, 8)
  head.writeUInt16BE(count, 4)
  head.writeUInt16BE(power * 16, 6)
  head.writeUInt16BE(Math.log2(power), 8)
  head.writeUInt16BE((count - power) * 16, 10)
  let at = head.length
  const parts: Buffer[] = [head]
  tables.forEach(({ tag, checksum, data }, i) => {
    const row = 12 + i * 16
    tag.copy(head, row)
    head.writeUInt32BE(checksum, row + 4)
    head.writeUInt32BE(at, row + 8)
    head.writeUInt32BE(data.length, row + 12)
    const padding = Buffer.alloc((4 - (data.length % 4)) % 4)
    parts.push(data, padding)
    at += data.length + padding.length
  })
  return Buffer.concat(parts)
}
