// Providers of identity as administrators set them up. Keeps server-1, server-181.
import type { Provider, ProviderDraft } from '#identity'
import { type Catalogue, Fault, fieldOf, typeOf } from '#kernel'
import type { IdentityProvider } from './contract.ts'
import { type Call, type GuardedRoute, idOf } from './route.ts'
import { answer, boolean, id, integer, list, nullable, oneOf, request, string, text } from './schema.ts'

const path = '/api/identity-providers'

const providerOut = answer(
  {
    id: string,
    name: string,
    issuer: string,
    clientId: string,
    hasSecret: boolean,
    active: boolean,
    version: integer,
    callback: string,
    logout: string,
    settings: answer({
      origin: string,
      scopes: list(string),
      claims: answer({ email: string, name: string, groups: string }),
      rules: list(answer({ group: string, role: string, teamId: nullable(string) })),
      defaultRole: nullable(string),
      accounts: string,
      domains: list(string),
      trustMfa: boolean,
      only: boolean,
      signOut: boolean,
    }),
  },
  'IdentityProvider',
)

const settingsIn = request({
  origin: text(300),
  scopes: list(text(100), 20),
  claims: request({ email: text(100), name: text(100), groups: text(100) }),
  rules: list(request({ group: text(200), role: text(64), teamId: nullable(id) }), 200),
  defaultRole: nullable(text(64)),
  accounts: oneOf('create', 'existing'),
  domains: list(text(253), 100),
  trustMfa: boolean,
  only: boolean,
  signOut: boolean,
})

export const identityProviderRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path,
    summary: 'Providers of identity, without their secrets',
    action: 'user.manage',
    resource: 'System',
    out: answer({ items: list(providerOut) }),
    handler: async ({ house, actor }) => {
      await house.vault.demand(actor, 'user.manage')
      return { items: (await house.identity.federation.providers()).map(shown) }
    },
  },
  {
    method: 'POST',
    path,
    summary: 'Make or change a provider of identity',
    confirm: true,
    action: 'user.manage',
    resource: 'System',
    body: request({
      'id?': id,
      name: text(60),
      issuer: text(500),
      clientId: text(300),
      'secret?': text(1000),
      active: boolean,
      version: integer,
      settings: settingsIn,
    }),
    out: providerOut,
    handler: async ({ house, actor, body }) => {
      await house.vault.demand(actor, 'user.manage')
      const draft = body as ProviderDraft
      demandOffered(house.vault.catalogue, draft.settings)
      return shown(await house.identity.federation.save(draft, { actor }))
    },
  },
  {
    method: 'POST',
    path: `${path}/:id/probe`,
    summary: 'Ask a provider for its description: whether it answers, and as whom',
    action: 'user.manage',
    resource: 'System',
    out: null,
    handler: async (call: Call) => {
      await call.house.vault.demand(call.actor, 'user.manage')
      await call.house.identity.federation.probe(idOf(call, 'id', 'identity provider'))
    },
  },
  {
    method: 'DELETE',
    path: `${path}/:id`,
    summary: 'Take a provider of identity away; sessions begun with it end',
    confirm: true,
    action: 'user.manage',
    resource: 'System',
    out: null,
    handler: async (call: Call) => {
      await call.house.vault.demand(call.actor, 'user.manage')
      await call.house.identity.federation.remove(idOf(call, 'id', 'identity provider'), { actor: call.actor })
    },
  },
]

/** Whoever signs in would be refused with a role that nobody is given. */
const demandOffered = (catalogue: Catalogue, { rules, defaultRole }: ProviderDraft['settings']): void => {
  const offered = fieldOf(typeOf(catalogue, 'user'), 'role')?.options?.filter(({ retired }) => retired !== true) ?? []
  const given = [...rules.map(({ role }) => role), ...(defaultRole === null ? [] : [defaultRole])]
  if (!given.every((role) => offered.some(({ value }) => value === role)))
    throw new Fault('bad-value', { field: 'role', what: 'there is no such role' })
}

const shown = (provider: Provider): IdentityProvider => ({
  ...provider,
  callback: `${provider.settings.origin}/api/sso/${provider.id}/callback`,
  logout: `${provider.settings.origin}/api/sso/${provider.id}/logout`,
})
