// holdfast keys list: epochs, their states and ages, and how many data keys there are.
import type { Arguments } from '../arguments.ts'
import { inHouse } from '../house.ts'
import { print } from '../output.ts'

export const run = (args: Arguments): Promise<void> =>
  inHouse(args, async (house) => {
    const states = await house.rotation.states()
    const day = (at: Date | null): string => at?.toISOString().slice(0, 10) ?? ''
    print(args, states, [
      ...states.epochs.map(
        (one) =>
          `epoch ${String(one.epoch)}: ${one.state}, ${one.profile ?? `suites ${String(one.suite)} and ${String(one.captureSuite)}`}, made ${day(one.createdAt)}` +
          `${one.retiredAt ? `, retired ${day(one.retiredAt)}` : ''}${one.destroyedAt ? `, destroyed ${day(one.destroyedAt)}` : ''}` +
          `, ${String(one.subjectKeys)} data keys`,
      ),
      `${String(states.subjects)} subjects, ${String(states.olderGenerations)} older generations`,
    ])
  })
