// Legal holds: while one stands, its subject is not erased. Who placed or lifted it, when and why is in the journal. Keeps vault-16.
import { type Actor, Fault, newId, say, scopeOf, type Uuid } from '#kernel'
import { codeOf, type Tx } from '#store'
import type { House } from './house.ts'
import { entryOf } from './rows.ts'

export interface Hold {
  readonly id: Uuid
  readonly subject: Uuid
  readonly reason: string
  readonly placedBy: Uuid
  readonly placedAt: string
  readonly liftedBy: Uuid | null
  readonly liftedAt: string | null
  readonly liftReason: string | null
}

const longestReason = 200

const demandReason = (text: string): string => {
  const reason = text.trim()
  if (reason === '' || reason.length > longestReason)
    throw new Fault('bad-value', {
      field: 'reason',
      what: say('expected 1 to {most} characters', { most: longestReason }),
    })
  return reason
}

/** Places a hold. Throws already-exists where one stands, not-found where nothing has this subject. */
export const placeHold = (house: House, actor: Actor, subject: Uuid, why: string): Promise<Hold> => {
  const reason = demandReason(why)
  return house.store.transaction(scopeOf(actor), async (tx) => {
    // Against an erasure of the same subject that is under way: either it sees the hold, or the hold sees no key.
    const keys = await tx.query({
      text: 'select 1 from keyring.subject_key where tenant_id = $1 and subject_id = $2 for key share',
      values: [house.tenant, subject],
    })
    if (keys.length === 0) throw new Fault('not-found', { what: 'record' })
    const id = newId(house.clock.now().getTime())
    try {
      await tx.query({
        text: `insert into ops.legal_hold (tenant_id, id, subject_id, reason, placed_by, placed_at) values ($1, $2, $3, $4, $5, $6)`,
        values: [house.tenant, id, subject, reason, actor.principal.id, house.clock.now()],
      })
    } catch (error) {
      if (codeOf(error) === '23505') throw new Fault('already-exists', { what: 'legal hold' }, { cause: error })
      throw error
    }
    await house.journal.append(tx, house.tenant, [
      { ...entryOf(house, actor, 'hold.place', 'subject', subject), purpose: reason, detail: { hold: id } },
    ])
    return await holdOf(house, tx, id)
  })
}

/** Lifts a hold. Throws not-found where it does not stand. */
export const liftHold = (house: House, actor: Actor, id: Uuid, why: string): Promise<Hold> => {
  const reason = demandReason(why)
  return house.store.transaction(scopeOf(actor), async (tx) => {
    const [row] = await tx.query<{ subject_id: Uuid }>({
      text: `update ops.legal_hold set lifted_by = $3, lifted_at = $4, lift_reason = $5
        where tenant_id = $1 and id = $2 and lifted_at is null returning subject_id`,
      values: [house.tenant, id, actor.principal.id, house.clock.now(), reason],
    })
    if (!row) throw new Fault('not-found', { what: 'legal hold' })
    await house.journal.append(tx, house.tenant, [
      { ...entryOf(house, actor, 'hold.lift', 'subject', row.subject_id), purpose: reason, detail: { hold: id } },
    ])
    return await holdOf(house, tx, id)
  })
}

/** Holds, standing ones first, newest first; of one subject or of all. */
export const holdsOf = async (house: House, tx: Tx, subject?: Uuid): Promise<readonly Hold[]> =>
  (
    await tx.query<StoredHold>({
      text: `select * from ops.legal_hold where tenant_id = $1 and ($2::uuid is null or subject_id = $2)
        order by lifted_at is not null, placed_at desc limit 1000`,
      values: [house.tenant, subject ?? null],
    })
  ).map(toHold)

/** Throws legal-hold where one stands. */
export const demandNoHold = async (house: House, tx: Tx, subject: Uuid): Promise<void> => {
  const standing = await tx.query({
    text: 'select 1 from ops.legal_hold where tenant_id = $1 and subject_id = $2 and lifted_at is null',
    values: [house.tenant, subject],
  })
  if (standing.length > 0) throw new Fault('legal-hold')
}

interface StoredHold {
  readonly id: Uuid
  readonly subject_id: Uuid
  readonly reason: string
  readonly placed_by: Uuid
  readonly placed_at: Date
  readonly lifted_by: Uuid | null
  readonly lifted_at: Date | null
  readonly lift_reason: string | null
}

const holdOf = async (house: House, tx: Tx, id: Uuid): Promise<Hold> => {
  const [row] = await tx.query<StoredHold>({
    text: 'select * from ops.legal_hold where tenant_id = $1 and id = $2',
    values: [house.tenant, id],
  })
  if (!row) throw new Fault('not-found', { what: 'legal hold' })
  return toHold(row)
}

const toHold = (row: StoredHold): Hold => ({
  id: row.id,
  subject: row.subject_id,
  reason: row.reason,
  placedBy: row.placed_by,
  placedAt: row.placed_at.toISOString(),
  liftedBy: row.lifted_by,
  liftedAt: row.lifted_at?.toISOString() ?? null,
  liftReason: row.lift_reason,
})
