// The public pool 公海: claiming a record for oneself and giving it back. Keeps crm-17.
import { type Actor, Fault, say, typeOf, type Uuid } from '#kernel'
import type { Seen, Vault } from '#vault'

/** How many records of a type one person may hold before claiming more. */
export const holdingLimit = 1000

/** Takes a record out of the pool for oneself; of several at once one wins. Whoever holds the limit already is refused. */
export const claimRecord = async (
  vault: Vault,
  actor: Actor,
  type: string,
  id: Uuid,
  limit: number = holdingLimit,
): Promise<Seen> => {
  pooled(vault, type)
  const held = await vault.count(
    actor,
    type,
    { filters: [{ field: 'owner', op: 'eq', value: actor.principal.id }] },
    limit,
  )
  if (held.capped || held.count >= limit)
    throw new Fault('bad-input', { what: say('you hold {limit} records already; release some first', { limit }) })
  return vault.claim(actor, type, id)
}

/** Gives a record back to the pool. The reason goes into the journal as the purpose of the change. */
export const releaseRecord = async (
  vault: Vault,
  actor: Actor,
  type: string,
  id: Uuid,
  reason: string,
): Promise<Seen> => {
  pooled(vault, type)
  const purpose = reason.trim()
  if (purpose === '')
    throw new Fault('bad-value', { field: 'reason', what: 'releasing to the public pool needs a reason' })
  const seen = await vault.get(actor, type, id)
  if (seen.ownerId === null) throw new Fault('bad-input', { what: 'the record is in the public pool already' })
  return vault.assign({ ...actor, env: { ...actor.env, purpose } }, type, id, null)
}

const pooled = (vault: Vault, type: string): void => {
  if (!typeOf(vault.catalogue, type).pool)
    throw new Fault('bad-input', { what: 'records of this type have no public pool' })
}
