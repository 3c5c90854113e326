// What an erasure of a person would do: everything that is linked to the subject, counted, and who else is the same person. Keeps vault-14, vault-199.
import { type Actor, Fault, houseScopeOf, inSentence, type RecordType, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { type Hold, holdsOf } from './hold.ts'
import type { House } from './house.ts'
import { type LinkedRecords, recordsOf, type SamePeople, samePerson, shown, unsearchedFor } from './same-person.ts'
import type { Unsearched } from './same-values.ts'

/** Everything that is linked to a subject, counted. */
export interface ErasurePreview {
  readonly subject: Uuid
  readonly records: readonly LinkedRecords[]
  /** Others that are the same person, as far as anything says so; those linked first. The first of them: see nextSame. */
  readonly same: SamePeople['same']
  /** Where the next of them begin; null where all are told. */
  readonly nextSame: string | null
  /** Records that did not open, of the person or of those who may be the same: nobody knows what number or address is in them. */
  readonly unread: number
  /** Where somebody with the same number or address is found only by opening every record, which the last pages of them do. */
  readonly unsearched: readonly Unsearched[]
  readonly attachments: number
  /** Forms sent but not read yet, of whomever: they are sealed, so nobody can say whose they are before they are. */
  readonly captures: number
  readonly keys: number
  readonly tokens: number
  /** Sealed after-images in the journal, which nobody can open afterwards. */
  readonly images: number
  /** Data backups made since the subject's first key; they hold its cells, never its keys. */
  readonly backups: number
  readonly holds: readonly Hold[]
  /** Number in the ledger where it is erased already. */
  readonly erased: number | null
  /** What has to be typed to confirm: the last eight digits of the subject's id. */
  readonly code: string
}

/** The subject that a record belongs to. Throws not-found. */
export const subjectOfRecord = (house: House, actor: Actor, type: RecordType, id: Uuid): Promise<Uuid> =>
  house.store.transaction(
    houseScopeOf(actor),
    async (tx) => {
      const [row] = await tx.query<{ subject_id: Uuid }>({
        text: `select subject_id from crm."${type.table}" where tenant_id = $1 and id = $2`,
        values: [house.tenant, id],
      })
      if (!row) throw new Fault('not-found', { what: inSentence(type.label) })
      return row.subject_id
    },
    { readOnly: true },
  )

/** What an erasure would do. Throws not-found where nothing has this subject. */
export const previewErasure = (house: House, actor: Actor, subject: Uuid): Promise<ErasurePreview> =>
  house.search.fresh(() =>
    house.store.transaction(houseScopeOf(actor), (tx) => preview(house, tx, subject), { readOnly: true }),
  )

/** The next of those who are the same person as a subject. */
export const nextSame = (house: House, actor: Actor, subject: Uuid, cursor: string): Promise<SamePeople> =>
  house.search.fresh(() =>
    house.store.transaction(houseScopeOf(actor), (tx) => samePerson(house, tx, subject, cursor), { readOnly: true }),
  )

const preview = async (house: House, tx: Tx, subject: Uuid): Promise<ErasurePreview> => {
  const records = (await recordsOf(house, tx, [subject])).get(subject) ?? []
  let images = 0
  for (const { type, all } of records)
    images += await counted(tx, 'journal.entry', 'record_id = any($2::uuid[]) and obj = $3 and image is not null', [
      house.tenant,
      all,
      type,
    ])
  const [keys] = await tx.query<{ n: number; since: Date | null }>({
    text: `select count(*)::int as n, min(created_at) as since from keyring.subject_key where tenant_id = $1 and subject_id = $2`,
    values: [house.tenant, subject],
  })
  const [tokens] = await tx.query<{ n: number }>({
    text: 'select coalesce(sum(cardinality(tokens)), 0)::int as n from crm.search_index where tenant_id = $1 and record_id = any($2::uuid[])',
    values: [house.tenant, records.flatMap(({ all }) => all)],
  })
  const erased = await erasedAs(house, tx, subject)
  if (records.length === 0 && (keys?.n ?? 0) === 0 && erased === null) throw new Fault('not-found', { what: 'record' })
  const { same, next, unread } = await samePerson(house, tx, subject)
  return {
    subject,
    records: records.map(shown),
    same,
    nextSame: next,
    unread,
    unsearched: await unsearchedFor(house, tx, subject),
    attachments: await counted(tx, 'crm.attachment', 'subject_id = $2 and deleted_at is null', [house.tenant, subject]),
    captures: await counted(tx, 'crm.capture', 'true', [house.tenant]),
    keys: keys?.n ?? 0,
    tokens: tokens?.n ?? 0,
    images,
    backups: await counted(tx, 'ops.backup', `state = 'done' and created_at >= $2`, [
      house.tenant,
      keys?.since ?? house.clock.now(),
    ]),
    holds: await holdsOf(house, tx, subject),
    erased,
    code: subject.slice(-8),
  }
}

export const counted = async (tx: Tx, table: string, where: string, values: readonly unknown[]): Promise<number> => {
  const [row] = await tx.query<{ n: number }>({
    text: `select count(*)::int as n from ${table} where tenant_id = $1 and ${where}`,
    values,
  })
  return row?.n ?? 0
}

/** Number of the subject in the ledger, or null. */
export const erasedAs = async (house: House, tx: Tx, subject: Uuid): Promise<number | null> => {
  const [row] = await tx.query<{ number: number }>({
    text: 'select number from ops.erasure where tenant_id = $1 and subject_id = $2',
    values: [house.tenant, subject],
  })
  return row?.number ?? null
}
