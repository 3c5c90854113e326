// The one-time set-up link: who opens it first becomes the administrator of a fresh installation. Keeps identity-7.
import { base64url, Fault, utf8 } from '#kernel'
import { random, sha256 } from '#encryption'
import { type By, entry, type Parts, scopeOfSystem } from './house.ts'

/** A fresh token; the ones before it are worth nothing any more. */
export const newSetupLink = async (parts: Parts, by: By): Promise<string> => {
  const token = base64url(random(32))
  const now = parts.clock.now()
  await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    await tx.query({
      text: `update identity.setup_link set expires_at = $2 where tenant_id = $1 and used_at is null and expires_at > $2`,
      values: [parts.tenant, now],
    })
    await tx.query({
      text: `insert into identity.setup_link (tenant_id, token_hash, expires_at) values ($1, $2, $3)`,
      values: [parts.tenant, sha256(utf8(token)), new Date(now.getTime() + parts.limits.setupMs)],
    })
    await parts.journal.append(tx, parts.tenant, [entry('setup-link.create', null, by)])
  })
  return token
}

/** Spends the token and does the work; where the work fails the token may be tried again. Of two at once one wins. */
export const useSetupLink = async <T>(parts: Parts, token: string, by: By, work: () => Promise<T>): Promise<T> => {
  const now = parts.clock.now()
  const spent = await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const rows = await tx.query({
      text: `update identity.setup_link set used_at = $3
        where tenant_id = $1 and token_hash = $2 and used_at is null and expires_at > $3 returning expires_at`,
      values: [parts.tenant, sha256(utf8(token)), now],
    })
    await parts.journal.append(tx, parts.tenant, [entry('setup-link.use', null, by, undefined, rows.length === 0)])
    return rows.length === 1
  })
  if (!spent) throw new Fault('setup-link-invalid')
  try {
    return await work()
  } catch (error) {
    await parts.store.transaction(scopeOfSystem(parts), (tx) =>
      tx.query({
        text: `update identity.setup_link set used_at = null where tenant_id = $1 and token_hash = $2`,
        values: [parts.tenant, sha256(utf8(token))],
      }),
    )
    throw error
  }
}

/** Throws setup-link-invalid unless the token could be spent; it is not. */
export const demandSetupLink = async (parts: Parts, token: string): Promise<void> => {
  const rows = await parts.store.transaction(
    scopeOfSystem(parts),
    (tx) =>
      tx.query({
        text: `select 1 as one from identity.setup_link
          where tenant_id = $1 and token_hash = $2 and used_at is null and expires_at > $3`,
        values: [parts.tenant, sha256(utf8(token)), parts.clock.now()],
      }),
    { readOnly: true },
  )
  if (rows.length !== 1) throw new Fault('setup-link-invalid')
}

/** Whether a link could still be used. */
export const setupLinkOpen = async (parts: Parts): Promise<boolean> => {
  const rows = await parts.store.transaction(
    scopeOfSystem(parts),
    (tx) =>
      tx.query({
        text: `select 1 as one from identity.setup_link where tenant_id = $1 and used_at is null and expires_at > $2 limit 1`,
        values: [parts.tenant, parts.clock.now()],
      }),
    { readOnly: true },
  )
  return rows.length > 0
}
