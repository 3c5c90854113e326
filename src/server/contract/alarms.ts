// What travels between server and pages about alarms, canaries, limits and exports.

// GET /api/alarms → {items: AlarmItem[]} ; POST /api/alarms/:id/settle {note}
export interface AlarmItem {
  readonly id: string
  readonly kind: 'canary' | 'pace' | 'break-glass' | 'policy-error' | 'unmask-limit' | 'policy-not-activated'
  /** null: it is about nobody, the house itself found it. */
  readonly userId: string | null
  readonly type: string | null
  readonly recordId: string | null
  readonly detail: Readonly<Record<string, unknown>>
  readonly createdAt: string
  readonly settledBy: string | null
  readonly settledAt: string | null
  readonly note: string | null
}
// GET /api/canaries → {items: CanaryItem[]} ; POST /api/canaries {type, recordId, note} ; DELETE /api/canaries/:type/:id
export interface CanaryItem {
  readonly type: string
  readonly recordId: string
  readonly note: string
  readonly markedBy: string
  readonly markedAt: string
}
// GET/PUT /api/limits
export interface LimitsAnswer {
  readonly reading: {
    readonly openedPerMinute: number
    readonly openedPerHour: number
    readonly listedPerHour: number
    readonly readPerDay: number
    readonly endSession: boolean
  }
  readonly exporting: { readonly perDay: number; readonly roles: Readonly<Record<string, number>> }
  readonly revealing: { readonly perDay: number }
}
// GET /api/exports/requests → {items} (all for who approves, else the own ones) ; POST {type, rows, purpose} ; POST …/:id/decide {approved, reason}
export interface ExportRequestItem {
  readonly id: string
  readonly userId: string
  readonly type: string
  readonly rows: number
  readonly purpose: string
  readonly createdAt: string
  readonly expiresAt: string
  readonly decidedBy: string | null
  readonly approved: boolean | null
  readonly reason: string | null
  readonly usedAt: string | null
}
// POST /api/exports/check {sha256, marks} → {items: ExportFoundItem[]}
export interface ExportFoundItem {
  readonly id: string
  readonly userId: string
  readonly type: string
  readonly rows: number | null
  readonly startedAt: string
  readonly unchanged: boolean
  readonly journalled: boolean
}
