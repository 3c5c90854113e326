// What travels between server and pages about recertification.

// GET /api/recertifications → RecertificationsAnswer ; POST → {id} ; POST /api/recertifications/:id/finish
export interface CampaignItem {
  readonly id: string
  readonly scope: 'all' | 'privileged'
  readonly startedBy: string
  readonly startedAt: string
  readonly dueAt: string
  readonly finishedBy: string | null
  readonly finishedAt: string | null
  /** Of all lines with their decisions, as the journal has it. */
  readonly sha256: string | null
  readonly lines: number
  readonly kept: number
  readonly revoked: number
}
export interface RecertificationsAnswer {
  readonly manages: boolean
  readonly everyDays: number
  /** What of the open campaign waits for this person; null: none is open. */
  readonly waiting: { readonly campaign: string; readonly dueAt: string; readonly lines: number } | null
  readonly items: readonly CampaignItem[]
}

// GET /api/recertifications/:id/lines → {items} ; POST /api/recertifications/:id/decide {lines, decision, reason}
export interface RecertifyLine {
  readonly id: string
  readonly kind: 'role' | 'team' | 'grant' | 'deputy' | 'key'
  readonly personId: string
  readonly thingId: string | null
  readonly what: string
  readonly detail: {
    readonly main?: boolean
    readonly role?: string
    readonly type?: string
    readonly record?: string
    readonly until?: string
    readonly by?: string
    readonly of?: string
  }
  readonly privileged: boolean
  readonly decision: 'keep' | 'revoke' | null
  readonly reason: string | null
  readonly decidedBy: string | null
  readonly decidedAt: string | null
  readonly settledAt: string | null
  /** Whether whoever asks decides it. */
  readonly mine: boolean
}
