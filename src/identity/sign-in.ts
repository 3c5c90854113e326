// Signing in: by password with a second factor where there is one, or by a passkey alone; and whose a token is. Keeps identity-2 … identity-5, identity-171.
import { Fault, isFault, rolesOf, services, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { type Credential, findCredential, verifyPassword } from './credential.ts'
import { findDevice, rememberDevice } from './device.ts'
import { spendCode } from './factor.ts'
import { type DirectoryUser, entry, type Origin, type Parts, scopeOfSystem } from './house.ts'
import type { Authenticated } from './identity.ts'
import { networkOf } from './network.ts'
import { notice } from './outbox.ts'
import { usePasskey } from './passkey-use.ts'
import { countRate } from './rate.ts'
import { agentOf, beginSession, endSessions, type Session, type Tokens, touchSession } from './session.ts'
import { enter } from './throttle.ts'

interface Browser extends Origin {
  /** Token of the session this one takes the place of. */
  readonly replaces?: string
  /** Token of a browser that is remembered. */
  readonly device?: string
  /** Remember this browser from now on; only beside a second factor. */
  readonly remember?: boolean
}

export interface SignInRequest extends Browser {
  readonly email: string
  readonly password: string
  /** Six digits or a recovery code. */
  readonly code?: string
  /** Or the answer of a passkey. */
  readonly passkey?: unknown
}

export interface PasskeySignIn extends Browser {
  readonly passkey: unknown
}

export interface SignedIn extends Tokens {
  readonly session: Session
  readonly user: DirectoryUser
  readonly mustChangePassword: boolean
  readonly mustEnrol: boolean
  /** Token of the browser, where it is remembered from now on. */
  readonly device?: string
}

export const signIn = async (parts: Parts, request: SignInRequest): Promise<SignedIn> => {
  const email = request.email.normalize('NFKC').trim().toLowerCase()
  const attempt = await enter(parts, email, request.ip)
  const user = await parts.directory.findByEmail(email)
  const known = user ? await within(parts, (tx) => factorsOf(tx, parts, user.id, request.device)) : null
  const right = await verifyPassword(known?.credential ?? null, request.password)
  const refuse = async (why: string): Promise<never> => {
    await deny(parts, user?.id ?? null, request, why, attempt.blockedSeconds)
    throw new Fault('sign-in-failed')
  }
  if (!user || !known?.credential) return refuse('unknown user')
  if (!right) return refuse('wrong password')
  if (!user.active) return refuse('inactive user')
  const { credential, device } = known
  const asked = credential.totpConfirmed || known.passkeys
  const given = request.passkey !== undefined || (request.code ?? '') !== ''
  if (asked && !given && device === null) {
    await attempt.unfinished()
    throw new Fault('code-needed')
  }
  // A browser that is remembered spares the second factor, and does not count as one.
  const mfa = asked && given
  if (mfa && request.passkey !== undefined && !(await isPasskeyOf(parts, request.passkey, user.id)))
    return refuse('wrong passkey')
  const opened = await within(parts, async (tx) => {
    const byCode = mfa && request.passkey === undefined
    if (byCode && !(await spendCode(tx, parts, user.id, credential, request.code ?? ''))) return null
    return openSession(tx, parts, user, mfa, request, device, credential.mustChange)
  })
  if (!opened) return refuse('wrong code')
  if (request.replaces !== undefined) await endReplaced(parts, request.replaces, request)
  await attempt.succeeded()
  return opened
}

/** A passkey with its holder verified is two factors at once. Nobody guesses one, so only how often they are tried is limited. */
export const signInByPasskey = async (parts: Parts, request: PasskeySignIn): Promise<SignedIn> => {
  await countRate(parts, 'passkey', request.ip, { times: 300, windowMs: 600_000 })
  const refuse = async (userId: Uuid | null, why: string): Promise<never> => {
    await deny(parts, userId, request, why, 0)
    throw new Fault('passkey-refused')
  }
  const used = await usePasskey(parts, request.passkey).catch((error: unknown) => {
    if (isFault(error, 'passkey-refused')) return null
    throw error
  })
  if (!used) return refuse(null, 'passkey')
  const user = await parts.directory.get(used.userId)
  if (!user?.active) return refuse(used.userId, 'inactive user')
  const opened = await within(parts, async (tx) => {
    const { credential, device } = await factorsOf(tx, parts, user.id, request.device)
    return openSession(tx, parts, user, true, request, device, credential?.mustChange ?? false)
  })
  if (request.replaces !== undefined) await endReplaced(parts, request.replaces, request)
  return opened
}

/** Opens a session without a password, for the one who has just set the installation up. */
export const open = async (parts: Parts, userId: Uuid, origin: Origin): Promise<SignedIn> => {
  const user = await parts.directory.get(userId)
  if (!user?.active) throw new Fault('not-found', { what: 'user' })
  return within(parts, (tx) => openSession(tx, parts, user, false, origin, null, false))
}

export const authenticate = async (parts: Parts, token: string, origin: Origin): Promise<Authenticated> => {
  const session = await touchSession(parts, token, origin)
  const user = await parts.directory.get(session.userId)
  if (!user?.active) throw new Fault('not-signed-in')
  return {
    session,
    user,
    mfa: session.mfaAt !== null,
    mustChangePassword: session.mustChange,
    mustEnrol: mustEnrol(parts, session, user),
  }
}

/** The rules ask this person for a second factor that there is not yet. */
export const mustEnrol = ({ directory }: Parts, session: Session, user: DirectoryUser): boolean =>
  !session.secondFactor &&
  rolesOf(user)
    .flatMap((role) => directory.standsFor(role))
    .some((role) => session.rules.secondFactorRoles.includes(role))

interface Factors {
  readonly credential: Credential | null
  readonly passkeys: boolean
  readonly device: Uuid | null
}

const factorsOf = async (tx: Tx, parts: Parts, userId: Uuid, device: string | undefined): Promise<Factors> => {
  const [row] = await tx.query<{ some: boolean }>({
    name: 'passkey_some',
    text: `select exists (select 1 from identity.passkey where tenant_id = $1 and user_id = $2) as some`,
    values: [parts.tenant, userId],
  })
  return {
    credential: await findCredential(tx, parts, userId),
    passkeys: row?.some ?? false,
    device: device === undefined ? null : await findDevice(tx, parts, userId, device),
  }
}

const isPasskeyOf = async (parts: Parts, response: unknown, userId: Uuid): Promise<boolean> => {
  const used = await usePasskey(parts, response).catch((error: unknown) => {
    if (isFault(error, 'passkey-refused')) return null
    throw error
  })
  return used?.userId === userId
}

const openSession = async (
  tx: Tx,
  parts: Parts,
  user: DirectoryUser,
  mfa: boolean,
  request: Browser,
  device: Uuid | null,
  mustChange: boolean,
): Promise<SignedIn> => {
  await tellOfNew(tx, parts, user.id, request, device)
  const fresh = request.remember === true && mfa ? await rememberDevice(tx, parts, user.id, request) : null
  const opened = await beginSession(tx, parts, user, mfa, request, mustChange, fresh?.id ?? device)
  return {
    ...opened,
    user,
    mustChangePassword: mustChange,
    mustEnrol: mustEnrol(parts, opened.session, user),
    ...(fresh ? { device: fresh.token } : {}),
  }
}

/** A browser and network that the person was not seen with in three months are told of; the first sign-in of all is not. */
const tellOfNew = async (tx: Tx, parts: Parts, userId: Uuid, origin: Origin, device: Uuid | null): Promise<void> => {
  if (device !== null) return
  const since = new Date(parts.clock.now().getTime() - 90 * 86_400_000)
  const rows = await tx.query<{ first_ip: string; user_agent: string }>({
    text: `select distinct first_ip, user_agent from identity.session
      where tenant_id = $1 and user_id = $2 and created_at > $3 limit 500`,
    values: [parts.tenant, userId, since],
  })
  const network = networkOf(origin.ip)
  const agent = agentOf(origin)
  if (rows.length > 0 && !rows.some((row) => row.user_agent === agent && networkOf(row.first_ip) === network))
    await notice(tx, parts, userId, 'new-device')
}

const deny = async (
  parts: Parts,
  userId: Uuid | null,
  origin: Origin,
  why: string,
  blockedSeconds: number,
): Promise<void> => {
  const by = { actor: services.system, ...origin }
  await parts.journal.record(scopeOfSystem(parts), [entry('session.denied', userId, by, { why, blockedSeconds }, true)])
}

/** The session the browser had before is ended, so a token planted in it is worth nothing after sign-in. */
const endReplaced = async (parts: Parts, token: string, origin: Origin): Promise<void> => {
  const before = await touchSession(parts, token, origin).catch(() => null)
  if (!before) return
  const which = { userId: before.userId, only: before.id }
  await within(parts, (tx) => endSessions(tx, parts, which, { actor: before.userId, ...origin }, 'replaced'))
}

const within = <T>(parts: Parts, work: (tx: Tx) => Promise<T>): Promise<T> =>
  parts.store.transaction(scopeOfSystem(parts), work)
