// What the interface says of policies: the document in force, versions, changes on their way.

/** One row of the role matrix. Groups: names of field groups, or all of them. */
export interface PolicyGrant {
  readonly name: string
  readonly types: 'customers' | readonly string[]
  readonly scope: 'own' | 'team' | 'subtree' | 'region' | 'pool' | 'shared' | 'all'
  readonly actions: readonly string[]
  readonly view: 'all' | readonly string[]
  readonly unmask: 'all' | readonly string[]
  readonly edit: 'all' | readonly string[]
}

/** The document of policies. */
export interface PolicyDocumentAnswer {
  readonly v: 1
  readonly defaults: Readonly<Record<string, 'private' | 'unit' | 'public'>>
  readonly administrator: boolean
  readonly roles: readonly {
    readonly name: string
    readonly inside: boolean
    readonly grants: readonly PolicyGrant[]
    readonly system: readonly string[]
    /** Of a role that the house made. */
    readonly own?: {
      readonly label: { readonly zh: string; readonly en: string }
      readonly about?: { readonly zh: string; readonly en: string }
      readonly base: string
      readonly retired?: true
    }
  }[]
  readonly restrictions: readonly {
    readonly name: string
    readonly label?: { readonly zh: string; readonly en: string }
    readonly roles: readonly string[]
    readonly types: 'customers' | readonly string[]
    readonly actions: readonly string[]
    readonly mode: 'unless' | 'when'
    readonly conditions: readonly { readonly is: string }[]
  }[]
  readonly policies: readonly { readonly id: string; readonly text: string }[]
  readonly cases: readonly {
    readonly name: string
    readonly who: { readonly role: string }
    readonly action: string
    readonly on: string
    readonly expect: 'allow' | 'deny'
  }[]
}

/** GET /api/policies/control */
export interface PolicyControlAnswer {
  readonly document: PolicyDocumentAnswer
  /** Newest first; one is active. */
  readonly versions: readonly {
    readonly number: number
    readonly origin: 'shipped' | 'house'
    readonly active: boolean
    readonly digest: string
    readonly createdBy: string
    readonly createdAt: string
  }[]
  readonly changes: readonly PolicyChangeItem[]
  /** The time zone in which hours are meant and moments are shown. */
  readonly zone: string
  /** Names of people by id, as the reader may see them. */
  readonly names: Readonly<Record<string, string>>
}

export interface PolicyChangeItem {
  readonly id: string
  readonly title: string
  readonly state: 'proposed' | 'rejected' | 'approved' | 'active' | 'withdrawn' | 'failed'
  readonly base: number
  readonly number: number | null
  readonly createdBy: string
  readonly createdAt: string
  readonly decidedBy: string | null
  readonly decidedAt: string | null
  readonly reason: string | null
  /** Approved: when it comes into force; null: once somebody activates it. */
  readonly activateAt: string | null
  /** Failed: code of what did not hold any more when its moment came. */
  readonly failure: string | null
  readonly withdrawnBy: string | null
}

/** GET /api/policies/changes/:id */
export interface PolicyChangeAnswer extends PolicyChangeItem {
  readonly document: PolicyDocumentAnswer
  /** What becomes of roles of the house's own. */
  readonly roles: readonly RoleChangeItem[]
  /** null before: new; null after: gone. */
  readonly differences: readonly {
    readonly id: string
    readonly before: string | null
    readonly after: string | null
  }[]
  readonly names: Readonly<Record<string, string>>
}

export interface RoleChangeItem {
  readonly role: string
  readonly kind: 'new' | 'described' | 'retired' | 'back' | 'gone'
  readonly words: { readonly zh: string; readonly en: string }
}

/** PUT /api/policies/draft {title, document, base, revision}: document is text, as it was typed. DELETE throws it away. */
export interface PolicyDraftItem {
  readonly title: string
  readonly document: string
  readonly base: number
  /** Another document has come into force since. */
  readonly moved: boolean
  readonly revision: number
  readonly createdAt: string
  readonly updatedAt: string
}

/** GET /api/policies/draft */
export interface PolicyDraftAnswer {
  readonly own: PolicyDraftItem | null
  readonly others: readonly {
    readonly userId: string
    readonly name: string
    readonly title: string
    readonly base: number
    readonly updatedAt: string
  }[]
}

/** POST /api/policies/problems {document} */
export interface PolicyProblemsAnswer {
  readonly problems: readonly PolicyProblem[]
}

export interface PolicyProblem {
  readonly severity: 'error' | 'warning'
  readonly kind: string
  readonly words: { readonly zh: string; readonly en: string }
  /** null: it is about the document. */
  readonly policy: string | null
  readonly line: number | null
  readonly column: number | null
  /** What the validator itself says. */
  readonly original: string | null
}

/** POST /api/policies/check {document} */
export interface PolicyCheckAnswer {
  readonly digest: string
  readonly policies: readonly { readonly id: string; readonly text: string }[]
}
// POST /api/policies/changes {title, document, base?} → {id}. POST /api/policies/changes/:id/decision {approve, reason, at?} → {number}.
// POST /api/policies/changes/:id/activate {at?} → {number}; /withdraw → nothing.
// POST /api/policies/versions/:number/rollback → {number}.
