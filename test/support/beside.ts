// Work on many things a few at a time, for tests that mostly wait: each begins as soon as another has ended.
export const beside = async <T>(
  things: readonly T[],
  work: (thing: T, i: number) => Promise<void>,
  atOnce = 5,
): Promise<void> => {
  const left = things.entries()
  const line = async (): Promise<void> => {
    for (const [i, thing] of left) await work(thing, i)
  }
  await Promise.all(Array.from({ length: atOnce }, line))
}
