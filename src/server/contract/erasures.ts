// Shapes of erasure and legal holds as they travel. Types only.
// GET /api/erasures → ErasuresAnswer ; GET /api/erasures/preview?type=&id= | ?subject= → ErasurePreviewAnswer
// GET /api/erasures/same?subject=&after= → ErasureSamePage, from ErasurePreviewAnswer.nextSame on
// POST /api/erasures ErasureWish → ErasureDone ; GET /api/erasures/:id/certificate.json, certificate.pdf?lang=
// POST /api/erasures/verify {text} ; POST /api/holds {subject, reason} → LegalHold ; POST /api/holds/:id/lift {reason} → LegalHold

export interface LegalHold {
  readonly id: string
  readonly subject: string
  readonly reason: string
  readonly placedBy: string
  readonly placedAt: string
  readonly liftedBy: string | null
  readonly liftedAt: string | null
  readonly liftReason: string | null
}

export interface ErasureItem {
  readonly number: number
  readonly id: string
  readonly subject: string
  readonly at: string
  readonly by: string
  readonly reason: string
  readonly records: Readonly<Record<string, number>>
  readonly sha256: string
}

export interface ErasuresAnswer {
  readonly items: readonly ErasureItem[]
  readonly holds: readonly LegalHold[]
  /** Days a destroyed key can survive in a copy of the repository. */
  readonly backupDays: number
  readonly closing: ErasureClosing
}

/** The final step: how far the keys under which older copies of the database files were are gone. */
export interface ErasureClosing {
  /** Number of the last erasure, and up to which number the step is done; 0 for none. */
  readonly erased: number
  readonly closed: number
  /** When it was done, newest first. */
  readonly done: readonly { readonly upTo: number; readonly at: string }[]
  /** When one that is not done yet was begun. */
  readonly begun: string | null
}

export interface ErasureRecords {
  readonly type: string
  readonly count: number
  readonly ids: readonly string[]
}

/** Somebody who is the same person under another subject. */
export interface ErasureSame {
  readonly subject: string
  readonly why: readonly ('link' | 'phone' | 'email')[]
  /** A legal hold stands on it: it cannot go along. */
  readonly held: boolean
  readonly records: readonly ErasureRecords[]
}

export interface ErasureSamePage {
  readonly same: readonly ErasureSame[]
  readonly next: string | null
  /** Of the people whose records have to be opened (ErasurePreviewAnswer.unsearched), so many were looked through. */
  readonly opened: number
  /** Records on this page that did not open, so that nobody knows whose they are. */
  readonly unread: number
}

export interface ErasurePreviewAnswer {
  readonly subject: string
  readonly records: readonly ErasureRecords[]
  /** The first of them, those linked among them. */
  readonly same: readonly ErasureSame[]
  /** Where the next of them begin; null where all are told. */
  readonly nextSame: string | null
  /** Records of the person, and of the first page of the others, that did not open. */
  readonly unread: number
  /** Fields without a search index: what follows after the pages of the index is found by opening so many people's records. */
  readonly unsearched: readonly {
    readonly type: string
    readonly fields: readonly string[]
    readonly subjects: number
  }[]
  readonly attachments: number
  readonly captures: number
  readonly keys: number
  readonly tokens: number
  readonly images: number
  readonly backups: number
  readonly holds: readonly LegalHold[]
  readonly erased: number | null
  readonly code: string
  readonly backupDays: number
}

export interface ErasureWish {
  readonly subject: string
  /** Subjects of ErasurePreviewAnswer.same, or of a later page, to be erased with it. */
  readonly also?: readonly string[]
  readonly reason: string
  readonly code: string
  readonly password: string
}

export interface ErasureDone {
  readonly id: string
  readonly number: number
  /** Of the others that were erased with it. */
  readonly also: readonly { readonly subject: string; readonly id: string; readonly number: number }[]
  readonly sha256: string
  /** deleted: snapshots of the keyring deleted; null: the repository could not be reached. */
  readonly repositories: readonly {
    readonly repository: string
    readonly deleted: number | null
    readonly holding: number
  }[]
}
