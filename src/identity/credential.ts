// Passwords in the database: set, verify, reset. Changing one ends the other sessions. Keeps identity-1, identity-3, identity-5.
import { Fault, isUuid, type Uuid } from '#kernel'
import { passwordHash, passwordVerify } from '#encryption'
import type { Tx } from '#store'
import { type By, entry, type Parts, scopeOfSystem } from './house.ts'
import { notice } from './outbox.ts'
import { type About, demandStrength, normalPassword, oneTimePassword } from './password.ts'
import { endSessions } from './session.ts'

export interface Credential {
  readonly passwordHash: string
  readonly mustChange: boolean
  readonly totpSealed: Uint8Array | null
  readonly totpConfirmed: boolean
  readonly totpLastStep: bigint | null
  readonly recoveryHashes: readonly Uint8Array[]
}

/** What is stored of a user, or null. */
export const findCredential = async (tx: Tx, parts: Parts, userId: Uuid): Promise<Credential | null> => {
  const [row] = await tx.query<{
    password_hash: string
    must_change: boolean
    totp_sealed: Uint8Array | null
    totp_confirmed_at: Date | null
    totp_last_step: bigint | null
    recovery_hashes: readonly Uint8Array[]
  }>({
    name: 'credential_find',
    text: `select password_hash, must_change, totp_sealed, totp_confirmed_at, totp_last_step, recovery_hashes
      from identity.credential where tenant_id = $1 and user_id = $2`,
    values: [parts.tenant, userId],
  })
  if (!row) return null
  return {
    passwordHash: row.password_hash,
    mustChange: row.must_change,
    totpSealed: row.totp_sealed,
    totpConfirmed: row.totp_confirmed_at !== null,
    totpLastStep: row.totp_last_step,
    recoveryHashes: row.recovery_hashes,
  }
}

export interface SetPassword extends By {
  /** The person must choose another at the next sign-in. */
  readonly mustChange?: boolean
  /** The session that stays. */
  readonly keep?: Uuid
  /** What it must not be made of, besides name and e-mail of the user. */
  readonly about?: About
}

/** Stores a password after judging it, and ends the sessions that were opened with the old one. */
export const setPassword = async (parts: Parts, userId: Uuid, password: string, by: SetPassword): Promise<void> => {
  if (!isUuid(userId)) throw new Fault('not-found', { what: 'user' })
  const user = await parts.directory.get(userId)
  demandStrength(password, { ...by.about, ...(user ? { name: user.name, email: user.email } : {}) })
  const stored = await passwordHash(normalPassword(password))
  await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const before = await findCredential(tx, parts, userId)
    await tx.query({
      text: `insert into identity.credential (tenant_id, user_id, password_hash, changed_at, must_change) values ($1, $2, $3, $4, $5)
        on conflict (tenant_id, user_id) do update set password_hash = excluded.password_hash,
          changed_at = excluded.changed_at, must_change = excluded.must_change`,
      values: [parts.tenant, userId, stored, parts.clock.now(), by.mustChange ?? false],
    })
    await parts.journal.append(tx, parts.tenant, [
      entry('password.change', userId, by, { mustChange: by.mustChange ?? false }),
    ])
    // The first password of an account is no news.
    if (before) await notice(tx, parts, userId, 'password')
    const keep = by.keep === undefined ? {} : { except: by.keep }
    await endSessions(tx, parts, { userId, ...keep }, by, 'password')
  })
}

/** Gives a user a password for one use, to be told once and changed at sign-in. */
export const resetPassword = async (parts: Parts, userId: Uuid, by: By): Promise<string> => {
  const password = oneTimePassword()
  await setPassword(parts, userId, password, { ...by, mustChange: true })
  return password
}

/** Whether the password is right. A user who does not exist costs the same time. */
export const verifyPassword = async (credential: Credential | null, password: string): Promise<boolean> => {
  const right = await passwordVerify(credential?.passwordHash ?? (await nobody()), normalPassword(password))
  return right && credential !== null
}

let dummy: Promise<string> | undefined
/** A hash with today's parameters of a password nobody knows. */
const nobody = (): Promise<string> => (dummy ??= passwordHash(oneTimePassword()))
