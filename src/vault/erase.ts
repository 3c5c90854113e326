// Erasure of a person: the data keys destroyed, tokens and cells with them, an entry in the ledger, a signed certificate; all in one
// transaction. Rows stay as empty tombstones, so that links and numbers hold. Keeps vault-14, vault-15, vault-16, vault-199.
import {
  type Actor,
  cellColumn,
  columnOf,
  Fault,
  hex,
  houseScopeOf,
  newId,
  type RecordType,
  say,
  sealedGroups,
  type Uuid,
} from '#kernel'
import { sha256, type Signer } from '#encryption'
import type { Tx } from '#store'
import { certify, type Certificate, type ErasureFacts } from './certificate.ts'
import { counted, erasedAs } from './erasure-preview.ts'
import { demandNoHold } from './hold.ts'
import type { House } from './house.ts'
import { entryOf } from './rows.ts'
import { sameAmong } from './same-person.ts'
import { isStaff } from './same-values.ts'

export interface ErasureRequest {
  readonly subject: Uuid
  /** Other subjects to be erased with it, chosen from ErasurePreview.same and what follows it. */
  readonly also?: readonly Uuid[]
  /** Why, in a few words without a person's name: it stays in journal and certificate. */
  readonly reason: string
  /** ErasurePreview.code as typed. */
  readonly code: string
}

/** The certificate of the subject, and those of the others that were erased with it, in the order of the ledger. */
export interface Erased extends Certificate {
  readonly also: readonly Certificate[]
}

export interface ErasureRules {
  /** Asked each time: the profile decides. */
  signer(): Promise<Signer>
  /** Largest age of a keyring snapshot outside the database, in days. */
  readonly backupDays: number
}

const longestReason = 200

/**
 * Erases a subject, and others that are the same person, in one transaction: all or none. The order matters: the keys are deleted
 * first, which waits for every writer that has taken them (holdKeys) and stops those to come; what is found afterwards is all there is.
 */
export const eraseSubject = async (
  house: House,
  actor: Actor,
  request: ErasureRequest,
  rules: ErasureRules,
): Promise<Erased> => {
  const { subject } = request
  const reason = request.reason.trim()
  if (reason === '' || reason.length > longestReason)
    throw new Fault('bad-value', {
      field: 'reason',
      what: say('expected 1 to {most} characters', { most: longestReason }),
    })
  if (request.code.trim().toLowerCase() !== subject.slice(-8)) throw new Fault('not-confirmed')
  const also = [...new Set(request.also ?? [])].filter((one) => one !== subject)
  // Before the transaction, which holds a connection while the key is asked for.
  const act: Act = { house, actor, reason, signer: await rules.signer(), backupDays: rules.backupDays }
  const all = [subject, ...also]
  const [made, ...others] = await house.search.fresh(() =>
    house.store.transaction(houseScopeOf(actor), (tx) => eraseTogether(act, tx, all)),
  )
  house.keyring.forget(all)
  if (!made) throw new Fault('not-found', { what: 'record' })
  return { ...made, also: others }
}

interface Act {
  readonly house: House
  readonly actor: Actor
  readonly reason: string
  readonly signer: Signer
  readonly backupDays: number
}

type Destroyed = readonly { readonly generation: number; readonly commitment: Uint8Array }[]

const eraseTogether = async (act: Act, tx: Tx, all: readonly Uuid[]): Promise<readonly Certificate[]> => {
  const { house } = act
  await tx.query({ text: `select pg_advisory_xact_lock(hashtext('erasure'), hashtext($1))`, values: [house.tenant] })
  for (const one of all) {
    if ((await erasedAs(house, tx, one)) !== null) throw new Fault('already-erased')
    await demandCustomer(house, tx, one)
  }
  await demandSame(act, tx, all)
  const keys = new Map<Uuid, Destroyed>()
  // In the order in which a rotation takes them.
  for (const one of all.toSorted())
    keys.set(
      one,
      await tx.query<Destroyed[number]>({
        text: 'delete from keyring.subject_key where tenant_id = $1 and subject_id = $2 returning generation, commitment',
        values: [house.tenant, one],
      }),
    )
  const made: Certificate[] = []
  for (const one of all) {
    // After the keys, which placing a hold takes too: a hold placed meanwhile is seen here.
    await demandNoHold(house, tx, one)
    made.push(await eraseOne(act, tx, one, keys.get(one) ?? []))
  }
  return made
}

/** Whoever confirms the code of one person erases nobody else with it. */
const demandSame = async ({ house }: Act, tx: Tx, [subject = '', ...also]: readonly Uuid[]): Promise<void> => {
  if (also.length === 0) return
  const known = await sameAmong(house, tx, subject, also)
  if (!also.every((one) => known.has(one)))
    throw new Fault('bad-input', { what: 'one of the records chosen is not known as the same person' })
}

const eraseOne = async (act: Act, tx: Tx, subject: Uuid, keys: Destroyed): Promise<Certificate> => {
  const { house, actor, reason } = act
  const records: Record<string, number> = {}
  const entries = []
  for (const type of house.catalogue.types) {
    const ids = await emptyRecords(house, tx, actor, type, subject)
    if (ids.length === 0) continue
    records[type.name] = ids.length
    entries.push(...ids.map((id) => ({ ...entryOf(house, actor, 'record.erase', type.name, id), purpose: reason })))
  }
  const files = await emptyAttachments(house, tx, subject)
  entries.push(...files.map((id) => ({ ...entryOf(house, actor, 'record.erase', 'attachment', id), purpose: reason })))
  if (keys.length === 0 && entries.length === 0) throw new Fault('not-found', { what: 'record' })
  const done = { subject, reason, records, attachments: files.length, keys: keys.map(toKey) }
  const made = await enter(house, tx, actor, done, act)
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
}

const toKey = (row: Destroyed[number]): ErasureFacts['keys'][number] => ({
  generation: row.generation,
  commitment: hex(sha256(row.commitment)),
})

/** Users are staff: their names stand in the journal's every entry, and they are switched off, not erased. */
const demandCustomer = async (house: House, tx: Tx, subject: Uuid): Promise<void> => {
  for (const type of house.catalogue.types.filter(isStaff))
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
