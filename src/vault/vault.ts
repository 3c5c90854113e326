// The guarded path as an interface: what crm, server and cli may do with records. Built by createVault (index.ts).
import type { Actor, Catalogue, FieldGroup, Uuid } from '#kernel'
import type { Bulk } from './bulk.ts'
import type { Print } from './print.ts'
import type { GroupRoles, RecordProtection } from './protection.ts'

export type { GroupRoles, RecordProtection } from './protection.ts'

/** Values of fields as people see them: text, whole numbers, booleans, ids, sets of texts. Money is minor units. */
export type FieldValue = string | number | boolean | readonly string[] | null

/** How a field group of one record came out for the principal. */
export type Visibility = 'plain' | 'masked' | 'hidden'

/** A record as the principal may see it. Hidden fields are absent; masked ones hold the mask. */
export interface Seen {
  readonly id: Uuid
  readonly type: string
  readonly version: number
  readonly values: Readonly<Record<string, FieldValue>>
  /** Per field group; plain fields belong to a group too. */
  readonly groups: Readonly<Partial<Record<FieldGroup, Visibility>>>
  readonly ownerId: Uuid | null
  readonly teamId: Uuid | null
  readonly sharedWith: readonly Uuid[]
  readonly createdAt: string
  readonly updatedAt: string
  readonly deletedAt: string | null
}

export interface Filter {
  /** Field name, or owner, team, createdAt, updatedAt, pool. */
  readonly field: string
  readonly op: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'in' | 'empty' | 'notEmpty' | 'contains'
  readonly value?: FieldValue
}

export interface ListQuery {
  readonly filters?: readonly Filter[]
  /** Found by name, pinyin, phone tail, whole phone or e-mail. */
  readonly search?: string
  /** Field name, or createdAt (default), updatedAt, owner. */
  readonly sort?: string
  readonly descending?: boolean
  /** 1…200, default 50. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly cursor?: string
  /** true: only deleted records. */
  readonly deleted?: boolean
}

export interface Page {
  readonly items: readonly Seen[]
  /** Absent on the last page. */
  readonly next?: string
}

/** One change in the life of a record. Groups the principal may not see are absent. */
export interface HistoryEntry {
  readonly at: string
  readonly actorId: Uuid
  readonly act: string
  /** For whom the actor stood in. */
  readonly onBehalfOf?: Uuid
  readonly version: number
  readonly changes: readonly { readonly field: string; readonly before: FieldValue; readonly after: FieldValue }[]
}

/** A new record: values by field name. importKey: stable text naming the source row, for a second import of it. */
export interface Draft {
  readonly id?: Uuid
  readonly values: Readonly<Record<string, FieldValue>>
  readonly ownerId?: Uuid | null
  readonly importKey?: string
  readonly createdAt?: string
}

/** What became of one draft of a batch. */
export type BatchOutcome =
  | { readonly state: 'created' | 'updated' | 'unchanged'; readonly id: Uuid }
  | { readonly state: 'refused'; readonly reason: { readonly zh: string; readonly en: string } }

/** What the principal could do with a type at all: what buttons to show. */
export interface Abilities {
  readonly create: boolean
  readonly import: boolean
  readonly export: boolean
  readonly delete: boolean
  readonly share: boolean
  readonly assign: boolean
  readonly groups: Readonly<
    Partial<Record<FieldGroup, { readonly view: boolean; readonly edit: boolean; readonly unmask: boolean }>>
  >
}

/** One value of a choice: how many records have it, and the sum of a number over them. */
export interface GroupSum {
  readonly value: string
  readonly count: number
  readonly sum: number
}

/** A file on a record, as the principal may see it. */
export interface Attachment {
  readonly id: Uuid
  /** Of a masked one the ending alone. */
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Media type, found by looking at the content. */
  readonly type: string
  /** The field group whose rights it follows. */
  readonly group: FieldGroup
  readonly visibility: 'plain' | 'masked'
  /** Its name, or the type its sender named, promised something else than its content is. */
  readonly mismatch: boolean
  readonly createdAt: string
  readonly createdBy: Uuid
}

/** A file coming in. */
export interface FileOffered {
  readonly name: string
  /** The media type its sender named; believed in nothing. */
  readonly declared: string
  /** Default: notes where the type has them, else basic. */
  readonly group?: FieldGroup
  /** Most bytes that are taken. */
  readonly limit: number
  readonly bytes: AsyncIterable<Uint8Array>
}

/** A file going out: every piece was found whole before it is handed on. */
export interface FileOpened {
  readonly attachment: Attachment
  readonly bytes: AsyncIterable<Uint8Array>
}

