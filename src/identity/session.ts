// Sessions: opaque tokens of which only the hash is stored, with an idle and an absolute end, listed per device, revocable. Keeps identity-2, identity-3.
import { base64url, Fault, fromBase64url, newId, utf8, type Uuid } from '#kernel'
import { equal, hmacSha256, random, sha256 } from '#encryption'
import type { Tx } from '#store'
import { type By, type DirectoryUser, entry, type Origin, type Parts, scopeOfSystem } from './house.ts'
import { plainAddress } from './network.ts'
import { readRules, rulesName, type SignInRules } from './rules.ts'

/** A session as its owner and the administrator may see it. */
export interface Session {
  readonly id: Uuid
  readonly userId: Uuid
  readonly createdAt: Date
  readonly seenAt: Date
  readonly expiresAt: Date
  /** When a second factor was given; null: never. */
  readonly mfaAt: Date | null
  readonly firstIp: string
  readonly lastIp: string
  /** The address changed since sign-in. */
  readonly suspicious: boolean
  readonly userAgent: string
  /** When the person last proved to be there: at sign-in or before something dangerous. null: a program, which cannot. */
  readonly confirmedAt: Date | null
  /** The user has a second factor of some kind. */
  readonly secondFactor: boolean
  /** The remembered device the session is on; null: none, or no longer remembered. */
  readonly deviceId: Uuid | null
  /** The organisation's rules of sign-in, as they are now. */
  readonly rules: SignInRules
  /** The password was given by an administrator and has to be replaced before anything else. */
  readonly mustChange: boolean
}

/** What the browser keeps; shown once. */
export interface Tokens {
  readonly token: string
  readonly csrf: string
}

/** Begins a session inside the caller's transaction. */
export const beginSession = async (
  tx: Tx,
  parts: Parts,
  user: DirectoryUser,
  mfa: boolean,
  origin: Origin,
  mustChange: boolean,
  device: Uuid | null = null,
): Promise<Tokens & { readonly session: Session }> => {
  const now = parts.clock.now()
  const tokens = freshTokens()
  const ip = plainAddress(origin.ip)
  const id = newId(now.getTime())
  await tx.query({
    name: 'session_begin',
    text: `insert into identity.session (tenant_id, id, user_id, token_hash, csrf_hash, created_at, seen_at, expires_at, mfa_at, first_ip, last_ip, user_agent, confirmed_at, device_id)
      values ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $9, $10, $6, $11)`,
    values: [
      parts.tenant,
      id,
      user.id,
      sha256(utf8(tokens.token)),
      sha256(utf8(tokens.csrf)),
      now,
      new Date(now.getTime() + parts.limits.absoluteMs),
      mfa ? now : null,
      ip,
      agentOf(origin),
      device,
    ],
  })
  await parts.journal.append(tx, parts.tenant, [
    entry(
      'session.create',
      user.id,
      { actor: user.id, ...origin },
      { session: id, secondFactor: mfa, rememberedDevice: device !== null },
    ),
  ])
  const [row] = await tx.query<Row>({
    name: 'session_begun',
    text: `select ${columns} from ${source} where s.tenant_id = $1 and s.id = $2`,
    values: [parts.tenant, id],
  })
  if (!row) throw new Fault('not-signed-in')
  return { ...tokens, session: { ...read(row, now), mustChange } }
}

/** What a browser calls itself, short and without control characters. */
export const agentOf = (origin: Origin): string =>
  origin.userAgent
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(0, 300)

/** The live session of a token, seen now from this address; throws not-signed-in for every reason alike. */
export const touchSession = async (parts: Parts, token: string, origin: Origin): Promise<Session> => {
  if (!wellFormed(token)) throw new Fault('not-signed-in')
  const now = parts.clock.now()
  const ip = plainAddress(origin.ip)
  return parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const [row] = await tx.query<Row>({
      name: 'session_find',
      text: `select ${columns} from ${source} where s.tenant_id = $1 and s.token_hash = $2 and s.revoked_at is null`,
      values: [parts.tenant, sha256(utf8(token))],
    })
    if (!row || !alive(parts, row, now)) throw new Fault('not-signed-in')
    const moved = row.last_ip !== ip
    if (moved) {
      const by: By = { actor: row.user_id, ip, channel: origin.channel ?? 'web' }
      await parts.journal.append(tx, parts.tenant, [
        entry('session.move', row.user_id, by, { session: row.id, from: row.last_ip, home: row.first_ip === ip }),
      ])
    }
    // Once a minute is enough for an idle limit of an hour, and spares a write on every request.
    if (moved || now.getTime() - row.seen_at.getTime() >= 60_000) {
      await tx.query({
        name: 'session_touch',
        text: `update identity.session set seen_at = greatest(seen_at, $3), last_ip = $4 where tenant_id = $1 and id = $2`,
        values: [parts.tenant, row.id, now, ip],
      })
    }
    return { ...read(row, now), seenAt: now, lastIp: ip, suspicious: row.first_ip !== ip }
  })
}

/** The value that must accompany every change made in a session; it follows from the token, so a reloaded page can have it again. */
export const csrfOf = (token: string): string => base64url(hmacSha256(utf8(token), utf8('holdfast csrf 1')))

/** Whether the value belongs to the token. */
export const csrfMatches = (token: string, csrf: string): boolean =>
  wellFormed(token) && equal(utf8(csrfOf(token)), utf8(csrf))

