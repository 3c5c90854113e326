// Policies approved for a moment come into force then, also on a server that nobody asks anything. Keeps server-222.
import type { Seat } from './seat.ts'

const everyMs = 5000

/** Looks every few seconds whether a change is due; what went wrong is told once, and looked at again. */
export const policiesOnTime = (seat: Seat, log: (line: string) => void): { stop(): Promise<void> } => {
  let looking: Promise<void> = Promise.resolve()
  let busy = false
  let told = ''
  const look = async (): Promise<void> => {
    const { house, away } = seat
    if (away || !(await house.isSetUp())) return
    await house.policyControl.tick()
    told = ''
  }
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    looking = look()
      .catch((error: unknown) => {
        const name = error instanceof Error ? error.name : 'unknown error'
        if (name !== told) log(`policies on time: ${name}`)
        told = name
      })
      .finally(() => {
        busy = false
      })
  }, everyMs).unref()
  return {
    stop: async () => {
      clearInterval(timer)
      await looking
    },
  }
}
