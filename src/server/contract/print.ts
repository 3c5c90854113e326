// Records for paper, as pages are answered.
import type { RecordAnswer } from '../contract.ts'

export interface PrintAnswer {
  /** Stands on every sheet and in the journal. */
  readonly mark: string
  readonly at: string
  readonly items: readonly RecordAnswer[]
  /** Names of what the records point to. */
  readonly titles: Readonly<Record<string, string>>
}
