// Erasures and legal holds as the rest of the house uses them: every call asks the policies first. Keeps vault-14, vault-16.
import { type Actor, Fault, hex, scopeOf, services, typeOf, type Uuid } from '#kernel'
import type { SignatureSuite } from '#encryption'
import { type Certificate, factsOf, printCertificate, readCertificate } from './certificate.ts'
import { type Erased, type ErasureRequest, type ErasureRules, eraseSubject } from './erase.ts'
import { type ErasurePreview, nextSame, previewErasure, subjectOfRecord } from './erasure-preview.ts'
import { beginClosing, type Closing, type ClosingState, closingState, endClosing } from './erasure-closing.ts'
import { createGate } from './gate.ts'
import { type Hold, holdsOf, liftHold, placeHold } from './hold.ts'
import type { House } from './house.ts'
import { journalDenial } from './rows.ts'
import type { SamePeople } from './same-person.ts'

/** One line of the ledger. */
export interface ErasureLine {
  readonly number: number
  readonly id: Uuid
  readonly subject: Uuid
  readonly at: string
  readonly by: Uuid
  readonly reason: string
  readonly records: Readonly<Record<string, number>>
  readonly sha256: string
}

/** What a certificate is worth here. */
export interface CertificateVerdict {
  readonly ok: boolean
  /** The signature holds for the key named in the file. */
  readonly signed: true
  /** That key is this installation's, and the ledger holds this very certificate. */
  readonly known: boolean
  /** Nothing of the subject can be opened here: no key is left. */
  readonly gone: boolean
  /** The final step after it is done: older copies of the database files open with no key that is left here. */
  readonly closed: boolean
  readonly certificate: Certificate['facts']
}

export interface Erasures {
  /** The subject of a record. Needs erasure.view. */
  subjectOf(actor: Actor, type: string, id: Uuid): Promise<Uuid>
  preview(actor: Actor, subject: Uuid): Promise<ErasurePreview>
  /** The next of those who are the same person, from ErasurePreview.nextSame on. Needs erasure.view. */
  same(actor: Actor, subject: Uuid, cursor: string): Promise<SamePeople>
  /** Needs erasure.run. Throws legal-hold, already-erased, erasure-staff, not-confirmed, and bad-input where one is not of the same person. */
  erase(actor: Actor, request: ErasureRequest): Promise<Erased>
  /** The ledger, newest first. */
  list(actor: Actor): Promise<readonly ErasureLine[]>
  /** The file of a certificate. */
  certificate(actor: Actor, id: Uuid): Promise<string>
  /** Reads a file and compares it with this installation. Throws certificate-invalid. */
  verify(actor: Actor, text: string): Promise<CertificateVerdict>
  holds(actor: Actor): Promise<readonly Hold[]>
  /** Needs hold.manage. */
  hold(actor: Actor, subject: Uuid, reason: string): Promise<Hold>
  lift(actor: Actor, id: Uuid, reason: string): Promise<Hold>
  /** How far the keys under which older copies of the database files were are gone. Needs erasure.view. */
  closing(actor: Actor): Promise<ClosingState>
  /** Begins the final step, or takes it up; null where nothing is left to close. Needs erasure.run. */
  beginClosing(actor: Actor, root: string): Promise<Closing | null>
  /** Throws erasure-not-closed while a key of before is left. Needs erasure.run. */
  endClosing(actor: Actor, closing: Closing): Promise<Closing>
  /** Number of the last entry of the ledger; 0 for none. For the backup of the ledger, so without a person. */
  head(): Promise<number>
}

