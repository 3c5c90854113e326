// Counting of wrong attempts, so that guessing is slow and nobody can lock another out. Keeps identity-4, identity-5.
//
// Three counts, each under a keyed hash: (account, network) blocks with a growing pause; (network) does so much later;
// (account) from anywhere never blocks, it only slows. An attempt is counted before the password is looked at, in one
// transaction that locks the counts, so a thousand attempts at once are a thousand counts.
import { Fault, utf8 } from '#kernel'
import { hmacSha256 } from '#encryption'
import type { Tx } from '#store'
import { type Parts, scopeOfSystem } from './house.ts'
import { networkOf } from './network.ts'

export interface Attempt {
  /** The attempt was right: its account is trusted from this network again. */
  succeeded(): Promise<void>
  /** The attempt was neither: a second factor is still to come. Takes the count back, forgets nothing else. */
  unfinished(): Promise<void>
  /** Seconds this network now has to wait for this account; 0: none. */
  readonly blockedSeconds: number
}

/** Counts an attempt and waits where the account is under attack; throws too-many-attempts where this network is blocked. */
export const enter = async (parts: Parts, account: string, address: string): Promise<Attempt> => {
  const network = networkOf(address)
  const keys = {
    pair: keyOf(parts, 'pair', account, network),
    network: keyOf(parts, 'network', network),
    account: keyOf(parts, 'account', account),
  }
  const all = [keys.pair, keys.network, keys.account]
  const now = parts.clock.now().getTime()
  const counted = await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const rows = await lock(tx, parts, all, now)
    const pair = rows(keys.pair)
    const wide = rows(keys.network)
    const anywhere = rows(keys.account)
    const until = Math.max(pair.blockedUntil, wide.blockedUntil)
    if (until > now) return { until, delay: 0, blocked: 0 }
    const { limits } = parts
    const next = [
      advance(pair, now, limits.pairWindowMs, limits.pairFree, parts),
      advance(wide, now, limits.wideWindowMs, limits.networkFree, parts),
      advance(anywhere, now, limits.wideWindowMs, Number.POSITIVE_INFINITY, parts),
    ] as const
    await save(tx, parts, all, next)
    const over = next[2].failures - limits.accountFree
    const delay = over > 0 ? Math.min(limits.longestDelayMs, 100 * 2 ** Math.min(over - 1, 16)) : 0
    return { until: 0, delay, blocked: Math.max(0, Math.max(next[0].blockedUntil, next[1].blockedUntil) - now) }
  })
  if (counted.until > now) throw new Fault('too-many-attempts', { seconds: Math.ceil((counted.until - now) / 1000) })
  if (counted.delay > 0) await parts.pause(counted.delay)
  return {
    blockedSeconds: Math.ceil(counted.blocked / 1000),
    succeeded: () => settle(parts, [keys.pair], [keys.network, keys.account]),
    unfinished: () => settle(parts, [], all),
  }
}

interface Count {
  readonly failures: number
  readonly firstAt: number
  readonly blockedUntil: number
}

const advance = (count: Count, now: number, window: number, free: number, parts: Parts): Count => {
  const fresh = now - count.firstAt >= window
  const failures = fresh ? 1 : count.failures + 1
  const over = failures - free
  const { firstBlockMs, longestBlockMs } = parts.limits
  const block = over >= 0 ? Math.min(longestBlockMs, firstBlockMs * 2 ** Math.min(over, 20)) : 0
  return { failures, firstAt: fresh ? now : count.firstAt, blockedUntil: block > 0 ? now + block : 0 }
}

const keyOf = (parts: Parts, ...what: readonly string[]): Uint8Array =>
  hmacSha256(parts.secret, utf8(['throttle', ...what].join('\0')))

interface Row {
  readonly key: Uint8Array
  readonly failures: number
  readonly first_at: Date
  readonly blocked_until: Date | null
}

/** Makes sure the counts exist and locks them, always in the order of their keys so that two attempts never wait for each other. */
const lock = async (
  tx: Tx,
  parts: Parts,
  keys: readonly Uint8Array[],
  now: number,
): Promise<(key: Uint8Array) => Count> => {
  const at = new Date(now)
  await tx.query({
    name: 'throttle_make',
    text: `insert into identity.throttle (tenant_id, key, failures, first_at)
      select $1, k, 0, $3 from unnest($2::bytea[]) k order by k on conflict do nothing`,
    values: [parts.tenant, keys, at],
  })
  const rows = await tx.query<Row>({
    name: 'throttle_lock',
    text: `select key, failures, first_at, blocked_until from identity.throttle
      where tenant_id = $1 and key = any($2::bytea[]) order by key for update`,
    values: [parts.tenant, keys],
  })
  return (key) => {
    const row = rows.find((found) => Buffer.compare(found.key, key) === 0)
    return {
      failures: row?.failures ?? 0,
      firstAt: row?.first_at.getTime() ?? now,
      blockedUntil: row?.blocked_until?.getTime() ?? 0,
    }
  }
}

const save = async (tx: Tx, parts: Parts, keys: readonly Uint8Array[], counts: readonly Count[]): Promise<void> => {
  await tx.query({
    name: 'throttle_save',
    text: `update identity.throttle t set failures = n.failures, first_at = n.first_at, blocked_until = n.blocked_until
      from unnest($2::bytea[], $3::integer[], $4::timestamptz[], $5::timestamptz[]) as n (key, failures, first_at, blocked_until)
      where t.tenant_id = $1 and t.key = n.key`,
    values: [
      parts.tenant,
      keys,
      counts.map((count) => count.failures),
      counts.map((count) => new Date(count.firstAt)),
      counts.map((count) => (count.blockedUntil > 0 ? new Date(count.blockedUntil) : null)),
    ],
  })
}

/** Forgets some counts and takes one back from others; old counts leave the table on the way. */
const settle = async (parts: Parts, forget: readonly Uint8Array[], less: readonly Uint8Array[]): Promise<void> => {
  const now = parts.clock.now()
  await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    await tx.query({
      text: `select key from identity.throttle where tenant_id = $1 and key = any($2::bytea[]) order by key for update`,
      values: [parts.tenant, [...forget, ...less]],
    })
    await tx.query({
      text: `update identity.throttle set failures = greatest(0, failures - 1), blocked_until = null
        where tenant_id = $1 and key = any($2::bytea[])`,
      values: [parts.tenant, less],
    })
    await tx.query({
      text: `delete from identity.throttle where tenant_id = $1 and key = any($2::bytea[])`,
      values: [parts.tenant, forget],
    })
    await tx.query({
      text: `delete from identity.throttle t using (
          select key from identity.throttle where tenant_id = $1 and first_at < $2
          and (blocked_until is null or blocked_until < $3) order by key limit 1000 for update skip locked
        ) old where t.tenant_id = $1 and t.key = old.key`,
      values: [parts.tenant, new Date(now.getTime() - parts.limits.pairWindowMs), now],
    })
  })
}
