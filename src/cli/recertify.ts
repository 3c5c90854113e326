// holdfast recertify: campaigns in which every right is confirmed or taken back, as over the interface. Keeps server-283.
import { Fault } from '#kernel'
import type { House } from '#server'
import type { Arguments } from './arguments.ts'
import { print } from './output.ts'
import { naming } from './people.ts'
import { meant, needWord, runStep, type Step } from './steps.ts'

export const run = (args: Arguments): Promise<void> => runStep('recertify', { list, start, show, decide }, args)

const list: Step = async (args, house, actor) => {
  const items = await house.recertifications.list()
  const waiting = await house.recertifications.waiting(actor)
  print(args, { items, waiting }, [
    ...items.map((one) => {
      const state = one.finishedAt === null ? `open, due ${day(one.dueAt)}` : `finished ${day(one.finishedAt)}`
      return `${one.id}  ${day(one.startedAt)}  ${one.scope.padEnd(10)}  ${state}: ${String(one.kept)} kept, ${String(one.revoked)} taken back, of ${String(one.lines)}`
    }),
    `${String(waiting?.lines ?? 0)} lines wait for you`,
  ])
}

const start: Step = async (args, house, actor) => {
  const id = await house.recertifications.start(actor)
  print(args, { id }, [`${id}: begun`])
}

const show: Step = async (args, house, actor, word) => {
  const { id } = await campaignOf(house, word)
  const items = await house.recertifications.lines(actor, id)
  const name = await naming(house, actor)
  print(args, { id, items }, [
    ...items.map((one) => {
      const said = one.decision === null ? (one.mine ? 'waits for you' : 'undecided') : `${one.decision}: ${one.reason ?? ''}`
      return `${one.id}  ${one.kind.padEnd(6)}  ${name(one.personId)}  ${one.what}  ${said}`
    }),
    `${String(items.filter(({ mine }) => mine).length)} of ${String(items.length)} lines wait for you`,
  ]) // prettier-ignore
}

/** keep or revoke, then the lines: each by its id or the beginning of it, in the campaign that is open. */
const decide: Step = async (args, house, actor, word) => {
  const decision = needWord(word, 'keep or revoke')
  if (decision !== 'keep' && decision !== 'revoke')
    throw new Fault('wrong-use', { what: 'recertify decide takes keep or revoke, and lines' })
  const named = args.words.slice(2)
  if (named.length === 0) throw new Fault('wrong-use', { what: 'the id of a line is needed' })
  const open = (await house.recertifications.list()).find(({ finishedAt }) => finishedAt === null)
  if (!open) throw new Fault('not-found', { what: 'open recertification' })
  const seen = await house.recertifications.lines(actor, open.id)
  const lines = named.map((one) => {
    const line = meant(seen, one)
    if (!line) throw new Fault('not-found', { what: 'line' })
    return line.id
  })
  await house.recertifications.decide(actor, open.id, lines, decision, args.need('reason'))
  print(args, { ok: true, id: open.id, decision, lines }, [`${String(lines.length)} lines: ${decision}`])
}

/** The one named, else the newest. */
const campaignOf = async (house: House, word: string | undefined): Promise<{ readonly id: string }> => {
  const all = await house.recertifications.list()
  const found = word === undefined ? all[0] : meant(all, word)
  if (!found) throw new Fault('not-found', { what: 'recertification' })
  return found
}

const day = (at: Date): string => at.toISOString().slice(0, 10)
