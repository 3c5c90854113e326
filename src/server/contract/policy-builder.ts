// What the condition builder and the server say to each other: a policy as a tree, its text, its sentence, and the words it is made of.
import type { Both } from '../contract.ts'

export type BuiltRoot = 'principal' | 'action' | 'resource' | 'context'

export interface BuiltAttribute {
  readonly is: 'attribute'
  readonly of: BuiltRoot
  readonly path: readonly string[]
}

export type BuiltCall =
  | 'neg' | 'offset' | 'durationSince' | 'toDate' | 'toTime' | 'toMilliseconds' | 'toSeconds' | 'toMinutes' | 'toHours'
  | 'toDays' | 'getTag' // prettier-ignore

export type BuiltOperand =
  | BuiltAttribute
  | { readonly is: 'text' | 'decimal' | 'datetime' | 'duration' | 'ip' | 'pattern'; readonly value: string }
  | { readonly is: 'number'; readonly value: number }
  | { readonly is: 'truth'; readonly value: boolean }
  | { readonly is: 'entity'; readonly type: string; readonly id: string }
  | { readonly is: 'list'; readonly items: readonly BuiltOperand[] }
  | { readonly is: 'sum'; readonly op: '+' | '-' | '*'; readonly left: BuiltOperand; readonly right: BuiltOperand }
  | { readonly is: 'call'; readonly name: BuiltCall; readonly of: BuiltOperand; readonly with?: BuiltOperand }
  | { readonly is: 'type'; readonly type: string; readonly in?: BuiltOperand }

export type BuiltComparison =
  | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'contains' | 'containsAll' | 'containsAny' | 'like' | 'is' | 'hasTag'
  | 'isInRange' | 'lessThan' | 'lessThanOrEqual' | 'greaterThan' | 'greaterThanOrEqual' | 'isEmpty' | 'isIpv4' | 'isIpv6'
  | 'isLoopback' | 'isMulticast' | 'holds' // prettier-ignore

/** A comparison; `guard` asks first whether the attribute of a side is there. */
export interface BuiltCompare {
  readonly is: 'compare'
  readonly left: BuiltOperand
  readonly op: BuiltComparison
  readonly right?: BuiltOperand
  readonly guard?: 'left' | 'right' | 'both'
}

/** Conditions with words of their own. Amounts in minor units, days 1 (Monday) to 7. */
export type BuiltKnown =
  | { readonly is: 'amount'; readonly most: number | 'limit' }
  | { readonly is: 'region'; readonly in: 'own' | readonly string[] }
  | { readonly is: 'hours'; readonly from: string; readonly to: string; readonly days: readonly number[] }
  | { readonly is: 'network'; readonly ranges: readonly string[] }
  | { readonly is: 'mfa'; readonly minutes?: number }
  | { readonly is: 'device' }
  | { readonly is: 'purpose' }
  | { readonly is: 'channel'; readonly in: readonly string[] }

export type BuiltTest =
  | { readonly is: 'all' | 'any'; readonly of: readonly BuiltTest[] }
  | { readonly is: 'not'; readonly of: BuiltTest }
  | { readonly is: 'choice'; readonly if: BuiltTest; readonly then: BuiltTest; readonly else: BuiltTest }
  | { readonly is: 'fixed'; readonly value: boolean }
  | { readonly is: 'there'; readonly left: BuiltAttribute; readonly names: readonly string[] }
  | { readonly is: 'known'; readonly condition: BuiltKnown }
  | BuiltCompare

export interface BuiltEntity {
  readonly type: string
  readonly id: string
}

export type BuiltReach =
  | { readonly op: 'all' }
  | { readonly op: '==' | 'in'; readonly entity: BuiltEntity }
  | { readonly op: 'is'; readonly type: string; readonly in?: BuiltEntity }

export type BuiltActions =
  | { readonly op: 'all' }
  | { readonly op: '==' | 'in'; readonly entity: BuiltEntity }
  | { readonly op: 'several'; readonly entities: readonly BuiltEntity[] }

export interface BuiltPolicy {
  readonly notes: readonly string[]
  readonly annotations: Readonly<Record<string, string | null>>
  readonly effect: 'permit' | 'forbid'
  readonly principal: BuiltReach
  readonly action: BuiltActions
  readonly resource: BuiltReach
  readonly clauses: readonly { readonly kind: 'when' | 'unless'; readonly test: BuiltTest }[]
}

/** POST /api/policies/text {built}. `problem`: why it could not stand as a policy of the house. */
export interface PolicyTextAnswer {
  readonly text: string
  readonly sentence: Both
  readonly problem: string | null
}

/** POST /api/policies/built {text}. Without a tree, `form` is the first thing the builder has no place for; the text stays as it is. */
export interface PolicyBuiltAnswer {
  readonly built: BuiltPolicy | null
  readonly form: string | null
  /** Comments stood elsewhere than before the policy; in the builder they stand before it. */
  readonly moved: boolean
  readonly sentence: Both | null
  readonly problem: string | null
}

/** GET /api/policies/words */
export interface PolicyWordsAnswer {
  readonly words: readonly {
    readonly of: BuiltRoot
    readonly path: readonly string[]
    readonly label: Both
    readonly kind:
      'text' | 'number' | 'money' | 'truth' | 'moment' | 'person' | 'team' | 'texts' | 'people' | 'ip' | 'decimal'
    readonly optional: boolean
    readonly options: readonly { readonly value: string; readonly label: Both }[]
    readonly types: readonly string[]
  }[]
  readonly actions: readonly { readonly name: string; readonly label: Both; readonly on: 'record' | 'system' | 'any' }[]
  readonly roles: readonly { readonly name: string; readonly label: Both }[]
  readonly types: readonly { readonly name: string; readonly entity: string; readonly label: Both }[]
}
