// Erasure of a person: the data keys destroyed, tokens and cells with them, an entry in the ledger, a signed certificate; all in one
// transaction. Rows stay as empty tombstones, so that links and numbers hold. Keeps vault-14, vault-15, vault-16.
import {
  type Actor,
  cellColumn,
  columnOf,
  Fault,
  hex,
  houseScopeOf,
  inSentence,
  newId,
  type RecordType,
  say,
  sealedGroups,
  type Uuid,
} from '#kernel'
import { sha256, type Signer } from '#encryption'
import type { Tx } from '#store'
import { certify, type Certificate, type ErasureFacts } from './certificate.ts'
import { demandNoHold, type Hold, holdsOf } from './hold.ts'
import type { House } from './house.ts'
import { entryOf } from './rows.ts'

/** Everything that is linked to a subject, counted. */
export interface ErasurePreview {
  readonly subject: Uuid
  /** Records by type; ids at most `shownIds` of each. */
  readonly records: readonly { readonly type: string; readonly count: number; readonly ids: readonly Uuid[] }[]
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

export interface ErasureRequest {
  readonly subject: Uuid
  /** Why, in a few words without a person's name: it stays in journal and certificate. */
  readonly reason: string
  /** ErasurePreview.code as typed. */
  readonly code: string
}

export interface ErasureRules {
  /** Asked each time: the profile decides. */
  signer(): Promise<Signer>
  /** Largest age of a keyring snapshot outside the database, in days. */
  readonly backupDays: number
}

const shownIds = 50
const longestReason = 200

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
  house.store.transaction(houseScopeOf(actor), (tx) => preview(house, tx, subject), { readOnly: true })

const preview = async (house: House, tx: Tx, subject: Uuid): Promise<ErasurePreview> => {
  const records: { type: string; count: number; ids: readonly Uuid[] }[] = []
  const all: Uuid[] = []
  let images = 0
  for (const type of house.catalogue.types) {
    const rows = await tx.query<{ id: Uuid }>({
      text: `select id from crm."${type.table}" where tenant_id = $1 and subject_id = $2 order by id`,
      values: [house.tenant, subject],
    })
    if (rows.length === 0) continue
    const ids = rows.map((row) => row.id)
    all.push(...ids)
    records.push({ type: type.name, count: ids.length, ids: ids.slice(0, shownIds) })
    images += await counted(tx, 'journal.entry', 'record_id = any($2::uuid[]) and obj = $3 and image is not null', [
      house.tenant,
      ids,
      type.name,
    ])
  }
  const [keys] = await tx.query<{ n: number; since: Date | null }>({
    text: `select count(*)::int as n, min(created_at) as since from keyring.subject_key where tenant_id = $1 and subject_id = $2`,
    values: [house.tenant, subject],
  })
  const [tokens] = await tx.query<{ n: number }>({
    text: 'select coalesce(sum(cardinality(tokens)), 0)::int as n from crm.search_index where tenant_id = $1 and record_id = any($2::uuid[])',
    values: [house.tenant, all],
  })
  const erased = await erasedAs(house, tx, subject)
  if (all.length === 0 && (keys?.n ?? 0) === 0 && erased === null) throw new Fault('not-found', { what: 'record' })
  return {
    subject,
    records,
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

const counted = async (tx: Tx, table: string, where: string, values: readonly unknown[]): Promise<number> => {
  const [row] = await tx.query<{ n: number }>({
    text: `select count(*)::int as n from ${table} where tenant_id = $1 and ${where}`,
    values,
  })
  return row?.n ?? 0
}

/** Number of the subject in the ledger, or null. */
const erasedAs = async (house: House, tx: Tx, subject: Uuid): Promise<number | null> => {
  const [row] = await tx.query<{ number: number }>({
    text: 'select number from ops.erasure where tenant_id = $1 and subject_id = $2',
    values: [house.tenant, subject],
  })
  return row?.number ?? null
}

/**
 * Erases a subject. The order matters: the keys are deleted first, which waits for every writer that has taken them (holdKeys) and
 * stops those to come; what is found afterwards is all there is.
 */
export const eraseSubject = async (
  house: House,
  actor: Actor,
  request: ErasureRequest,
  rules: ErasureRules,
): Promise<Certificate> => {
  const { subject } = request
  const reason = request.reason.trim()
  if (reason === '' || reason.length > longestReason)
    throw new Fault('bad-value', {
      field: 'reason',
      what: say('expected 1 to {most} characters', { most: longestReason }),
    })
  if (request.code.trim().toLowerCase() !== subject.slice(-8)) throw new Fault('not-confirmed')
  // Before the transaction, which holds a connection while the key is asked for.
  const signer = await rules.signer()
  const certificate = await house.store.transaction(houseScopeOf(actor), async (tx) => {
    await tx.query({ text: `select pg_advisory_xact_lock(hashtext('erasure'), hashtext($1))`, values: [house.tenant] })
    if ((await erasedAs(house, tx, subject)) !== null) throw new Fault('already-erased')
    await demandCustomer(house, tx, subject)
    const keys = await tx.query<{ generation: number; commitment: Uint8Array }>({
      text: 'delete from keyring.subject_key where tenant_id = $1 and subject_id = $2 returning generation, commitment',
      values: [house.tenant, subject],
    })
    // After the keys, which placing a hold takes too: a hold placed meanwhile is seen here.
    await demandNoHold(house, tx, subject)
    const records: Record<string, number> = {}
    const entries = []
    for (const type of house.catalogue.types) {
      const ids = await emptyRecords(house, tx, actor, type, subject)
      if (ids.length === 0) continue
      records[type.name] = ids.length
      entries.push(...ids.map((id) => ({ ...entryOf(house, actor, 'record.erase', type.name, id), purpose: reason })))
    }
    const files = await emptyAttachments(house, tx, subject)
    entries.push(
      ...files.map((id) => ({ ...entryOf(house, actor, 'record.erase', 'attachment', id), purpose: reason })),
    )
    if (keys.length === 0 && entries.length === 0) throw new Fault('not-found', { what: 'record' })
    const made = await enter(
      house,
      tx,
      actor,
      { subject, reason, records, attachments: files.length, keys: keys.map(toKey) },
      { signer, backupDays: rules.backupDays },
    )
    await house.journal.append(tx, house.tenant, [
      ...entries,
      {
        ...entryOf(house, actor, 'subject.erase', 'subject', subject),
        purpose: reason,
        detail: {
          number: made.facts.number,
          certificate: made.sha256,
          records,
          attachments: files.length,
          keys: keys.length,
        },
      },
    ])
    return made
  })
  house.keyring.forget([subject])
  return certificate
}

const toKey = (row: { generation: number; commitment: Uint8Array }): ErasureFacts['keys'][number] => ({
  generation: row.generation,
  commitment: hex(sha256(row.commitment)),
})

/** Users are staff: their names stand in the journal's every entry, and they are switched off, not erased. */
const demandCustomer = async (house: House, tx: Tx, subject: Uuid): Promise<void> => {
  for (const type of house.catalogue.types.filter(({ name }) => name === 'user' || name === 'team'))
    if ((await counted(tx, `crm."${type.table}"`, 'subject_id = $2', [house.tenant, subject])) > 0)
      throw new Fault('erasure-staff')
}

/** Empties the records of a type: cells, tokens, import key and plain fields that are personal go, the row stays as deleted. */
const emptyRecords = async (
  house: House,
  tx: Tx,
  actor: Actor,
  type: RecordType,
  subject: Uuid,
): Promise<readonly Uuid[]> => {
  const now = house.clock.now()
  const rows = await tx.query<{ id: Uuid }>({
    text: `update crm."${type.table}" set ${emptying(type).join(', ')}, version = version + 1,
        deleted_at = coalesce(deleted_at, $3), updated_at = $3, updated_by = $4
      where tenant_id = $1 and subject_id = $2 returning id`,
    values: [house.tenant, subject, now, actor.principal.id],
  })
  const ids = rows.map((row) => row.id)
  if (ids.length > 0)
    for (const table of ['crm.search_index', 'ops.notification'])
      await tx.query({
        text: `delete from ${table} where tenant_id = $1 and record_id = any($2::uuid[])`,
        values: [house.tenant, ids],
      })
  return ids
}

/** Empties the files that hang on the subject's records; their chunks go at once, to give their room back. */
const emptyAttachments = async (house: House, tx: Tx, subject: Uuid): Promise<readonly Uuid[]> => {
  const rows = await tx.query<{ id: Uuid }>({
    text: `update crm.attachment set cell_file = null, version = version + 1, deleted_at = coalesce(deleted_at, $3)
      where tenant_id = $1 and subject_id = $2 returning id`,
    values: [house.tenant, subject, house.clock.now()],
  })
  const ids = rows.map((row) => row.id)
  if (ids.length > 0)
    await tx.query({
      text: 'delete from crm.attachment_chunk where tenant_id = $1 and attachment_id = any($2::uuid[])',
      values: [house.tenant, ids],
    })
  return ids
}

/** What makes a row of a type empty. */
const emptying = (type: RecordType): readonly string[] => [
  `import_key = null`,
  `shared_with = '{}'`,
  ...sealedGroups(type).map((group) => `"${cellColumn(group)}" = null`),
  ...type.fields
    .filter((field) => field.storage === 'plain' && (field.dataClass === 'personal' || field.dataClass === 'sensitive'))
    .map((field) => `"${columnOf(field)}" = null`),
]

/** Writes the ledger's next entry with its certificate. */
const enter = async (
  house: House,
  tx: Tx,
  actor: Actor,
  done: Pick<ErasureFacts, 'subject' | 'reason' | 'records' | 'attachments' | 'keys'>,
  rules: { readonly signer: Signer; readonly backupDays: number },
): Promise<Certificate> => {
  const [last] = await tx.query<{ number: number; sha256: Uint8Array }>({
    text: 'select number, sha256 from ops.erasure where tenant_id = $1 order by number desc limit 1',
    values: [house.tenant],
  })
  const [here] = await tx.query<{ installation_id: Uuid }>({
    text: 'select installation_id from ops.installation where tenant_id = $1',
    values: [house.tenant],
  })
  const now = house.clock.now()
  const facts: ErasureFacts = {
    number: (last?.number ?? 0) + 1,
    id: newId(now.getTime()),
    tenant: house.tenant,
    installation: here?.installation_id ?? house.tenant,
    at: now.toISOString(),
    by: actor.principal.id,
    backupDays: rules.backupDays,
    previous: last ? hex(last.sha256) : null,
    ...done,
  }
  const made = certify(facts, rules.signer)
  await tx.query({
    text: `insert into ops.erasure (tenant_id, number, id, subject_id, signed, signature, suite, public_key, sha256, erased_by, erased_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, decode($9, 'hex'), $10, $11)`,
    values: [
      house.tenant,
      facts.number,
      facts.id,
      facts.subject,
      made.signed,
      Buffer.from(made.signature),
      made.suite,
      Buffer.from(made.publicKey),
      made.sha256,
      facts.by,
      now,
    ],
  })
  return made
}
