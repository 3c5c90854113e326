// How long keys that came from a provider outside may be used while it is silent: a cache of stated age, sealed in memory, and the word on
// whether what was opened may still be used. Keeps encryption-65.
import { randomBytes } from 'node:crypto'
import { Fault, isFault } from '#kernel'
import { hex } from '#kernel'
import { keep, sha256 } from '../digest.ts'
import { nonceBytes, openBytes, sealInto, tagBytes } from '../suite.ts'
import type { RootProvider } from './root.ts'

export interface LeaseOptions {
  /** How long after its last answer keys stay usable; default one hour. */
  readonly maxAgeMs?: number
  /** How often it is asked whether it is there; default half a minute. 0: never by itself. */
  readonly checkEveryMs?: number
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number
}

// An answer this young need not be asked for again before a new subject's key.
const freshMs = 5_000
const mostKept = 1_000

/** The provider with a lease. A refusal (key disabled, token withdrawn) ends the lease at once: that is how a customer pulls the plug. */
export const leasedProvider = (inner: RootProvider, options: LeaseOptions = {}): RootProvider => {
  const { maxAgeMs = 3_600_000, checkEveryMs = 30_000, now = () => performance.now() } = options
  const state: { seen: number; refusal: Fault | undefined; asking: Promise<void> | undefined } = {
    seen: -Infinity,
    refusal: undefined,
    asking: undefined,
  }
  const cache = sealedCache()
  const provider = inner.kind
  const answered = <T>(value: T): T => {
    state.seen = now()
    state.refusal = undefined
    return value
  }
  const failed = (error: unknown): never => {
    if (isFault(error, 'provider-refused') || isTokenFault(error)) {
      state.refusal = error
      cache.clear()
    }
    throw error
  }
  const probe = (): Promise<void> => {
    state.asking ??= (inner.check?.() ?? Promise.resolve())
      .then(answered, failed)
      .finally(() => (state.asking = undefined))
    return state.asking
  }
  const demandOpen = (): void => {
    if (state.refusal) throw state.refusal
    if (now() - state.seen <= maxAgeMs) return
    cache.clear()
    throw new Fault('provider-expired', { provider, minutes: Math.floor(maxAgeMs / 60_000) })
  }
  const timer =
    checkEveryMs > 0
      ? setInterval(() => {
          probe().catch(() => undefined)
        }, checkEveryMs)
      : undefined
  timer?.unref()
  return {
    kind: inner.kind,
    fingerprint: inner.fingerprint,
    wrap: (key, context) => inner.wrap(key, context).then(answered, failed),
    unwrap: async (wrapped, context) => {
      const name = hex(sha256(Buffer.concat([wrapped, Buffer.from(context)])))
      try {
        const key = await inner.unwrap(wrapped, context).then(answered, failed)
        cache.put(name, key)
        return key
      } catch (error) {
        if (!isFault(error, 'provider-away')) throw error
        const kept = cache.get(name)
        if (!kept) throw error
        demandOpen()
        return kept
      }
    },
    lease: {
      demandOpen,
      demandNew: async () => {
        if (state.refusal || now() - state.seen > freshMs) await probe()
      },
      age: () => ({
        sinceMs: Number.isFinite(state.seen) ? now() - state.seen : null,
        maxMs: maxAgeMs,
        kept: cache.count(),
      }),
    },
    check: probe,
    close: () => {
      clearInterval(timer)
      cache.clear()
      inner.close?.()
    },
  }
}

const isTokenFault = (error: unknown): error is Fault =>
  isFault(error, 'token-pin-wrong') || isFault(error, 'token-pin-locked')

/** Keys under a key that this process made and nobody else has: a dump of the heap shows them only together with that one. */
const sealedCache = (): {
  put(name: string, key: Uint8Array): void
  get(name: string): Uint8Array | undefined
  clear(): void
  count(): number
} => {
  const own = keep(new Uint8Array(randomBytes(32)))
  const held = new Map<string, Uint8Array>()
  return {
    put: (name, key) => {
      const out = new Uint8Array(nonceBytes + key.length + tagBytes)
      out.set(randomBytes(nonceBytes))
      sealInto('aes-256-gcm', own, out.subarray(0, nonceBytes), Buffer.from(name), key, out, nonceBytes)
      if (held.size >= mostKept) held.clear()
      held.set(name, out)
    },
    get: (name) => {
      const sealed = held.get(name)
      const key =
        sealed &&
        openBytes('aes-256-gcm', own, sealed.subarray(0, nonceBytes), Buffer.from(name), sealed.subarray(nonceBytes))
      return key ? new Uint8Array(key) : undefined
    },
    clear: () => {
      held.clear()
    },
    count: () => held.size,
  }
}
