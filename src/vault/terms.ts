// Normal forms and search terms: what a sealed value is found by before it becomes keyed tokens. Keeps vault-6.
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { pinyin } from 'pinyin-pro'
import type { Field } from '#kernel'

/** Text compared for equality: NFKC, lower case, single spaces. */
export const normalText = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll(/\s+/gu, ' ').trim()

/** A phone number in E.164 digits where it is one (country: China unless it says another), else its digits. */
export const normalPhone = (text: string): string => {
  const plain = text.normalize('NFKC')
  if (mobile.test(plain)) return `+86${plain}`
  const parsed = plain.length <= 64 ? parsePhoneNumberFromString(plain, 'CN') : undefined
  if (parsed?.isPossible() === true) return parsed.number
  return plain.replaceAll(/[^\d]/gu, '')
}

// Most numbers there are: a mobile phone of China as people write it. Reading it by all rules takes longer than the rest of a look-up. What
// begins like the code of a carrier (12…, 179) is left to the rules.
const mobile = /^1(?:[3-689]\d|7[0-8])\d{8}$/u

/** The last four digits of the number proper, without an extension. */
export const phoneTail = (text: string): string => {
  const plain = text.normalize('NFKC').replace(/\s*(x|ext\.?|转|分机)\s*\d+$/iu, '')
  return plain.replaceAll(/\D/gu, '').slice(-4)
}

/** The form in which values of a field are equal. */
export const normal = (field: Field, text: string): string => {
  if (field.kind === 'phone') return normalPhone(text)
  if (field.kind === 'idnumber' || field.kind === 'bankcard')
    return text
      .normalize('NFKC')
      .toUpperCase()
      .replaceAll(/[^0-9A-Z]/gu, '')
  return normalText(text)
}

const han = /\p{Script=Han}/u

/** Letters without accents, in lower case, for Latin n-grams. */
const plainLatin = (text: string): string => normalText(text).normalize('NFKD').replaceAll(/\p{M}/gu, '')

const words = (text: string): readonly string[] => text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')

/** Runs of Han and of other letters inside a word: 张wei → 张, wei. */
const runs = (word: string): readonly string[] => word.match(/\p{Script=Han}+|[^\p{Script=Han}]+/gu) ?? []

/**
 * Terms a name is indexed under. Han: each character and each pair of neighbours. Others: trigrams, and the first one and two
 * letters of each word marked with ^.
 */
export const nameTerms = (text: string): readonly string[] => {
  const terms = new Set<string>()
  for (const run of words(plainLatin(text)).flatMap(runs)) {
    const letters = Array.from(run)
    if (han.test(run)) {
      letters.forEach((letter, i) => {
        terms.add(letter)
        const next = letters[i + 1]
        if (next !== undefined) terms.add(letter + next)
      })
    } else {
      terms.add(`^${letters[0] ?? ''}`)
      if (letters.length > 1) terms.add(`^${letters.slice(0, 2).join('')}`)
      for (let i = 0; i + 3 <= letters.length; i++) terms.add(letters.slice(i, i + 3).join(''))
    }
  }
  return [...terms].slice(0, 256)
}

/** Syllables of the Han runs of a name; the first run is read as a person's name, so that surnames sound right. */
const syllables = (text: string): readonly (readonly string[])[] =>
  (normalText(text).match(/\p{Script=Han}+/gu) ?? []).map((run) =>
    pinyin(run.slice(0, 32), { toneType: 'none', type: 'array', mode: 'surname', v: true }).map((s) => s.toLowerCase()),
  )

/** Pinyin terms of a name: one to three neighbouring syllables (s:zhang, s:zhangwei), pairs of initials (i:zw). */
export const pinyinTerms = (text: string): readonly string[] => {
  const terms = new Set<string>()
  for (const run of syllables(text)) {
    run.forEach((syllable, i) => {
      terms.add(`s:${syllable}`)
      const next = run[i + 1]
      if (next !== undefined) {
        terms.add(`s:${syllable}${next}`)
        terms.add(`i:${syllable[0] ?? ''}${next[0] ?? ''}`)
        const third = run[i + 2]
        if (third !== undefined) terms.add(`s:${syllable}${next}${third}`)
      }
    })
  }
  return [...terms].slice(0, 160)
}

