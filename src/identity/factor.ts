// The second factor of a user: secret sealed, codes and recovery codes good for once. Keeps identity-6.
import { Fault, type Uuid } from '#kernel'
import { random } from '#encryption'
import type { Tx } from '#store'
import { type Credential, findCredential } from './credential.ts'
import { type By, entry, type Parts, scopeOfSystem, type SecretPlace } from './house.ts'
import { clearRecovery, renewRecovery, spendRecovery } from './recovery.ts'
import { notice } from './outbox.ts'
import { endSessions, rotateSession, type Tokens } from './session.ts'
import { base32, totpMatch, totpUri } from './totp.ts'

/** A fresh secret, not yet in force. */
export const beginTotp = async (
  parts: Parts,
  userId: Uuid,
): Promise<{ readonly secret: string; readonly uri: string }> => {
  // RFC 4226 section 4 R6 recommends 160 bits.
  const secret = random(20)
  const user = await parts.directory.get(userId)
  await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const sealed = await parts.seal.sealSecret(tx, labelOf(userId), secret)
    const rows = await tx.query({
      text: `update identity.credential set totp_sealed = $3, totp_last_step = null
        where tenant_id = $1 and user_id = $2 and totp_confirmed_at is null returning user_id`,
      values: [parts.tenant, userId, sealed],
    })
    if (rows.length === 0) throw new Fault('already-exists', { what: 'second factor' })
  })
  return { secret: base32(secret), uri: totpUri(secret, 'Holdfast', user?.email ?? userId) }
}

/** Puts the secret in force after a first right code. The session that did it counts as two-factor and gets new tokens; others end. */
export const confirmTotp = async (
  parts: Parts,
  userId: Uuid,
  code: string,
  by: By & { readonly session?: Uuid },
): Promise<{ readonly recoveryCodes: readonly string[]; readonly tokens: Tokens | null }> => {
  const now = parts.clock.now()
  return parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const credential = await findCredential(tx, parts, userId)
    if (!credential?.totpSealed || credential.totpConfirmed)
      throw new Fault('bad-input', { what: 'no second factor was begun' })
    const step = totpMatch(await parts.seal.openSecret(tx, labelOf(userId), credential.totpSealed), code, now, null)
    if (step === null)
      throw new Fault('bad-value', { field: 'code', what: 'the code is not right; check the clock of the telephone' })
    const rows = await tx.query({
      text: `update identity.credential set totp_confirmed_at = $3, totp_last_step = $4
        where tenant_id = $1 and user_id = $2 and totp_confirmed_at is null and totp_sealed = $5 returning user_id`,
      values: [parts.tenant, userId, now, step, credential.totpSealed],
    })
    if (rows.length === 0) throw new Fault('conflict', { what: 'second factor' })
    const recoveryCodes = await renewRecovery(tx, parts, userId)
    await parts.journal.append(tx, parts.tenant, [entry('totp.enable', userId, by)])
    await notice(tx, parts, userId, 'factor-added')
    const keep = by.session === undefined ? {} : { except: by.session }
    await endSessions(tx, parts, { userId, ...keep }, by, 'second-factor')
    const tokens = by.session === undefined ? null : await rotateSession(tx, parts, by.session, true)
    return { recoveryCodes, tokens }
  })
}

/** Takes authenticator codes away. Other sessions end. */
export const removeTotp = async (parts: Parts, userId: Uuid, by: By & { readonly session?: Uuid }): Promise<void> => {
  await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    await tx.query({
      text: `update identity.credential set totp_sealed = null, totp_confirmed_at = null, totp_last_step = null
        where tenant_id = $1 and user_id = $2`,
      values: [parts.tenant, userId],
    })
    await clearRecovery(tx, parts, userId)
    await parts.journal.append(tx, parts.tenant, [entry('totp.disable', userId, by)])
    await notice(tx, parts, userId, 'factor-removed')
    const keep = by.session === undefined ? {} : { except: by.session }
    await endSessions(tx, parts, { userId, ...keep }, by, 'second-factor')
  })
}

/** Spends a code or a recovery code; false where it is neither, or was used before. */
export const spendCode = async (
  tx: Tx,
  parts: Parts,
  userId: Uuid,
  credential: Credential,
  code: string,
): Promise<boolean> => {
  const compact = code.replaceAll(/[\s-]/g, '').toLowerCase()
  if (!credential.totpSealed || !credential.totpConfirmed) return spendRecovery(tx, parts, userId, compact)
  const secret = await parts.seal.openSecret(tx, labelOf(userId), credential.totpSealed)
  const step = totpMatch(secret, compact, parts.clock.now(), credential.totpLastStep)
  if (step !== null) {
    // The comparison is repeated in the statement: of two requests with the same code one wins.
    const rows = await tx.query({
      text: `update identity.credential set totp_last_step = $3
        where tenant_id = $1 and user_id = $2 and (totp_last_step is null or totp_last_step < $3) returning user_id`,
      values: [parts.tenant, userId, step],
    })
    return rows.length === 1
  }
  return spendRecovery(tx, parts, userId, compact)
}

/** Where this room keeps what it seals, for whoever rotates the keys. */
export const totpSecrets: SecretPlace = {
  table: 'identity.credential',
  column: 'totp_sealed',
  key: 'user_id',
  label: (userId) => labelOf(userId),
}

const labelOf = (userId: Uuid): string => `totp:${userId}`

/** Takes every second factor of a user away, for one who lost them all. Every session ends. */
export const removeFactors = async (parts: Parts, userId: Uuid, by: By): Promise<void> => {
  await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const passkeys = await tx.query({
      text: `delete from identity.passkey where tenant_id = $1 and user_id = $2 returning id`,
      values: [parts.tenant, userId],
    })
    if (passkeys.length > 0)
      await parts.journal.append(tx, parts.tenant, [entry('passkey.reset', userId, by, { count: passkeys.length })])
  })
  await removeTotp(parts, userId, by)
}
