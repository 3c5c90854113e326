// The mail server's settings with a test, self-service reset, and what a link in a letter opens. Keeps server-175, server-176, server-285.
import type { LinkUse, MailServer } from '#identity'
import type { MailSettings } from './contract/mail.ts'
import { mailRefused, send } from './post.ts'
import { type GuardedRoute, idOf, type OpenRoute } from './route.ts'
import { answer, anything, boolean, integer, nullable, oneOf, orNull, request, string, text } from './schema.ts'

export const resetRoutes: readonly OpenRoute[] = [
  {
    method: 'POST',
    path: '/api/reset',
    summary: 'Ask for a new password by e-mail; the answer is the same whoever asks for whom',
    open: 'somebody who forgot the password cannot sign in; tells nothing of anybody',
    body: request({ email: text(320) }),
    out: null,
    handler: async ({ house, origin, body }) => {
      await house.identity.rate('reset', origin.ip, { times: 20, windowMs: 3_600_000 })
      await house.identity.mail.askReset((body as { email: string }).email)
    },
  },
  {
    method: 'POST',
    path: '/api/reset/finish',
    summary: 'Set a password with the link of a letter; every session ends',
    open: 'the link is the proof, besides the second factor where there is one',
    body: request({ token: text(100), password: text(1000), 'code?': text(64), 'passkey?': anything }),
    out: null,
    handler: ({ house, origin, body }) => house.identity.mail.useLink(body as LinkUse, origin),
  },
]

export const mailRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/mail',
    summary: 'The mail server, and what waits to be sent',
    action: 'user.manage',
    resource: 'system',
    out: answer({
      server: orNull(
        answer({
          host: string,
          port: integer,
          security: oneOf('tls', 'starttls', 'none'),
          username: string,
          from: string,
          passwordSet: boolean,
          paused: boolean,
        }),
      ),
      waiting: integer,
      failed: integer,
      lastError: nullable(string),
    }),
    handler: async ({ house, actor }): Promise<MailSettings> => {
      await house.vault.demand(actor, 'user.manage')
      const [access, state] = await Promise.all([house.identity.mail.settings(), house.identity.mail.state()])
      if (!access) return { server: null, ...state }
      const { password, pausedAt, ...server } = access
      return { server: { ...server, passwordSet: password !== '', paused: pausedAt !== null }, ...state }
    },
  },
  {
    method: 'POST',
    path: '/api/mail',
    summary: 'Set the mail server; a password that is left out stays',
    action: 'user.manage',
    resource: 'system',
    confirm: true,
    body: request({
      host: text(253),
      port: integer,
      security: oneOf('tls', 'starttls', 'none'),
      username: text(320),
      'password?': text(1000),
      from: text(320),
    }),
    out: null,
    handler: async ({ house, actor, body }) => {
      await house.vault.demand(actor, 'user.manage')
      const by = { actor, id: actor.principal.id }
      await house.identity.mail.setServer(body as MailServer & { password?: string }, by)
    },
  },
  {
    method: 'DELETE',
    path: '/api/mail',
    summary: 'Send no mail any more',
    action: 'user.manage',
    resource: 'system',
    confirm: true,
    out: null,
    handler: async ({ house, actor }) => {
      await house.vault.demand(actor, 'user.manage')
      await house.identity.mail.setServer(null, { actor, id: actor.principal.id })
    },
  },
  {
    method: 'POST',
    path: '/api/mail/resume',
    summary: 'Set the mail server in use again, which a restore paused',
    action: 'user.manage',
    resource: 'system',
    confirm: true,
    out: null,
    handler: async ({ house, actor }) => {
      await house.vault.demand(actor, 'user.manage')
      await house.identity.mail.resume({ actor })
    },
  },
  {
    method: 'POST',
    path: '/api/mail/test',
    summary: 'Send a letter to oneself at once, and say what the mail server answers',
    action: 'user.manage',
    resource: 'system',
    out: null,
    handler: async ({ house, actor, who }) => {
      await house.vault.demand(actor, 'user.manage')
      const access = await house.identity.mail.demand()
      const { organisation } = await house.settings()
      await send(house, access, who.user, 'test', { organisation }).catch((error: unknown) => {
        throw mailRefused(error)
      })
    },
  },
  {
    method: 'POST',
    path: '/api/users/:id/invitation',
    summary: 'Send an invitation by e-mail once more; earlier links are worth nothing then',
    action: 'user.manage',
    resource: 'system',
    confirm: true,
    out: null,
    handler: async (call) => {
      const { house, actor } = call
      await house.vault.demand(actor, 'user.manage')
      const { id } = await house.vault.get(actor, 'user', idOf(call, 'id', 'user'))
      await house.vault.demandWayIn(actor, id)
      await house.identity.mail.invite(id, { actor })
    },
  },
]
