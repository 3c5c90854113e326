// Numbered parameters of one SQL text, collected as the text grows.

export interface Params {
  readonly values: unknown[]
  /** Adds a value and gives its placeholder: $3. */
  add(value: unknown): string
}

export const createParams = (...first: readonly unknown[]): Params => {
  const values = [...first]
  return {
    values,
    add: (value) => {
      values.push(value)
      return `$${String(values.length)}`
    },
  }
}
