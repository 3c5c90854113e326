// What the interface says of who sees what, and why not.
import type { Both } from '../contract.ts'

/** What the policies named in an answer are for, by id. */
export type PolicyPurposes = Readonly<Record<string, Both>>

export type AccessSight = 'plain' | 'masked' | 'hidden'

/** GET /api/access/who?type=&id=&group=[&after=&limit=&mfa=&device=&ip=] */
export interface WhoSeesAnswer {
  readonly group: string
  /** Version of the record that was asked about. */
  readonly version: number
  readonly items: readonly {
    readonly person: string
    readonly name: string
    readonly role: string
    readonly teamId: string | null
    readonly sight: AccessSight
    /** Masked, and to be revealed once a reason is given. */
    readonly revealable: boolean
    /** What was refused: the record itself, the group, or its plain values. */
    readonly refused: 'list' | 'view' | 'unmask' | null
    readonly permits: readonly string[]
    /** None where nothing permits what was refused. */
    readonly forbids: readonly string[]
    /** What was lent to the person for a while and may be why: the record, or a role. by: a name. */
    readonly lent: readonly {
      readonly level: 'read' | 'write' | null
      readonly role: string | null
      readonly until: string
      readonly by: string
      /** Name of the owner for whom the person stands in; null: it is no deputyship. */
      readonly deputyFor: string | null
    }[]
  }[]
  readonly purposes: PolicyPurposes
  /** The `after` of the next page. */
  readonly next?: string
}

/** A value that a condition looked at. */
export interface LookedAt {
  readonly path: string
  readonly value: string | null
  readonly state: 'shown' | 'withheld' | 'absent'
}

/** GET /api/access/why?type=&id=&person=&action=[&mfa=&device=&ip=&purpose=&rows=] */
export interface WhyNotAnswer {
  readonly allow: boolean
  readonly version: number
  readonly reasons: readonly string[]
  /** Permits that did not hold, the one that came farthest first. */
  readonly permits: readonly {
    readonly policy: string
    /** Conditions that held before this one. */
    readonly passed: number
    readonly condition: string
    readonly outcome: 'false' | 'error'
    readonly values: readonly LookedAt[]
  }[]
  readonly forbids: readonly {
    readonly policy: string
    readonly erred: boolean
    readonly values: readonly LookedAt[]
  }[]
  readonly purposes: PolicyPurposes
}
