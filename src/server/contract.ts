// The shapes that travel between server and pages. Types only: the web imports nothing else of the house.
//
// Every answer but files is JSON; an error is application/problem+json (Problem). A session lives in the cookie
// __Host-holdfast; every request that changes something carries the header x-holdfast-csrf with the value of Me.csrf.

export type * from './contract/access.ts'
export type * from './contract/alarms.ts'
export type * from './contract/api-keys.ts'
export type * from './contract/break-glass.ts'
export type * from './contract/browse.ts'
export type * from './contract/bulk.ts'
export type * from './contract/print.ts'
export type * from './contract/capture.ts'
export type * from './contract/client-certificates.ts'
export type * from './contract/dry-runs.ts'
export type * from './contract/erasures.ts'
export type * from './contract/factors.ts'
export type * from './contract/fields.ts'
export type * from './contract/grants.ts'
export type * from './contract/hand-over.ts'
export type * from './contract/imports.ts'
export type * from './contract/mail.ts'
export type * from './contract/inbox.ts'
export type * from './contract/jobs.ts'
export type * from './contract/notifications.ts'
export type * from './contract/old-keys.ts'
export type * from './contract/sign-on.ts'
export type * from './contract/jobs.ts'
export type * from './contract/keys.ts'
export type * from './contract/policies.ts'
export type * from './contract/policy-builder.ts'
export type * from './contract/recertifications.ts'
export type * from './contract/policy-matrix.ts'
export type * from './contract/search.ts'
export type * from './contract/webhooks.ts'
export type Language = 'zh' | 'en'
export interface Both {
  readonly zh: string
  readonly en: string
}

/** RFC 9457. detail is in the language of the request (accept-language or the user's). */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly field?: string
}

// GET /api/health (open)
export interface Health {
  readonly status: 'ok' | 'degraded'
  readonly version: string
  /** Whether an administrator has still to be created by the one-time link. */
  readonly setupNeeded: boolean
  readonly demo: boolean
  /** Whether e-mail can be sent, so that a forgotten password can be reset. */
  readonly mail: boolean
}

// POST /api/setup (open, one-time token) → SetupDone. POST /api/password-strength {password, email?, name?} (open) → Strength
export interface SetupRequest {
  readonly token: string
  readonly language: Language
  readonly organisation: string
  readonly name: string
  readonly email: string
  readonly password: string
  /** Which suites keys and signatures are of; default international. */
  readonly profile?: 'international' | 'post-quantum' | 'gm'
}
export interface SetupDone {
  readonly me: Me
  /** Shown once: the recovery sheet of the root key. */
  readonly recovery: {
    readonly fingerprint: string
    readonly created: string
    readonly blocks: readonly string[]
    readonly text: Both
  }
}
// POST /api/restore/look RestoreLook (open, one-time token) → RestoreFound ; POST /api/restore RestoreRequest → {job}
// POST /api/restore/state {token} → {job: RestoreJob|null}, also while the house is away
export interface RestoreLook {
  readonly token: string
  /** Folder on the server; absent: the configured one. */
  readonly repository?: string
}
export interface RestoreFound {
  readonly repository: string
  /** Newest first. */
  readonly backups: readonly Pick<BackupItem, 'id' | 'type' | 'parent' | 'at' | 'rows' | 'bytes'>[]
  /** Whether the keys at hand wrote these backups, so no recovery sheet is needed. */
  readonly keysFit: boolean
  /** Whether an identity that fits lies in the key directory. */
  readonly identityHeld: boolean
}
export interface RestoreRequest extends RestoreLook {
  readonly backup: string
  /** Text of the identity file, or where it lies on the server; neither: the one in the key directory. */
  readonly identity?: string
  readonly identityPath?: string
  /** Text or blocks of the recovery sheet. */
  readonly sheet?: string
}
export interface RestoreJob {
  readonly state: 'running' | 'done' | 'failed'
  /** 0 … 1 */
  readonly progress: number
  readonly what: string
  readonly rows: number
  /** Webhooks that were in use, and are stopped until somebody sets them in use again. */
  readonly webhooks: number
  /** Whether a mail server is paused until somebody sets it in use again. */
  readonly mail: boolean
  readonly error: string | null
}
export interface Strength {
  readonly ok: boolean
  /** 0 … 4 */
  readonly score: number
  readonly advice: Both | null
}

