// What a fault says is wrong: a phrase of ours, which has its Chinese, or words that were made in both languages. Keeps kernel-6.
import type { Label } from './catalogue.ts'
import { backups } from './phrases/backups.ts'
import { imports } from './phrases/imports.ts'
import { keys } from './phrases/keys.ts'
import { people } from './phrases/people.ts'
import { policies } from './phrases/policies.ts'
import { records } from './phrases/records.ts'
import { requests } from './phrases/requests.ts'
import { starting } from './phrases/starting.ts'

type Phrases = typeof records &
  typeof requests &
  typeof people &
  typeof policies &
  typeof imports &
  typeof keys &
  typeof backups &
  typeof starting

/** The English of every phrase, by which it is called, and its Chinese. */
export const phrases: Phrases = {
  ...records,
  ...requests,
  ...people,
  ...policies,
  ...imports,
  ...keys,
  ...backups,
  ...starting,
}

export type Phrase = keyof Phrases
export type Language = 'zh' | 'en'
/** What stands for a {name}: what is the same in both languages, or words of each. */
export type Word = string | number | Label

type Names<P extends string> = P extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never
/** A phrase that needs nothing filled in. */
export type PlainPhrase = { [P in Phrase]: [Names<P>] extends [never] ? P : never }[Phrase]
export type FilledPhrase = Exclude<Phrase, PlainPhrase>
/** What may be said in a sentence of a fault: English alone is not among it. */
export type Said = PlainPhrase | Label

/** A phrase with what belongs into it, in both languages. */
export const say = <P extends FilledPhrase>(phrase: P, words: Readonly<Record<Names<P>, Word>>): Label => ({
  zh: fill(phrases[phrase], words, 'zh'),
  en: fill(phrase, words, 'en'),
})

/** Words of somebody else, such as an answer of a mail server, or names of files and tables: they stand as they are in both languages. */
export const verbatim = (text: string): Label => ({ zh: text, en: text })

/** Several in a row. */
export const listed = (labels: readonly Label[]): Label => ({
  zh: labels.map(({ zh }) => zh).join('、'),
  en: labels.map(({ en }) => en).join(', '),
})

/** A size: in the largest unit that tells it in whole numbers. */
export const sizeOf = (bytes: number): Label => {
  const unit = bytes % 1_048_576 === 0 ? 'MiB' : bytes % 1024 === 0 ? 'KiB' : ''
  if (unit === '') return { zh: `${String(bytes)} 字节`, en: `${String(bytes)} bytes` }
  return verbatim(`${String(bytes / (unit === 'MiB' ? 1_048_576 : 1024))} ${unit}`)
}

/** A label as it stands within a sentence: English without its capitals, except of names and abbreviations. */
export const inSentence = ({ zh, en }: Label): Label => ({
  zh,
  en: en.replaceAll(/[A-Za-z-]+/g, (word) => (/^[A-Z][a-z-]*$/.test(word) ? word.toLowerCase() : word)),
})

/** A template with its {names} filled. */
export const fill = (template: string, words: Readonly<Record<string, Word>>, language: Language): string =>
  template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const word = Object.hasOwn(words, name) ? words[name] : undefined
    return typeof word === 'object' ? word[language] : String(word ?? name)
  })
