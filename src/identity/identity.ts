// The identity of people: signing in and out, sessions, passwords, second factors, the set-up link. Says who, never what they may do. Keeps identity-1 … identity-9.
import { type Bounds, type Clock, Fault, services, type Uuid } from '#kernel'
import type { Journal } from '#journal'
import type { Store } from '#store'
import { type ApiKeys, apiKeys } from './api-key.ts'
import { clientCertificates, type ClientCertificates } from './client-certificate.ts'
import { confirm, demandFresh, demandPassword, type Proof } from './confirm.ts'
import { findCredential, resetPassword, setPassword, type SetPassword } from './credential.ts'
import { type Devices, devices } from './device.ts'
import { beginTotp, confirmTotp, removeFactors, removeTotp } from './factor.ts'
import {
  type By,
  type Directory,
  type DirectoryUser,
  type Origin,
  type Parts,
  type Seal,
  scopeOfSystem,
  type Site,
} from './house.ts'
import { type Limits, usualLimits } from './limits.ts'
import { type Mail, mail } from './mail.ts'
import { type Passkeys, passkeys } from './passkey.ts'
import { newRecoveryCodes, recoveryLeft } from './recovery.ts'
import { setSignInRules, type SignInRules, signInRules } from './rules.ts'
import {
  csrfMatches,
  csrfOf,
  endSessions,
  liveSessions,
  rotateSession,
  type Session,
  type Tokens,
  touchSession,
} from './session.ts'
import {
  authenticate,
  open,
  type PasskeySignIn,
  signIn,
  type SignedIn,
  type SignInRequest,
  signInByPasskey,
} from './sign-in.ts'
import { demandSetupLink, newSetupLink, setupLinkOpen, useSetupLink } from './setup.ts'
import { type About, demandStrength } from './password.ts'
import { countRate, type Rate } from './rate.ts'
import { createProvisioning, type Provisioning } from './scim/provisioning.ts'
import type { Registrar } from './sso/account.ts'
import { createFederation, type Federation } from './sso/federation.ts'
import { enter } from './throttle.ts'

/** Who a token belongs to, now. */
export interface Authenticated {
  readonly session: Session
  readonly user: DirectoryUser
  readonly mfa: boolean
  readonly mustChangePassword: boolean
  /** Present where a key speaks for the user. */
  readonly bounds?: Bounds
  /** The rules ask this person for a second factor that there is not yet. */
  readonly mustEnrol: boolean
}

export interface Identity {
  readonly limits: Limits
  /** sign-in-failed, code-needed, too-many-attempts. */
  signIn(request: SignInRequest): Promise<SignedIn>
  /** Without e-mail and password. Throws passkey-refused. */
  signInByPasskey(request: PasskeySignIn): Promise<SignedIn>
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
  /** Every session of a person but the one that asks. */
  revokeOthers(session: Session, by: By): Promise<number>
  /** Throws weak-password; about: what it must not be made of. */
  checkPassword(password: string, about?: About): void
  setPassword(userId: Uuid, password: string, by: SetPassword): Promise<void>
  resetPassword(userId: Uuid, by: By): Promise<string>
  /** The person changes their own password: the present one is demanded, other sessions end, this one gets new tokens. */
  changePassword(session: Session, current: string, password: string, origin: Origin): Promise<Tokens>
  /** Proves once more who is there; counts for as long as the rules say. */
  confirm(session: Session, proof: Proof, origin: Origin): Promise<void>
  /** Before something dangerous: throws confirm-needed where the last confirmation is too old. A password given here confirms first. */
  demandFresh(session: Session, origin: Origin, password?: string): Promise<void>
  readonly passkeys: Passkeys
  readonly mail: Mail
  /** Where people find this installation. */
  readonly site: () => Site
  readonly devices: Devices
  readonly recovery: {
    left(userId: Uuid): Promise<number>
    renew(userId: Uuid, by: By): Promise<readonly string[]>
  }
  readonly rules: {
    get(): Promise<SignInRules>
    set(rules: SignInRules, by: By): Promise<void>
  }
  readonly totp: {
    enabled(userId: Uuid): Promise<boolean>
    begin(userId: Uuid): Promise<{ readonly secret: string; readonly uri: string }>
    confirm(
      userId: Uuid,
      code: string,
      by: By & { readonly session?: Uuid },
    ): Promise<{ readonly recoveryCodes: readonly string[]; readonly tokens: Tokens | null }>
    remove(session: Session, origin: Origin): Promise<void>
    /** An administrator takes the lost telephone and passkeys of another out of force. */
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
  /** Where people find this installation; passkeys are bound to it. */
  readonly site?: () => Site
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
    site: options.site ?? (() => ({ origin: 'https://localhost:8443' })),
    pause: options.pause ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
  }
  const within = <T>(work: Parameters<typeof parts.store.transaction<T>>[1]): Promise<T> =>
    parts.store.transaction(scopeOfSystem(parts), work)
  return {
    limits: parts.limits,
    signIn: (request) => signIn(parts, request),
    signInByPasskey: (request) => signInByPasskey(parts, request),
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
    revokeOthers: (session, by) =>
      within((tx) => endSessions(tx, parts, { userId: session.userId, except: session.id }, by, 'revoked')),
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
    confirm: (session, proof, origin) => confirm(parts, session, proof, origin),
    demandFresh: (session, origin, password) => freshly(parts, session, origin, password),
    passkeys: passkeys(parts),
    mail: mail(parts),
    site: parts.site,
    devices: devices(parts),
    recovery: {
      left: (userId) => recoveryLeft(parts, userId),
      renew: (userId, by) => newRecoveryCodes(parts, userId, by),
    },
    rules: {
      get: () => signInRules(parts),
      set: (rules, by) => setSignInRules(parts, rules, by),
    },
    totp: {
      enabled: async (userId) => (await within((tx) => findCredential(tx, parts, userId)))?.totpConfirmed ?? false,
      begin: (userId) => beginTotp(parts, userId),
      confirm: (userId, code, by) => confirmTotp(parts, userId, code, by),
      remove: (session, origin) =>
        removeTotp(parts, session.userId, { actor: session.userId, ...origin, session: session.id }),
      reset: (userId, by) => removeFactors(parts, userId, by),
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

/** The password does instead of an old confirmation, but not instead of a second factor. */
const freshly = async (parts: Parts, session: Session, origin: Origin, password?: string): Promise<void> => {
  if (password === undefined) return demandFresh(parts, session)
  await demandPassword(parts, session, password, origin)
  if (session.secondFactor) demandFresh(parts, session)
}
