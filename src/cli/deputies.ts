// holdfast deputies: who stands in for whom listed, appointed and ended, as over the interface. Keeps server-283.
import { Fault } from '#kernel'
import { deputiesFor } from '#server'
import type { Arguments } from './arguments.ts'
import { print } from './output.ts'
import { naming, userWith } from './people.ts'
import { spanIn, standing } from './span.ts'
import { meant, needWord, runStep, type Step } from './steps.ts'

export const run = (args: Arguments): Promise<void> => runStep('deputies', { list, appoint, end }, args)

const list: Step = async (args, house, actor) => {
  const found = await deputiesFor(house, actor)
  const name = await naming(house, actor)
  print(args, found, [
    ...found.items.map(
      (one) =>
        `${one.id}  ${standing(one, actor.env.now)}  ${name(one.deputyId)} for ${name(one.personId)} by ${name(one.passedTo ?? one.namedBy)}: ${one.reason}`,
    ),
    `${String(found.items.length)} ${found.all ? 'in all' : 'that concern you'}`,
  ])
}

/** For oneself, or for somebody whose records one could hand on, named by --of. */
const appoint: Step = async (args, house, actor, email) => {
  const of = args.text('of')
  const deputy = await userWith(house, needWord(email, 'the e-mail of a deputy'))
  const person = of === undefined ? actor.principal.id : await userWith(house, of)
  const made = await house.deputies.name(actor, { person, deputy, reason: args.need('reason'), ...spanIn(args) })
  print(args, made, [`${made.id}: stands in until ${made.expiresAt.toISOString()}`])
}

const end: Step = async (args, house, actor, word) => {
  const one = meant((await deputiesFor(house, actor)).items, needWord(word, 'the id of a deputyship'))
  if (!one) throw new Fault('not-found', { what: 'deputy' })
  await house.deputies.end(actor, one.id)
  print(args, { ok: true, id: one.id }, [`${one.id}: ended`])
}
