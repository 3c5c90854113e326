// How many values a person may reveal in a day: counted in the transaction that reveals, so that two at once cannot slip past. Keeps vault-155.
import { type Actor, Fault } from '#kernel'
import type { Tx } from '#store'
import type { House } from './house.ts'

/** Counts one. Throws unmask-limit where the day's number is used up. */
export const countUnmask = async (house: House, tx: Tx, actor: Actor): Promise<void> => {
  const { zone, unmaskPerDay } = await house.org.get({ tenant: house.tenant, principal: actor.principal.id })
  const [row] = await tx.query<{ count: number }>({
    text: `insert into ops.unmask_count as c (tenant_id, user_id, day, count)
           values ($1, $2, ($3::timestamptz at time zone $4)::date, 1)
           on conflict (tenant_id, user_id, day) do update set count = c.count + 1 returning count`,
    values: [house.tenant, actor.principal.id, actor.env.now, zone],
  })
  if ((row?.count ?? 0) > unmaskPerDay) throw new Fault('unmask-limit', { limit: unmaskPerDay })
}