// POST /api/session SignIn → Me (sets the cookie) ; DELETE /api/session ; GET /api/me → Me
export interface SignIn {
  readonly email: string
  readonly password: string
  /** Six digits of the authenticator app, or a recovery code. Problem code `code-needed` asks for it, or for a passkey. */
  readonly code?: string
  readonly passkey?: unknown
  /** Remember this browser for 30 days. */
  readonly remember?: boolean
}
export interface Me {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: string
  readonly teamId: string | null
  readonly language: Language
  readonly organisation: string
  readonly currency: string
  readonly csrf: string
  readonly totp: boolean
  /** Any second factor: codes or a passkey. Who has one confirms with it, who has none with the password. */
  readonly secondFactor: boolean
  /** Whether passkeys can be had at the address of this installation. */
  readonly passkeysPossible: boolean
  /** The role needs a second factor; nothing else opens before. */
  readonly mustEnrol: boolean
  /** Whether this browser is remembered. */
  readonly deviceTrusted: boolean
  readonly sessionId: string
  readonly mustChangePassword: boolean
  readonly abilities: Readonly<Record<string, TypeAbilities>>
  /** System actions this person may do: journal.view, review.run, backup.create, … */
  readonly may: readonly string[]
}
export interface TypeAbilities {
  readonly create: boolean
  readonly import: boolean
  readonly export: boolean
  readonly delete: boolean
  readonly share: boolean
  readonly assign: boolean
  readonly groups: Readonly<
    Record<string, { readonly view: boolean; readonly edit: boolean; readonly unmask: boolean }>
  >
}

// GET /api/catalogue → CatalogueAnswer
export interface CatalogueAnswer {
  readonly types: readonly TypeInfo[]
}
export interface TypeInfo {
  readonly name: string
  readonly plural: string
  readonly label: Both
  readonly plurals: Both
  readonly title: string
  readonly pool: boolean
  readonly fields: readonly FieldInfo[]
}
export interface FieldInfo {
  readonly name: string
  readonly kind: string
  readonly label: Both
  readonly group: string
  readonly dataClass: 'public' | 'internal' | 'personal' | 'sensitive'
  readonly sealed: boolean
  readonly search: readonly string[]
  readonly required: boolean
  readonly maxLength: number
  readonly options?: readonly {
    readonly value: string
    readonly label: Both
    readonly probability?: number
    readonly closed?: 'won' | 'lost'
    /** A role that the house made. */
    readonly own?: boolean
    /** What holds it keeps its name; nothing is given it any more. */
    readonly retired?: boolean
  }[]
  readonly to?: string
  readonly inList: boolean
  readonly sortable: boolean
  readonly filterable: boolean
}

// GET /api/<type>s ?q= &filter=<JSON array of Filter> &sort= &dir=asc|desc &limit= &cursor= &deleted=1  → PageAnswer
// GET /api/<type>s/count (same query) → {count, capped}
// POST /api/<type>s {values, ownerId?} → 201 RecordAnswer ; GET /api/<type>s/:id → RecordAnswer
// PATCH /api/<type>s/:id {version, values} → RecordAnswer ; DELETE /api/<type>s/:id?version= → 204
// POST /api/<type>s/:id/{recover,claim} → RecordAnswer ; /assign {ownerId|null} ; /share {userIds} ; /release {reason}
// POST /api/<type>s/:id/unmask {group, reason} → {values} ; GET /api/<type>s/:id/history → {items: HistoryItem[]}
// POST /api/deals/:id/stage {stage, version, reason?} → RecordAnswer ; POST /api/leads/:id/convert {…} → {account, contact, deal?}
export type Value = string | number | boolean | readonly string[] | null
export interface Filter {
  readonly field: string
  readonly op: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'in' | 'empty' | 'notEmpty' | 'contains'
  readonly value?: Value
}
export interface RecordAnswer {
  readonly id: string
  readonly type: string
  readonly version: number
  readonly values: Readonly<Record<string, Value>>
  readonly groups: Readonly<Record<string, 'plain' | 'masked' | 'hidden'>>
  readonly ownerId: string | null
  readonly teamId: string | null
  readonly sharedWith: readonly string[]
  readonly createdAt: string
  readonly updatedAt: string
  readonly deletedAt: string | null
}
export interface PageAnswer {
  readonly items: readonly RecordAnswer[]
  readonly next?: string
  /** Names of linked records, users and teams that occur in items, as the principal may see them: id → title. */
  readonly titles: Readonly<Record<string, string>>
}
export interface HistoryItem {
  readonly at: string
  readonly actorId: string
  readonly actor: string
  /** Name of the person for whom the actor stood in. */
  readonly onBehalfOf?: string
  readonly act: string
  readonly version: number
  readonly changes: readonly { readonly field: string; readonly before: Value; readonly after: Value }[]
}

