// The identity of people: signing in and out, sessions, passwords, second factors, the set-up link. Says who, never what they may do. Keeps identity-1 … identity-9.
import { type Bounds, type Clock, Fault, services, type Uuid } from '#kernel'
import type { Journal } from '#journal'
import type { Store } from '#store'
import { type ApiKeys, apiKeys } from './api-key.ts'
import { clientCertificates, type ClientCertificates } from './client-certificate.ts'
import { findCredential, resetPassword, setPassword, type SetPassword, verifyPassword } from './credential.ts'
import { beginTotp, confirmTotp, removeTotp, spendCode } from './factor.ts'
import {
  type By,
  type Directory,
  type DirectoryUser,
  entry,
  type Origin,
  type Parts,
  type Seal,
  scopeOfSystem,
} from './house.ts'
import { type Limits, usualLimits } from './limits.ts'
import {
  beginSession,
  csrfMatches,
  csrfOf,
  endSessions,
  liveSessions,
  rotateSession,
  type Session,
  type Tokens,
  touchSession,
} from './session.ts'
import { demandSetupLink, newSetupLink, setupLinkOpen, useSetupLink } from './setup.ts'
import { type About, demandStrength } from './password.ts'
import { countRate, type Rate } from './rate.ts'
import { createProvisioning, type Provisioning } from './scim/provisioning.ts'
import type { Registrar } from './sso/account.ts'
import { createFederation, type Federation } from './sso/federation.ts'
import { enter } from './throttle.ts'

export interface SignInRequest extends Origin {
  readonly email: string
  readonly password: string
  readonly code?: string
  /** Token of the session this one takes the place of. */
  readonly replaces?: string
}

export interface SignedIn extends Tokens {
  readonly session: Session
  readonly user: DirectoryUser
  readonly mustChangePassword: boolean
}

/** Who a token belongs to, now. */
export interface Authenticated {
  readonly session: Session
  readonly user: DirectoryUser
  readonly mfa: boolean
  readonly mustChangePassword: boolean
  /** Present where a key speaks for the user. */
  readonly bounds?: Bounds
}

export interface Identity {
  readonly limits: Limits
  /** sign-in-failed, code-needed, too-many-attempts. */
  signIn(request: SignInRequest): Promise<SignedIn>
  /** Opens a session without a password, for the one who has just set the installation up. */
  open(userId: Uuid, origin: Origin): Promise<SignedIn>
  /** not-signed-in for every reason alike. */
  authenticate(token: string, origin: Origin): Promise<Authenticated>
  csrfOf(token: string): string
  checkCsrf(token: string, csrf: string): void
  signOut(token: string, origin: Origin): Promise<void>
  sessions(userId: Uuid): Promise<readonly Session[]>
  /** not-found where the session is not one of this user's. */
  revoke(userId: Uuid, sessionId: Uuid, by: By): Promise<void>
  /** After a change of role or the end of employment: every session of the user ends. */
  revokeAll(userId: Uuid, by: By): Promise<number>
  /** Throws weak-password; about: what it must not be made of. */
  checkPassword(password: string, about?: About): void
  setPassword(userId: Uuid, password: string, by: SetPassword): Promise<void>
  resetPassword(userId: Uuid, by: By): Promise<string>
  /** The person changes their own password: the present one is demanded, other sessions end, this one gets new tokens. */
  changePassword(session: Session, current: string, password: string, origin: Origin): Promise<Tokens>
  /** The password once more before something that cannot be undone. Throws sign-in-failed, too-many-attempts. */
  demandPassword(session: Session, password: string, origin: Origin): Promise<void>
  readonly totp: {
    enabled(userId: Uuid): Promise<boolean>
    begin(userId: Uuid): Promise<{ readonly secret: string; readonly uri: string }>
    confirm(
      userId: Uuid,
      code: string,
      by: By & { readonly session?: Uuid },
    ): Promise<{ readonly recoveryCodes: readonly string[]; readonly tokens: Tokens | null }>
    /** The password is demanded again. */
    remove(session: Session, password: string, origin: Origin): Promise<void>
    /** An administrator takes the lost telephone of another out of force. */
    reset(userId: Uuid, by: By): Promise<void>
  }
  /** Certificates by which programs sign in. */
  readonly certificates: ClientCertificates
  /** Keys by which programs ask. */
  readonly apiKeys: ApiKeys
  /** Signing in with providers of identity. */
  readonly federation: Federation
  /** Users and groups as providers of identity provision them. */
  readonly provisioning: Provisioning
  /** A one-time token for the set-up page; earlier ones are worth nothing any more. */
  newSetupLink(by?: By): Promise<string>
  setupLinkOpen(): Promise<boolean>
  /** Throws setup-link-invalid unless the token could be spent; it is not. */
  demandSetupLink(token: string): Promise<void>
  /** Spends the token and does the work; where it fails the token may be tried again. Throws setup-link-invalid. */
  useSetupLink<T>(token: string, origin: Origin, work: () => Promise<T>): Promise<T>
  /** Counts what a stranger does, from an address or ('') from anywhere; throws too-many-attempts beyond the rate. */
  rate(what: string, address: string, rate: Rate): Promise<void>
}

