// Random numbers that repeat for a seed: demo data is the same every time. Keeps crm-20.
import { type Uuid, uuidFromBytes } from '#kernel'

export interface Random {
  /** 0 ≤ n < 1. */
  next(): number
  /** Whole number from low to high, both possible. */
  whole(low: number, high: number): number
  pick<T>(list: readonly T[]): T
  chance(probability: number): boolean
  /** An id for a moment: version 7 in form, repeatable for the seed. */
  id(at: number): Uuid
}

/** mulberry32, a public-domain generator of 32 bits of state; good enough for samples, never for secrets. */
export const seeded = (seed: number): Random => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const whole = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    whole,
    pick: (list) => {
      const found = list[Math.floor(next() * list.length)]
      if (found === undefined) throw new RangeError('nothing to pick from')
      return found
    },
    chance: (probability) => next() < probability,
    id: (at) => {
      const bytes = new Uint8Array(16)
      const view = new DataView(bytes.buffer)
      view.setUint16(0, Math.floor(at / 2 ** 32))
      view.setUint32(2, at >>> 0)
      for (let i = 6; i < 16; i++) bytes[i] = whole(0, 255)
      bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
      bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
      return uuidFromBytes(bytes)
    },
  }
}
