// What happened to records, put down for whoever subscribed to it, in the transaction in which it happens. Keeps vault-272.
import type { RecordType } from '#kernel'
import { isCustomers } from '#access'
import type { Tx } from '#store'
import type { House } from './house.ts'
import type { Change } from './rows.ts'

export const webhookEvents = ['created', 'changed', 'assigned', 'removed'] as const
export type WebhookEvent = (typeof webhookEvents)[number]

/**
 * Puts down what changed for every subscription to it: names and numbers, never a value. Whether its owner may know is asked when it
 * is sent.
 */
export const queueEvents = async (
  house: House,
  tx: Tx,
  type: RecordType,
  changes: readonly Change[],
  made: boolean,
): Promise<void> => {
  if (!isCustomers(type)) return
  const told = changes.flatMap((change) =>
    eventsOf(change, made).map((event) => ({
      event,
      record_id: change.row.id,
      version: change.row.version,
      act: change.act,
      // Whoever gets a record is told no group: none of its values changed.
      groups: event === 'created' || event === 'changed' ? change.groups : [],
    })),
  )
  await tx.query({
    name: 'queue-webhook-events',
    text: `insert into ops.webhook_delivery (tenant_id, id, webhook_id, event, record_type, record_id, version, act, groups, at, next_at)
      select $1, gen_random_uuid(), w.id, e.event, $2, e.record_id, e.version, e.act, e.groups, $4, $4
      from ops.webhook w
      join jsonb_to_recordset($3::jsonb) as e(event text, record_id uuid, version integer, act text, groups text[]) on e.event = any(w.events)
      where w.tenant_id = $1 and w.active and $2 = any(w.record_types)`,
    values: [house.tenant, type.name, JSON.stringify(told), house.clock.now()],
  })
}

const eventsOf = ({ row, owner, changed = [] }: Change, made: boolean): readonly WebhookEvent[] => {
  if (made) return ['created']
  if (row.deleted_at !== null) return ['removed']
  const assigned = owner !== undefined && owner !== row.owner_id
  return assigned ? (changed.length > 0 ? ['assigned', 'changed'] : ['assigned']) : ['changed']
}
