// Passkeys, recovery codes, confirming who is there, remembered browsers, and the rules of sign-in. Keeps server-171.
import type { SignInRules } from '#identity'
import { Fault } from '#kernel'
import type { DeviceItem, PasskeyAdded, PasskeysAnswer, SignInRulesAnswer } from './contract/factors.ts'
import { browserOf, callOf, meOf, meOut } from './me.ts'
import { type Call, type GuardedRoute, idOf, type OpenRoute, Reply } from './route.ts'
import { answer, anything, boolean, integer, list, nullable, orNull, request, string, text } from './schema.ts'

/** Signing in by a passkey alone. */
export const passkeySignInRoutes: readonly OpenRoute[] = [
  {
    method: 'POST',
    path: '/api/passkey/challenge',
    summary: 'What a passkey is to sign, before anybody is known',
    open: 'signing in; a random number that names nobody',
    out: anything,
    handler: async ({ house, origin }) => {
      await house.identity.rate('challenge', origin.ip, { times: 600, windowMs: 600_000 })
      return house.identity.passkeys.ask()
    },
  },
  {
    method: 'POST',
    path: '/api/session/passkey',
    summary: 'Sign in by a passkey',
    open: 'signing in',
    body: request({ passkey: anything, 'remember?': boolean }),
    out: meOut,
    handler: async (call) => {
      const { house, origin } = call
      const wanted = call.body as { passkey: unknown; remember?: boolean }
      const signed = await house.identity.signInByPasskey({ ...wanted, ...origin, ...browserOf(call) })
      return Reply.withSession(signed, await meOf(house, callOf(call, signed)))
    },
  },
]