/** Terms that a name containing the query must have; none where the query is too short to be looked up. */
export const nameQuery = (query: string): readonly string[] => {
  const terms = new Set<string>()
  for (const run of words(plainLatin(query)).flatMap(runs)) {
    const letters = Array.from(run)
    if (han.test(run)) {
      if (letters.length === 1) terms.add(run)
      for (let i = 0; i + 2 <= letters.length; i++) terms.add(letters.slice(i, i + 2).join(''))
    } else if (letters.length < 3) {
      terms.add(`^${run}`)
    } else {
      for (let i = 0; i + 3 <= letters.length; i++) terms.add(letters.slice(i, i + 3).join(''))
    }
  }
  return [...terms].slice(0, 6)
}

/** Sets of pinyin terms, each of which a match could have, for a query of Latin letters: as syllables, and as initials. */
export const pinyinQuery = (query: string): readonly (readonly string[])[] => {
  const letters = plainLatin(query).replaceAll(/[\s']/gu, '')
  if (!/^[a-zü]{2,24}$/u.test(letters)) return []
  const initials: string[] = []
  for (let i = 0; i + 2 <= letters.length && initials.length < 4; i++) initials.push(`i:${letters.slice(i, i + 2)}`)
  return [[`s:${letters}`], initials]
}

/** Whether a name truly matches a query: contains it, begins a word with it, or sounds like it. */
export const nameMatches = (text: string, query: string): boolean => {
  const plain = plainLatin(text)
  const wanted = words(plainLatin(query))
  if (wanted.length > 0 && wanted.every((word) => containsWord(plain, word))) return true
  const letters = plainLatin(query).replaceAll(/[\s']/gu, '')
  if (!/^[a-zü]{2,24}$/u.test(letters)) return false
  return couldSound(text, letters) && syllables(text).some((run) => soundsLike(run, letters))
}

const containsWord = (plain: string, word: string): boolean =>
  han.test(word) || Array.from(word).length >= 3
    ? plain.includes(word)
    : words(plain).some((w) => runs(w).some((run) => run.startsWith(word)))

const soundsLike = (run: readonly string[], letters: string): boolean => {
  const initials = run.map((s) => s[0] ?? '').join('')
  return (
    initials.includes(letters) || run.some((_, i) => [1, 2, 3].some((n) => run.slice(i, i + n).join('') === letters))
  )
}

/** Every reading of a Han character, kept: characters are few, and reading a whole name in context is slow. */
const readings = (letter: string): readonly string[] => {
  const known = readingsOf.get(letter)
  if (known) return known
  const options = { toneType: 'none', type: 'array', v: true } as const
  const found = [
    ...new Set(
      [...pinyin(letter, { ...options, multiple: true }), ...pinyin(letter, { ...options, mode: 'surname' })].map((s) =>
        s.toLowerCase(),
      ),
    ),
  ]
  readingsOf.set(letter, found)
  return found
}

const readingsOf = new Map<string, readonly string[]>()

/** Whether any reading of the characters could match: a cheap test that lets through every true match. */
const couldSound = (text: string, letters: string): boolean =>
  (normalText(text).match(/\p{Script=Han}+/gu) ?? []).some((run) => {
    const signs = Array.from(run).slice(0, 32)
    return signs.some((_, i) => initialsFit(signs, i, letters) || readsAs(signs, i, letters, 3))
  })

const initialsFit = (signs: readonly string[], at: number, letters: string): boolean =>
  Array.from(letters).every((letter, j) => readings(signs[at + j] ?? '').some((reading) => reading.startsWith(letter)))

const readsAs = (signs: readonly string[], at: number, letters: string, most: number): boolean => {
  if (letters === '') return true
  const sign = signs[at]
  if (sign === undefined || most === 0) return false
  return readings(sign).some(
    (reading) => letters.startsWith(reading) && readsAs(signs, at + 1, letters.slice(reading.length), most - 1),
  )
}
