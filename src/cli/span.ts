// The time for which something is lent, as verbs take and print it.
import { momentOf } from '#server'
import type { Arguments } from './arguments.ts'

/** --from, which may be left out, and --until. */
export const spanIn = (args: Arguments): { readonly from?: Date; readonly until: Date } => {
  const from = args.text('from')
  return {
    ...(from === undefined ? {} : { from: momentOf(from, 'from') }),
    until: momentOf(args.need('until'), 'until'),
  }
}

interface Lent {
  readonly startsAt: Date
  readonly expiresAt: Date
  readonly endedAt: Date | null
}

/** What has become of it until now, and its time. */
export const standing = ({ startsAt, expiresAt, endedAt }: Lent, now: Date): string => {
  const state = endedAt !== null ? 'ended' : expiresAt <= now ? 'over' : startsAt > now ? 'to come' : 'running'
  return `${state.padEnd(8)}${startsAt.toISOString().slice(0, 16)} to ${expiresAt.toISOString().slice(0, 16)}`
}
