// What the interface says of the tree of keys, of what stands behind a rotation, and of what protects one field.

/** GET /api/keys/tree: every key there is, from the root down; no key is opened for it. */
export interface KeyTreeAnswer {
  readonly roots: readonly {
    readonly fingerprint: string
    readonly kind: string
    readonly protection: 'machine' | 'passphrase' | 'shares' | 'provider'
    readonly created: string
    /** The one that wraps; others only unwrap, while a root key is being exchanged. */
    readonly wraps: boolean
    readonly shares: {
      readonly set: string
      readonly threshold: number
      readonly of: number
      readonly holders: readonly string[]
    } | null
  }[]
  readonly provider: {
    readonly kind: string
    readonly answers: boolean
    /** Code of the refusal. */
    readonly error: string | null
    readonly tookMs: number
    /** Of a provider outside: how long keys may be used while it is silent, and how old its last answer is. */
    readonly lease: { readonly maxSeconds: number; readonly ageSeconds: number | null; readonly kept: number } | null
  }
  readonly dataKeys: readonly {
    readonly epoch: number
    readonly suite: string
    readonly current: number
    readonly older: number
    readonly oldest: string
    readonly newest: string
  }[]
  readonly index: {
    readonly generation: number
    readonly building: number | null
    readonly hash: string
    readonly storage: 'database' | 'memory'
    readonly createdAt: string
  }
  readonly named: readonly {
    readonly kind: 'signer' | 'secret'
    readonly name: string
    readonly algorithm: string
    readonly fingerprint: string | null
  }[]
  readonly recipients: readonly {
    readonly fingerprint: string
    /** The private half still lies in the key directory. */
    readonly held: boolean
  }[]
  readonly costs: {
    readonly records: number
    readonly files: number
    readonly fileBytes: number
    readonly captures: number
  }
}

/** GET /api/keys/epochs/:epoch/needs: rows per table that need the epoch, counted now. */
export interface EpochNeedsAnswer {
  readonly epoch: number
  readonly needs: Readonly<Record<string, number>>
}

/** POST /api/keys/sheet {password}: the recovery sheet of the root key in force. */
export interface SheetAnswer {
  readonly fingerprint: string
  readonly created: string
  /** None where the root key is not for printing. */
  readonly blocks: readonly string[]
  readonly text: { readonly zh: string; readonly en: string }
}

/** GET /api/catalogue/protection?type=: what seals a new value of each group, and who may see it. */
export interface GroupsProtection {
  readonly suite: string
  readonly epoch: number
  readonly groups: Readonly<Record<string, { readonly view: readonly string[]; readonly unmask: readonly string[] }>>
}

/** GET /api/<type>s/:id/protection: the headers of a record's cells. */
export interface RecordProtectionAnswer {
  readonly version: number
  readonly groups: readonly {
    readonly group: string
    /** Empty where the record has no value in the group. */
    readonly suite: string
    readonly generation: number
    readonly epoch: number | null
    readonly bytes: number
  }[]
}
