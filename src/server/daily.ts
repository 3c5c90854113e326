// One review a day by itself, recertification when it is due, and who has to be reminded of it, so that no control goes unlooked at: asked for every hour, run when the last one is a day old. Keeps server-61, vault-258.
import { type Clock, services } from '#kernel'
import type { Seat } from './seat.ts'

export interface Daily {
  /** Runs a review where it is time; whether it did. */
  tick(): Promise<boolean>
  stop(): Promise<void>
}

const hour = 3_600_000
/** A little less than a day: a tick that comes a minute early must not wait another hour, day after day. */
const dayOld = 24 * hour - 10 * 60_000

/** log: told what nobody was there to see. everyMs: 0 for no timer of its own. */
export const reviewDaily = (
  seat: Seat,
  options: { readonly clock: Clock; readonly log: (line: string) => void; readonly everyMs?: number },
): Daily => {
  const { clock, log, everyMs = hour } = options
  let running: Promise<boolean> | undefined
  const tick = (): Promise<boolean> =>
    (running ??= once(seat, clock).finally(() => {
      running = undefined
    }))
  const timer =
    everyMs === 0
      ? undefined
      : setInterval(() => {
          tick().catch((error: unknown) => {
            log(`daily review: ${error instanceof Error ? error.name : 'unknown error'}`)
          })
        }, everyMs).unref()
  return {
    tick,
    stop: async () => {
      clearInterval(timer)
      await running?.catch(() => undefined)
    },
  }
}

const once = async (seat: Seat, clock: Clock): Promise<boolean> => {
  const { house, away } = seat
  if (away || !(await house.isSetUp())) return false
  // Rights to be confirmed anew, and what a killed process left of taking some back.
  await house.recertifications.startIfDue({ ...house.system, env: { ...house.system.env, now: clock.now() } })
  await house.recertifications.settle(house.system)
  await house.recertifications.remind()
  await house.lending.endOrphans()
  await house.notifications.tidy()
  await house.alarms.tidy()
  await house.dryRuns.tidy()
  const due = async (): Promise<boolean> => {
    const last = await house.review.latest()
    return last === null || clock.now().getTime() - new Date(last.at).getTime() >= dayOld
  }
  if (!(await due())) return false
  // Of several processes on one database one reviews; the lock lasts as long as the run.
  return house.store.transaction({ tenant: house.tenant, principal: services.system }, async (tx) => {
    const [lock] = await tx.query<{ mine: boolean }>({
      text: `select pg_try_advisory_xact_lock(hashtext('daily-review'), hashtext($1)) as mine`,
      values: [house.tenant],
    })
    if (lock?.mine !== true || !(await due())) return false
    await house.review.run(services.system, { channel: 'job' })
    return true
  })
}