/** Files on records, under the rights of the record and of one of its field groups. */
export interface Attachments {
  list(actor: Actor, type: string, record: Uuid): Promise<readonly Attachment[]>
  /** Needs edit of the group. Throws too-large, file-refused. */
  add(actor: Actor, type: string, record: Uuid, file: FileOffered): Promise<Attachment>
  /** Needs view and unmask of the group; journalled before the first byte. */
  open(actor: Actor, type: string, record: Uuid, id: Uuid): Promise<FileOpened>
  remove(actor: Actor, type: string, record: Uuid, id: Uuid): Promise<void>
}

export interface Vault {
  readonly catalogue: Catalogue
  readonly attachments: Attachments
  readonly bulk: Bulk
  list(actor: Actor, type: string, query: ListQuery): Promise<Page>
  /** Number of matches, at most `cap` (default 1000); capped says whether it stopped there. */
  count(actor: Actor, type: string, query: ListQuery, cap?: number): Promise<{ count: number; capped: boolean }>
  /** How many records there are per value of a plain choice field, and the sum of a plain whole-number field over them. */
  sums(actor: Actor, type: string, by: string, of: string): Promise<readonly GroupSum[]>
  get(actor: Actor, type: string, id: Uuid): Promise<Seen>
  create(actor: Actor, type: string, draft: Draft): Promise<Seen>
  /** Changes some fields. version: the one the caller saw; a newer one in the database is a conflict. */
  update(
    actor: Actor,
    type: string,
    id: Uuid,
    version: number,
    values: Readonly<Record<string, FieldValue>>,
  ): Promise<Seen>
  remove(actor: Actor, type: string, id: Uuid, version: number): Promise<void>
  /** Takes a deleted record back. */
  recover(actor: Actor, type: string, id: Uuid): Promise<Seen>
  /** Owner (null: to the public pool); the team follows the owner. */
  assign(actor: Actor, type: string, id: Uuid, ownerId: Uuid | null): Promise<Seen>
  /** Takes a record out of the public pool for oneself; of many at once one wins. */
  claim(actor: Actor, type: string, id: Uuid): Promise<Seen>
  share(actor: Actor, type: string, id: Uuid, withUsers: readonly Uuid[]): Promise<Seen>
  /** The plain values of a masked group of one record, journalled with actor.env.purpose as the reason. */
  unmask(actor: Actor, type: string, id: Uuid, group: FieldGroup): Promise<Readonly<Record<string, FieldValue>>>
  history(actor: Actor, type: string, id: Uuid): Promise<readonly HistoryEntry[]>
  /** Up to 1,000 drafts in one transaction each call; every outcome in the order of the drafts. Needs action import. */
  importBatch(actor: Actor, type: string, drafts: readonly Draft[]): Promise<readonly BatchOutcome[]>
  /** Pages of everything the principal may see, masked as it sees it. Needs action export and a purpose; journalled first. */
  exportPages(actor: Actor, type: string, query: ListQuery, id?: Uuid): AsyncIterable<readonly Seen[]>
  /** A record, or what a list holds, for paper: under a mark, journalled; more than a page of a list is an export. */
  print(actor: Actor, type: string, of: { readonly id: Uuid } | { readonly query: ListQuery }): Promise<Print>
  /** Passes the file of an export on; its digest and recipient are journalled before the last piece leaves. */
  exportFile(actor: Actor, id: Uuid, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>
  /** Ids by exact titles (case- and width-blind), for resolving links in imports: title → id of the newest match. */
  resolve(actor: Actor, type: string, titles: readonly string[]): Promise<ReadonlyMap<string, Uuid>>
  /** Titles of records by id, as the principal may see them; those it may not see are absent. */
  titles(actor: Actor, type: string, ids: readonly string[]): Promise<Readonly<Record<string, string>>>
  /** Content digests over opened values, independent of order, deleted rows included. For the system only. */
  digest(tenant: Uuid): Promise<Readonly<Record<string, { readonly rows: number; readonly digest: string }>>>
  /** What protects the sealed groups of one record, in the groups the principal may see. */
  protection(actor: Actor, type: string, id: Uuid): Promise<RecordProtection>
  /** Which roles may see the sealed groups of a type. */
  whoMay(type: string): Readonly<Record<string, GroupRoles>>
  abilities(actor: Actor): Promise<Readonly<Record<string, Abilities>>>
  /** Whether the principal may do a system action: journal.view, review.run, review.view, backup.create, backup.view, keys.view, policy.view, session.manage … Denials are journalled; throws denied. */
  demand(actor: Actor, action: string): Promise<void>
  /**
   * Throws administrators-way-in where the person holds every right and the actor does not: before another password, factor, invitation,
   * key or certificate is given. Journalled.
   */
  demandWayIn(actor: Actor, person: Uuid): Promise<void>
  /** Whether it could; not journalled. */
  may(actor: Actor, action: string): Promise<boolean>
}
