// Events that wait to be told: taken one at a time, shown to the rights of their subscription's owner as they are then, tried again with
// growing pauses, given up after some. Keeps vault-274, vault-275.
import { type Actor, scopeOf, typeOf, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { createGate, type Gate } from './gate.ts'
import type { House } from './house.ts'
import type { Row } from './row.ts'
import type { WebhookEvent } from './webhook-events.ts'
import type { SealedRow } from './webhooks.ts'
import { rowsById } from './write.ts'

/** An event whose turn it is. */
export interface TakenDelivery {
  /** The same at every try. */
  readonly id: Uuid
  readonly hookId: Uuid
  readonly ownerId: Uuid
  readonly url: string
  /** What it is signed with: the secret in use, and for a while the one of before. */
  readonly keys: readonly Uint8Array[]
  readonly event: WebhookEvent
  readonly type: string
  readonly recordId: Uuid
  readonly version: number
  readonly act: string
  readonly groups: readonly string[]
  readonly at: Date
  readonly attempts: number
}

/** What a receiver is told: never a value. */
export interface ToldEvent {
  readonly type: string
  readonly timestamp: string
  readonly data: {
    readonly id: Uuid
    readonly type: string
    readonly version: number
    readonly act: string
    readonly groups: readonly string[]
  }
}

export interface WebhookOutbox {
  /** The next event that is due; its next try is set before it is sent, so that a killed process loses none. */
  take(): Promise<TakenDelivery | null>
  /** The event as its owner may know of it now; null: not at all. */
  shown(owner: Actor, delivery: TakenDelivery): Promise<ToldEvent | null>
  /** Arrived, or nobody may be told. */
  done(id: Uuid): Promise<void>
  /** Did not arrive: to be tried again, or given up, which is journalled. */
  failed(delivery: TakenDelivery, why: { readonly status: number | null; readonly error: string }): Promise<void>
  /** Takes a subscription out of use, with what waits for it. */
  stop(hookId: Uuid, why: 'owner-off' | 'right-gone'): Promise<void>
}

// After 1, 2, 4 … minutes, at most a day apart; with pauses that add up to about a day and a half it is given up.
const mostAttempts = 12
const pauseMs = (attempts: number): number => Math.min(1440, 2 ** attempts) * 60_000
const keptDeadMs = 30 * 86_400_000

type KeysOf = (tx: Tx, row: SealedRow) => Promise<readonly Uint8Array[]>

export const createWebhookOutbox = (house: House, system: Uuid, keysOf: KeysOf): WebhookOutbox => {
  const within = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    house.store.transaction({ tenant: house.tenant, principal: system }, work)
  return {
    take: () => within((tx) => take(house, tx, keysOf)),
    shown: (owner, delivery) => shown(house, owner, delivery),
    done: (id) =>
      within(async (tx) => {
        await tx.query({
          text: 'delete from ops.webhook_delivery where tenant_id = $1 and id = $2',
          values: [house.tenant, id],
        })
      }),
    failed: (delivery, why) => within((tx) => failed(house, tx, system, delivery, why)),
    stop: (hookId, why) => within((tx) => stop(house, tx, system, hookId, why)),
  }
}

interface DueRow extends SealedRow, Omit<TakenDelivery, 'keys'> {
  readonly delivery: Uuid
}

const take = async (house: House, tx: Tx, keysOf: KeysOf): Promise<TakenDelivery | null> => {
  const now = house.clock.now()
  const [row] = await tx.query<DueRow>({
    text: `select d.id as delivery, d.event, d.record_type as type, d.record_id as "recordId", d.version, d.act, d.groups, d.at, d.attempts,
             w.id, w.owner_id as "ownerId", w.url, w.secret_sealed, w.former_sealed, w.former_until
           from ops.webhook_delivery d join ops.webhook w on w.tenant_id = d.tenant_id and w.id = d.webhook_id and w.active
           where d.tenant_id = $1 and d.failed_at is null and d.next_at <= $2
           order by d.next_at, d.id limit 1 for update of d skip locked`,
    values: [house.tenant, now],
  })
  if (!row) return null
  await tx.query({
    text: `update ops.webhook_delivery set attempts = attempts + 1, next_at = $3 where tenant_id = $1 and id = $2`,
    values: [house.tenant, row.delivery, new Date(now.getTime() + pauseMs(row.attempts))],
  })
  const { ownerId, url, event, type, recordId, version, act, groups, at } = row
  return {
    id: row.delivery,
    hookId: row.id,
    keys: await keysOf(tx, row),
    attempts: row.attempts + 1,
    ...{ ownerId, url, event, type, recordId, version, act, groups, at },
  }
}

const shown = async (house: House, owner: Actor, delivery: TakenDelivery): Promise<ToldEvent | null> => {
  const type = typeOf(house.catalogue, delivery.type)
  const gate = await createGate(house, owner)
  const row = await house.store.transaction(
    { ...scopeOf(owner), facts: gate.facts },
    (tx) => listable(house, tx, gate, delivery),
    { readOnly: true },
  )
  if (!row) return null
  const sight = gate.sight(type)(row) as Readonly<Record<string, string>>
  return {
    type: `${delivery.type}.${delivery.event}`,
    timestamp: delivery.at.toISOString(),
    data: {
      id: delivery.recordId,
      type: delivery.type,
      version: delivery.version,
      act: delivery.act,
      groups: delivery.groups.filter((group) => sight[group] === 'plain' || sight[group] === 'masked'),
    },
  }
}

/** The record as its lists show it now; of a removed one, as a list of removed ones would. */
const listable = async (
  house: House,
  tx: Tx,
  gate: Gate,
  { type: name, recordId, event }: TakenDelivery,
): Promise<Row | undefined> => {
  const type = typeOf(house.catalogue, name)
  const [row] = await rowsById(house, tx, gate, type, [recordId], '')
  if (row || event !== 'removed') return row
  return (await rowsById(house, tx, gate, type, [recordId], '', true))[0]
}

const failed = async (
  house: House,
  tx: Tx,
  system: Uuid,
  delivery: TakenDelivery,
  { status, error }: { readonly status: number | null; readonly error: string },
): Promise<void> => {
  const now = house.clock.now()
  const dead = delivery.attempts >= mostAttempts
  const [row] = await tx.query({
    text: `update ops.webhook_delivery set status = $3, error = $4, failed_at = case when $5 then $6::timestamptz end
           where tenant_id = $1 and id = $2 returning id`,
    values: [house.tenant, delivery.id, status, error, dead, now],
  })
  if (!row) return
  // What else is due there waits a minute, so that one receiver that is away does not hold up the others.
  await tx.query({
    text: `update ops.webhook_delivery set next_at = $4 where tenant_id = $1 and webhook_id = $2 and failed_at is null and next_at <= $3`,
    values: [house.tenant, delivery.hookId, now, new Date(now.getTime() + 60_000)],
  })
  if (!dead) return
  await tx.query({
    text: `delete from ops.webhook_delivery where tenant_id = $1 and failed_at < $2`,
    values: [house.tenant, new Date(now.getTime() - keptDeadMs)],
  })
  await house.journal.append(tx, house.tenant, [
    entryOfHouse(house, system, 'webhook.dead', delivery.hookId, {
      delivery: delivery.id,
      attempts: delivery.attempts,
      ...(status === null ? { error } : { status }),
    }),
  ])
}

const stop = async (house: House, tx: Tx, system: Uuid, hookId: Uuid, why: string): Promise<void> => {
  const [row] = await tx.query<{ owner_id: Uuid }>({
    text: `update ops.webhook set active = false, stopped = $3, updated_at = $4
           where tenant_id = $1 and id = $2 and active returning owner_id`,
    values: [house.tenant, hookId, why, house.clock.now()],
  })
  if (!row) return
  await tx.query({
    text: `delete from ops.webhook_delivery where tenant_id = $1 and webhook_id = $2 and failed_at is null`,
    values: [house.tenant, hookId],
  })
  await house.journal.append(tx, house.tenant, [
    entryOfHouse(house, system, 'webhook.stop', hookId, { owner: row.owner_id, why }),
  ])
}

const entryOfHouse = (
  house: House,
  system: Uuid,
  act: string,
  recordId: Uuid,
  detail: Readonly<Record<string, string | number>>,
) =>
  ({
    act,
    obj: 'webhook',
    recordId,
    actor: system,
    decision: 'allow',
    channel: 'job',
    policy: house.policyName,
    detail,
  }) as const
