// Journal entries about keys: what was done to which, in numbers and names of things. Keeps vault-70.
import type { Json, Uuid } from '#kernel'
import type { Tx } from '#store'
import type { House } from './house.ts'

/** In the transaction of what it tells. */
export const tellKeys = (house: House, tx: Tx, actor: Uuid, act: string, detail: Json): Promise<void> =>
  house.journal.append(tx, house.tenant, [{ act, obj: 'keys', actor, channel: 'job', decision: 'allow', detail }])
