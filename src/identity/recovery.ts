// Recovery codes: for whoever lost the second factor, each good once, only its keyed hash stored. Keeps identity-6.
import { Fault, utf8, type Uuid } from '#kernel'
import { hmacSha256, random } from '#encryption'
import type { Tx } from '#store'
import { type By, entry, type Parts, scopeOfSystem } from './house.ts'
import { notice } from './outbox.ts'
import { base32 } from './totp.ts'

const count = 10

/** Ten new codes; the ones before are worth nothing any more. */
export const renewRecovery = async (tx: Tx, parts: Parts, userId: Uuid): Promise<readonly string[]> => {
  const codes = Array.from({ length: count }, freshCode)
  await tx.query({
    text: `update identity.credential set recovery_hashes = $3 where tenant_id = $1 and user_id = $2`,
    values: [parts.tenant, userId, codes.map((code) => hashOf(parts, userId, code))],
  })
  return codes
}

/** New codes for a user who has none; null where there are some, or no password to stand beside. */
export const recoverIfNone = async (tx: Tx, parts: Parts, userId: Uuid): Promise<readonly string[] | null> => {
  const rows = await tx.query({
    text: `select 1 as one from identity.credential
      where tenant_id = $1 and user_id = $2 and cardinality(recovery_hashes) = 0 for update`,
    values: [parts.tenant, userId],
  })
  return rows.length === 1 ? renewRecovery(tx, parts, userId) : null
}

/** Without a second factor there is nothing to recover. */
export const clearRecovery = async (tx: Tx, parts: Parts, userId: Uuid): Promise<void> => {
  await tx.query({
    text: `update identity.credential c set recovery_hashes = '{}'
      where c.tenant_id = $1 and c.user_id = $2 and c.totp_confirmed_at is null
        and not exists (select 1 from identity.passkey p where p.tenant_id = $1 and p.user_id = $2)`,
    values: [parts.tenant, userId],
  })
}

/** Spends a code, written without its hyphen; false where it is none of the user's, or was used. */
export const spendRecovery = async (tx: Tx, parts: Parts, userId: Uuid, compact: string): Promise<boolean> => {
  if (compact.length !== 10) return false
  const [row] = await tx.query<{ left: number }>({
    text: `update identity.credential set recovery_hashes = array_remove(recovery_hashes, $3::bytea)
      where tenant_id = $1 and user_id = $2 and $3::bytea = any(recovery_hashes)
      returning cardinality(recovery_hashes) as left`,
    values: [parts.tenant, userId, hashOf(parts, userId, compact)],
  })
  if (!row) return false
  await parts.journal.append(tx, parts.tenant, [
    entry('recovery-code.use', userId, { actor: userId }, { left: row.left }),
  ])
  await notice(tx, parts, userId, 'recovery-code')
  return true
}

/** How many codes a user has left. */
export const recoveryLeft = async (parts: Parts, userId: Uuid): Promise<number> => {
  const [row] = await parts.store.transaction(
    scopeOfSystem(parts),
    (tx) =>
      tx.query<{ left: number }>({
        text: `select cardinality(recovery_hashes) as left from identity.credential where tenant_id = $1 and user_id = $2`,
        values: [parts.tenant, userId],
      }),
    { readOnly: true },
  )
  return row?.left ?? 0
}

/** A fresh set for a user who asks for one; only beside a second factor. */
export const newRecoveryCodes = (parts: Parts, userId: Uuid, by: By): Promise<readonly string[]> =>
  parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const rows = await tx.query({
      text: `select 1 as one from identity.credential c where c.tenant_id = $1 and c.user_id = $2 and (c.totp_confirmed_at is not null
        or exists (select 1 from identity.passkey p where p.tenant_id = $1 and p.user_id = $2)) for update`,
      values: [parts.tenant, userId],
    })
    if (rows.length === 0) throw new Fault('bad-input', { what: 'there is no second factor to recover' })
    const codes = await renewRecovery(tx, parts, userId)
    await parts.journal.append(tx, parts.tenant, [entry('recovery-code.renew', userId, by)])
    return codes
  })

/** Ten letters and digits of base32: 50 bits, and the stored hash is keyed with a secret kept apart from the database. */
const freshCode = (): string => {
  const text = base32(random(7)).toLowerCase().slice(0, 10)
  return `${text.slice(0, 5)}-${text.slice(5)}`
}

const hashOf = (parts: Parts, userId: Uuid, code: string): Uint8Array =>
  hmacSha256(parts.secret, utf8(['recovery', userId, code.replaceAll('-', '')].join('\0')))
