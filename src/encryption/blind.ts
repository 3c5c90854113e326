// Blind indexes: truncated keyed hashes by which sealed values are found. Short enough that a token names many values, so whoever
// searches opens what was found and compares. The leakage of each mode is in SPEC.md. Keeps encryption-10.
import { createHmac, type KeyObject } from 'node:crypto'
import { concat, u32, utf8, uuidBytes } from '#kernel'
import { derive, keep } from './digest.ts'
import { type Epoch, keysOf } from './epoch.ts'
import { suiteOf } from './suite.ts'

export type TokenMode = 'exact' | 'suffix' | 'ngram' | 'pinyin'

/**
 * The different tokens of normalised terms, in the order of their first appearance; fewer than terms where terms repeat or meet
 * in one token. Of modes ngram and pinyin the width depends on the shape of each term, see shapes.
 */
export const indexTokens = (
  epoch: Epoch,
  indexId: number,
  mode: TokenMode,
  terms: readonly string[],
): readonly bigint[] => {
  const key = indexKey(epoch, indexId, mode)
  const { hash } = suiteOf(epoch.suite)
  return [...new Set(terms.map((term) => tokenOf(key, hash, shapeOf(mode, term), term)))]
}

/** Keyed hash of the text that names a source row: a second import of the row finds the first. 32 bytes, not truncated. */
export const importKey = (epoch: Epoch, text: string): Uint8Array => {
  const key = cached(epoch, 'import', () => concat(utf8('crm/import/1'), uuidBytes(epoch.tenant)))
  return new Uint8Array(createHmac(suiteOf(epoch.suite).hash, key).update(text, 'utf8').digest())
}

/** A kind of term within an index, and how many bits of its hash are kept. */
interface Shape {
  readonly kind: number
  readonly bits: number
}

// sqrt(X) < 2^bits < X/2 for X values that occur (AWS beacon rule): enough collisions that a token does not name its value,
// few enough that what is opened in vain stays small. About 10^4 tails, 500 pairs of initials, 600 Latin pairs and 10^4 triples
// occur. What can be a surname alone, one character or one syllable, is kept far shorter than the rule asks: how often each
// surname occurs is public, and 6 bits are where matching by rank stops paying.
const shapes = {
  exact: { kind: 0, bits: 64 },
  suffix: { kind: 1, bits: 12 },
  initials: { kind: 2, bits: 8 },
  wideOne: { kind: 3, bits: 6 },
  widePair: { kind: 4, bits: 12 },
  latinOne: { kind: 5, bits: 4 },
  latinPair: { kind: 6, bits: 8 },
  latinMore: { kind: 7, bits: 12 },
  syllable: { kind: 8, bits: 6 },
  syllables: { kind: 9, bits: 12 },
} as const satisfies Record<string, Shape>

const shapeOf = (mode: TokenMode, term: string): Shape => {
  if (mode === 'ngram') return ngramShape(term)
  return mode === 'pinyin' ? pinyinShape(term) : shapes[mode]
}

const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u

const ngramShape = (term: string): Shape => {
  // A leading ^ marks the beginning of a word and is no letter.
  const { length } = Array.from(term.startsWith('^') ? term.slice(1) : term)
  if (wide.test(term)) return length === 1 ? shapes.wideOne : shapes.widePair
  if (length > 2) return shapes.latinMore
  return length === 2 ? shapes.latinPair : shapes.latinOne
}

// Terms are i:zw (first letters) or s:zhangwei. The longest syllable has six letters, so what is longer is more than one.
const pinyinShape = (term: string): Shape => {
  if (term.startsWith('i:')) return shapes.initials
  return term.length > 's:'.length + 6 ? shapes.syllables : shapes.syllable
}

// Tokens fit int8. An exact token is 64 bits, signed; the others are kind × 2^16 + hash, so kinds never meet.
const tokenOf = (key: KeyObject, hash: string, shape: Shape, term: string): bigint => {
  const mac = createHmac(hash, key)
    .update(kindByte[shape.kind] ?? '', 'latin1')
    .update(term, 'utf8')
    .digest()
  if (shape.bits === 64) return mac.readBigInt64BE(0)
  return BigInt(shape.kind * 65_536 + (mac.readUInt32BE(0) >>> (32 - shape.bits)))
}

const kindByte = Array.from({ length: 10 }, (_, kind) => String.fromCharCode(kind))

const indexKey = (epoch: Epoch, indexId: number, mode: TokenMode): KeyObject =>
  cached(epoch, `${mode}/${indexId}`, () =>
    concat(utf8('crm/index/1'), uuidBytes(epoch.tenant), u32(indexId), utf8(mode)),
  )

// One key per index of the catalogue, so the map stays as small as the catalogue.
const cached = (epoch: Epoch, name: string, info: () => Uint8Array): KeyObject => {
  const { index, indexKeys } = keysOf(epoch)
  const known = indexKeys.get(name)
  if (known) return known
  const made = keep(derive(suiteOf(epoch.suite).hash, index, info(), 32))
  indexKeys.set(name, made)
  return made
}
