// Custody shares: a root key split so that any k of n people bring it back and fewer learn nothing (Shamir over GF(256)). Each share
// is a text to print; docs/formats/share.md has its bytes. Keeps encryption-60: a share is never used before it is known to be good.
import { combine, split } from 'shamir-secret-sharing'
import { concat, Fault, hex, sameBytes, utf8 } from '#kernel'
import { random, sha256 } from '../digest.ts'
import { blockBytes, blockText, checkOf, tidy } from './crockford.ts'
import { fingerprintOf, rootKeyOf } from './root.ts'
import { sharePage } from './share-page.ts'

/** What a keystore knows of the shares of its root key: enough to tell a good share from a bad one, nothing of the key. */
export interface ShareSet {
  /** Three random bytes in hexadecimal: shares of different sets never mix. */
  readonly set: string
  readonly threshold: number
  readonly of: number
  /** By number of the share: SHA-256("holdfast/share/check/1" ‖ share), 16 bytes in hexadecimal. */
  readonly checks: readonly string[]
  /** By number of the share: who was given it, as written down at the time; may be empty. */
  readonly holders: readonly string[]
}

/** A share as its text says it. */
export interface Share {
  readonly set: string
  readonly threshold: number
  readonly of: number
  /** 1 … of. */
  readonly number: number
  /** Fingerprint of the root key. */
  readonly fingerprint: string
  /** The 55 bytes. */
  readonly bytes: Uint8Array
  /** Its place among those given, from 1, to name it by. */
  readonly given: number
}

// C7 ‖ version ‖ set (3) ‖ threshold ‖ of ‖ number ‖ x ‖ id of the root key (10) ‖ y (32) ‖ check (4)
const magic = 0xc7
const version = 1
const headBytes = 19
const shareBytes = headBytes + 32 + 4
const blockCount = 22 // 440 bits, 20 a block
const mostShares = 16

/** Splits a root key. holders: a name for each share, may be shorter. Throws wrong-use unless 2 <= threshold <= of <= 16. */
export const splitRoot = async (
  raw: Uint8Array,
  threshold: number,
  of: number,
  holders: readonly string[] = [],
): Promise<{ readonly set: ShareSet; readonly texts: readonly string[] }> => {
  const whole = Number.isInteger(threshold) && Number.isInteger(of)
  if (!whole || threshold < 2 || of < threshold || of > mostShares)
    throw new Fault('wrong-use', { what: `shares: expected 2 <= threshold <= number of shares <= ${mostShares}` })
  const points = await split(new Uint8Array(raw), of, threshold)
  const set = random(3)
  const { id } = rootKeyOf(raw)
  const shares = points.map((point, i) => {
    const head = concat(
      new Uint8Array([magic, version]),
      set,
      new Uint8Array([threshold, of, i + 1, point[32] ?? 0]),
      id,
    )
    const body = concat(head, point.subarray(0, 32))
    point.fill(0)
    return concat(body, checkBytes(body))
  })
  return {
    set: {
      set: hex(set),
      threshold,
      of,
      checks: shares.map(keptCheck),
      holders: shares.map((_, i) => holders[i] ?? ''),
    },
    texts: shares.map(blocksOf),
  }
}

/** The texts of several shares out of one: each run of lines that hold nothing but blocks is a share, or lines of whole shares. */
export const shareTexts = (text: string): readonly string[] => {
  const runs: string[][] = [[]]
  for (const line of text.split(/\r?\n/)) {
    const blocks = blocksOfLine(line)
    if (blocks.length === 0 || blocks.length === blockCount) runs.push([])
    if (blocks.length > 0) runs.at(-1)?.push(line)
  }
  return runs.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'))
}

/** All shares of some texts, each named by its place. */
export const parseShares = (texts: readonly string[]): readonly Share[] =>
  texts.map((text, i) => parseShare(text, i + 1))

/** The page of a share to print, from its blocks. */
export const printedShare = (text: string, holder: string): string => {
  const share = parseShare(text, 1)
  return sharePage({ ...share, holder, blocks: blocksOf(share.bytes).split(' ') })
}

/**
 * A share out of its text: the page, or its blocks alone. given: its place among those given, from 1, to name it by. Faults:
 * share-not-one, share-mistyped, share-damaged.
 */
