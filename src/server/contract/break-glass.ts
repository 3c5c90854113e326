// What travels between server and pages about emergency access.

// GET /api/break-glass → {possible, items: GlassItem[]} ; POST /api/break-glass GlassRequest → GlassItem ;
// POST /api/break-glass/:id/end ; POST /api/break-glass/:id/review {justified, note}
export interface GlassItem {
  readonly id: string
  readonly userId: string
  readonly type: string
  readonly scope: 'record' | 'owner' | 'team'
  readonly of: string
  readonly reason: string
  readonly openedAt: string
  readonly expiresAt: string
  readonly endedAt: string | null
  readonly reviewedBy: string | null
  readonly reviewedAt: string | null
  readonly justified: boolean | null
  readonly note: string | null
  /** Entries of the journal made under it, 500 at most; null of old ones. */
  readonly reads: number | null
}
export interface GlassRequest {
  readonly type: string
  readonly scope: 'record' | 'owner' | 'team'
  readonly of: string
  readonly reason: string
  readonly minutes: number
}
