// Who is signed in: sign-in, sign-out, what I may do, my password, my second factor, my devices.
import { Fault, userPrincipal } from '#kernel'
import { systemActions } from '#access'
import { passwordStrength, type SignedIn } from '#identity'
import type { Me, SessionItem, SignIn, Strength } from './contract.ts'
import type { House } from './house.ts'
import { type Call, type GuardedRoute, idOf, type OpenCall, type OpenRoute, Reply } from './route.ts'
import {
  answer,
  anything,
  boolean,
  both,
  integer,
  list,
  mapOf,
  nullable,
  oneOf,
  orNull,
  request,
  string,
  text,
} from './schema.ts'

const abilities = answer({
  create: boolean,
  import: boolean,
  export: boolean,
  delete: boolean,
  share: boolean,
  assign: boolean,
  groups: mapOf(answer({ view: boolean, edit: boolean, unmask: boolean })),
})

export const meOut = answer(
  {
    id: string,
    name: string,
    email: string,
    role: string,
    teamId: nullable(string),
    language: string,
    organisation: string,
    currency: string,
    csrf: string,
    totp: boolean,
    secondFactor: boolean,
    passkeysPossible: boolean,
    mustEnrol: boolean,
    deviceTrusted: boolean,
    sessionId: string,
    mustChangePassword: boolean,
    abilities: mapOf(abilities),
    may: list(string),
  },
  'Me',
)

export const sessionsOut = answer({
  items: list(
    answer({
      id: string,
      current: boolean,
      createdAt: string,
      seenAt: string,
      firstIp: string,
      lastIp: string,
      suspicious: boolean,
      trusted: boolean,
      secondFactor: boolean,
      userAgent: string,
    }),
  ),
})

/** Signing in, and what is asked before it. */
export const signInRoutes: readonly OpenRoute[] = [
  {
    method: 'POST',
    path: '/api/password-strength',
    summary: 'How strong a password is',
    open: 'the set-up page asks before anybody is signed in; nothing is stored or looked up',
    body: request({ password: text(1000), 'email?': text(320), 'name?': text(500) }),
    out: answer({ ok: boolean, score: integer, advice: orNull(both) }),
    handler: (call) => {
      const { password, email, name } = call.body as { password: string; email?: string; name?: string }
      const strength: Strength = passwordStrength(password, [email ?? '', name ?? ''])
      return Promise.resolve(strength)
    },
  },
  {
    method: 'POST',
    path: '/api/session',
    summary: 'Sign in',
    open: 'signing in',
    body: request({
      email: text(320),
      password: text(1000),
      'code?': text(64),
      'passkey?': anything,
      'remember?': boolean,
    }),
    out: meOut,
    handler: async (call) => {
      const { house, origin } = call
      const signed = await house.identity.signIn({ ...(call.body as SignIn), ...origin, ...browserOf(call) })
      await settleSignOn(call, signed)
      return Reply.withSession(signed, await meOf(house, callOf(call, signed)))
    },
  },
]

/** Somebody who signed in by password: whether that is allowed to them, and whether it confirms a sign-in at a provider. */
const settleSignOn = async ({ house, origin, signOn }: OpenCall, signed: SignedIn): Promise<void> => {
  try {
    await house.identity.federation.demandPasswordAllowed(signed.user)
  } catch (error) {
    await house.identity.signOut(signed.token, origin)
    throw error
  }
  if (signOn !== undefined) await house.identity.federation.confirm(signOn, signed.user.id, origin)
}