/** New tokens for the same session; the old ones are worth nothing from here on. secondFactor: one was given just now. */
export const rotateSession = async (
  tx: Tx,
  parts: Parts,
  sessionId: Uuid,
  secondFactor: boolean,
): Promise<Tokens | null> => {
  const tokens = freshTokens()
  const rows = await tx.query({
    text: `update identity.session set token_hash = $3, csrf_hash = $4, mfa_at = case when $5 then $6 else mfa_at end
        , confirmed_at = case when $5 then $6 else confirmed_at end
      where tenant_id = $1 and id = $2 and revoked_at is null returning id`,
    values: [
      parts.tenant,
      sessionId,
      sha256(utf8(tokens.token)),
      sha256(utf8(tokens.csrf)),
      secondFactor,
      parts.clock.now(),
    ],
  })
  return rows.length === 1 ? tokens : null
}

/** Live sessions of a user, the last seen first. */
export const liveSessions = async (parts: Parts, userId: Uuid): Promise<readonly Session[]> => {
  const now = parts.clock.now()
  const rows = await parts.store.transaction(
    scopeOfSystem(parts),
    (tx) =>
      tx.query<Row>({
        text: `select ${columns} from ${source} where s.tenant_id = $1 and s.user_id = $2
          and s.revoked_at is null and s.expires_at > $3 order by s.seen_at desc, s.id limit 500`,
        values: [parts.tenant, userId, now],
      }),
    { readOnly: true },
  )
  return rows.filter((row) => alive(parts, row, now)).map((row) => read(row, now))
}

/** Ends sessions of a user: one, or all but one. Returns how many were alive. */
export const endSessions = async (
  tx: Tx,
  parts: Parts,
  which: { readonly userId: Uuid; readonly only?: Uuid; readonly except?: Uuid },
  by: By,
  why: 'signed-out' | 'revoked' | 'replaced' | 'password' | 'role' | 'second-factor' | 'provider',
): Promise<number> => {
  const ended = await tx.query<{ id: Uuid }>({
    text: `update identity.session set revoked_at = $3 where tenant_id = $1 and user_id = $2 and revoked_at is null
      and ($4::uuid is null or id = $4) and ($5::uuid is null or id <> $5) returning id`,
    values: [parts.tenant, which.userId, parts.clock.now(), which.only ?? null, which.except ?? null],
  })
  // A browser that goes on being remembered would be half a way back in; who signs out stays remembered.
  if (why !== 'signed-out' && why !== 'replaced') await forgetWith(tx, parts, which)
  if (ended.length > 0) {
    const ids = ended.slice(0, 100).map((row) => row.id)
    await parts.journal.append(tx, parts.tenant, [
      entry('session.revoke', which.userId, by, { why, sessions: ids, count: ended.length }),
    ])
  }
  return ended.length
}

const forgetWith = (
  tx: Tx,
  parts: Parts,
  which: { readonly userId: Uuid; readonly only?: Uuid; readonly except?: Uuid },
): Promise<unknown> =>
  tx.query({
    text: `delete from identity.device d where d.tenant_id = $1 and d.user_id = $2
      and ($3::uuid is null or d.id in (select s.device_id from identity.session s where s.tenant_id = $1 and s.id = $3))
      and not exists (select 1 from identity.session s where s.tenant_id = $1 and s.id = $4 and s.device_id = d.id)`,
    values: [parts.tenant, which.userId, which.only ?? null, which.except ?? null],
  })

interface Row {
  readonly id: Uuid
  readonly user_id: Uuid
  readonly created_at: Date
  readonly seen_at: Date
  readonly expires_at: Date
  readonly mfa_at: Date | null
  readonly first_ip: string
  readonly last_ip: string
  readonly user_agent: string
  readonly confirmed_at: Date | null
  readonly device_id: Uuid | null
  readonly device_until: Date | null
  readonly second_factor: boolean
  readonly rules: unknown
  readonly must_change: boolean
}

const columns = `s.id, s.user_id, s.created_at, s.seen_at, s.expires_at, s.mfa_at, s.first_ip, s.last_ip, s.user_agent, s.confirmed_at,
  s.device_id, d.expires_at as device_until, coalesce(c.must_change, false) as must_change,
  c.totp_confirmed_at is not null or exists (
    select 1 from identity.passkey p where p.tenant_id = s.tenant_id and p.user_id = s.user_id) as second_factor,
  (select o.value from ops.setting o where o.tenant_id = s.tenant_id and o.name = '${rulesName}') as rules`
const source = `identity.session s
  left join identity.credential c on c.tenant_id = s.tenant_id and c.user_id = s.user_id
  left join identity.device d on d.tenant_id = s.tenant_id and d.id = s.device_id`

const alive = (parts: Parts, row: Row, now: Date): boolean =>
  row.expires_at.getTime() > now.getTime() &&
  row.created_at.getTime() + parts.limits.absoluteMs > now.getTime() &&
  row.seen_at.getTime() + parts.limits.idleMs > now.getTime()

const read = (row: Row, now: Date): Session => ({
  id: row.id,
  userId: row.user_id,
  createdAt: row.created_at,
  seenAt: row.seen_at,
  expiresAt: row.expires_at,
  mfaAt: row.mfa_at,
  firstIp: row.first_ip,
  lastIp: row.last_ip,
  suspicious: row.first_ip !== row.last_ip,
  userAgent: row.user_agent,
  confirmedAt: row.confirmed_at ?? row.created_at,
  secondFactor: row.second_factor,
  deviceId: row.device_until !== null && row.device_until.getTime() > now.getTime() ? row.device_id : null,
  rules: readRules(row.rules),
  mustChange: row.must_change,
})

const freshTokens = (): Tokens => {
  // 256 bits: nothing to guess, so a plain SHA-256 keeps them as well as a slow hash would.
  const token = base64url(random(32))
  return { token, csrf: csrfOf(token) }
}

const wellFormed = (token: string): boolean => {
  if (token.length !== 43) return false
  try {
    return fromBase64url(token).length === 32
  } catch {
    return false
  }
}
