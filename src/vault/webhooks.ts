// Subscriptions to what happens to records: each belongs to the person who made it and speaks with that person's rights. Its secret is
// sealed, shown once, and for a day after a change the one of before signs as well. Keeps vault-273, vault-292.
import { type Actor, Fault, newId, say, scopeOf, type Uuid } from '#kernel'
import { random } from '#encryption'
import type { Tx } from '#store'
import { type Secrets, secretsOver } from './epochs.ts'
import type { House } from './house.ts'
import type { SecretPlace } from './rotate-epoch.ts'
import { entryOf } from './rows.ts'
import type { WebhookEvent } from './webhook-events.ts'
import { createWebhookOutbox, type WebhookOutbox } from './webhook-outbox.ts'

export interface WebhookWish {
  readonly name: string
  readonly url: string
  readonly types: readonly string[]
  readonly events: readonly WebhookEvent[]
  readonly active: boolean
}

export interface Webhook extends WebhookWish {
  readonly id: Uuid
  readonly ownerId: Uuid
  /** Why the house took it out of use. */
  readonly stopped: 'owner-off' | 'right-gone' | 'restored' | null
  /** Until when the secret of before signs as well. */
  readonly formerUntil: Date | null
  readonly createdAt: Date
  /** Deliveries given up. */
  readonly dead: number
}

/** A delivery that did not arrive at its last try; nothing in it says which record. */
export interface FailedDelivery {
  readonly id: Uuid
  readonly event: WebhookEvent
  readonly type: string
  readonly at: Date
  readonly attempts: number
  readonly nextAt: Date
  /** When it was given up. */
  readonly failedAt: Date | null
  readonly status: number | null
  readonly error: string | null
}

/** What calls these has asked whether the actor may; what is another person's is not-found but for list and remove. */
export interface Webhooks {
  list(): Promise<readonly Webhook[]>
  /** Throws bad-value beyond the most a house has. The secret is in this answer and nowhere else. */
  make(actor: Actor, wish: WebhookWish): Promise<{ readonly hook: Webhook; readonly secret: string }>
  change(actor: Actor, id: Uuid, wish: WebhookWish): Promise<Webhook>
  rotate(actor: Actor, id: Uuid): Promise<{ readonly secret: string }>
  /** Also of others: whoever may have subscriptions may end one. */
  remove(actor: Actor, id: Uuid): Promise<void>
  /** Sets those in use again that were when the backup was made that was brought back; how many. */
  resume(actor: Actor): Promise<number>
  failed(actor: Actor, id: Uuid): Promise<readonly FailedDelivery[]>
  resend(actor: Actor, id: Uuid, delivery: Uuid): Promise<void>
  /** Where a subscription of one's own goes, with what it is signed. */
  target(actor: Actor, id: Uuid): Promise<{ readonly url: string; readonly keys: readonly Uint8Array[] }>
  readonly outbox: WebhookOutbox
}

export const mostWebhooks = 50
const bothMs = 86_400_000

export const createWebhooks = (house: House, system: Uuid): Webhooks => {
  const seal = secretsOver(house.keyring.epochs)
  const own = <T>(actor: Actor, id: Uuid, work: (tx: Tx) => Promise<T>): Promise<T> =>
    house.store.transaction(scopeOf(actor), async (tx) => {
      await demandOwn(house, tx, actor, id)
      return work(tx)
    })
  return {
    list: () =>
      house.store.transaction({ tenant: house.tenant, principal: system }, (tx) => listIn(house, tx), {
        readOnly: true,
      }),
    make: (actor, wish) => house.store.transaction(scopeOf(actor), (tx) => make(house, tx, seal, actor, wish)),
    change: (actor, id, wish) => own(actor, id, (tx) => change(house, tx, actor, id, wish)),
    rotate: (actor, id) => own(actor, id, (tx) => rotate(house, tx, seal, actor, id)),
    remove: (actor, id) => house.store.transaction(scopeOf(actor), (tx) => remove(house, tx, actor, id)),
    resume: (actor) => house.store.transaction(scopeOf(actor), (tx) => resume(house, tx, actor)),
    failed: (actor, id) => own(actor, id, (tx) => failedOf(house, tx, id)),
    resend: (actor, id, delivery) => own(actor, id, (tx) => resend(house, tx, id, delivery)),
    target: (actor, id) =>
      own(actor, id, async (tx) => {
        const [row] = await tx.query<SealedRow & { url: string }>({
          text: `select id, url, secret_sealed, former_sealed, former_until from ops.webhook where tenant_id = $1 and id = $2`,
          values: [house.tenant, id],
        })
        if (!row) throw new Fault('not-found', { what: 'webhook' })
        return { url: row.url, keys: await keysOf(house, tx, seal, row) }
      }),
    outbox: createWebhookOutbox(house, system, (tx, row) => keysOf(house, tx, seal, row)),
  }
}