export const createErasures = (house: House, rules: ErasureRules): Erasures => {
  const demand = async (actor: Actor, action: string): Promise<void> => {
    if ((await createGate(house, actor)).system(action)) return
    await journalDenial(house, actor, action, 'system')
    throw new Fault('denied', { action })
  }
  const after = async <T>(actor: Actor, action: string, work: () => Promise<T>): Promise<T> => {
    await demand(actor, action)
    return work()
  }
  return {
    subjectOf: (actor, type, id) =>
      after(actor, 'erasure.view', () => subjectOfRecord(house, actor, typeOf(house.catalogue, type), id)),
    preview: (actor, subject) => after(actor, 'erasure.view', () => previewErasure(house, actor, subject)),
    same: (actor, subject, cursor) => after(actor, 'erasure.view', () => nextSame(house, actor, subject, cursor)),
    erase: (actor, request) => after(actor, 'erasure.run', () => eraseSubject(house, actor, request, rules)),
    list: (actor) => after(actor, 'erasure.view', () => ledger(house, actor)),
    certificate: (actor, id) => after(actor, 'erasure.view', () => certificateFile(house, actor, id)),
    verify: (actor, text) => after(actor, 'erasure.view', () => judge(house, actor, readCertificate(text))),
    holds: (actor) =>
      after(actor, 'erasure.view', () =>
        house.store.transaction(scopeOf(actor), (tx) => holdsOf(house, tx), { readOnly: true }),
      ),
    hold: (actor, subject, reason) => after(actor, 'hold.manage', () => placeHold(house, actor, subject, reason)),
    lift: (actor, id, reason) => after(actor, 'hold.manage', () => liftHold(house, actor, id, reason)),
    closing: (actor) =>
      after(actor, 'erasure.view', () =>
        house.store.transaction(scopeOf(actor), (tx) => closingState(house, tx), { readOnly: true }),
      ),
    beginClosing: (actor, root) => after(actor, 'erasure.run', () => beginClosing(house, actor, root)),
    endClosing: (actor, closing) => after(actor, 'erasure.run', () => endClosing(house, actor, closing)),
    head: () =>
      house.store.transaction(
        { tenant: house.tenant, principal: services.system },
        async (tx) => {
          const [row] = await tx.query<{ head: number }>({
            text: 'select coalesce(max(number), 0) as head from ops.erasure where tenant_id = $1',
            values: [house.tenant],
          })
          return row?.head ?? 0
        },
        { readOnly: true },
      ),
  }
}

interface StoredErasure {
  readonly number: number
  readonly id: Uuid
  readonly subject_id: Uuid
  readonly signed: string
  readonly signature: Uint8Array
  readonly suite: SignatureSuite
  readonly public_key: Uint8Array
  readonly sha256: Uint8Array
}

const stored = (
  house: House,
  actor: Actor,
  where: string,
  values: readonly unknown[],
): Promise<readonly StoredErasure[]> =>
  house.store.transaction(
    scopeOf(actor),
    (tx) =>
      tx.query<StoredErasure>({
        text: `select number, id, subject_id, signed, signature, suite, public_key, sha256 from ops.erasure
          where tenant_id = $1 ${where} order by number desc limit 1000`,
        values: [house.tenant, ...values],
      }),
    { readOnly: true },
  )

const ledger = async (house: House, actor: Actor): Promise<readonly ErasureLine[]> =>
  (await stored(house, actor, '', [])).map((row) => {
    const { at, by, reason, records } = factsOf(row.signed)
    return { number: row.number, id: row.id, subject: row.subject_id, at, by, reason, records, sha256: hex(row.sha256) }
  })

const certificateFile = async (house: House, actor: Actor, id: Uuid): Promise<string> => {
  const [row] = await stored(house, actor, 'and id = $2', [id])
  if (!row) throw new Fault('not-found', { what: 'certificate' })
  const { signed, signature, suite, public_key: publicKey } = row
  return printCertificate({ signed, signature, suite, publicKey })
}

const judge = async (house: House, actor: Actor, certificate: Certificate): Promise<CertificateVerdict> => {
  const { facts } = certificate
  const [row] = await stored(house, actor, 'and id = $2', [facts.id])
  const known =
    row?.signed === certificate.signed &&
    row.suite === certificate.suite &&
    hex(row.public_key) === hex(certificate.publicKey)
  const [keys, { closed }] = await house.store.transaction(
    scopeOf(actor),
    async (tx) => [
      await tx.query({
        text: 'select 1 from keyring.subject_key where tenant_id = $1 and subject_id = $2',
        values: [house.tenant, facts.subject],
      }),
      await closingState(house, tx),
    ],
    { readOnly: true },
  )
  const gone = keys.length === 0
  return { ok: known && gone, signed: true, known, gone, closed: known && facts.number <= closed, certificate: facts }
}
