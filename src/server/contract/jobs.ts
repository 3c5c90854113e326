// What the interface says of jobs and of the rotation of keys.

/** Long work: a row of GET /api/jobs, and what starting one answers. */
export interface JobAnswer {
  readonly id: string
  readonly kind: string
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  readonly done: number
  /** Null while nobody knows. */
  readonly total: number | null
  /** Code of the error that ended it. */
  readonly errorCode: string | null
  readonly startedBy: string
  readonly createdAt: string
  readonly finishedAt: string | null
}

export interface JobsAnswer {
  readonly items: readonly JobAnswer[]
}

/** GET /api/keys/states: epochs with their ages, and how many data keys there are. */
export interface KeyStatesAnswer {
  readonly epochs: readonly {
    readonly epoch: number
    readonly state: 'active' | 'decrypt-only' | 'destroyed'
    /** Names of suites. */
    readonly suite: string
    readonly captureSuite: string
    readonly profile: string | null
    readonly createdAt: string
    readonly retiredAt: string | null
    readonly destroyedAt: string | null
    readonly subjectKeys: number
  }[]
  readonly subjects: number
  readonly olderGenerations: number
}
