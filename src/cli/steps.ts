// A verb of several steps: the first word names the step, and each is the act of the person named by --as.
import { type Actor, Fault, type Uuid } from '#kernel'
import type { House } from '#server'
import type { Arguments } from './arguments.ts'
import { inHouse, personOf } from './house.ts'

/** word: the first after the name of the step. */
export type Step = (args: Arguments, house: House, actor: Actor, word: string | undefined) => Promise<void>

/** Does the step that the first word names. Throws wrong-use where there is no such step. */
export const runStep = async (verb: string, steps: Readonly<Record<string, Step>>, args: Arguments): Promise<void> => {
  const [name = '', word] = args.words
  const step = Object.hasOwn(steps, name) ? steps[name] : undefined
  if (!step) throw new Fault('wrong-use', { what: `${verb} takes: ${Object.keys(steps).join(', ')}` })
  await inHouse(args, async (house) => step(args, house, await personOf(house, args), word))
}

/** A word that must be there. */
export const needWord = (word: string | undefined, what: string): string => {
  if (word === undefined || word === '') throw new Fault('wrong-use', { what: `${what} is needed` })
  return word
}

/** The one meant by its id, or by a beginning of it that no other has; undefined: none, or several. */
export const meant = <T extends { readonly id: Uuid }>(items: readonly T[], word: string): T | undefined => {
  const found = items.filter(({ id }) => id.startsWith(word))
  return found.length === 1 ? found[0] : undefined
}
