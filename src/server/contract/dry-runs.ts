// What the interface says of dry runs: what a change of policies would have meant for past accesses.

export interface DryRunSums {
  readonly accesses: number
  readonly newlyDenied: number
  readonly newlyAllowed: number
}

export interface DryRunReportAnswer {
  readonly entries: number
  readonly accesses: number
  readonly questions: number
  readonly allowed: number
  readonly denied: number
  readonly newlyDenied: number
  readonly newlyAllowed: number
  readonly undecidable: number
  readonly gone: number
  readonly emergency: number
  readonly deputy: number
  readonly other: number
  readonly drifted: number
  readonly capped: boolean
  /** Set where its time is over: people and examples are gone, so many of them; the rest stays. */
  readonly cleared: {
    readonly at: string
    readonly people: number
    readonly examples: number
    readonly sha256: string
  } | null
  readonly roles: readonly (DryRunSums & { readonly role: string })[]
  /** Those with the most changes first, at most 200; a name only where it may be seen. */
  readonly people: readonly (DryRunSums & { readonly person: string; readonly name: string; readonly role: string })[]
  /** What changes, by record type (or system) and action. */
  readonly actions: readonly {
    readonly on: string
    readonly action: string
    readonly newlyDenied: number
    readonly newlyAllowed: number
  }[]
  readonly examples: readonly {
    readonly entry: string
    readonly at: string
    readonly person: string
    readonly name: string
    readonly role: string
    readonly on: string
    readonly record: string | null
    readonly action: string
    readonly change: 'newlyDenied' | 'newlyAllowed'
    readonly policies: readonly string[]
  }[]
}

export interface DryRunItem {
  readonly id: string
  readonly digest: string
  readonly base: number
  readonly from: string
  readonly to: string
  readonly startedBy: string
  readonly createdAt: string
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  readonly errorCode: string | null
  readonly done: number
  readonly total: number | null
}

/** POST /api/policies/dry-runs {document, from, to} → DryRunItem; POST /api/policies/dry-runs/:id/cancel → DryRunItem. */
/** GET /api/policies/dry-runs: newest first. POST /api/policies/dry-runs/of {document}: those over the same document. */
export interface DryRunsAnswer {
  readonly items: readonly DryRunItem[]
}

/** GET /api/policies/dry-runs/:id */
export interface DryRunAnswer extends DryRunItem {
  readonly report: DryRunReportAnswer | null
}
