// Random 96-bit nonces, drawn from the system in batches: one call for 512 seals. Keeps encryption-4.
import { randomFillSync } from 'node:crypto'
import { nonceBytes } from './suite.ts'

// A batch lives in the memory of one process and is handed out once; a clone of a running machine would hand out the same
// batch again, which is what suite 4 (GCM-SIV) is for.
const pool = new Uint8Array(nonceBytes * 512)
let at = pool.length

/** Writes a fresh nonce into `out` at `offset`. */
export const nonceInto = (out: Uint8Array, offset: number): void => {
  if (at === pool.length) {
    randomFillSync(pool)
    at = 0
  }
  for (let i = 0; i < nonceBytes; i++) out[offset + i] = pool[at + i] ?? 0
  at += nonceBytes
}
