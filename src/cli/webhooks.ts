// holdfast webhooks: those of the house listed, and set in use again after a restore. Keeps server-284.
import { resumeWebhooks, webhooksFor } from '#server'
import type { Arguments } from './arguments.ts'
import { print } from './output.ts'
import { naming } from './people.ts'
import { runStep, type Step } from './steps.ts'

export const run = (args: Arguments): Promise<void> => runStep('webhooks', { list, resume }, args)

const list: Step = async (args, house, actor) => {
  const items = await webhooksFor(house, actor)
  const name = await naming(house, actor)
  print(args, { items }, [
    ...items.map((one) => {
      const state = one.stopped ?? (one.active ? 'active' : 'paused')
      return `${one.id}  ${state.padEnd(10)}  ${one.name} of ${name(one.ownerId)}: ${URL.parse(one.url)?.origin ?? ''}`
    }),
    `${String(items.filter(({ active }) => active).length)} of ${String(items.length)} in use`,
  ])
}

const resume: Step = async (args, house, actor) => {
  const resumed = await resumeWebhooks(house, actor)
  print(args, { resumed }, [`${String(resumed)} webhooks are in use again`])
}
