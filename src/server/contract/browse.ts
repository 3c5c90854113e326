// Looking into a backup.
import type { RecordAnswer } from '../contract.ts'

// GET /api/backups/browsings → {items: BrowseAnswer[]} ; POST /api/backups/browsings BrowseRequest → BrowseAnswer ; DELETE …/:browsing
export interface BrowseRequest {
  readonly backup: string
  /** Text of the identity file; without it the one that lies beside the keys. */
  readonly identity?: string
}
export interface BrowseAnswer {
  readonly id: string
  readonly backup: string
  /** The moment of the backup. */
  readonly at: string
  readonly state: 'opening' | 'open' | 'failed'
  /** 0 … 1 */
  readonly progress: number
  readonly error: string | null
  /** When it closes by itself unless somebody looks. */
  readonly until: string
}

export type BrowseSince = 'same' | 'changed' | 'deleted' | 'gone'

// GET /api/backups/browsings/:browsing/<plural>?cursor&limit&changed → BrowsePage ; GET …/<plural>/:id → BrowsedAnswer
export interface BrowsePage {
  readonly items: readonly { readonly record: RecordAnswer; readonly since: BrowseSince }[]
  readonly next?: string
  readonly titles: Readonly<Record<string, string>>
}
export interface BrowsedAnswer {
  readonly record: RecordAnswer
  /** What has become of the record. gone: there is none of its id any more. */
  readonly since: BrowseSince
  readonly titles: Readonly<Record<string, string>>
}
