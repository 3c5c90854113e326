// What every bench gives back, and how it measures: medians of repeated runs, the thing and its peer in turns.

/** One measured figure beside its reference of the same run. ratio = value / reference where the reference is a number. */
export interface Line {
  readonly bench: string
  readonly metric: string
  readonly value: number
  readonly unit: string
  readonly reference: number | string
  readonly ratio: number
}

/** Middle of the values; of an even number of them, the mean of the two in the middle. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  const upper = sorted[half] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2
}

/** Seconds that some work takes. */
export const seconds = (work: () => void): number => {
  const start = process.hrtime.bigint()
  work()
  return Number(process.hrtime.bigint() - start) / 1e9
}

/** Seconds of processor time that some work takes on this thread: what others do on the machine is not in it. */
export const cpuSeconds = (work: () => void): number => {
  const start = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(start)
  return (user + system) / 1e6
}

/** Median seconds of several kinds of work, run in turns so that a busy moment of the machine touches all of them. */
export const inTurns = (
  rounds: number,
  works: readonly (() => void)[],
  measure: (work: () => void) => number = seconds,
): readonly number[] => {
  for (const work of works) work()
  const taken = works.map(() => [] as number[])
  for (let round = 0; round < rounds; round++) works.forEach((work, i) => taken[i]?.push(measure(work)))
  return taken.map(median)
}
