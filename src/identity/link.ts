// Links in letters: an invitation for three days, a new password for half an hour; good once, only the hash stored. Keeps identity-175.
import { base64url, Fault, type Uuid, utf8 } from '#kernel'
import { random, sha256 } from '#encryption'
import { findCredential, setPassword } from './credential.ts'
import { demandStrength } from './password.ts'
import { spendCode } from './factor.ts'
import { entry, type DirectoryUser, type Origin, type Parts, scopeOfSystem } from './house.ts'
import { usePasskey } from './passkey-use.ts'
import { countRate } from './rate.ts'
import { enter } from './throttle.ts'

export type LinkKind = 'invite' | 'reset'

const lifeMs: Readonly<Record<LinkKind, number>> = { invite: 72 * 3_600_000, reset: 30 * 60_000 }

/** A fresh link for an active user; the ones before are worth nothing any more. Only its reader ever sees the token. */
export const newLink = (parts: Parts, kind: LinkKind, userId: Uuid): Promise<string> =>
  parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const token = base64url(random(32))
    const now = parts.clock.now()
    await tx.query({
      text: `delete from identity.link where tenant_id = $1 and (user_id = $2 or expires_at < $3)`,
      values: [parts.tenant, userId, now],
    })
    await tx.query({
      text: `insert into identity.link (tenant_id, token_hash, kind, user_id, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)`,
      values: [parts.tenant, sha256(utf8(token)), kind, userId, now, new Date(now.getTime() + lifeMs[kind])],
    })
    return token
  })

export interface LinkUse {
  readonly token: string
  readonly password: string
  readonly code?: string
  readonly passkey?: unknown
}

/**
 * Sets a password with a link and ends every session. Whoever has a second factor gives it too: a mailbox alone opens nothing.
 * Throws link-invalid, weak-password, code-needed, sign-in-failed, passkey-refused, too-many-attempts.
 */
export const useLink = async (parts: Parts, use: LinkUse, origin: Origin): Promise<void> => {
  await countRate(parts, 'link', origin.ip, { times: 60, windowMs: 600_000 })
  const user = await ownerOf(parts, use.token)
  const by = { actor: user.id, ...origin }
  demandStrength(use.password, { name: user.name, email: user.email })
  await demandFactor(parts, user.id, use, origin)
  const spent = await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const rows = await tx.query({
      text: `update identity.link set used_at = $3
        where tenant_id = $1 and token_hash = $2 and used_at is null and expires_at > $3 returning kind`,
      values: [parts.tenant, sha256(utf8(use.token)), parts.clock.now()],
    })
    if (rows.length === 1) await parts.journal.append(tx, parts.tenant, [entry('password.link-use', user.id, by)])
    return rows.length === 1
  })
  if (!spent) throw new Fault('link-invalid')
  await setPassword(parts, user.id, use.password, by)
}

const ownerOf = async (parts: Parts, token: string): Promise<DirectoryUser> => {
  const [row] = await parts.store.transaction(scopeOfSystem(parts), (tx) =>
    tx.query<{ user_id: Uuid }>({
      text: `select user_id from identity.link where tenant_id = $1 and token_hash = $2 and used_at is null and expires_at > $3`,
      values: [parts.tenant, sha256(utf8(token)), parts.clock.now()],
    }),
  )
  const user = row && (await parts.directory.get(row.user_id))
  if (!user?.active) throw new Fault('link-invalid')
  return user
}

const demandFactor = async (parts: Parts, userId: Uuid, use: LinkUse, origin: Origin): Promise<void> => {
  const { credential, passkeys } = await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const [row] = await tx.query<{ some: boolean }>({
      text: `select exists (select 1 from identity.passkey where tenant_id = $1 and user_id = $2) as some`,
      values: [parts.tenant, userId],
    })
    return { credential: await findCredential(tx, parts, userId), passkeys: row?.some ?? false }
  })
  if (!credential?.totpConfirmed && !passkeys) return
  if (use.passkey !== undefined) {
    if ((await usePasskey(parts, use.passkey)).userId !== userId) throw new Fault('passkey-refused')
    return
  }
  if ((use.code ?? '') === '') throw new Fault('code-needed')
  const attempt = await enter(parts, userId, origin.ip)
  const right = await parts.store.transaction(
    scopeOfSystem(parts),
    async (tx) => credential !== null && (await spendCode(tx, parts, userId, credential, use.code ?? '')),
  )
  if (right) return attempt.succeeded()
  const detail = { why: 'wrong code with a link', blockedSeconds: attempt.blockedSeconds }
  await parts.journal.record(scopeOfSystem(parts), [
    entry('session.denied', userId, { actor: userId, ...origin }, detail, true),
  ])
  throw new Fault('sign-in-failed')
}
