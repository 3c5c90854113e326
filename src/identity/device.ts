// Browsers that a person has confirmed as their own: remembered for 30 days by a token of which only the hash is stored. Keeps identity-174.
import { base64url, Fault, newId, utf8, type Uuid } from '#kernel'
import { random, sha256 } from '#encryption'
import type { Tx } from '#store'
import { type By, entry, type Origin, type Parts, scopeOfSystem } from './house.ts'
import { agentOf, type Session } from './session.ts'

/** How long a browser is remembered. */
export const rememberedMs = 30 * 86_400_000

export interface Device {
  readonly id: Uuid
  readonly userAgent: string
  readonly createdAt: Date
  readonly usedAt: Date
  readonly expiresAt: Date
}

export interface Devices {
  /** The browser of a session, from now on for 30 days; the token is for its cookie. */
  remember(session: Session, origin: Origin): Promise<string>
  list(userId: Uuid): Promise<readonly Device[]>
  /** Throws not-found where the device is not one of this user's. */
  forget(userId: Uuid, deviceId: Uuid, by: By): Promise<void>
}

export const devices = (parts: Parts): Devices => ({
  remember: (session, origin) =>
    parts.store.transaction(scopeOfSystem(parts), async (tx) => {
      const { id, token } = await rememberDevice(tx, parts, session.userId, origin)
      const rows = await tx.query({
        text: `update identity.session set device_id = $3 where tenant_id = $1 and id = $2 and revoked_at is null returning id`,
        values: [parts.tenant, session.id, id],
      })
      if (rows.length === 0) throw new Fault('not-signed-in')
      return token
    }),
  list: (userId) =>
    parts.store.transaction(
      scopeOfSystem(parts),
      (tx) =>
        tx.query<Device>({
          text: `select id, user_agent as "userAgent", created_at as "createdAt", used_at as "usedAt", expires_at as "expiresAt"
            from identity.device where tenant_id = $1 and user_id = $2 and expires_at > $3 order by used_at desc limit 200`,
          values: [parts.tenant, userId, parts.clock.now()],
        }),
      { readOnly: true },
    ),
  forget: (userId, deviceId, by) =>
    parts.store.transaction(scopeOfSystem(parts), async (tx) => {
      const rows = await tx.query({
        text: `delete from identity.device where tenant_id = $1 and user_id = $2 and id = $3 returning id`,
        values: [parts.tenant, userId, deviceId],
      })
      if (rows.length === 0) throw new Fault('not-found', { what: 'device' })
      await parts.journal.append(tx, parts.tenant, [entry('device.forget', userId, by, { device: deviceId })])
    }),
})

/** Remembers a browser inside the caller's transaction. */
export const rememberDevice = async (
  tx: Tx,
  parts: Parts,
  userId: Uuid,
  origin: Origin,
): Promise<{ readonly id: Uuid; readonly token: string }> => {
  const now = parts.clock.now()
  const id = newId(now.getTime())
  const token = base64url(random(32))
  await tx.query({
    text: `delete from identity.device where tenant_id = $1 and user_id = $2 and expires_at <= $3`,
    values: [parts.tenant, userId, now],
  })
  await tx.query({
    text: `insert into identity.device (tenant_id, id, user_id, token_hash, user_agent, created_at, used_at, expires_at)
      values ($1, $2, $3, $4, $5, $6, $6, $7)`,
    values: [
      parts.tenant,
      id,
      userId,
      sha256(utf8(token)),
      agentOf(origin),
      now,
      new Date(now.getTime() + rememberedMs),
    ],
  })
  await parts.journal.append(tx, parts.tenant, [
    entry('device.remember', userId, { actor: userId, ...origin }, { device: id }),
  ])
  return { id, token }
}

/** The remembered browser of a user that holds this token, used now; null: none. */
export const findDevice = async (tx: Tx, parts: Parts, userId: Uuid, token: string): Promise<Uuid | null> => {
  const [row] = await tx.query<{ id: Uuid }>({
    name: 'device_find',
    text: `update identity.device set used_at = $4
      where tenant_id = $1 and user_id = $2 and token_hash = $3 and expires_at > $4 returning id`,
    values: [parts.tenant, userId, sha256(utf8(token)), parts.clock.now()],
  })
  return row?.id ?? null
}
