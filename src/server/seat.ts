// The house that is served now. A restore takes it away and brings another: routes ask for it anew at each request. Keeps server-13.
import { Fault } from '#kernel'
import type { House } from './house.ts'

export interface Seat {
  /** The house; while it is away, the one that was there last. */
  readonly house: House
  /** Whether there is none that could be asked. */
  readonly away: boolean
  /** Closes the house, does the work, and opens what is there then, whether the work was done or refused. */
  exchange<T>(work: () => Promise<T>): Promise<T>
}

/** A seat with a house in it. reopen: how the next one is opened; absent where houses are not exchanged. */
export const seatOf = (first: House, reopen?: () => Promise<House>): Seat => {
  let house = first
  let away = false
  return {
    get house() {
      return house
    },
    get away() {
      return away
    },
    async exchange(work) {
      if (away || !reopen) throw new Fault('restoring')
      away = true
      await house.close()
      try {
        return await work()
      } finally {
        // Where this fails too, nothing is served until the next start: away stays.
        house = await reopen()
        away = false
      }
    },
  }
}