export const meRoutes: readonly GuardedRoute[] = [
  {
    method: 'DELETE',
    path: '/api/session',
    summary: 'Sign out',
    action: 'session.end',
    resource: 'own session',
    early: true,
    out: null,
    handler: async ({ house, token, origin }) => {
      await house.identity.signOut(token, origin)
      return Reply.signedOut()
    },
  },
  {
    method: 'GET',
    path: '/api/me',
    summary: 'Who is signed in, and what they may do',
    action: 'view',
    resource: 'own user',
    early: true,
    out: meOut,
    handler: (call) => meOf(call.house, call),
  },
  {
    method: 'POST',
    path: '/api/me/password',
    summary: 'Change the own password; other sessions end',
    action: 'password.change',
    resource: 'own user',
    early: true,
    body: request({ current: text(1000), password: text(1000) }),
    out: meOut,
    handler: async (call) => {
      const { house, who, origin } = call
      const { current, password } = call.body as { current: string; password: string }
      const tokens = await house.identity.changePassword(who.session, current, password, origin)
      const now = { ...call, token: tokens.token, who: { ...who, mustChangePassword: false } }
      return Reply.withSession(tokens, await meOf(house, now))
    },
  },
  {
    method: 'POST',
    path: '/api/me/language',
    summary: 'Choose the language of the pages',
    action: 'edit',
    resource: 'own user',
    early: true,
    body: request({ language: oneOf('zh', 'en') }),
    out: null,
    handler: async ({ house, who, actor, body }) => {
      const user = await house.staff.get(who.user.id)
      if (!user) throw new Fault('not-found', { what: 'user' })
      // Users are edited by administrators; this one preference is everybody's own, so the system writes it.
      const system = { ...house.system, env: { ...house.system.env, now: actor.env.now, ip: actor.env.ip } }
      await house.vault.update(system, 'user', user.id, user.version, {
        language: (body as { language: string }).language,
      })
    },
  },
  {
    method: 'POST',
    path: '/api/me/totp',
    enrolling: true,
    confirm: true,
    summary: 'Begin a second factor: the secret for the authenticator app',
    action: 'totp.begin',
    resource: 'own user',
    out: answer({ secret: string, uri: string }),
    handler: ({ house, who }) => house.identity.totp.begin(who.user.id),
  },
  {
    method: 'POST',
    path: '/api/me/totp/confirm',
    enrolling: true,
    summary: 'Put the second factor in force with a first code',
    action: 'totp.enable',
    resource: 'own user',
    body: request({ code: text(20) }),
    out: answer({ recoveryCodes: list(string), csrf: string }),
    handler: async (call) => {
      const { house, who, origin } = call
      const { code } = call.body as { code: string }
      const by = { actor: who.user.id, session: who.session.id, ip: origin.ip, channel: origin.channel }
      const { recoveryCodes, tokens } = await house.identity.totp.confirm(who.user.id, code, by)
      if (!tokens) throw new Fault('not-signed-in')
      return Reply.withSession(tokens, { recoveryCodes, csrf: tokens.csrf })
    },
  },
  {
    method: 'DELETE',
    path: '/api/me/totp',
    summary: 'Take authenticator codes away',
    action: 'totp.disable',
    resource: 'own user',
    confirm: true,
    out: null,
    handler: ({ house, who, origin }) => house.identity.totp.remove(who.session, origin),
  },
  {
    method: 'GET',
    path: '/api/sessions',
    summary: 'The own sessions, one per device',
    action: 'view',
    resource: 'own sessions',
    out: sessionsOut,
    handler: async ({ house, who }) => ({ items: await sessionItems(house, who.user.id, who.session.id) }),
  },
  {
    method: 'DELETE',
    path: '/api/sessions',
    summary: 'End all own sessions but this one, and forget the browsers they were on',
    action: 'session.end',
    resource: 'own sessions',
    out: answer({ ended: integer }),
    handler: async ({ house, who, origin }) => ({
      ended: await house.identity.revokeOthers(who.session, { actor: who.user.id, ...origin }),
    }),
  },
  {
    method: 'DELETE',
    path: '/api/sessions/:id',
    summary: 'End one of the own sessions',
    action: 'session.end',
    resource: 'own sessions',
    out: null,
    handler: (call) => {
      const { house, who, origin } = call
      return house.identity.revoke(who.user.id, idOf(call, 'id', 'session'), { actor: who.user.id, ...origin })
    },
  },
]

/** What the browser brings of earlier: the session it had, and whether it is remembered. */
export const browserOf = ({ cookie, device }: OpenCall): { readonly replaces?: string; readonly device?: string } => ({
  ...(cookie === undefined ? {} : { replaces: cookie }),
  ...(device === undefined ? {} : { device }),
})

/** Sessions of a user as the pages show them. */
export const sessionItems = async (house: House, userId: string, current: string): Promise<readonly SessionItem[]> =>
  (await house.identity.sessions(userId)).map((session) => ({
    id: session.id,
    current: session.id === current,
    createdAt: session.createdAt.toISOString(),
    seenAt: session.seenAt.toISOString(),
    firstIp: session.firstIp,
    lastIp: session.lastIp,
    suspicious: session.suspicious,
    trusted: session.deviceId !== null,
    secondFactor: session.mfaAt !== null,
    userAgent: session.userAgent,
  }))

type Known = Pick<Call, 'actor' | 'who' | 'token'>

/** What the pages need to know of the person: asked of identity and the vault, nothing decided here. */
export const meOf = async (house: House, { actor, who, token }: Known): Promise<Me> => {
  const [settings, totp, can, may] = await Promise.all([
    house.settings(),
    house.identity.totp.enabled(who.user.id),
    house.vault.abilities(actor),
    Promise.all(systemActions.map(async (action) => ((await house.vault.may(actor, action)) ? [action] : []))),
  ])
  return {
    id: who.user.id,
    name: who.user.name,
    email: who.user.email,
    role: who.user.role,
    teamId: who.user.team,
    language: who.user.language,
    organisation: settings.organisation,
    currency: settings.currency,
    csrf: house.identity.csrfOf(token),
    totp,
    secondFactor: who.session.secondFactor,
    passkeysPossible: house.identity.passkeys.possible(),
    mustEnrol: who.mustEnrol,
    deviceTrusted: who.session.deviceId !== null,
    sessionId: who.session.id,
    mustChangePassword: who.mustChangePassword,
    abilities: can,
    may: may.flat(),
  }
}

/** A call as it will be from the next request on. */
export const callOf = (call: { readonly house: House; readonly origin: Call['origin'] }, signed: SignedIn): Known => {
  const { user, session, mustChangePassword, mustEnrol, token } = signed
  const who = { user, session, mfa: session.mfaAt !== null, mustChangePassword, mustEnrol }
  return { who, token, actor: actorOf(call.house, who, call.origin) }
}

/** The principal of a session and its surroundings: from the database and the connection, never from what a request says. */
export const actorOf = (house: House, who: Call['who'], origin: Call['origin']): Call['actor'] => ({
  principal: { ...userPrincipal(house.tenant, who.user), ...(who.bounds === undefined ? {} : { bounds: who.bounds }) },
  env: {
    now: new Date(),
    channel: origin.channel,
    ip: origin.ip,
    mfa: who.mfa,
    mfaAge: who.session.mfaAt === null ? null : secondsSince(who.session.mfaAt),
    deviceTrusted: who.session.deviceId !== null,
    purpose: '',
  },
})

const secondsSince = (at: Date): number => Math.max(0, Math.floor((Date.now() - at.getTime()) / 1000))
