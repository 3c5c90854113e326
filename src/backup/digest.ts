// Order-independent digest of rows: the sum of their SHA-256 values modulo 2^256, so that the same rows give the same digest
// whatever order they were read in. Keeps backup-4.
import { hash } from 'node:crypto'
import { fromHex, hex } from '#kernel'

/** SHA-256 of a row as a string of 32 code units: one call, no buffer object per row (three times as fast, measured). */
export const rowHash = (row: Uint8Array): string => hash('sha256', row, 'latin1')

/** A running sum of row hashes. */
export class RowDigest {
  readonly #words = new Float64Array(8)
  #untidy = 0
  rows = 0

  add(rowSha256: string): void {
    for (let i = 0; i < 8; i++) {
      const at = 4 * i
      this.#words[i] =
        (this.#words[i] ?? 0) +
        rowSha256.charCodeAt(at) * 0x1000000 +
        ((rowSha256.charCodeAt(at + 1) << 16) | (rowSha256.charCodeAt(at + 2) << 8) | rowSha256.charCodeAt(at + 3))
    }
    this.rows++
    // A double holds 2^53; 2^20 words of 32 bits stay below it.
    if (++this.#untidy >= 0x100000) this.#carry()
  }

  /** The digest as 64 hexadecimal digits; zero rows give zeros. */
  hex(): string {
    this.#carry()
    const out = new Uint8Array(32)
    const view = new DataView(out.buffer)
    for (let i = 0; i < 8; i++) view.setUint32(4 * i, this.#words[i] ?? 0)
    return hex(out)
  }

  /** Adds the sum of other rows. */
  merge(digest: string, rows: number): void {
    this.#carry()
    const view = new DataView(fromHex(digest).buffer)
    for (let i = 0; i < 8; i++) this.#words[i] = (this.#words[i] ?? 0) + view.getUint32(4 * i)
    this.rows += rows
    this.#carry()
  }

  #carry(): void {
    let carry = 0
    for (let i = 7; i >= 0; i--) {
      const sum = (this.#words[i] ?? 0) + carry
      carry = Math.floor(sum / 0x100000000)
      this.#words[i] = sum - carry * 0x100000000
    }
    this.#untidy = 0
  }
}