export interface SealedRow {
  readonly id: Uuid
  readonly secret_sealed: Uint8Array
  readonly former_sealed: Uint8Array | null
  readonly former_until: Date | null
}

const columns = `w.id, w.owner_id as "ownerId", w.name, w.url, w.record_types as types, w.events, w.active, w.stopped,
  case when w.former_until > $2 then w.former_until end as "formerUntil", w.created_at as "createdAt",
  (select count(*)::int from ops.webhook_delivery d where d.tenant_id = w.tenant_id and d.webhook_id = w.id and d.failed_at is not null) as dead`

const listIn = (house: House, tx: Tx, id: Uuid | null = null): Promise<readonly Webhook[]> =>
  tx.query<Webhook>({
    text: `select ${columns} from ops.webhook w where w.tenant_id = $1 and ($3::uuid is null or w.id = $3) order by w.created_at, w.id`,
    values: [house.tenant, house.clock.now(), id],
  })

const oneOf = async (house: House, tx: Tx, id: Uuid): Promise<Webhook> => {
  const [hook] = await listIn(house, tx, id)
  if (!hook) throw new Fault('not-found', { what: 'webhook' })
  return hook
}

/** Held until the transaction ends. */
const demandOwn = async (house: House, tx: Tx, actor: Actor, id: Uuid): Promise<void> => {
  const [row] = await tx.query({
    text: `select id from ops.webhook where tenant_id = $1 and id = $2 and owner_id = $3 for update`,
    values: [house.tenant, id, actor.principal.id],
  })
  if (!row) throw new Fault('not-found', { what: 'webhook' })
}

const make = async (
  house: House,
  tx: Tx,
  seal: Secrets,
  actor: Actor,
  wish: WebhookWish,
): Promise<{ hook: Webhook; secret: string }> => {
  demandSound(wish)
  await tx.query({
    text: `select pg_advisory_xact_lock(hashtext('webhooks'), hashtext($1))`,
    values: [house.tenant],
  })
  const [{ count } = { count: 0 }] = await tx.query<{ count: number }>({
    text: 'select count(*)::int as count from ops.webhook where tenant_id = $1',
    values: [house.tenant],
  })
  if (count >= mostWebhooks)
    throw new Fault('bad-value', { field: 'name', what: say('at most {limit} webhooks', { limit: mostWebhooks }) })
  const now = house.clock.now()
  const id = newId(now.getTime())
  const key = random(32)
  await tx.query({
    text: `insert into ops.webhook (tenant_id, id, owner_id, name, url, secret_sealed, record_types, events, active, created_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`,
    values: [
      house.tenant,
      id,
      actor.principal.id,
      wish.name.trim(),
      wish.url,
      await seal.sealSecret(tx, labelOf(id), key),
      wish.types,
      wish.events,
      wish.active,
      now,
    ],
  })
  await tell(house, tx, actor, 'webhook.create', id, wish)
  return { hook: await oneOf(house, tx, id), secret: secretText(key) }
}

const change = async (house: House, tx: Tx, actor: Actor, id: Uuid, wish: WebhookWish): Promise<Webhook> => {
  demandSound(wish)
  await tx.query({
    text: `update ops.webhook set name = $3, url = $4, record_types = $5, events = $6, active = $7,
             stopped = case when $7 then null else stopped end, updated_at = $8 where tenant_id = $1 and id = $2`,
    values: [house.tenant, id, wish.name.trim(), wish.url, wish.types, wish.events, wish.active, house.clock.now()],
  })
  await tell(house, tx, actor, 'webhook.update', id, wish)
  return oneOf(house, tx, id)
}

const rotate = async (house: House, tx: Tx, seal: Secrets, actor: Actor, id: Uuid): Promise<{ secret: string }> => {
  const now = house.clock.now()
  const [row] = await tx.query<SealedRow>({
    text: `select id, secret_sealed, former_sealed, former_until from ops.webhook where tenant_id = $1 and id = $2`,
    values: [house.tenant, id],
  })
  if (!row) throw new Fault('not-found', { what: 'webhook' })
  const former = await seal.openSecret(tx, labelOf(id), row.secret_sealed)
  const key = random(32)
  const until = new Date(now.getTime() + bothMs)
  await tx.query({
    text: `update ops.webhook set secret_sealed = $3, former_sealed = $4, former_until = $5, updated_at = $6 where tenant_id = $1 and id = $2`,
    values: [
      house.tenant,
      id,
      await seal.sealSecret(tx, labelOf(id), key),
      await seal.sealSecret(tx, formerLabelOf(id), former),
      until,
      now,
    ],
  })
  await house.journal.append(tx, house.tenant, [
    { ...entryOf(house, actor, 'webhook.secret', 'webhook', id), detail: { formerUntil: until.toISOString() } },
  ])
  return { secret: secretText(key) }
}