export const parseShare = (text: string, given: number): Share => {
  const blocks = text.split(/\r?\n/).flatMap(blocksOfLine)
  if (blocks.length !== blockCount)
    throw new Fault('share-not-one', { given, expected: blockCount, found: blocks.length })
  blocks.forEach((block, i) => {
    if (checkOf(block.slice(0, 4), i) !== block[4]) throw new Fault('share-mistyped', { given, block: i + 1 })
  })
  const bytes = blockBytes(blocks.map((block) => block.slice(0, 4)).join(''))
  const [first, second, , , , threshold = 0, of = 0, number = 0, x = 0] = bytes ?? []
  const sound = threshold >= 2 && threshold <= of && of <= mostShares && number >= 1 && number <= of && x > 0
  const ours = bytes?.length === shareBytes && first === magic && second === version && sound
  if (!ours || !sameBytes(checkBytes(bytes.subarray(0, -4)), bytes.subarray(-4)))
    throw new Fault('share-damaged', { given })
  const fingerprint = fingerprintOf(bytes.slice(9, headBytes))
  return { set: hex(bytes.subarray(2, 5)), threshold, of, number, fingerprint, bytes, given }
}

/**
 * The root key out of shares. known: what the keystore says of them; without it (recovery) they must agree with each other. Faults:
 * share-foreign, share-damaged, share-repeated, each naming the share; shares-missing with how many are needed and good.
 */
export const combineShares = async (
  shares: readonly Share[],
  known?: ShareSet & { readonly id: string },
): Promise<Uint8Array> => {
  checkTogether(shares, known)
  const threshold = known?.threshold ?? shares[0]?.threshold ?? 2
  if (shares.length < threshold) throw new Fault('shares-missing', { needed: threshold, good: shares.length })
  const points = shares
    .slice(0, threshold)
    .map(({ bytes }) => concat(bytes.subarray(headBytes, headBytes + 32), bytes.subarray(8, 9)))
  const raw = await combine(points)
  points.forEach((point) => point.fill(0))
  if (raw.length !== 32 || fingerprintOf(rootKeyOf(raw).id) !== (known?.id ?? shares[0]?.fingerprint)) {
    raw.fill(0)
    // Every share carries its own checks, so one of them was made to look right; without the keystore no one can say which.
    throw new Fault('share-damaged', { given: shares.map(({ given }) => given).join(', ') })
  }
  return raw
}

/** Whether shares belong together and to what the keystore knows. Faults: share-foreign, share-damaged, share-repeated. */
export const checkTogether = (
  shares: readonly Share[],
  known: (ShareSet & { readonly id: string }) | undefined,
): void => {
  const first = shares[0]
  shares.forEach((share, i) => {
    const { given } = share
    const expected = known ?? (first && { ...first, id: first.fingerprint })
    if (share.fingerprint !== expected?.id || share.set !== expected.set)
      throw new Fault('share-foreign', { given, set: share.set })
    const falsified = share.threshold !== expected.threshold || share.of !== expected.of
    if (falsified || (known && known.checks[share.number - 1] !== keptCheck(share.bytes)))
      throw new Fault('share-damaged', { given })
    if (shares.findIndex((other) => other.number === share.number) < i)
      throw new Fault('share-repeated', { given, number: share.number })
  })
}

const checkBytes = (body: Uint8Array): Uint8Array => sha256(concat(utf8('holdfast/share/1'), body)).subarray(0, 4)

const keptCheck = (share: Uint8Array): string =>
  hex(sha256(concat(utf8('holdfast/share/check/1'), share)).subarray(0, 16))

const blocksOf = (bytes: Uint8Array): string =>
  (blockText(bytes).match(/.{4}/g) ?? []).map((block, i) => block + checkOf(block, i)).join(' ')

// As on the recovery sheet: a line of blocks holds nothing but blocks; every other line of the page is for people.
const blocksOfLine = (line: string): readonly string[] => {
  const tokens = tidy(line)
    .split(/[\s-]+/)
    .filter((token) => token !== '')
  return tokens.every((token) => /^[0-9A-HJKMNP-TV-Z]{5}$/.test(token)) ? tokens : []
}
