// holdfast grants: what is lent for a while listed, given and ended, as over the interface. Keeps server-283.
import { Fault, isUuid } from '#kernel'
import { grantsFor } from '#server'
import type { Arguments } from './arguments.ts'
import { print } from './output.ts'
import { naming, userWith } from './people.ts'
import { spanIn, standing } from './span.ts'
import { meant, needWord, runStep, type Step } from './steps.ts'

export const run = (args: Arguments): Promise<void> => runStep('grants', { list, give, end }, args)

const list: Step = async (args, house, actor) => {
  const found = await grantsFor(house, actor)
  const name = await naming(house, actor)
  print(args, found, [
    ...found.items.map((one) => {
      const what = one.role === null ? `${one.level ?? ''} ${one.type ?? ''} ${one.recordId ?? ''}` : `role ${one.role}`
      return `${one.id}  ${standing(one, actor.env.now)}  ${what} to ${name(one.userId)} by ${name(one.passedTo ?? one.givenBy)}: ${one.reason}`
    }),
    `${String(found.items.length)} ${found.all ? 'in all' : 'that you hold or gave'}`,
  ])
}

const give: Step = async (args, house, actor, type) => {
  const role = args.text('role')
  if ((role === undefined) === (type === undefined))
    throw new Fault('wrong-use', { what: 'grants give takes type and id of a record, or --role' })
  const wish = { to: await userWith(house, args.need('to')), reason: args.need('reason'), ...spanIn(args) }
  const made =
    role === undefined
      ? await house.grants.giveRecord(actor, { ...wish, type: needWord(type, 'a record type'), record: recordIn(args), level: levelIn(args) }) // prettier-ignore
      : await house.grants.giveRole(actor, { ...wish, role })
  print(args, made, [`${made.id}: lent until ${made.expiresAt.toISOString()}`])
}

const end: Step = async (args, house, actor, word) => {
  const given = needWord(word, 'the id of a grant')
  // Whoever may share a record may end what is lent of it, and need not see it in the list.
  const id = isUuid(given) ? given : meant((await grantsFor(house, actor)).items, given)?.id
  if (id === undefined) throw new Fault('not-found', { what: 'grant' })
  await house.grants.end(actor, id)
  print(args, { ok: true, id }, [`${id}: ended`])
}

const recordIn = (args: Arguments): string => {
  const id = args.words[2]
  if (!isUuid(id)) throw new Fault('wrong-use', { what: 'the id of a record is needed' })
  return id
}

const levelIn = (args: Arguments): 'read' | 'write' => {
  const level = args.need('level')
  if (level !== 'read' && level !== 'write') throw new Fault('wrong-use', { what: '--level is read or write' })
  return level
}
