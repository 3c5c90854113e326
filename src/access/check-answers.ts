// Asks the official engine again about everything that is kept: a file that somebody altered would be believed. Keeps access-199.
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Catalogue } from '#kernel'
import { answersFile, askedAnew, distrust, parseAnswers } from './answers.ts'
import { askAll } from './keep-answers.ts'

export interface AnswersVerdict {
  readonly file: string
  /** absent, unused: the engine is asked at each start, which is slower and right. differs: what is believed is not what it says. */
  readonly state: 'absent' | 'unused' | 'same' | 'differs'
  /** Answers in the file. */
  readonly kept: number
  /** Of these, other than the engine gives now, or to a question the product does not ask. */
  readonly wrong: number
}

/** What the kept answers are worth, for the catalogue that the product ships. Where they differ this process goes on without them. */
export const checkAnswers = (catalogue: Catalogue): AnswersVerdict => {
  const at = (state: AnswersVerdict['state'], kept = 0, wrong = 0): AnswersVerdict => ({ file: answersFile, state, kept, wrong }) // prettier-ignore
  let text: string
  try {
    text = readFileSync(answersFile, 'utf8')
  } catch {
    return at('absent')
  }
  const kept = parseAnswers(text)
  if (!kept) return at('unused')
  const now = askedAnew(() => {
    askAll(catalogue)
  })
  const wrong = [...kept].filter(([key, answer]) => !isDeepStrictEqual(answer, plain(now.get(key)))).length
  if (wrong === 0) return at('same', kept.size)
  distrust()
  return at('differs', kept.size, wrong)
}

/** As it stands in a file. */
const plain = (answer: unknown): unknown => (answer === undefined ? undefined : JSON.parse(JSON.stringify(answer)))
