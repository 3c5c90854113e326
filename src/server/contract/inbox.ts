// What waits for a decision of the person signed in.
import type { ExportRequestItem, GlassItem, RecertificationsAnswer } from '../contract.ts'

/** GET /api/inbox */
export interface InboxAnswer {
  readonly count: number
  readonly policies: readonly {
    readonly id: string
    readonly title: string
    readonly createdBy: string
    readonly createdAt: string
  }[]
  readonly exports: readonly ExportRequestItem[]
  readonly emergencies: readonly GlassItem[]
  readonly rights: RecertificationsAnswer['waiting']
}