export const factorRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/me/passkeys',
    summary: 'The own passkeys, and how many recovery codes are left',
    action: 'view',
    resource: 'own user',
    enrolling: true,
    out: answer({
      items: list(
        answer({
          id: string,
          name: string,
          createdAt: string,
          usedAt: nullable(string),
          synced: boolean,
          backedUp: boolean,
        }),
      ),
      recoveryLeft: integer,
    }),
    handler: async ({ house, who }): Promise<PasskeysAnswer> => {
      const [items, recoveryLeft] = await Promise.all([
        house.identity.passkeys.list(who.user.id),
        house.identity.recovery.left(who.user.id),
      ])
      return {
        recoveryLeft,
        items: items.map((one) => ({
          ...one,
          createdAt: one.createdAt.toISOString(),
          usedAt: one.usedAt?.toISOString() ?? null,
        })),
      }
    },
  },
  {
    method: 'POST',
    path: '/api/me/passkeys/begin',
    summary: 'Begin a passkey: what the browser makes it from',
    action: 'passkey.begin',
    resource: 'own user',
    enrolling: true,
    confirm: true,
    out: anything,
    handler: ({ house, who }) => house.identity.passkeys.begin(who.user.id),
  },
  {
    method: 'POST',
    path: '/api/me/passkeys',
    summary: 'Add the passkey that the browser made; other sessions end',
    action: 'passkey.add',
    resource: 'own user',
    enrolling: true,
    body: request({ name: text(60), response: anything }),
    out: answer({ recoveryCodes: orNull(list(string)), csrf: string }),
    handler: async ({ house, who, origin, body }) => {
      const { name, response } = body as { name: string; response: unknown }
      const { tokens, recoveryCodes } = await house.identity.passkeys.finish(who.session, response, name, origin)
      const added: PasskeyAdded = { recoveryCodes, csrf: tokens.csrf }
      return Reply.withSession(tokens, added)
    },
  },
  {
    method: 'PATCH',
    path: '/api/me/passkeys/:id',
    summary: 'Give a passkey another name',
    action: 'passkey.rename',
    resource: 'own user',
    body: request({ name: text(60) }),
    out: null,
    handler: (call) => {
      const { name } = call.body as { name: string }
      return call.house.identity.passkeys.rename(call.who.user.id, idOf(call, 'id', 'passkey'), name, byOf(call))
    },
  },
  {
    method: 'DELETE',
    path: '/api/me/passkeys/:id',
    summary: 'Take a passkey away; other sessions end',
    action: 'passkey.remove',
    resource: 'own user',
    confirm: true,
    out: null,
    handler: (call) => call.house.identity.passkeys.remove(call.who.session, idOf(call, 'id', 'passkey'), call.origin),
  },
  {
    method: 'POST',
    path: '/api/me/recovery-codes',
    summary: 'New recovery codes, shown once; the ones before are worth nothing any more',
    action: 'recovery-code.renew',
    resource: 'own user',
    confirm: true,
    out: answer({ recoveryCodes: list(string) }),
    handler: async (call) => ({
      recoveryCodes: await call.house.identity.recovery.renew(call.who.user.id, byOf(call)),
    }),
  },
  {
    method: 'POST',
    path: '/api/me/confirm/challenge',
    summary: 'What a passkey is to sign, to confirm who is there',
    action: 'session.confirm',
    resource: 'own session',
    early: true,
    out: anything,
    handler: ({ house, who }) => house.identity.passkeys.ask(who.user.id),
  },
  {
    method: 'POST',
    path: '/api/me/confirm',
    summary: 'Confirm who is there, by password, code or passkey, before something dangerous',
    action: 'session.confirm',
    resource: 'own session',
    early: true,
    body: request({ 'password?': text(1000), 'code?': text(64), 'passkey?': anything }),
    out: null,
    handler: ({ house, who, origin, body }) =>
      house.identity.confirm(who.session, body as { password?: string; code?: string; passkey?: unknown }, origin),
  },
  {
    method: 'GET',
    path: '/api/me/devices',
    summary: 'Browsers of the person that are remembered',
    action: 'view',
    resource: 'own sessions',
    out: answer({
      items: list(
        answer({
          id: string,
          current: boolean,
          userAgent: string,
          createdAt: string,
          usedAt: string,
          expiresAt: string,
        }),
      ),
    }),
    handler: async ({ house, who }): Promise<{ items: readonly DeviceItem[] }> => ({
      items: (await house.identity.devices.list(who.user.id)).map((one) => ({
        id: one.id,
        current: one.id === who.session.deviceId,
        userAgent: one.userAgent,
        createdAt: one.createdAt.toISOString(),
        usedAt: one.usedAt.toISOString(),
        expiresAt: one.expiresAt.toISOString(),
      })),
    }),
  },
  {
    method: 'POST',
    path: '/api/me/devices',
    summary: 'Remember this browser for 30 days',
    action: 'device.remember',
    resource: 'own sessions',
    confirm: true,
    out: null,
    handler: async ({ house, who, origin }) =>
      Reply.remembered(await house.identity.devices.remember(who.session, origin), undefined),
  },
  {
    method: 'DELETE',
    path: '/api/me/devices/:id',
    summary: 'Remember a browser no longer',
    action: 'device.forget',
    resource: 'own sessions',
    out: null,
    handler: (call) => call.house.identity.devices.forget(call.who.user.id, idOf(call, 'id', 'device'), byOf(call)),
  },
]

/** Rules of the organisation about signing in. */
export const signInRuleRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/sign-in-rules',
    summary: 'For which roles a second factor is required, and how long a confirmation counts',
    action: 'user.manage',
    resource: 'system',
    out: answer({ secondFactorRoles: list(string), confirmMinutes: integer }),
    handler: async ({ house, actor }): Promise<SignInRulesAnswer> => {
      await house.vault.demand(actor, 'user.manage')
      return house.identity.rules.get()
    },
  },
  {
    method: 'POST',
    path: '/api/sign-in-rules',
    summary: 'Change the rules of sign-in; they hold at once, for open sessions too',
    action: 'user.manage',
    resource: 'system',
    confirm: true,
    body: request({ secondFactorRoles: list(text(64)), confirmMinutes: integer }),
    out: null,
    handler: async ({ house, actor, body }) => {
      await house.vault.demand(actor, 'user.manage')
      const rules = body as SignInRules
      const roles = house.vault.catalogue.types
        .find((type) => type.name === 'user')
        ?.fields.find((field) => field.name === 'role')
        ?.options?.map((option) => option.value)
      if (!rules.secondFactorRoles.every((role) => roles?.includes(role)))
        throw new Fault('bad-value', { field: 'secondFactorRoles', what: 'there is no such role' })
      await house.identity.rules.set(rules, { actor })
    },
  },
]

const byOf = ({
  who,
  origin,
}: Call): { readonly actor: string; readonly ip: string; readonly channel: Call['origin']['channel'] } => ({
  actor: who.user.id,
  ip: origin.ip,
  channel: origin.channel,
})
