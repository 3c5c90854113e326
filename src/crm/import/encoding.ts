// Which characters the bytes of a file are: byte order marks, strict UTF-8, then candidates ranked by what they would spell. Keeps crm-2, crm-3.
import { Fault, type PlainPhrase, say } from '#kernel'
import { commonHan } from './han.ts'

export const encodings = ['utf-8', 'gb18030', 'big5', 'windows-1252', 'utf-16le', 'utf-16be', 'shift_jis'] as const
export type Encoding = (typeof encodings)[number]

export interface Guess {
  readonly encoding: Encoding
  /** Length of the byte order mark. */
  readonly mark: number
  /** Whether nobody needs to be asked. */
  readonly sure: boolean
  /** All that could be, best first; one when sure by mark or strict decoding. */
  readonly candidates: readonly Encoding[]
}

const marks: readonly (readonly [Encoding, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['gb18030', [0x84, 0x31, 0x95, 0x33]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
]

/** The largest file that is read, in bytes. */
export const largestFile = 256 * 1024 * 1024

/** The encoding of a file's bytes, or the best guess with `sure: false`. Throws file-unreadable for what is no text file. */
export const guessEncoding = (bytes: Uint8Array): Guess => {
  refuseOtherFormats(bytes)
  for (const [encoding, mark] of marks)
    if (startsWith(bytes, mark)) return { encoding, mark: mark.length, sure: true, candidates: [encoding] }
  const wide = wideWithoutMark(bytes)
  if (wide) return { encoding: wide, mark: 0, sure: true, candidates: [wide] }
  if (tryDecode(bytes, 'utf-8') !== null) return { encoding: 'utf-8', mark: 0, sure: true, candidates: ['utf-8'] }
  return rank(bytes)
}

/** The whole text. A byte that the encoding does not know is an error, never a silent loss. */
export const decode = (bytes: Uint8Array, encoding: string): string => {
  const known = encodings.find((name) => name === encoding.toLowerCase())
  if (!known)
    throw new Fault('bad-input', { what: say('the encoding is one of {choices}', { choices: encodings.join(', ') }) })
  const mark = marks.find(([name, mark]) => name === known && startsWith(bytes, mark))?.[1].length ?? 0
  const text = tryDecode(bytes.subarray(mark), known)
  if (text === null)
    throw new Fault('file-unreadable', {
      what: say('some bytes are not {encoding}; choose another encoding', { encoding: known }),
    })
  return text
}

const formats: readonly (readonly [readonly number[], PlainPhrase])[] = [
  [
    [0x50, 0x4b, 0x03, 0x04],
    'it is a ZIP archive or an Excel workbook (xlsx); save the sheet as CSV UTF-8 and import that',
  ],
  [[0x50, 0x4b, 0x05, 0x06], 'it is an empty ZIP archive'],
  [
    [0xd0, 0xcf, 0x11, 0xe0],
    'it is an old Excel workbook (xls), perhaps with a password; save the sheet as CSV UTF-8 and import that',
  ],
  [[0x25, 0x50, 0x44, 0x46], 'it is a PDF document'],
  [[0x1f, 0x8b], 'it is compressed with gzip; unpack it first'],
  [[0x89, 0x50, 0x4e, 0x47], 'it is a picture'],
  [[0xff, 0xd8, 0xff], 'it is a picture'],
  [[0xff, 0xfe, 0x00, 0x00], 'UTF-32 is not supported; save it as CSV UTF-8'],
]

const refuseOtherFormats = (bytes: Uint8Array): void => {
  if (bytes.length > largestFile) throw new Fault('too-large', { what: 'the file', limit: '256 MB' })
  for (const [magic, what] of formats) if (startsWith(bytes, magic)) throw new Fault('file-unreadable', { what })
}

const startsWith = (bytes: Uint8Array, prefix: readonly number[]): boolean =>
  prefix.every((byte, i) => bytes[i] === byte)

const tryDecode = (bytes: Uint8Array, encoding: Encoding): string | null => {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/** UTF-16 without a mark: of two neighbouring bytes one is nearly always zero. */
const wideWithoutMark = (bytes: Uint8Array): Encoding | null => {
  const sample = bytes.subarray(0, 4096)
  if (sample.length < 8) return null
  const zeros = [0, 0]
  sample.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2] = (zeros[i % 2] ?? 0) + 1
  })
  const half = sample.length / 2
  if ((zeros[1] ?? 0) > half * 0.6 && (zeros[0] ?? 0) < half * 0.05) return 'utf-16le'
  if ((zeros[0] ?? 0) > half * 0.6 && (zeros[1] ?? 0) < half * 0.05) return 'utf-16be'
  return null
}

/** Scores what each legacy encoding would spell: everyday Han for the Chinese ones, letters inside words for the Western one. */
const rank = (bytes: Uint8Array): Guess => {
  const scored: { encoding: Encoding; score: number; han: number }[] = []
  for (const encoding of ['gb18030', 'big5', 'shift_jis'] as const) {
    const text = tryDecode(bytes, encoding)
    if (text === null) continue
    const { han, everyday } = hanOf(text)
    // Japanese text has kana; without any, the bytes only happen to be allowed.
    const kana = encoding === 'shift_jis' ? (text.match(/[\u3041-\u30fe]/g)?.length ?? 0) : 0
    const score =
      encoding === 'shift_jis' ? (kana === 0 ? 0 : (everyday + kana) / (han + kana)) : han === 0 ? 0 : everyday / han
    scored.push({ encoding, score, han: han + kana })
  }
  const western = tryDecode(bytes, 'windows-1252')
  if (western !== null) scored.push({ encoding: 'windows-1252', score: westernScore(western), han: 0 })
  const isWestern = (one: { encoding: Encoding }): number => Number(one.encoding === 'windows-1252')
  scored.sort((a, b) => b.score - a.score || isWestern(b) - isWestern(a))
  const [best, second] = scored
  if (!best) throw new Fault('file-unreadable', { what: 'its bytes are no text in any known encoding' })
  const clear = best.score >= (best.han > 0 ? 0.35 : 0.75) && best.score - (second?.score ?? 0) >= 0.2
  return { encoding: best.encoding, mark: 0, sure: clear, candidates: scored.map((one) => one.encoding) }
}

const hanOf = (text: string): { han: number; everyday: number } => {
  let han = 0
  let everyday = 0
  for (const character of text.length > 400_000 ? text.slice(0, 400_000) : text) {
    if (character < '\u2e80') continue
    // Halfwidth kana and private use are what wrong decoders spell; they count against.
    if (/\p{Script=Han}|\p{Co}|[\uff61-\uff9f]/u.test(character)) han++
    if (commonHan.has(character)) everyday++
  }
  return { han, everyday }
}

// Letters that mean the same in the Latin code pages 1250, 1252 and 1254: a wrong choice among those would spell them alike.
const westernLetters = new Set('áâäéëíîóôöúüýÁÂÄÉËÍÎÓÔÖÚÜÝßçÇàèêìòùñãõåøæïÀÈÊÑÃÕÅØÆûº°©®«»¿¡–—‘’“”…€£')

const westernScore = (text: string): number => {
  let all = 0
  let good = 0
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i)
    if (character < '\u0080') continue
    all++
    const neighbours =
      /[a-z\u00c0-\u00ff ]/i.test(text.charAt(i - 1)) || /[a-z\u00c0-\u00ff ]/i.test(text.charAt(i + 1))
    const alone = text.charAt(i + 1) < '\u0080' || text.charAt(i - 1) < '\u0080'
    if (westernLetters.has(character) && neighbours && alone) good++
  }
  return all === 0 ? 0 : good / all
}
