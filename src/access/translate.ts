// Between the builder's tree and Cedar text, both ways, by the official engine's parser and printer. Keeps access-190, access-191.
import { isDeepStrictEqual } from 'node:util'
import { Fault } from '#kernel'
import type { Built } from './built.ts'
import { builtToEst, normalEst } from './built-est.ts'
import { builtFromEst, Unfit } from './built-read.ts'
import { validatorSays } from './problem-words.ts'
import { policyFromJson, policyToJson } from './wasm.ts'

/** The text of a built policy. Throws policy-invalid where a value is none. */
export const textOfBuilt = (built: Built): string => {
  const answer = policyFromJson(builtToEst(built) as never)
  if (answer.type === 'failure') throw unreadable(answer.errors)
  return [...built.notes.map((note) => `// ${note}`.trimEnd()), answer.formatted_policy.trim()].join('\n')
}

/** `built`, or `form`: the first thing the builder has no place for. Throws policy-invalid for what is no policy. */
export type Reading =
  | { readonly built: Built; readonly moved: boolean }
  | { readonly built: null; readonly form: string; readonly id: string | undefined }

/** A policy as the builder shows it. `moved`: comments stood elsewhere than before it. */
export const builtOfText = (text: string): Reading => {
  const answer = policyToJson(text)
  if (answer.type === 'failure') throw unreadable(answer.errors)
  const { notes, moved } = commentsOf(text)
  const left = (form: string): Reading => ({ built: null, form, id: answer.json.annotations?.id ?? undefined })
  try {
    const built = builtFromEst(answer.json, notes)
    if (isDeepStrictEqual(meaning(builtToEst(built)), meaning(answer.json))) return { built, moved }
    return left('its form')
  } catch (error) {
    if (error instanceof Unfit) return left(error.form)
    throw error
  }
}

const meaning = (json: unknown): unknown => {
  const { annotations = {}, ...rest } = json as { annotations?: unknown }
  return normalEst({ ...rest, annotations })
}

const unreadable = (errors: readonly { readonly message: string; readonly help?: string | null }[]): Fault =>
  new Fault('policy-invalid', {
    what: validatorSays(errors),
  })

/** Comments without their strokes, and whether one stands after the policy began. */
const commentsOf = (text: string): { readonly notes: readonly string[]; readonly moved: boolean } => {
  const notes: string[] = []
  let [begun, moved] = [false, false]
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\[^])*"|\/\/[^\n]*|[^\s"/]+|\//g)) {
    if (!token.startsWith('//')) begun = true
    else {
      notes.push(token.slice(2).trim())
      moved ||= begun
    }
  }
  return { notes, moved }
}
