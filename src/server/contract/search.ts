// What the interface says of how the tenant searches, and of what that tells a thief.
import type { Label } from '#kernel'

/** GET /api/keys/search; PATCH changes it (a job). */
export interface SearchAnswer {
  readonly generation: number
  readonly building: number | null
  readonly hash: string
  readonly createdAt: string
  readonly storage: 'database' | 'memory'
  readonly fields: readonly {
    readonly type: string
    readonly field: string
    readonly modes: readonly string[]
    readonly possible: readonly string[]
    readonly partitions: number
  }[]
}

/** GET /api/keys/leakage */
export interface LeakageAnswer {
  readonly generation: number
  readonly storage: 'database' | 'memory'
  readonly fields: readonly {
    readonly type: string
    readonly field: string
    readonly label: Label
    readonly group: string
    readonly dataClass: string
    readonly modes: readonly string[]
    readonly partitions: number
    /** everything: a plain value. index: what search tokens tell. shape: no more than a sealed cell shows. */
    readonly learns: 'everything' | 'index' | 'shape'
    readonly tells: readonly Label[]
    readonly attacks: readonly {
      readonly attack: 'rank' | 'dictionary' | 'prefix'
      readonly mode: string
      readonly target: string
      readonly records: number
      /** Shares, 0…1. */
      readonly recovered: number
      readonly guess: number
      readonly unkeyed: number | null
    }[]
  }[]
}

/** GET /api/keys/leakage/last; POST /api/keys/leakage/measure starts the job. */
export interface MeasuredAnswer {
  readonly at: string
  readonly leakage: LeakageAnswer
}
