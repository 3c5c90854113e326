// Tokens with which providers of identity provision: made and revoked by who manages users. Keeps server-1, server-182.
import type { ProvisionScope, ProvisionToken } from '#identity'
import type { ProvisioningToken } from './contract.ts'
import { type Call, type GuardedRoute, idOf } from './route.ts'
import { answer, id, list, nullable, oneOf, request, string, text } from './schema.ts'

const path = '/api/provisioning-tokens'

const tokenOut = answer({
  id: string,
  providerId: string,
  label: string,
  prefix: string,
  scopes: list(string),
  expiresAt: string,
  createdAt: string,
  seenAt: nullable(string),
  revokedAt: nullable(string),
})

export const provisioningTokenRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path,
    summary: 'Tokens of provisioning, without their secrets',
    action: 'user.manage',
    resource: 'System',
    out: answer({ items: list(tokenOut) }),
    handler: async ({ house, actor }) => {
      await house.vault.demand(actor, 'user.manage')
      return { items: (await house.identity.provisioning.tokens.list()).map(shown) }
    },
  },
  {
    method: 'POST',
    path,
    summary: 'Make a token for a provider of identity; it is in this answer and nowhere else',
    confirm: true,
    action: 'user.manage',
    resource: 'System',
    body: request({
      providerId: id,
      label: text(100),
      scopes: list(oneOf('users', 'groups', 'read-only'), 3),
      days: { type: 'integer', minimum: 1, maximum: 730 },
    }),
    out: answer({ token: string, item: tokenOut }),
    status: 201,
    handler: async ({ house, actor, body }) => {
      await house.vault.demand(actor, 'user.manage')
      const { days, ...wanted } = body as {
        providerId: string
        label: string
        scopes: readonly ProvisionScope[]
        days: number
      }
      const expiresAt = new Date(actor.env.now.getTime() + days * 86_400_000)
      const { token, made } = await house.identity.provisioning.tokens.create({ ...wanted, expiresAt }, { actor })
      return { token, item: shown(made) }
    },
  },
  {
    method: 'DELETE',
    path: `${path}/:id`,
    summary: 'Take a token of provisioning out of force',
    action: 'user.manage',
    resource: 'System',
    out: null,
    handler: async (call: Call) => {
      await call.house.vault.demand(call.actor, 'user.manage')
      await call.house.identity.provisioning.tokens.revoke(idOf(call, 'id', 'provisioning token'), {
        actor: call.actor,
      })
    },
  },
]

const shown = (token: ProvisionToken): ProvisioningToken => ({
  ...token,
  expiresAt: token.expiresAt.toISOString(),
  createdAt: token.createdAt.toISOString(),
  seenAt: token.seenAt?.toISOString() ?? null,
  revokedAt: token.revokedAt?.toISOString() ?? null,
})
