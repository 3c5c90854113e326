// AES-256-GCM of many short messages of one shape: the same bytes as one call of node:crypto each, without the price of the calls.
// Keeps encryption-121, encryption-122. Why it is here, and what was refused: docs/decisions/0150.
//
// NIST SP 800-38D. The block cipher stays OpenSSL's: all counter blocks of a batch go through it in one call (§6.5: the counter mode of
// GCM is the block cipher over counter blocks, no two of which are the same). GHASH is ours. With messages of one length its sum is
// block 1 · Hⁿ ⊕ block 2 · Hⁿ⁻¹ ⊕ … (§6.4), so each block is multiplied by a constant, and a constant has a table. What is looked
// up is told by bytes that anybody may see, authenticated data and ciphertext, never by a secret: caches give nothing away.
import { createCipheriv, type KeyObject } from 'node:crypto'
import { nonceBytes, tagBytes } from './suite.ts'

/** What the messages of a batch have in common. Sealed ones lie one behind another: nonce ‖ ciphertext ‖ tag. */
export interface Shape {
  readonly aadBytes: number
  readonly bodyBytes: number
}

/** A key made ready for batches of a shape. Holds GHASH's secret until it is wiped. */
export interface BatchKey {
  readonly shape: Shape
  /**
   * Opens `count` messages: plain texts, one after another, come into `plain`. False where any tag is wrong, and then not one byte
   * of them has been written.
   */
  open(count: number, aads: Uint8Array, sealed: Uint8Array, plain: Uint8Array): boolean
  /** Seals `count` plain texts under the nonces that stand in `sealed` already. */
  seal(count: number, aads: Uint8Array, plain: Uint8Array, sealed: Uint8Array): void
  wipe(): void
}

export const batchKey = (key: KeyObject, shape: Shape): BatchKey => {
  const { aadBytes, bodyBytes } = shape
  if (bodyBytes > longestBody) throw new RangeError('a message of a batch is short')
  const blocks = Math.ceil(bodyBytes / block)
  const stride = nonceBytes + bodyBytes + tagBytes
  const table = tableOf(key, shape)
  const text = textOf(shape)
  const sum = new Int32Array(4)
  const sumBytes = new Uint8Array(sum.buffer)

  /** Encrypted counter blocks: for each message the mask of its tag, then those of its text (SP 800-38D 7.1). */
  const masksOf = (count: number, sealed: Uint8Array): Uint8Array => {
    const counters = new Uint8Array(count * (1 + blocks) * block)
    for (let n = 0, at = 0; n < count; n++) {
      for (let i = 1; i <= 1 + blocks; i++, at += block) {
        for (let b = 0; b < nonceBytes; b++) counters[at + b] = sealed[n * stride + b] ?? 0
        counters[at + block - 2] = i >>> 8
        counters[at + block - 1] = i
      }
    }
    return encryptBlocks(key, counters)
  }

  /** The tag of message n over its authenticated data and ciphertext, into `sumBytes`. */
  const tagOf = (n: number, aads: Uint8Array, sealed: Uint8Array, masks: Uint8Array): void => {
    for (let i = 0; i < aadBytes; i++) text.bytes[i] = aads[n * aadBytes + i] ?? 0
    const body = n * stride + nonceBytes
    for (let i = 0; i < bodyBytes; i++) text.bytes[text.bodyAt + i] = sealed[body + i] ?? 0
    ghash(table, text.bytes, sum)
    const mask = n * (1 + blocks) * block
    for (let i = 0; i < tagBytes; i++) sumBytes[i] = (sumBytes[i] ?? 0) ^ (masks[mask + i] ?? 0)
  }

  const crypt = (
    from: Uint8Array,
    fromAt: number,
    to: Uint8Array,
    toAt: number,
    masks: Uint8Array,
    n: number,
  ): void => {
    const mask = (n * (1 + blocks) + 1) * block
    for (let i = 0; i < bodyBytes; i++) to[toAt + i] = (from[fromAt + i] ?? 0) ^ (masks[mask + i] ?? 0)
  }

  return {
    shape,
    open: (count, aads, sealed, plain) => {
      const masks = masksOf(count, sealed)
      let wrong = 0
      for (let n = 0; n < count; n++) {
        tagOf(n, aads, sealed, masks)
        const tag = n * stride + nonceBytes + bodyBytes
        // Every byte of every tag, whatever was found before.
        for (let i = 0; i < tagBytes; i++) wrong |= (sumBytes[i] ?? 0) ^ (sealed[tag + i] ?? 0)
      }
      if (wrong === 0)
        for (let n = 0; n < count; n++) crypt(sealed, n * stride + nonceBytes, plain, n * bodyBytes, masks, n)
      masks.fill(0)
      return wrong === 0
    },
    seal: (count, aads, plain, sealed) => {
      const masks = masksOf(count, sealed)
      for (let n = 0; n < count; n++) {
        crypt(plain, n * bodyBytes, sealed, n * stride + nonceBytes, masks, n)
        tagOf(n, aads, sealed, masks)
        sealed.set(sumBytes, n * stride + nonceBytes + bodyBytes)
      }
      masks.fill(0)
    },
    wipe: () => {
      table.fill(0)
    },
  }
}

