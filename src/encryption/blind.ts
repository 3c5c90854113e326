// Blind indexes: truncated keyed hashes by which sealed values are found. Short enough that a token names many values, so whoever
// searches opens what was found and compares. The leakage of each mode is in SPEC.md, the bytes in docs/formats/keyring.md. Keeps encryption-10.
import { createHmac, type KeyObject } from 'node:crypto'
import { concat, u32, utf8, type Uuid, uuidBytes } from '#kernel'
import { derive, keep } from './digest.ts'
import { type IndexRoot, indexKeysOf } from './index-root.ts'
import { suiteOf } from './suite.ts'

export type TokenMode = 'exact' | 'suffix' | 'ngram' | 'pinyin'

/** One index of a tenant: number, mode, and over how many partitions equal terms are spread (1…16; not of mode exact). */
export interface BlindIndex {
  readonly id: number
  readonly mode: TokenMode
  readonly partitions: number
}

/**
 * The different tokens of a record's normalised terms, each in the partition that the record drew for it; fewer than terms where
 * terms meet in one token. Of modes ngram and pinyin the width depends on the shape of each term, see shapes.
 */
export const indexTokens = (
  root: IndexRoot,
  index: BlindIndex,
  record: Uuid,
  terms: readonly string[],
): readonly bigint[] => {
  const keyed = keyedIndex(root, index)
  const draw = index.partitions > 1 && index.mode !== 'exact' ? drawOf(root, record) : undefined
  return [...new Set(terms.map((term) => tokenOf(keyed, term, (hash) => partOf(draw, hash, index.partitions))))]
}

/** Every token a term can have, one a partition: a record that has the term has one of them. */
export const askedTokens = (root: IndexRoot, index: BlindIndex, term: string): readonly bigint[] => {
  const keyed = keyedIndex(root, index)
  const count = index.mode === 'exact' ? 1 : index.partitions
  return Array.from({ length: count }, (_, part) => tokenOf(keyed, term, () => part))
}

/** Keyed hash of the text that names a source row: a second import of the row finds the first. 32 bytes, not truncated. */
export const importKey = (root: IndexRoot, text: string): Uint8Array => {
  const { import: key, importSuite } = indexKeysOf(root)
  return new Uint8Array(createHmac(suiteOf(importSuite).hash, key).update(text, 'utf8').digest())
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
  exact: { kind: 0, bits: 44 },
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

interface Keyed {
  readonly key: KeyObject
  readonly hash: string
  readonly mode: TokenMode
  /** Index id in the highest 16 bits. */
  readonly head: bigint
  /** 28 bits that only this tenant's tokens end with, so that no two tenants share a list of records. */
  readonly tag: bigint
  readonly recent: Map<string, number>
}

// index id (16) ‖ kind (4) ‖ exact: hash (44); others: partition (4) ‖ hash (12, high bits zero) ‖ tag (28). Read as signed.
const tokenOf = (keyed: Keyed, term: string, part: (hash: number) => number): bigint => {
  const { kind, bits } = shapeOf(keyed.mode, term)
  const head = keyed.head | (BigInt(kind) << 44n)
  if (bits === 44) return BigInt.asIntN(64, head | (macOf(keyed, kind, term).readBigUInt64BE(0) >> 20n))
  const hash = shortHash(keyed, kind, bits, term)
  return BigInt.asIntN(64, head | (BigInt(part(hash) * 4096 + hash) << 28n) | keyed.tag)
}

const macOf = (keyed: Keyed, kind: number, term: string): Buffer =>
  createHmac(keyed.hash, keyed.key)
    .update(kindByte[kind] ?? '', 'latin1')
    .update(term, 'utf8')
    .digest()

// Parts of names are few and come again and again; keyed hashes of the latest ones are kept, those of whole values are not.
const shortHash = (keyed: Keyed, kind: number, bits: number, term: string): number => {
  const known = keyed.recent.get(term)
  if (known !== undefined) return known
  const made = macOf(keyed, kind, term).readUInt32BE(0) >>> (32 - bits)
  if (keyed.recent.size >= recentTerms) keyed.recent.clear()
  keyed.recent.set(term, made)
  return made
}

const recentTerms = 20_000

const kindByte = Array.from({ length: 10 }, (_, kind) => String.fromCharCode(kind))

// One keyed hash a record; each of its terms takes a byte of it, so that terms of one record fall into different partitions.
const drawOf = (root: IndexRoot, record: Uuid): Uint8Array =>
  createHmac(
    indexKeysOf(root).hash,
    derivedKey(root, 'partition', () => concat(utf8('crm/partition/2'), uuidBytes(root.tenant))),
  )
    .update(uuidBytes(record))
    .digest()

const partOf = (draw: Uint8Array | undefined, hash: number, partitions: number): number =>
  draw ? (draw[(hash ^ (hash >> 5)) % draw.length] ?? 0) % partitions : 0

const keyedIndexes = new WeakMap<IndexRoot, Map<string, Keyed>>()

// One for each index of the catalogue, so the map stays as small as the catalogue.
const keyedIndex = (root: IndexRoot, { id, mode }: BlindIndex): Keyed => {
  if (!Number.isInteger(id) || id < 0 || id > 0xffff) throw new RangeError('an index is a number of 16 bits')
  const all = keyedIndexes.get(root) ?? new Map<string, Keyed>()
  keyedIndexes.set(root, all)
  const name = `${mode}/${String(id)}`
  const known = all.get(name)
  if (known) return known
  const key = derivedKey(root, name, () => concat(utf8('crm/index/2'), uuidBytes(root.tenant), u32(id), utf8(mode)))
  const made = { key, hash: indexKeysOf(root).hash, mode, head: BigInt(id) << 48n, tag: tagOf(root), recent: new Map() }
  all.set(name, made)
  return made
}

const tags = new WeakMap<IndexRoot, bigint>()

const tagOf = (root: IndexRoot): bigint => {
  const known = tags.get(root)
  if (known !== undefined) return known
  const key = derivedKey(root, 'tag', () => concat(utf8('crm/tag/2'), uuidBytes(root.tenant)))
  const made = BigInt(createHmac(indexKeysOf(root).hash, key).digest().readUInt32BE(0) >>> 4)
  tags.set(root, made)
  return made
}

// One key per index of the catalogue, so the map stays as small as the catalogue.
const derivedKey = (root: IndexRoot, name: string, info: () => Uint8Array): KeyObject => {
  const { index, hash, derived } = indexKeysOf(root)
  const known = derived.get(name)
  if (known) return known
  const made = keep(derive(hash, index, info(), 32))
  derived.set(name, made)
  return made
}
