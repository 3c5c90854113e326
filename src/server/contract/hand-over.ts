// What travels between server and pages when somebody leaves.

// GET /api/users/:id/hand-over → HandOverPreview ; POST /api/users/:id/hand-over HandOverRequest → JobAnswer ; GET /api/hand-overs/:id → JobAnswer
export interface HandOverPreview {
  readonly types: readonly {
    readonly type: string
    readonly owned: number
    readonly shared: number
    readonly pool: boolean
  }[]
}
export interface HandOverRequest {
  /** null: to the public pool. */
  readonly to: string | null
  /** Receivers of single record types. */
  readonly byType: Readonly<Record<string, string | null>>
  /** Instead of a confirmation that is too old; not instead of a second factor. */
  readonly password?: string
}
