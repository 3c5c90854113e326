// A map that holds a limited number of things and lets go of what was not used for long. Two generations instead of an order of
// use: a look-up costs one Map.get, and what was used since the last change of generation always stays.

export class Bounded<Key, Value> {
  readonly #limit: number
  #young = new Map<Key, Value>()
  #old = new Map<Key, Value>()

  /** Holds at most `limit` things. */
  constructor(limit: number) {
    this.#limit = Math.max(1, Math.floor(limit / 2))
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: Key): Value | undefined {
    const value = this.#young.get(key)
    if (value !== undefined) return value
    const older = this.#old.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  set(key: Key, value: Value): void {
    this.#old.delete(key)
    if (!this.#young.has(key) && this.#young.size === this.#limit) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  delete(key: Key): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }
}
