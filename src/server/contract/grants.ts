// What travels between server and pages about rights lent for a while.

export interface LendingLimitsAnswer {
  readonly grantDays: number
  readonly deputyDays: number
  readonly recertifyDays: number
}

// GET /api/grants → {all, limits, items} ; GET /api/grants/record?type=&id= → {limits, items} ; POST /api/grants/:id/end
export interface GrantItem {
  readonly id: string
  readonly kind: 'record' | 'role'
  readonly userId: string
  readonly role: string | null
  readonly type: string | null
  readonly recordId: string | null
  readonly level: 'read' | 'write' | null
  readonly reason: string
  readonly startsAt: string
  readonly expiresAt: string
  readonly givenBy: string
  /** Who answers for it since who gave it has left. */
  readonly passedTo: string | null
  readonly createdAt: string
  readonly endedBy: string | null
  readonly endedAt: string | null
}
export interface GrantsAnswer {
  /** Whether these are all of the house, or the own ones. */
  readonly all: boolean
  readonly limits: LendingLimitsAnswer
  readonly items: readonly GrantItem[]
}

/** From (absent: at once) and until as ISO instants. */
interface Span {
  readonly to: string
  readonly from?: string
  readonly until: string
  readonly reason: string
}
/** POST /api/grants/record */
export interface GrantRequest extends Span {
  readonly type: string
  readonly record: string
  readonly level: 'read' | 'write'
}
/** POST /api/grants/role */
export interface RoleGrantRequest extends Span {
  readonly role: string
}

// GET /api/deputies → DeputiesAnswer ; POST /api/deputies DeputyRequest → DeputyItem ; POST /api/deputies/:id/end
export interface DeputyItem {
  readonly id: string
  readonly personId: string
  readonly deputyId: string
  readonly reason: string
  readonly startsAt: string
  readonly expiresAt: string
  readonly namedBy: string
  readonly passedTo: string | null
  readonly createdAt: string
  readonly endedBy: string | null
  readonly endedAt: string | null
}
export interface DeputiesAnswer {
  readonly all: boolean
  /** The longest that is allowed. */
  readonly days: number
  /** For whom this person may name a deputy. */
  readonly mayNameFor: readonly string[]
  readonly items: readonly DeputyItem[]
}
export interface DeputyRequest {
  /** Absent: oneself. */
  readonly person?: string
  readonly deputy: string
  readonly from?: string
  readonly until: string
  readonly reason: string
}
