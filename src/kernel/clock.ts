// The time, passed in so that tests can own it.

export interface Clock {
  /** The present moment. */
  now(): Date
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => new Date() }

/** A clock that stands still until it is moved; for tests. */
export const fixedClock = (start: Date | string): Clock & { advance(milliseconds: number): void } => {
  let at = new Date(start).getTime()
  return {
    now: () => new Date(at),
    advance: (milliseconds) => {
      at += milliseconds
    },
  }
}
