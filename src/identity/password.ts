// How strong a password is, and passwords made by us. Predictable pieces count for little, so length alone is not enough. Keeps identity-1, identity-170.
import { Fault, verbatim } from '#kernel'
import { random } from '#encryption'
import { commonAt, isCommon } from './common.ts'
import { commonWords, walks } from './words.ts'

export interface Strength {
  readonly ok: boolean
  /** 0 … 4; 3 and 4 are accepted. */
  readonly score: number
  readonly advice: { readonly zh: string; readonly en: string } | null
}

/** Control IAM-03 asks for 12. */
export const shortestPassword = 12
/** Longer input is refused unread: hashing must not be a way to keep the machine busy. */
export const longestPassword = 256

/** Judges a password; about: name, e-mail, organisation of the person, which must not be what it is made of. */
export const passwordStrength = (password: string, about: readonly string[] = []): Strength => {
  const text = normalPassword(password)
  const length = Array.from(text).length
  if (length > longestPassword)
    return weak(0, `最多 ${longestPassword} 个字符`, `at most ${longestPassword} characters`)
  const found = predictable(text, about)
  const bits = found.left * bitsPerCharacter(text) + found.pieces * 8 + found.listed * 14
  const score = bits < 24 ? 0 : bits < 40 ? 1 : bits < 54 ? 2 : bits < 80 ? 3 : 4
  if (length < shortestPassword) {
    return weak(Math.min(score, 2), `至少 ${shortestPassword} 个字符`, `use at least ${shortestPassword} characters`)
  }
  if (commonly(text)) {
    return weak(
      Math.min(score, 1),
      '这是很多人使用的常见密码，请换一个',
      'very many people use this password; choose another',
    )
  }
  if (new Set(text).size < 5) return weak(Math.min(score, 1), '请使用更多不同的字符', 'use more different characters')
  if (score < 3 && found.personal) {
    return weak(score, '请勿用姓名、邮箱或单位名称组成密码', 'do not build it from your name, e-mail or organisation')
  }
  if (score < 3) {
    return weak(
      score,
      '请避免常用词、键盘顺序、重复和年份，可用几个互不相关的词',
      'avoid common words, keyboard rows, repeats and years; a few unrelated words are good',
    )
  }
  return { ok: true, score, advice: null }
}

export interface About {
  readonly email?: string
  readonly name?: string
  readonly organisation?: string
}

/** Throws weak-password with the advice. */
export const demandStrength = (password: string, about: About = {}): void => {
  const words = [about.email, about.name, about.organisation].filter((word) => word !== undefined)
  const { ok, advice } = passwordStrength(password, words)
  if (!ok) throw new Fault('weak-password', { what: advice ?? verbatim('') })
}

/** One spelling for the same characters, whatever keyboard they came from. */
export const normalPassword = (password: string): string => password.normalize('NFKC')

/** A password for one use: four groups of four from letters and digits that are not mistaken for another (79 bits). */
export const oneTimePassword = (): string => {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz2345678'
  const letters: string[] = []
  while (letters.length < 16) {
    // 248 = 8 × 31: bytes above it are dropped, or early letters would come more often.
    for (const byte of random(32)) if (byte < 248 && letters.length < 16) letters.push(alphabet.charAt(byte % 31))
  }
  return [0, 4, 8, 12].map((at) => letters.slice(at, at + 4).join('')).join('-')
}

const weak = (score: number, zh: string, en: string): Strength => ({ ok: false, score, advice: { zh, en } })

/** Whether a password is among the common ones, as it stands or with letters swapped for signs and a tail of digits and signs added. */
const commonly = (text: string): boolean => {
  const plain = text.toLowerCase()
  const bare = plain.replace(/^[\d\W_]+|[\d\W_]+$/gu, '')
  const spellings = [plain, unswap(plain), plain.replaceAll(/[\s._-]/gu, '')]
  return spellings.some(isCommon) || (bare.length >= 8 && plain.length - bare.length <= 4 && isCommon(unswap(bare)))
}

interface Found {
  /** Characters that belong to no predictable piece. */
  readonly left: number
  readonly pieces: number
  /** Pieces of the list of common passwords: a guesser needs more tries for them, since the list is long. */
  readonly listed: number
  readonly personal: boolean
}

const predictable = (text: string, about: readonly string[]): Found => {
  const plain = text.toLowerCase()
  const unswapped = unswap(plain)
  const taken = new Array<boolean>(plain.length).fill(false)
  let pieces = 0
  const take = (from: number, to: number): void => {
    if (taken.slice(from, to).includes(true)) return
    taken.fill(true, from, to)
    pieces += 1
  }
  for (const part of partsOf(about)) for (const at of places(unswapped, unswap(part))) take(at, at + part.length)
  const personal = pieces > 0
  for (const word of wordsByLength) for (const at of places(unswapped, word)) take(at, at + word.length)
  for (const pattern of [repeats, echoes, years]) {
    for (const match of plain.matchAll(pattern)) take(match.index, match.index + match[0].length)
  }
  for (const [from, to] of walksIn(plain)) take(from, to)
  let listed = 0
  for (let at = 0; at < unswapped.length; at += 1) {
    const length = taken[at] === true ? 0 : Math.max(commonAt(plain, at), commonAt(unswapped, at))
    if (length === 0 || taken.slice(at, at + length).includes(true)) continue
    taken.fill(true, at, at + length)
    listed += 1
    at += length - 1
  }
  return { left: taken.filter((hit) => !hit).length, pieces, listed, personal }
}

const repeats = /(.)\1{2,}/gu
const echoes = /(.{2,8})\1+/gu
const years = /(?:19|20)\d\d(?:[-./]?(?:0?[1-9]|1[0-2])(?:[-./]?[0-3]?\d)?)?/g

const swaps: Readonly<Record<string, string>> = { 0: 'o', 1: 'l', 3: 'e', 4: 'a', 5: 's', 7: 't', '@': 'a', $: 's' }
const unswap = (text: string): string => text.replaceAll(/[013457@$]/g, (sign) => swaps[sign] ?? sign)

const places = (text: string, part: string): readonly number[] => {
  const found: number[] = []
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) found.push(at)
  return found
}

const byLength = (words: readonly string[]): readonly string[] =>
  [...new Set(words)].sort((a, b) => b.length - a.length)
const wordsByLength = byLength(commonWords)

const partsOf = (about: readonly string[]): readonly string[] =>
  byLength(
    about
      .flatMap((text) => [text, ...text.split(/[\s@.,_+-]+/u)])
      .map((part) => part.normalize('NFKC').toLowerCase())
      .filter((part) => part.length >= 3 || (part.length >= 2 && /\p{Script=Han}/u.test(part))),
  )

const bothWays = walks.flatMap((walk) => [walk, Array.from(walk).reverse().join('')])

const walksIn = (text: string): readonly (readonly [number, number])[] => {
  const found: [number, number][] = []
  for (let at = 0; at < text.length;) {
    let to = at
    while (to < text.length && bothWays.some((walk) => walk.includes(text.slice(at, to + 1)))) to += 1
    if (to - at >= 4) found.push([at, to])
    at = to - at >= 4 ? to : at + 1
  }
  return found
}

/** Bits a guesser needs for one character of this kind of text; people do not choose evenly, so well below log2 of the alphabet. */
const bitsPerCharacter = (text: string): number => {
  if (/\p{Script=Han}/u.test(text)) return 7
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(text)).length
  return [3.5, 4, 4.7, 5.2, 5.8][kinds] ?? 3.5
}
