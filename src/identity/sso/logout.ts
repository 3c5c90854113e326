// Back-channel logout: a provider's signed word that somebody signed out there ends their sessions here, once. OpenID Connect Back-Channel Logout 1.0 section 2.6. Keeps identity-188.
import type { JWTPayload } from 'jose'
import { Fault, services, type Uuid } from '#kernel'
import { entry, type Origin, type Parts, scopeOfSystem } from '../house.ts'
import { endSessions } from '../session.ts'
import { hashOf } from './account.ts'
import type { Client } from './client.ts'
import type { Provider } from './provider.ts'

const event = 'http://schemas.openid.net/event/backchannel-logout'
/** A token older than this is not taken, so what was used need not be remembered for ever. */
const longestMs = 600_000

export const logOut = async (
  parts: Parts,
  client: Client,
  provider: Provider,
  token: string,
  origin: Origin,
): Promise<void> => {
  const now = parts.clock.now()
  const { sub, sid, jti } = await read(client, provider, token, now)
  const by = { actor: services.system, ...origin }
  await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    await tx.query({
      text: 'delete from identity.logout_token where tenant_id = $1 and expires_at < $2',
      values: [parts.tenant, now],
    })
    const fresh = await tx.query({
      text: `insert into identity.logout_token (tenant_id, provider_id, jti_hash, expires_at) values ($1, $2, $3, $4)
             on conflict do nothing returning provider_id`,
      values: [
        parts.tenant,
        provider.id,
        hashOf(parts, provider.id, 'jti', jti),
        new Date(now.getTime() + 4 * longestMs),
      ],
    })
    if (fresh.length === 0) throw new Fault('sso-logout-refused')
    const sessions = await tx.query<{ session_id: Uuid; user_id: Uuid }>({
      text: `delete from identity.provider_session where tenant_id = $1 and provider_id = $2
             and ($3::bytea is null or sid_hash = $3) and ($4::bytea is null or subject_hash = $4) returning session_id, user_id`,
      values: [
        parts.tenant,
        provider.id,
        sid === undefined ? null : hashOf(parts, provider.id, 'sid', sid),
        sub === undefined ? null : hashOf(parts, provider.id, 'subject', sub),
      ],
    })
    for (const one of sessions)
      await endSessions(tx, parts, { userId: one.user_id, only: one.session_id }, by, 'provider')
    await parts.journal.append(tx, parts.tenant, [
      entry('provider.logout', sessions[0]?.user_id ?? null, by, { provider: provider.id, sessions: sessions.length }),
    ])
  })
}

const read = async (
  client: Client,
  provider: Provider,
  token: string,
  now: Date,
): Promise<{ sub: string | undefined; sid: string | undefined; jti: string }> => {
  const payload = await client.verify(provider, token, ['logout+jwt', 'jwt']).catch((cause: unknown) => {
    throw new Fault('sso-logout-refused', {}, { cause })
  })
  const { sub, jti, iat } = payload
  const sid = payload['sid']
  const sound =
    isLogout(payload) &&
    // A nonce would make an ID token of it.
    payload['nonce'] === undefined &&
    typeof jti === 'string' &&
    jti !== '' &&
    typeof iat === 'number' &&
    Math.abs(now.getTime() - iat * 1000) <= longestMs &&
    (typeof sub === 'string' || typeof sid === 'string')
  if (!sound) throw new Fault('sso-logout-refused')
  return { sub, sid: typeof sid === 'string' ? sid : undefined, jti }
}

const isLogout = (payload: JWTPayload): boolean => {
  const events = payload['events']
  if (typeof events !== 'object' || events === null) return false
  const said = (events as Record<string, unknown>)[event]
  return typeof said === 'object' && said !== null
}
