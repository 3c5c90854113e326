// Proving once more to be there before something dangerous, and how long that counts. Keeps identity-172.
import { Fault, isFault, type Uuid } from '#kernel'
import { findCredential, verifyPassword } from './credential.ts'
import { spendCode } from './factor.ts'
import { entry, type Origin, type Parts, scopeOfSystem } from './house.ts'
import { usePasskey } from './passkey-use.ts'
import type { Session } from './session.ts'
import { enter } from './throttle.ts'

/** One of the three. */
export interface Proof {
  readonly password?: string | undefined
  readonly code?: string | undefined
  readonly passkey?: unknown
}

/**
 * Throws confirm-needed where the last confirmation is older than the rules allow. Whoever has a second factor has to have given that:
 * a password alone, or a remembered device, is not enough.
 */
export const demandFresh = (parts: Parts, session: Session): void => {
  const { confirmMinutes } = session.rules
  const at = session.secondFactor ? session.mfaAt : session.confirmedAt
  if (at === null || parts.clock.now().getTime() - at.getTime() >= confirmMinutes * 60_000)
    throw new Fault('confirm-needed', { minutes: confirmMinutes })
}

/** Takes a proof: wrong ones are counted as at sign-in, passkeys are not guessed and so not counted. Throws sign-in-failed, code-needed, passkey-refused. */
export const confirm = async (parts: Parts, session: Session, proof: Proof, origin: Origin): Promise<void> => {
  if (proof.passkey !== undefined) {
    await usePasskey(parts, proof.passkey, session.userId).catch(async (error: unknown) => {
      if (isFault(error, 'passkey-refused')) await deny(parts, session, origin, 'passkey', 0)
      throw error
    })
    return mark(parts, session, origin, 'passkey')
  }
  if (proof.code !== undefined) return byCode(parts, session, proof.code, origin)
  if (session.secondFactor) throw new Fault('code-needed')
  await demandPassword(parts, session, proof.password ?? '', origin)
  await mark(parts, session, origin, 'password')
}

const byCode = async (parts: Parts, session: Session, code: string, origin: Origin): Promise<void> => {
  const attempt = await enter(parts, session.userId, origin.ip)
  const right = await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const credential = await findCredential(tx, parts, session.userId)
    return credential !== null && (await spendCode(tx, parts, session.userId, credential, code))
  })
  if (right) {
    await attempt.succeeded()
    return mark(parts, session, origin, 'code')
  }
  await deny(parts, session, origin, 'code', attempt.blockedSeconds)
  throw new Fault('sign-in-failed')
}

/** The password once more, inside a session; wrong ones are counted as at sign-in. */
export const demandPassword = async (
  parts: Parts,
  session: Session,
  password: string,
  origin: Origin,
): Promise<void> => {
  const attempt = await enter(parts, session.userId, origin.ip)
  const credential = await parts.store.transaction(scopeOfSystem(parts), (tx) =>
    findCredential(tx, parts, session.userId),
  )
  if (await verifyPassword(credential, password)) return attempt.succeeded()
  await deny(parts, session, origin, 'password', attempt.blockedSeconds)
  throw new Fault('sign-in-failed')
}

type How = 'password' | 'code' | 'passkey'

const deny = async (
  parts: Parts,
  session: Session,
  origin: Origin,
  how: How,
  blockedSeconds: number,
): Promise<void> => {
  const by = { actor: session.userId, ...origin }
  const detail = { session: session.id, how, blockedSeconds }
  const act = how === 'password' ? 'password.denied' : 'confirm.denied'
  await parts.journal.record(scopeOfSystem(parts), [entry(act, session.userId, by, detail, true)])
}

const mark = async (parts: Parts, session: Session, origin: Origin, how: How): Promise<void> => {
  const now = parts.clock.now()
  await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const rows = await tx.query<{ id: Uuid }>({
      text: `update identity.session set confirmed_at = $3, mfa_at = case when $4 then $3 else mfa_at end
        where tenant_id = $1 and id = $2 and revoked_at is null returning id`,
      values: [parts.tenant, session.id, now, how !== 'password'],
    })
    if (rows.length === 0) throw new Fault('not-signed-in')
    await parts.journal.append(tx, parts.tenant, [
      entry('session.confirm', session.userId, { actor: session.userId, ...origin }, { session: session.id, how }),
    ])
  })
}