// GET /api/<type>s/:id/attachments → AttachmentsAnswer ; POST (multipart: group, file) → AttachmentItem
// GET /api/<type>s/:id/attachments/:file/content?reason= ; DELETE /api/<type>s/:id/attachments/:file
export interface AttachmentsAnswer {
  readonly items: readonly AttachmentItem[]
  /** Most bytes of one file. */
  readonly limit: number
}
export interface AttachmentItem {
  readonly id: string
  readonly name: string
  readonly size: number
  readonly type: string
  readonly group: string
  readonly visibility: 'plain' | 'masked'
  readonly mismatch: boolean
  readonly createdAt: string
  readonly createdBy: string
  readonly creator: string
}

// GET /api/search?q=  → {items: SearchHit[]} over accounts, contacts, leads, deals
export interface SearchHit {
  readonly type: string
  readonly id: string
  readonly title: string
  readonly subtitle: string
}

// GET /api/home → Home
export interface Home {
  readonly counts: Readonly<Record<string, { readonly count: number; readonly capped: boolean }>>
  readonly tasks: readonly RecordAnswer[]
  readonly followups: readonly RecordAnswer[]
  readonly pipeline: readonly StageSum[]
  readonly titles: Readonly<Record<string, string>>
  /** What to do next in an empty CRM, in order; done ones marked. */
  readonly steps: readonly { readonly id: 'import' | 'team' | 'backup' | 'totp' | 'review'; readonly done: boolean }[]
}
// GET /api/pipeline → {stages: StageSum[]} (deals themselves: GET /api/deals with filter stage)
export interface StageSum {
  readonly stage: string
  readonly count: number
  readonly capped: boolean
  readonly amount: number
}

// POST /api/<type>s/export {purpose, filters?, search?, language?} → text/csv attachment

// GET /api/journal ?before= &limit= &actor= &act= &obj= &recordId= → JournalAnswer ; POST /api/journal/verify → JournalVerified
export interface JournalAnswer {
  readonly items: readonly JournalEntry[]
  readonly next?: string
  readonly checkpoint: {
    readonly size: number
    readonly root: string
    readonly at: string
    readonly note: string
  } | null
}
export interface JournalEntry {
  readonly id: string
  /** Place in the tree; null until the sealer has passed. */
  readonly index: number | null
  readonly at: string
  readonly act: string
  readonly obj: string
  readonly recordId: string | null
  readonly actorId: string
  readonly actor: string
  /** Names of those whom a deputy acted for. */
  readonly onBehalfOf: readonly string[]
  readonly channel: string
  readonly ip: string
  readonly decision: 'allow' | 'deny'
  readonly purpose: string
  readonly groups: readonly string[]
  readonly detail: unknown
}
export interface JournalVerified {
  readonly ok: boolean
  readonly entries: number
  readonly root: string
  readonly firstBad?: { readonly index: number; readonly entry: string; readonly what: string }
}

