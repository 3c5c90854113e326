// One change for many records, as pages ask for it and are answered.
/** Why some records are not changed: at most twenty of them by name, as far as the person may see it. */
export interface BulkRefused {
  readonly reason: string
  readonly count: number
  readonly records: readonly { readonly id: string; readonly title: string }[]
}

export interface BulkPreviewAnswer {
  readonly total: number
  /** Whether more match than are taken at once. */
  readonly capped: boolean
  /** Those that would change. */
  readonly records: readonly { readonly id: string; readonly version: number }[]
  readonly unchanged: number
  readonly refused: readonly BulkRefused[]
}

export interface BulkAnswer {
  readonly changed: number
  readonly unchanged: number
  readonly refused: readonly BulkRefused[]
}
