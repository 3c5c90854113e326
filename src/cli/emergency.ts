// holdfast emergency: emergency accesses listed, ended and judged, as over the interface. Opening one is not for a command line: it needs
// the person, with a second factor. Keeps server-283.
import { type Actor, Fault, type Uuid } from '#kernel'
import { glassesFor, type House, reviewGlass } from '#server'
import type { Arguments } from './arguments.ts'
import { print } from './output.ts'
import { naming } from './people.ts'
import { meant, needWord, runStep, type Step } from './steps.ts'

export const run = (args: Arguments): Promise<void> => runStep('emergency', { list, review, end }, args)

const list: Step = async (args, house, actor) => {
  const items = await glassesFor(house, actor)
  const name = await naming(house, actor)
  print(args, { items }, [
    ...items.map((one) => {
      const over = one.endedAt !== null || Date.parse(one.expiresAt) <= actor.env.now.getTime()
      const judged = one.justified === null ? (over ? 'to review' : 'running') : one.justified ? 'justified' : 'unjustified'
      return `${one.id}  ${judged.padEnd(11)}  ${one.openedAt.slice(0, 16)}  ${name(one.userId)}  ${one.type} by ${one.scope} ${one.of}: ${one.reason}`
    }),
    `${String(items.filter(({ justified }) => justified === null).length)} not reviewed`,
  ]) // prettier-ignore
}

const review: Step = async (args, house, actor, word) => {
  const id = await accessOf(house, actor, word)
  const verdict = args.words[2]
  if (verdict !== 'justified' && verdict !== 'unjustified')
    throw new Fault('wrong-use', { what: 'emergency review takes an id, and justified or unjustified' })
  await reviewGlass(house, actor, id, verdict === 'justified', args.need('note'))
  print(args, { ok: true, id, justified: verdict === 'justified' }, [`${id}: ${verdict}`])
}

const end: Step = async (args, house, actor, word) => {
  const id = await accessOf(house, actor, word)
  await house.breakGlass.end(actor, id)
  print(args, { ok: true, id }, [`${id}: ended`])
}

const accessOf = async (house: House, actor: Actor, word: string | undefined): Promise<Uuid> => {
  const found = meant(await glassesFor(house, actor), needWord(word, 'the id of an emergency access'))
  if (!found) throw new Fault('not-found', { what: 'emergency access' })
  return found.id
}