const block = 16
/** Tables grow with it: half a kibibyte for each byte. */
const longestBody = 1024

/** The block cipher over blocks that are all different: one call, whatever their number. */
const encryptBlocks = (key: KeyObject, blocks: Uint8Array): Buffer => {
  const cipher = createCipheriv('aes-256-ecb', key, null)
  cipher.setAutoPadding(false)
  const out = cipher.update(blocks)
  cipher.final()
  return out
}

/** The text GHASH reads: authenticated data and ciphertext, each filled up to whole blocks, and their lengths in bits. */
const textOf = ({ aadBytes, bodyBytes }: Shape): { readonly bytes: Uint8Array; readonly bodyAt: number } => {
  const bodyAt = Math.ceil(aadBytes / block) * block
  const lengthsAt = bodyAt + Math.ceil(bodyBytes / block) * block
  const bytes = new Uint8Array(lengthsAt + block)
  const view = new DataView(bytes.buffer)
  view.setUint32(lengthsAt + 4, aadBytes * 8)
  view.setUint32(lengthsAt + 12, bodyBytes * 8)
  return { bytes, bodyAt }
}

// Words of one half byte at one place of the text: 16 values of 4 words each.
const nibbleWords = 16 * 4

const ghash = (table: Int32Array, text: Uint8Array, sum: Int32Array): void => {
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  for (let i = 0, at = 0; i < text.length; i++, at += 2 * nibbleWords) {
    const byte = text[i] ?? 0
    const high = at + (byte >>> 4) * 4
    const low = at + nibbleWords + (byte & 15) * 4
    a ^= (table[high] ?? 0) ^ (table[low] ?? 0)
    b ^= (table[high + 1] ?? 0) ^ (table[low + 1] ?? 0)
    c ^= (table[high + 2] ?? 0) ^ (table[low + 2] ?? 0)
    d ^= (table[high + 3] ?? 0) ^ (table[low + 3] ?? 0)
  }
  sum[0] = a
  sum[1] = b
  sum[2] = c
  sum[3] = d
}

/** For each half byte of the text and each of its 16 values: that value, at its place, times the power of H of its block. */
const tableOf = (key: KeyObject, shape: Shape): Int32Array => {
  const { bytes } = textOf(shape)
  const blocks = bytes.length / block
  const table = new Int32Array(bytes.length * 2 * nibbleWords)
  const h = elementOf(encryptBlocks(key, new Uint8Array(block)))
  let power = h
  for (let n = blocks - 1; n >= 0; n--) {
    tabulate(table, n * block * 2 * nibbleWords, power)
    power = product(power, h)
  }
  return table
}

const tabulate = (table: Int32Array, start: number, power: Element): void => {
  const view = new DataView(table.buffer)
  let term = power
  for (let at = start; at < start + 2 * block * nibbleWords; at += nibbleWords) {
    // The first bit of a half byte is the lowest power of x.
    for (let value = 8; value > 0; value >>= 1) {
      term.forEach((word, i) => {
        view.setUint32((at + value * 4 + i) * 4, word)
      })
      term = timesX(term)
    }
    for (let value = 1; value < 16; value++) {
      const last = value & -value
      if (last === value) continue
      for (let i = 0; i < 4; i++)
        table[at + value * 4 + i] = (table[at + last * 4 + i] ?? 0) ^ (table[at + (value ^ last) * 4 + i] ?? 0)
    }
  }
}

/** An element of GF(2^128), its first bit the coefficient of x⁰ (SP 800-38D 6.3). */
type Element = readonly [number, number, number, number]

const elementOf = (bytes: Buffer): Element => [
  bytes.readUInt32BE(0),
  bytes.readUInt32BE(4),
  bytes.readUInt32BE(8),
  bytes.readUInt32BE(12),
]

const timesX = ([a, b, c, d]: Element): Element => [
  // R = 11100001 ‖ 0¹²⁰, taken where a bit falls out.
  (a >>> 1) ^ (-(d & 1) & 0xe1000000),
  (b >>> 1) | (a << 31),
  (c >>> 1) | (b << 31),
  (d >>> 1) | (c << 31),
]

/** Without a branch or an address that depends on either factor. */
const product = (x: Element, y: Element): Element => {
  let [a, b, c, d] = [0, 0, 0, 0]
  let term = y
  for (const word of x) {
    for (let bit = 31; bit >= 0; bit--) {
      const taken = -((word >>> bit) & 1)
      a ^= term[0] & taken
      b ^= term[1] & taken
      c ^= term[2] & taken
      d ^= term[3] & taken
      term = timesX(term)
    }
  }
  return [a, b, c, d]
}
