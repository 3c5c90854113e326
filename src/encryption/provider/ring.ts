// Several homes of root keys as one provider: the primary wraps, whichever wrapped it unwraps. Keeps encryption-12, encryption-61.
import { Fault } from '#kernel'
import { fingerprintOf, type RootKey, type RootProvider, unwrapUnder, wrappedBy, wrapUnder } from './root.ts'

export interface Ring {
  /** Root keys in this process. */
  readonly roots: readonly RootKey[]
  /** Root keys elsewhere. */
  readonly outer: readonly RootProvider[]
  /** Fingerprint of the one that wraps. */
  readonly primary: string
}

/**
 * The provider over a ring that may change: now gives the ring of this moment, renew reads it again where another process changed it and
 * says whether it did; peek gives it without a word where everything was let go of.
 */
export const ringProvider = (now: () => Ring, renew: () => Promise<boolean>, peek: () => Ring): RootProvider => {
  const outerOf = (id: string | null): RootProvider | undefined =>
    now().outer.find(({ fingerprint }) => fingerprint === id)
  const rootOf = (id: string | null): RootKey | undefined => now().roots.find((root) => fingerprintOf(root.id) === id)
  const holds = (id: string | null): boolean => (rootOf(id) ?? outerOf(id)) !== undefined
  return {
    get kind() {
      return outerOf(now().primary)?.kind ?? 'file'
    },
    get fingerprint() {
      return now().primary
    },
    wrap: async (key, context) => {
      await renew()
      const { primary } = now()
      const outer = outerOf(primary)
      if (outer) return outer.wrap(key, context)
      const root = rootOf(primary)
      if (!root) throw new Fault('keystore-locked')
      return wrapUnder(root, key, context)
    },
    unwrap: async (wrapped, context) => {
      const id = wrappedBy(wrapped)
      if (id !== null && !holds(id)) await renew()
      const outer = outerOf(id)
      return outer ? outer.unwrap(wrapped, context) : unwrapUnder(now().roots, wrapped, context)
    },
    lease: {
      // Asked for every cell, and nothing to ask where every root key is here.
      demandOpen: () => {
        const { outer, primary } = peek()
        if (outer.length > 0) outer.find(({ fingerprint }) => fingerprint === primary)?.lease?.demandOpen()
      },
      demandNew: async () => outerOf(now().primary)?.lease?.demandNew(),
      age: () => outerOf(now().primary)?.lease?.age(),
    },
    renew: async () => {
      await renew()
    },
    check: async () => outerOf(now().primary)?.check?.(),
  }
}
