// Certificates by which programs sign in: each is bound to one user by its fingerprint, and to nobody by its name. Keeps identity-11.
import { Fault, hex, services, type Uuid } from '#kernel'
import type { Tx } from '#store'
import type { Authenticated } from './identity.ts'
import { type By, entry, type Origin, type Parts, scopeOfSystem } from './house.ts'
import { plainAddress } from './network.ts'
import { usualRules } from './rules.ts'

/** A binding as the administrator sees it. */
export interface ClientCertificate {
  /** SHA-256 of the certificate, hexadecimal. */
  readonly fingerprint: string
  readonly userId: Uuid
  readonly label: string
  readonly notAfter: Date
  readonly createdAt: Date
  readonly seenAt: Date | null
}

export interface ClientCertificates {
  list(): Promise<readonly ClientCertificate[]>
  /** Throws already-exists for a certificate that is bound, not-found for a user who is not there. */
  bind(of: Omit<ClientCertificate, 'createdAt' | 'seenAt'>, by: By): Promise<void>
  revoke(fingerprint: string, by: By): Promise<void>
  /** Who a certificate belongs to, whose chain the listener has verified; not-signed-in for every reason alike. */
  authenticate(fingerprint: string, origin: Origin): Promise<Authenticated>
}

export const clientCertificates = (parts: Parts): ClientCertificates => ({
  list: () => within(parts, (tx) => listIn(tx, parts)),
  bind: (of, by) => within(parts, (tx) => bindIn(tx, parts, of, by)),
  revoke: (fingerprint, by) => within(parts, (tx) => revokeIn(tx, parts, fingerprint, by)),
  authenticate: (fingerprint, origin) => authenticate(parts, fingerprint, origin),
})

const within = <T>(parts: Parts, work: (tx: Tx) => Promise<T>): Promise<T> =>
  parts.store.transaction(scopeOfSystem(parts), work)

const listIn = async (tx: Tx, parts: Parts): Promise<readonly ClientCertificate[]> => {
  const rows = await tx.query<{
    fingerprint: Uint8Array
    user_id: Uuid
    label: string
    not_after: Date
    created_at: Date
    seen_at: Date | null
  }>({
    text: `select fingerprint, user_id, label, not_after, created_at, seen_at from identity.client_certificate
           where tenant_id = $1 and revoked_at is null order by created_at desc limit 1000`,
    values: [parts.tenant],
  })
  return rows.map((row) => ({
    fingerprint: hex(row.fingerprint),
    userId: row.user_id,
    label: row.label,
    notAfter: row.not_after,
    createdAt: row.created_at,
    seenAt: row.seen_at,
  }))
}

const bindIn = async (
  tx: Tx,
  parts: Parts,
  of: Omit<ClientCertificate, 'createdAt' | 'seenAt'>,
  by: By,
): Promise<void> => {
  const user = await parts.directory.get(of.userId)
  if (!user?.active) throw new Fault('not-found', { what: 'user' })
  // One that was revoked stays so: a key that was lost is not found again.
  const rows = await tx.query({
    text: `insert into identity.client_certificate (tenant_id, fingerprint, user_id, label, not_after, created_by, created_at)
           values ($1, decode($2, 'hex'), $3, $4, $5, $6, $7) on conflict do nothing returning fingerprint`,
    values: [parts.tenant, of.fingerprint, of.userId, of.label, of.notAfter, actorOf(by), parts.clock.now()],
  })
  if (rows.length === 0) throw new Fault('already-exists', { what: 'certificate' })
  await parts.journal.append(tx, parts.tenant, [
    entry('certificate.bind', of.userId, by, { fingerprint: of.fingerprint, notAfter: of.notAfter.toISOString() }),
  ])
}

const revokeIn = async (tx: Tx, parts: Parts, fingerprint: string, by: By): Promise<void> => {
  const [row] = await tx.query<{ user_id: Uuid }>({
    text: `update identity.client_certificate set revoked_at = $3 where tenant_id = $1 and fingerprint = decode($2, 'hex') and revoked_at is null
           returning user_id`,
    values: [parts.tenant, fingerprint, parts.clock.now()],
  })
  if (!row) throw new Fault('not-found', { what: 'certificate' })
  await parts.journal.append(tx, parts.tenant, [entry('certificate.revoke', row.user_id, by, { fingerprint })])
}

const authenticate = async (parts: Parts, fingerprint: string, origin: Origin): Promise<Authenticated> => {
  const now = parts.clock.now()
  const row = await within(parts, async (tx) => {
    const [found] = await tx.query<{ user_id: Uuid; created_at: Date; seen_at: Date | null; not_after: Date }>({
      name: 'certificate-find',
      text: `select user_id, created_at, seen_at, not_after from identity.client_certificate
             where tenant_id = $1 and fingerprint = decode($2, 'hex') and revoked_at is null and not_after > $3`,
      values: [parts.tenant, fingerprint, now],
    })
    // Once a minute, as with sessions.
    if (found && (found.seen_at === null || now.getTime() - found.seen_at.getTime() >= 60_000))
      await tx.query({
        name: 'certificate-seen',
        text: `update identity.client_certificate set seen_at = $3 where tenant_id = $1 and fingerprint = decode($2, 'hex')`,
        values: [parts.tenant, fingerprint, now],
      })
    return found
  })
  const user = row && (await parts.directory.get(row.user_id))
  if (!row || !user?.active) {
    await parts.journal.record(scopeOfSystem(parts), [
      entry(
        'session.denied',
        row?.user_id ?? null,
        { actor: services.system, ...origin },
        { why: 'client certificate', fingerprint },
        true,
      ),
    ])
    throw new Fault('not-signed-in')
  }
  const ip = plainAddress(origin.ip)
  return {
    user,
    // A program holds the key alone; nobody gave a second factor.
    mfa: false,
    mustChangePassword: false,
    mustEnrol: false,
    session: {
      // No session in the database: what would change one finds none.
      id: '00000000-0000-0000-0000-000000000000',
      userId: user.id,
      createdAt: row.created_at,
      seenAt: now,
      expiresAt: row.not_after,
      mfaAt: null,
      firstIp: ip,
      lastIp: ip,
      suspicious: false,
      userAgent: '',
      // Nobody is there who could confirm.
      confirmedAt: null,
      secondFactor: false,
      deviceId: null,
      rules: usualRules,
      mustChange: false,
    },
  }
}

const actorOf = (by: By): Uuid => (typeof by.actor === 'string' ? by.actor : by.actor.principal.id)
