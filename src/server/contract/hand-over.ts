// What travels between server and pages when somebody leaves.

// GET /api/users/:id/hand-over → HandOverPreview ; POST /api/users/:id/hand-over HandOverRequest → JobAnswer ; GET /api/hand-overs/:id → JobAnswer
export interface HandOverPreview {
  readonly types: readonly {
    readonly type: string
    readonly owned: number
    readonly shared: number
    readonly pool: boolean
  }[]
  /** For a while: what is lent to the person and by the person, deputies of and for the person, and those named for others. */
  readonly lent: {
    readonly held: number
    readonly given: number
    readonly deputies: number
    readonly named: number
  }
}
export interface HandOverRequest {
  /** null: to the public pool. */
  readonly to: string | null
  /** Receivers of single record types. */
  readonly byType: Readonly<Record<string, string | null>>
  /** Instead of a confirmation that is too old; not instead of a second factor. */
  readonly password?: string
}