const remove = async (house: House, tx: Tx, actor: Actor, id: Uuid): Promise<void> => {
  const [row] = await tx.query<{ owner_id: Uuid }>({
    text: `delete from ops.webhook where tenant_id = $1 and id = $2 returning owner_id`,
    values: [house.tenant, id],
  })
  if (!row) throw new Fault('not-found', { what: 'webhook' })
  // With what an act that ran at the same moment put down for one that was gone already.
  await tx.query({
    text: `delete from ops.webhook_delivery d where d.tenant_id = $1
             and not exists (select 1 from ops.webhook w where w.tenant_id = $1 and w.id = d.webhook_id)`,
    values: [house.tenant],
  })
  await house.journal.append(tx, house.tenant, [
    { ...entryOf(house, actor, 'webhook.remove', 'webhook', id), detail: { owner: row.owner_id } },
  ])
}

const resume = async (house: House, tx: Tx, actor: Actor): Promise<number> => {
  const rows = await tx.query<{ id: Uuid; owner_id: Uuid }>({
    text: `update ops.webhook set active = true, stopped = null, updated_at = $2 where tenant_id = $1 and stopped = 'restored' returning id, owner_id`,
    values: [house.tenant, house.clock.now()],
  })
  await house.journal.append(
    tx,
    house.tenant,
    rows.map(({ id, owner_id: owner }) => ({ ...entryOf(house, actor, 'webhook.resume', 'webhook', id), detail: { owner } })),
  )
  return rows.length
} // prettier-ignore

// Those alone that were tried: what waits may be about records that their owner may not know of.
const failedOf = (house: House, tx: Tx, id: Uuid): Promise<readonly FailedDelivery[]> =>
  tx.query<FailedDelivery>({
    text: `select id, event, record_type as type, at, attempts, next_at as "nextAt", failed_at as "failedAt", status, error
           from ops.webhook_delivery where tenant_id = $1 and webhook_id = $2 and (status is not null or error is not null)
           order by failed_at is null, at desc, id limit 200`,
    values: [house.tenant, id],
  })

const resend = async (house: House, tx: Tx, id: Uuid, delivery: Uuid): Promise<void> => {
  const [row] = await tx.query({
    text: `update ops.webhook_delivery set failed_at = null, attempts = 0, next_at = $4
           where tenant_id = $1 and webhook_id = $2 and id = $3 and (status is not null or error is not null) returning id`,
    values: [house.tenant, id, delivery, house.clock.now()],
  })
  if (!row) throw new Fault('not-found', { what: 'delivery' })
}

const demandSound = ({ name, types, events }: WebhookWish): void => {
  if (name.trim() === '') throw new Fault('bad-value', { field: 'name', what: 'expected a name to recognise it by' })
  if (types.length === 0) throw new Fault('bad-value', { field: 'types', what: 'expected at least one kind of record' })
  if (events.length === 0) throw new Fault('bad-value', { field: 'events', what: 'expected at least one event' })
}

// Of the address only the host: a path may hold a key of the receiver's.
const tell = (house: House, tx: Tx, actor: Actor, act: string, id: Uuid, wish: WebhookWish): Promise<unknown> =>
  house.journal.append(tx, house.tenant, [
    {
      ...entryOf(house, actor, act, 'webhook', id),
      detail: {
        host: URL.parse(wish.url)?.host ?? '',
        types: [...wish.types],
        events: [...wish.events],
        active: wish.active,
      },
    },
  ])

const keysOf = async (house: House, tx: Tx, seal: Secrets, row: SealedRow): Promise<readonly Uint8Array[]> => {
  const key = await seal.openSecret(tx, labelOf(row.id), row.secret_sealed)
  if (row.former_sealed === null || row.former_until === null || row.former_until <= house.clock.now()) return [key]
  return [key, await seal.openSecret(tx, formerLabelOf(row.id), row.former_sealed)]
}

const secretText = (key: Uint8Array): string => `whsec_${Buffer.from(key).toString('base64')}`

const labelOf = (id: Uuid): string => `webhook:${id}`
const formerLabelOf = (id: Uuid): string => `webhook-former:${id}`

export const webhookSecrets: readonly SecretPlace[] = [
  { table: 'ops.webhook', column: 'secret_sealed', key: 'id', label: labelOf },
  { table: 'ops.webhook', column: 'former_sealed', key: 'id', label: formerLabelOf },
]