export interface IdentityOptions {
  readonly store: Store
  readonly journal: Journal
  readonly clock: Clock
  readonly tenant: Uuid
  readonly directory: Directory
  readonly seal: Seal
  readonly throttleKey: Uint8Array
  /** Absent: providers of identity make and change no accounts. */
  readonly registrar?: Registrar
  readonly limits?: Partial<Limits>
  readonly pause?: (milliseconds: number) => Promise<void>
}

const noRegistrar: Registrar = {
  create: () => Promise.reject(new Fault('sso-no-account')),
  change: () => Promise.reject(new Fault('sso-no-account')),
  remove: () => Promise.reject(new Fault('sso-no-account')),
  people: () => Promise.resolve([]),
  person: () => Promise.resolve(null),
  // Whoever cannot be asked about counts as privileged: nothing is given.
  privileged: () => Promise.resolve(true),
}

export const createIdentity = (options: IdentityOptions): Identity => {
  const parts: Parts = {
    store: options.store,
    journal: options.journal,
    clock: options.clock,
    tenant: options.tenant,
    directory: options.directory,
    seal: options.seal,
    secret: options.throttleKey,
    limits: { ...usualLimits, ...options.limits },
    pause: options.pause ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
  }
  const within = <T>(work: Parameters<typeof parts.store.transaction<T>>[1]): Promise<T> =>
    parts.store.transaction(scopeOfSystem(parts), work)
  return {
    limits: parts.limits,
    signIn: (request) => signIn(parts, request),
    open: (userId, origin) => open(parts, userId, origin),
    authenticate: (token, origin) => authenticate(parts, token, origin),
    csrfOf,
    checkCsrf: (token, csrf) => {
      if (!csrfMatches(token, csrf)) throw new Fault('csrf-refused')
    },
    signOut: async (token, origin) => {
      const session = await touchSession(parts, token, origin)
      const by = { actor: session.userId, ...origin }
      await within((tx) => endSessions(tx, parts, { userId: session.userId, only: session.id }, by, 'signed-out'))
    },
    sessions: (userId) => liveSessions(parts, userId),
    revoke: async (userId, sessionId, by) => {
      const ended = await within((tx) => endSessions(tx, parts, { userId, only: sessionId }, by, 'revoked'))
      if (ended === 0) throw new Fault('not-found', { what: 'session' })
    },
    revokeAll: (userId, by) => within((tx) => endSessions(tx, parts, { userId }, by, 'role')),
    checkPassword: (password, about) => demandStrength(password, about),
    setPassword: (userId, password, by) => setPassword(parts, userId, password, by),
    resetPassword: (userId, by) => resetPassword(parts, userId, by),
    changePassword: async (session, current, password, origin) => {
      await demandPassword(parts, session, current, origin)
      await setPassword(parts, session.userId, password, { actor: session.userId, ...origin, keep: session.id })
      const tokens = await within((tx) => rotateSession(tx, parts, session.id, false))
      if (!tokens) throw new Fault('not-signed-in')
      return tokens
    },
    demandPassword: (session, password, origin) => demandPassword(parts, session, password, origin),
    totp: {
      enabled: async (userId) => (await within((tx) => findCredential(tx, parts, userId)))?.totpConfirmed ?? false,
      begin: (userId) => beginTotp(parts, userId),
      confirm: (userId, code, by) => confirmTotp(parts, userId, code, by),
      remove: async (session, password, origin) => {
        await demandPassword(parts, session, password, origin)
        await removeTotp(parts, session.userId, { actor: session.userId, ...origin, session: session.id })
      },
      reset: (userId, by) => removeTotp(parts, userId, by),
    },
    certificates: clientCertificates(parts),
    apiKeys: apiKeys(parts),
    federation: createFederation(parts, options.registrar ?? noRegistrar),
    provisioning: createProvisioning(parts, options.registrar ?? noRegistrar),
    newSetupLink: (by) => newSetupLink(parts, by ?? { actor: services.system, channel: 'cli' }),
    setupLinkOpen: () => setupLinkOpen(parts),
    demandSetupLink: (token) => demandSetupLink(parts, token),
    rate: (what, address, rate) => countRate(parts, what, address, rate),
    useSetupLink: async (token, origin, work) => {
      const attempt = await enter(parts, 'set-up link', origin.ip)
      return useSetupLink(parts, token, { actor: services.system, ...origin }, async () => {
        await attempt.succeeded()
        return work()
      })
    },
  }
}

