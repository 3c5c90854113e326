// How often strangers may do something that needs no account, counted in the database so that every process counts together. Keeps identity-50.
import { Fault, utf8 } from '#kernel'
import { hmacSha256 } from '#encryption'
import { type Parts, scopeOfSystem } from './house.ts'
import { networkOf } from './network.ts'

/** So many times within so many milliseconds. */
export interface Rate {
  readonly times: number
  readonly windowMs: number
}

/**
 * Counts one more of `what` from the network of an address ('' counts for everybody together); throws too-many-attempts beyond the
 * rate. What is counted stands in the database as a keyed hash: it names no address.
 */
export const countRate = async (parts: Parts, what: string, address: string, rate: Rate): Promise<void> => {
  const now = parts.clock.now()
  const from = new Date(now.getTime() - rate.windowMs)
  const key = hmacSha256(parts.secret, utf8(['rate', what, address === '' ? '' : networkOf(address)].join('\0')))
  const [row] = await parts.store.transaction(scopeOfSystem(parts), (tx) =>
    tx.query<{ failures: number; first_at: Date }>({
      name: 'rate_count',
      text: `insert into identity.throttle as t (tenant_id, key, failures, first_at) values ($1, $2, 1, $3)
        on conflict (tenant_id, key) do update set
          failures = case when t.first_at <= $4 then 1 else t.failures + 1 end,
          first_at = case when t.first_at <= $4 then $3 else t.first_at end
        returning failures, first_at`,
      values: [parts.tenant, Buffer.from(key), now, from],
    }),
  )
  if (row && row.failures > rate.times) {
    const seconds = Math.max(1, Math.ceil((row.first_at.getTime() + rate.windowMs - now.getTime()) / 1000))
    throw new Fault('too-many-attempts', { seconds })
  }
}
