// Shapes of old keys and their destruction as they travel. Types only.
// GET /api/old-keys → {items: OldKey[]} ; GET /api/old-keys/:fingerprint/subjects → {items: WeakSubject[]}
// POST /api/old-keys/:fingerprint/destroyed OldKeyDestruction → KeyDestruction

export interface OldKeyDestruction {
  /** A day, as 2026-01-31. */
  readonly destroyedOn: string
  readonly destroyedBy: string
  readonly how: string
  readonly witness: string
}

export interface KeyDestruction extends OldKeyDestruction {
  readonly recordedBy: string
  readonly recordedAt: string
}

export interface OldKey {
  /** Keyed: nobody finds the key by trying. */
  readonly fingerprint: string
  readonly ciphers: readonly string[]
  readonly imports: number
  readonly firstImport: string
  readonly lastImport: string
  /** Persons and companies whose data had lain under it. */
  readonly subjects: number
  readonly destruction: KeyDestruction | null
}

export interface WeakSubject {
  readonly type: string
  readonly id: string
  readonly subject: string
}
