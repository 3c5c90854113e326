// What a house says to others stops when it is brought back, in the restore's transaction: it may be a test beside the house that is in use,
// or a copy of months ago. Keeps backup-123, backup-124.
import { newId, services, type Uuid } from '#kernel'
import type { Tx } from '#store'
import type { TableState } from './manifest.ts'

/** Takes webhooks out of use until somebody sets them in use again, and tells each owner; how many. tables: those restored. */
export const stopWebhooks = async (tx: Tx, tenant: Uuid, tables: readonly TableState[]): Promise<number> => {
  // A backup from before there were any has none.
  if (!tables.some(({ name }) => name === 'ops.webhook')) return 0
  const owners = await tx.query<{ owner: Uuid; count: number }>({
    text: `with stopped as (
             update ops.webhook set active = false, stopped = 'restored', updated_at = now() where tenant_id = $1 and active returning owner_id)
           select owner_id as owner, count(*)::int as count from stopped group by owner_id`,
    values: [tenant],
  })
  for (const { owner, count } of owners)
    await tx.query({
      text: `insert into ops.notification (tenant_id, id, user_id, kind, number, actor_id, created_at) values ($1, $2, $3, 'webhooks-restored', $4, $5, now())`,
      values: [tenant, newId(), owner, count, services.system],
    })
  return owners.reduce((sum, { count }) => sum + count, 0)
}

/** Keeps the mail server's settings, and sends nothing through it until somebody sets it in use again; whether there is one. */
export const pauseMail = async (tx: Tx, tenant: Uuid, tables: readonly TableState[]): Promise<boolean> => {
  if (!tables.some(({ name }) => name === 'identity.mail_server')) return false
  const paused = await tx.query({
    text: `update identity.mail_server set paused_at = coalesce(paused_at, now()) where tenant_id = $1 returning id`,
    values: [tenant],
  })
  return paused.length > 0
}
