// Keys of programs: made, listed and revoked by whoever manages users; made only behind the password, shown once. Keeps server-1, server-180.
import { Fault, inSentence, type Label, rolesOf, say, uses, type Uuid, verbatim } from '#kernel'
import { catalogue, customerTypes } from '#crm'
import { randomCode } from './people.ts'
import type { ApiKey } from '#identity'
import type { ApiKeyItem, NewApiKeyAnswer, NewApiKeyRequest } from './contract/api-keys.ts'
import type { House } from './house.ts'
import { type Call, type GuardedRoute, idOf } from './route.ts'
import { answer, id, integer, list, mapOf, nullable, oneOf, request, string, text } from './schema.ts'

const path = '/api/api-keys'

const keyOut = answer(
  {
    id: string,
    userId: string,
    role: string,
    label: string,
    prefix: string,
    bounds: mapOf(list(string)),
    networks: list(string),
    perMinute: integer,
    expiresAt: string,
    createdAt: string,
    seenAt: nullable(string),
    revokedAt: nullable(string),
    state: string,
  },
  'ApiKey',
)

/** Record types a key may be for: customers' data, and the names of people and teams to read. */
const boundTypes = [...customerTypes, 'user', 'team']

export const apiKeyRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path,
    summary: 'Keys of programs, without their secrets',
    action: 'user.manage',
    resource: 'System',
    out: answer({ items: list(keyOut) }),
    handler: async ({ house, actor }) => {
      await house.vault.demand(actor, 'user.manage')
      return { items: await apiKeyItems(house, actor.env.now) }
    },
  },
  {
    method: 'POST',
    path,
    summary: 'Make a key for a program; the key is in this answer and nowhere else. Asks for a fresh confirmation',
    action: 'user.manage',
    resource: 'System',
    body: request({
      label: text(100),
      'userId?': id,
      'service?': request({ name: text(100), role: text(64), 'teamId?': nullable(id) }),
      bounds: request(Object.fromEntries(boundTypes.map((type) => [`${type}?`, list(oneOf(...uses), 3)]))),
      networks: list(text(50), 50),
      perMinute: { type: 'integer', minimum: 1, maximum: 100_000 },
      days: { type: 'integer', minimum: 1, maximum: 730 },
      'password?': text(1000),
    }),
    out: answer({ key: string, item: keyOut }),
    status: 201,
    handler: async (call): Promise<NewApiKeyAnswer> => {
      const { house, actor, who, origin, body } = call
      await house.vault.demand(actor, 'user.manage')
      const wanted = body as NewApiKeyRequest
      await house.identity.demandFresh(who.session, origin, wanted.password)
      const made = await makeApiKey(house, actor, wanted)
      return { key: made.key, item: shown(made.made, actor.env.now, { active: true, role: made.made.role }) }
    },
  },
  {
    method: 'DELETE',
    path: `${path}/:id`,
    summary: 'Take a key out of force, for good',
    action: 'user.manage',
    resource: 'System',
    out: null,
    handler: async (call: Call) => {
      await call.house.vault.demand(call.actor, 'user.manage')
      await call.house.identity.apiKeys.revoke(idOf(call, 'id', 'api key'), { actor: call.actor })
    },
  },
]

const plural = (name: string): Label => {
  const type = catalogue.types.find((one) => one.name === name)
  return type ? inSentence(type.plurals) : verbatim(name.slice(0, 40))
}

/** Makes a key, and the service account it is for where nobody is named. */
export const makeApiKey = async (
  house: House,
  actor: Call['actor'],
  wanted: Omit<NewApiKeyRequest, 'password'>,
): Promise<{ readonly key: string; readonly made: ApiKey }> => {
  for (const [type, allowed] of Object.entries(wanted.bounds)) {
    if (!boundTypes.includes(type))
      throw new Fault('bad-value', { field: 'bounds', what: say('no key is for {type}', { type: plural(type) }) })
    if (!customerTypes.includes(type) && allowed.some((use) => use !== 'read'))
      throw new Fault('bad-value', { field: 'bounds', what: say('a key may only read {type}', { type: plural(type) }) })
  }
  if ((wanted.userId === undefined) === (wanted.service === undefined))
    throw new Fault('bad-input', { what: 'a key is either for a user or for a service account' })
  const { label, bounds, networks, perMinute, days } = wanted
  if (wanted.userId !== undefined) await house.vault.demandWayIn(actor, wanted.userId)
  return house.identity.apiKeys.create(
    {
      label: label.trim(),
      userId: wanted.userId ?? (await serviceAccount(house, actor, wanted.service)),
      bounds,
      networks,
      perMinute,
      expiresAt: new Date(actor.env.now.getTime() + days * 86_400_000),
    },
    { actor },
  )
}

/** A user for a program: nobody can sign in with it, since it has no password and its address receives no mail (RFC 2606). */
const serviceAccount = async (
  house: House,
  actor: Call['actor'],
  service: NewApiKeyRequest['service'],
): Promise<Uuid> => {
  const { id: made } = await house.vault.create(actor, 'user', {
    values: {
      name: service?.name ?? '',
      email: `service-${randomCode(12)}@service.invalid`,
      role: service?.role ?? '',
      unit: service?.teamId ?? null,
      active: true,
      language: 'en',
    },
  })
  return made
}

/** Every key, and whether it lives. */
export const apiKeyItems = async (house: House, now: Date): Promise<readonly ApiKeyItem[]> => {
  const [keys, staff] = await Promise.all([house.identity.apiKeys.list(), house.staff.all()])
  const people = new Map(staff.map((user) => [user.id, user]))
  return keys.map((key) => shown(key, now, people.get(key.userId)))
}

const shown = (
  key: ApiKey,
  now: Date,
  owner: { readonly active: boolean; readonly role: string; readonly roles?: readonly string[] } | undefined,
): ApiKeyItem => ({
  ...key,
  expiresAt: key.expiresAt.toISOString(),
  createdAt: key.createdAt.toISOString(),
  seenAt: key.seenAt?.toISOString() ?? null,
  revokedAt: key.revokedAt?.toISOString() ?? null,
  state:
    key.revokedAt !== null
      ? 'revoked'
      : key.expiresAt <= now
        ? 'expired'
        : owner?.active !== true
          ? 'owner-off'
          : rolesOf(owner).join(' ') !== key.role
            ? 'owner-role'
            : 'live',
})
