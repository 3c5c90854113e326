// Passwords that very many people have: the published list of a package, and what Chinese speakers type, made by rule. Keeps identity-170.
import { createRequire } from 'node:module'

/** Shorter entries of the list are pieces of too much that is good. */
const shortestPiece = 6

let list: ReadonlySet<string> | undefined

/** The list, in lower case; read when it is first asked for. */
const listed = (): ReadonlySet<string> => {
  if (list) return list
  const { dictionary } = createRequire(import.meta.url)('@zxcvbn-ts/language-common') as {
    readonly dictionary: Readonly<Record<string, readonly string[]>>
  }
  list = new Set((dictionary['passwords-common'] ?? []).map((password) => password.toLowerCase()))
  return list
}

/** How many passwords the list holds. */
export const commonCount = (): number => listed().size

/** Whether a text, already in lower case, is one of the list or of the Chinese kind: syllables with digits that sound well, either way round. */
export const isCommon = (text: string): boolean => {
  if (listed().has(text)) return true
  const [, before = '', word = '', after = ''] = /^(\d*)([a-z]*)(\d*)$/u.exec(text) ?? []
  return word !== '' && isPinyinWord(word) && (before === '' || isWellSounding(before)) && isWellSounding(after)
}

/** The longest entry of the list that begins at a place of a text, as its length; 0: none. */
export const commonAt = (text: string, at: number): number => {
  const known = listed()
  for (let length = Math.min(longestEntry, text.length - at); length >= shortestPiece; length -= 1) {
    if (known.has(text.slice(at, at + length))) return length
  }
  return 0
}

const longestEntry = 18

/** Words of pinyin that passwords are made of; several in a row are one still. */
const isPinyinWord = (word: string): boolean => wholeWords.test(word)

/** Digits that mean something when they are read aloud, years, dates, and telephone numbers. */
const isWellSounding = (digits: string): boolean => wholeNumbers.test(digits)

const surnames =
  'wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo zheng liang xie song tang deng han feng cao'
const names =
  'wei fang na min jing lei qiang jun yang yong yan jie tao ming chao hong ping gang hua fei bo hao yu xin ting mei ling bin kai peng'
const words =
  'woaini aini woaiwo wo ni ai baobei baobao laopo laogong mima denglu guanli guanliyuan zhongguo beijing shanghai shenzhen guangzhou nihao xiexie kehu xiaoshou gongsi'
const alternatives = (text: string): string =>
  text
    .split(' ')
    .sort((a, b) => b.length - a.length)
    .join('|')

const wholeWords = new RegExp(
  `^(?:(?:${alternatives(words)})+|(?:${alternatives(surnames)})(?:xiao|da)?(?:${alternatives(names)}){1,2})$`,
  'u',
)
const wholeNumbers =
  /^(?:5201314|1314520|1314521|5211314|1314|520|521|518|168|188|888|666|999|123|1234|12345|123456|123456789|123123|321|000|111|147258369|1[3-9]\d{9}|(?:19|20)\d\d(?:[01]\d[0-3]\d)?|(\d)\1*)*$/u