// GET /api/backups → BackupsAnswer ; POST /api/backups {type} → {job} ; GET /api/backups/job → BackupJob|null ; POST /api/backups/verify → {job}
export interface BackupsAnswer {
  readonly repository: string
  readonly items: readonly BackupItem[]
  readonly job: BackupJob | null
}
// GET /api/backups/offsite → OffSiteAnswer|null ; POST /api/backups/offsite OffSiteRequest → OffSiteAnswer
export interface OffSiteRequest {
  readonly place: string
  /** How often the copy is renewed. */
  readonly everyDays: number
  /** For how long nobody can change or delete it: object lock, write-once media. 0: not at all. */
  readonly immutableDays: number
}
export interface OffSiteAnswer extends OffSiteRequest {
  readonly confirmedAt: string
  readonly confirmedBy: string
}
export interface BackupItem {
  readonly id: string
  readonly type: 'full' | 'incremental' | 'differential'
  readonly parent: string | null
  readonly at: string
  readonly rows: number
  readonly bytes: number
  readonly seconds: number
  readonly verifiedAt: string | null
}
export interface BackupJob {
  readonly kind: 'create' | 'verify'
  readonly type: string
  readonly state: 'running' | 'done' | 'failed'
  /** 0 … 1 */
  readonly progress: number
  readonly what: string
  readonly error: string | null
  readonly result: unknown
}

// POST /api/review → ReviewAnswer ; GET /api/review → ReviewAnswer|null (latest) ; GET /api/review/report.pdf?lang= ; GET /api/review/report.json
export interface ReviewAnswer {
  readonly id: string
  readonly at: string
  readonly summary: {
    readonly pass: number
    readonly fail: number
    readonly error: number
    readonly notAssessed: number
    readonly notApplicable: number
  }
  readonly controls: readonly ControlAnswer[]
}
export interface ControlAnswer {
  readonly id: string
  readonly group: string
  readonly severity: string
  readonly state: 'pass' | 'fail' | 'error' | 'not-assessed' | 'not-applicable'
  readonly title: Both
  readonly requirement: Both
  readonly finding: Both
  readonly remedy: Both
  readonly evidence: unknown
  readonly maps: Readonly<Record<string, readonly string[]>>
  /** Whether a person may give their word: POST /api/review/attest {control, note} → ReviewAnswer */
  readonly takesWord: boolean
  /** The last word given. */
  readonly word: { readonly at: string; readonly by: string; readonly note: string } | null
}

// Users and teams are record types: /api/users, /api/teams. Besides: POST /api/users/invite {name,email,role,teamId,language} → {user, password} (one-time password shown once)
// POST /api/users/:id/password → {password} (new one-time password). PATCH /api/users/:id {version, values:{active:false}} ends all sessions.
// GET /api/sessions → {items: SessionItem[]} (own) ; DELETE /api/sessions/:id ; GET /api/users/:id/sessions, DELETE /api/users/:id/sessions (administrator)
export interface SessionItem {
  readonly id: string
  readonly current: boolean
  readonly createdAt: string
  readonly seenAt: string
  readonly firstIp: string
  readonly lastIp: string
  /** The address changed since sign-in: perhaps stolen. */
  readonly suspicious: boolean
  /** The browser is remembered. */
  readonly trusted: boolean
  /** A second factor was given in it. */
  readonly secondFactor: boolean
  readonly userAgent: string
}
// POST /api/me/password {current, password} ; POST /api/me/language {language}
// POST /api/me/totp → {secret, uri} ; POST /api/me/totp/confirm {code} → {recoveryCodes} ; DELETE /api/me/totp
// GET /api/directory → {users: {id,name,teamId,active}[], teams: {id,name,parentId}[]}: names for pickers
// GET /api/keys → KeysAnswer (keys.view)
export interface KeysAnswer {
  readonly root: { readonly provider: string; readonly fingerprint: string }
  readonly epochs: readonly {
    readonly epoch: number
    readonly state: string
    readonly suite: string
    readonly createdAt: string
    readonly subjectKeys: number
  }[]
  readonly fields: readonly {
    readonly type: string
    readonly field: string
    readonly label: Both
    readonly dataClass: string
    readonly group: string
    readonly storage: string
    readonly search: readonly string[]
    readonly leaks: Both
    /** Of a sealed field: by which suites its cells are sealed now, most first; cells is null where they were not counted. */
    readonly suites: readonly { readonly suite: string; readonly cells: number | null }[]
  }[]
  /** What a thief of the database learns of every record whatever its fields. */
  readonly record: Both
}
// GET /api/policies → {version, policies: {id, text, layer}[]} (policy.view)
