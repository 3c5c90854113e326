// Challenges that passkeys sign: random, answered once, within five minutes; and the host that passkeys are bound to. Keeps identity-171.
import { isIP } from 'node:net'
import { base64url, Fault, type Uuid } from '#kernel'
import { random, sha256 } from '#encryption'
import { type Parts, scopeOfSystem } from './house.ts'
import type { Assertion } from './passkey-use.ts'

/** Browsers bind passkeys to a name, never to a number. */
export const isPossible = (parts: Parts): boolean =>
  isIP(new URL(parts.site().origin).hostname.replaceAll(/[[\]]/g, '')) === 0

/** The relying party: the host of this installation's address. */
export const rpIdOf = (parts: Parts): string => {
  if (!isPossible(parts)) throw new Fault('passkey-host')
  return new URL(parts.site().origin).hostname
}

const challengeMs = 5 * 60_000

/** A fresh challenge, in base64url. */
export const newChallenge = async (parts: Parts, purpose: Purpose, userId?: Uuid): Promise<string> => {
  const challenge = random(32)
  const now = parts.clock.now()
  await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    await tx.query({
      text: `delete from identity.challenge c using (
          select hash from identity.challenge where tenant_id = $1 and expires_at < $2 order by hash limit 500 for update skip locked
        ) old where c.tenant_id = $1 and c.hash = old.hash`,
      values: [parts.tenant, now],
    })
    await tx.query({
      text: `insert into identity.challenge (tenant_id, hash, purpose, user_id, expires_at) values ($1, $2, $3, $4, $5)`,
      values: [parts.tenant, sha256(challenge), purpose, userId ?? null, new Date(now.getTime() + challengeMs)],
    })
  })
  return base64url(challenge)
}

export type Purpose = 'register' | 'use' | 'confirm'

/** Takes the challenge of an answer out of the world, whatever the answer is worth. Throws passkey-refused where it is none of ours, old or used. */
export const spendChallenge = async (
  parts: Parts,
  given: Assertion,
  purpose: Purpose,
  userId: Uuid | null,
): Promise<void> => {
  const rows = await parts.store.transaction(scopeOfSystem(parts), (tx) =>
    tx.query({
      text: `delete from identity.challenge where tenant_id = $1 and hash = $2 and purpose = $3
        and user_id is not distinct from $4::uuid and expires_at > $5 returning hash`,
      values: [parts.tenant, given.challengeHash, purpose, userId, parts.clock.now()],
    }),
  )
  if (rows.length !== 1) throw new Fault('passkey-refused')
}
