// The final step of erasures. A copy of the database files made before an erasure, a replica that lags, dead rows and write-ahead log hold
// the person's data key wrapped by an epoch, and the epoch wrapped by the root key. Here is kept how far all three have been exchanged
// since: what was in use when the step began, and the proof by SQL that none of it is left. Keeps vault-120.
import { type Actor, Fault, type Label, listed, newId, scopeOf, type Uuid } from '#kernel'
import { wrappedBy } from '#encryption'
import type { Tx } from '#store'
import { lockEpochs, readEpochs } from './epochs.ts'
import { readGenerations } from './generation.ts'
import type { House } from './house.ts'
import { entryOf } from './rows.ts'

/** A final step: everything up to these keys goes. */
export interface Closing {
  readonly id: Uuid
  /** Number in the ledger up to which erasures are closed by it. */
  readonly upTo: number
  readonly epoch: number
  readonly generation: number
  /** Fingerprint of the root key. */
  readonly root: string
  readonly startedAt: string
  readonly doneAt: string | null
}

export interface ClosingState {
  /** Number of the last erasure; 0 for none. */
  readonly erased: number
  /** Up to which number no key of before is left; 0 for none. */
  readonly closed: number
  readonly closings: readonly Closing[]
  /** The step that was begun and is not done yet. */
  readonly open: Closing | null
}

interface Stored {
  readonly id: Uuid
  readonly up_to: number
  readonly epoch: number
  readonly generation: number
  readonly root: string
  readonly started_at: Date
  readonly done_at: Date | null
}

const toClosing = (row: Stored): Closing => ({
  id: row.id,
  upTo: row.up_to,
  epoch: row.epoch,
  generation: row.generation,
  root: row.root,
  startedAt: row.started_at.toISOString(),
  doneAt: row.done_at?.toISOString() ?? null,
})

export const closingState = async (house: House, tx: Tx): Promise<ClosingState> => {
  const rows = await tx.query<Stored>({
    text: 'select * from ops.erasure_closing where tenant_id = $1 order by started_at desc limit 1000',
    values: [house.tenant],
  })
  const closings = rows.map(toClosing)
  const done = closings.filter(({ doneAt }) => doneAt !== null)
  return {
    erased: await lastErased(house, tx),
    closed: Math.max(0, ...done.map(({ upTo }) => upTo)),
    closings: done,
    open: closings.find(({ doneAt }) => doneAt === null) ?? null,
  }
}

const lastErased = async (house: House, tx: Tx): Promise<number> => {
  const [row] = await tx.query<{ head: number }>({
    text: 'select coalesce(max(number), 0)::int as head from ops.erasure where tenant_id = $1',
    values: [house.tenant],
  })
  return row?.head ?? 0
}

/** Begins the step, or takes up the one that was begun. Null where every erasure is closed already. root: fingerprint of the one in use. */
export const beginClosing = (house: House, actor: Actor, root: string): Promise<Closing | null> =>
  house.store.transaction(scopeOf(actor), async (tx) => {
    // The same lock as an erasure: one that commits later belongs to the next step.
    await tx.query({ text: `select pg_advisory_xact_lock(hashtext('erasure'), hashtext($1))`, values: [house.tenant] })
    const { erased, closed, open } = await closingState(house, tx)
    if (open) return open
    if (erased === closed) return null
    await lockEpochs(tx, house.tenant)
    const epoch = Math.max(0, ...(await readEpochs(tx, house.tenant)).map((row) => row.epoch))
    const generation = Math.max(0, ...(await readGenerations(tx, house.tenant)).map((row) => row.generation))
    const now = house.clock.now()
    const id = newId(now.getTime())
    await tx.query({
      text: `insert into ops.erasure_closing (tenant_id, id, up_to, epoch, generation, root, started_by, started_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      values: [house.tenant, id, erased, epoch, generation, root, actor.principal.id, now],
    })
    await house.journal.append(tx, house.tenant, [
      {
        ...entryOf(house, actor, 'erasure.close-begin', 'subject', id),
        detail: { upTo: erased, epoch, generation, root },
      },
    ])
    return { id, upTo: erased, epoch, generation, root, startedAt: now.toISOString(), doneAt: null }
  })

/** Ends the step. Throws erasure-not-closed naming what of before is still there. */
export const endClosing = (house: House, actor: Actor, { id, ...of }: Closing): Promise<Closing> =>
  house.store.transaction(scopeOf(actor), async (tx) => {
    await lockEpochs(tx, house.tenant)
    const left = await leftOf(house, tx, of)
    if (left.length > 0) throw new Fault('erasure-not-closed', { what: listed(left) })
    const now = house.clock.now()
    const rows = await tx.query({
      text: 'update ops.erasure_closing set done_at = $3 where tenant_id = $1 and id = $2 and done_at is null returning id',
      values: [house.tenant, id, now],
    })
    if (rows.length === 0) throw new Fault('not-found', { what: 'final step of erasures' })
    await house.journal.append(tx, house.tenant, [
      {
        ...entryOf(house, actor, 'erasure.close', 'subject', id),
        detail: { upTo: of.upTo, epoch: of.epoch, generation: of.generation, root: of.root, remaining: 0 },
      },
    ])
    return { id, ...of, doneAt: now.toISOString() }
  })

/** Keys of before that are still here, by name. */
const leftOf = async (house: House, tx: Tx, of: Omit<Closing, 'id'>): Promise<readonly Label[]> => {
  const epochs = await readEpochs(tx, house.tenant)
  const generations = await readGenerations(tx, house.tenant)
  const named = await tx.query<{ name: string; sealed: Uint8Array }>({
    text: 'select name, sealed from keyring.named_key where tenant_id = $1',
    values: [house.tenant],
  })
  const under = (wrapped: Uint8Array): boolean => wrappedBy(wrapped) === of.root
  return [
    ...epochs
      .filter((row) => row.state !== 'destroyed')
      .filter(
        (row) => row.epoch <= of.epoch || [row.symWrapped, row.indexWrapped, row.hpkeWrapped].some((one) => under(one)),
      )
      .map((row) => ({ zh: `密钥纪元 ${String(row.epoch)}`, en: `key epoch ${String(row.epoch)}` })),
    ...generations
      .filter((row) => row.generation <= of.generation || under(row.wrapped) || under(row.importWrapped))
      .map((row) => ({ zh: `检索索引 ${String(row.generation)}`, en: `search index ${String(row.generation)}` })),
    ...named
      .filter((row) => under(row.sealed))
      .map((row) => ({ zh: `命名密钥 ${row.name}`, en: `named key ${row.name}` })),
  ]
}