const signIn = async (parts: Parts, request: SignInRequest): Promise<SignedIn> => {
  const email = request.email.normalize('NFKC').trim().toLowerCase()
  const attempt = await enter(parts, email, request.ip)
  const user = await parts.directory.findByEmail(email)
  const credential = user
    ? await parts.store.transaction(scopeOfSystem(parts), (tx) => findCredential(tx, parts, user.id))
    : null
  const right = await verifyPassword(credential, request.password)
  const refuse = async (why: string): Promise<never> => {
    const by = { actor: services.system, ...request }
    const detail = { why, blockedSeconds: attempt.blockedSeconds }
    await parts.journal.record(scopeOfSystem(parts), [entry('session.denied', user?.id ?? null, by, detail, true)])
    throw new Fault('sign-in-failed')
  }
  if (!user || !credential) return refuse('unknown user')
  if (!right) return refuse('wrong password')
  if (!user.active) return refuse('inactive user')
  if (credential.totpConfirmed && (request.code ?? '') === '') {
    await attempt.unfinished()
    throw new Fault('code-needed')
  }
  const opened = await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    if (credential.totpConfirmed && !(await spendCode(tx, parts, user.id, credential, request.code ?? ''))) return null
    return beginSession(tx, parts, user, credential.totpConfirmed, request, credential.mustChange)
  })
  if (!opened) return refuse('wrong code')
  if (request.replaces !== undefined) await endReplaced(parts, request.replaces, request)
  await attempt.succeeded()
  return { ...opened, user, mustChangePassword: credential.mustChange }
}

/** The session the browser had before is ended, so a token planted in it is worth nothing after sign-in. */
const endReplaced = async (parts: Parts, token: string, origin: Origin): Promise<void> => {
  const before = await touchSession(parts, token, origin).catch(() => null)
  if (!before) return
  const which = { userId: before.userId, only: before.id }
  await parts.store.transaction(scopeOfSystem(parts), (tx) =>
    endSessions(tx, parts, which, { actor: before.userId, ...origin }, 'replaced'),
  )
}

const open = async (parts: Parts, userId: Uuid, origin: Origin): Promise<SignedIn> => {
  const user = await parts.directory.get(userId)
  if (!user?.active) throw new Fault('not-found', { what: 'user' })
  const opened = await parts.store.transaction(scopeOfSystem(parts), (tx) =>
    beginSession(tx, parts, user, false, origin, false),
  )
  return { ...opened, user, mustChangePassword: false }
}

const authenticate = async (parts: Parts, token: string, origin: Origin): Promise<Authenticated> => {
  const session = await touchSession(parts, token, origin)
  const user = await parts.directory.get(session.userId)
  if (!user?.active) throw new Fault('not-signed-in')
  return { session, user, mfa: session.mfaAt !== null, mustChangePassword: session.mustChange }
}

/** The password once more, inside a session; wrong ones are counted as at sign-in. */
const demandPassword = async (parts: Parts, session: Session, password: string, origin: Origin): Promise<void> => {
  const attempt = await enter(parts, session.userId, origin.ip)
  const credential = await parts.store.transaction(scopeOfSystem(parts), (tx) =>
    findCredential(tx, parts, session.userId),
  )
  if (await verifyPassword(credential, password)) return attempt.succeeded()
  const by = { actor: session.userId, ...origin }
  const detail = { session: session.id, blockedSeconds: attempt.blockedSeconds }
  await parts.journal.record(scopeOfSystem(parts), [entry('password.denied', session.userId, by, detail, true)])
  throw new Fault('sign-in-failed')
}
