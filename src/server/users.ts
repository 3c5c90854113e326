// Inviting people, new passwords, sessions and second factors of others, and the names that pickers need.
import { type Actor, isUuid, type Uuid } from '#kernel'
import type { Seen } from '#vault'
import { sessionItems, sessionsOut } from './me.ts'
import { type Call, type GuardedRoute, idOf } from './route.ts'
import { answer, boolean, id, list, nullable, oneOf, request, string, text } from './schema.ts'
import type { House, NewUser } from './house.ts'

const user = 'user'

export const userRoutes: readonly GuardedRoute[] = [
  {
    method: 'POST',
    path: '/api/users/invite',
    summary: 'Make a user with a password for one use, shown once, or with a link sent by e-mail',
    confirm: true,
    action: 'create',
    resource: user,
    body: request({
      name: text(500),
      email: text(320),
      role: text(64),
      'teamId?': nullable(id),
      'language?': oneOf('zh', 'en'),
      'byMail?': boolean,
    }),
    out: answer({ user: answer({ id: string, version: { type: 'integer' } }), password: nullable(string) }),
    status: 201,
    handler: async (call) => {
      const wanted = call.body as Omit<NewUser, 'teamId' | 'language'> & Partial<NewUser> & { byMail?: boolean }
      const made = { ...wanted, teamId: wanted.teamId ?? null, language: wanted.language ?? call.language }
      const { userId, password } = await call.house.invite(call.actor, made, wanted.byMail === true)
      const { id: made_, version } = await call.house.vault.get(call.actor, user, userId)
      return { user: { id: made_, version }, password }
    },
  },
  {
    method: 'POST',
    path: '/api/users/:id/password',
    summary: 'Give a user a new password for one use; all their sessions end',
    confirm: true,
    action: 'user.manage',
    resource: 'system',
    out: answer({ password: string }),
    handler: (call) => call.house.resetPassword(call.actor, idOf(call, 'id', user)),
  },
  {
    method: 'DELETE',
    path: '/api/users/:id/totp',
    summary: 'Take a lost telephone and lost passkeys out of force',
    confirm: true,
    action: 'user.manage',
    resource: 'system',
    out: null,
    handler: async (call) => {
      const userId = await managed(call, 'user.manage')
      await call.house.vault.demandWayIn(call.actor, userId)
      await call.house.identity.totp.reset(userId, { actor: call.actor })
    },
  },
  {
    method: 'GET',
    path: '/api/users/:id/sessions',
    summary: 'Sessions of a user',
    action: 'session.manage',
    resource: 'system',
    out: sessionsOut,
    handler: async (call) => ({
      items: await sessionItems(call.house, await managed(call, 'session.manage'), call.who.session.id),
    }),
  },
  {
    method: 'DELETE',
    path: '/api/users/:id/sessions',
    summary: 'End all sessions of a user',
    action: 'session.manage',
    resource: 'system',
    out: null,
    handler: async (call) => {
      const userId = await managed(call, 'session.manage')
      await call.house.identity.revokeAll(userId, { actor: call.actor })
    },
  },
  {
    method: 'DELETE',
    path: '/api/users/:id/sessions/:session',
    summary: 'End one session of a user',
    action: 'session.manage',
    resource: 'system',
    out: null,
    handler: async (call) => {
      const userId = await managed(call, 'session.manage')
      await call.house.identity.revoke(userId, idOf(call, 'session', 'session'), { actor: call.actor })
    },
  },
  {
    method: 'GET',
    path: '/api/directory',
    summary: 'Names of users and teams, for pickers',
    action: 'list',
    resource: 'user, team',
    out: answer({
      users: list(answer({ id: string, name: string, teamId: nullable(string), active: boolean })),
      teams: list(answer({ id: string, name: string, parentId: nullable(string) })),
    }),
    handler: async (call) => {
      const [users, teams] = await Promise.all([
        all(call.house, call.actor, 'user'),
        all(call.house, call.actor, 'team'),
      ])
      return {
        users: users.map(({ id: userId, values }) => ({
          id: userId,
          name: words(values['name']),
          teamId: link(values['unit']),
          active: values['active'] === true,
        })),
        teams: teams.map(({ id: teamId, values }) => ({
          id: teamId,
          name: words(values['name']),
          parentId: link(values['parent']),
        })),
      }
    },
  },
]

/** The user a system action is about: the right first, then whether there is such a user. */
const managed = async (call: Call, action: string): Promise<string> => {
  await call.house.vault.demand(call.actor, action)
  return (await call.house.vault.get(call.actor, user, idOf(call, 'id', user))).id
}

const mostNames = 5000

/** What people are called, as far as the actor may list them. */
export const namesFor = async (house: House, actor: Actor): Promise<ReadonlyMap<Uuid, string>> =>
  new Map((await all(house, actor, 'user')).map(({ id: userId, values }) => [userId, words(values['name'])]))

const all = async (house: House, actor: Actor, type: string): Promise<readonly Seen[]> => {
  const found: Seen[] = []
  let cursor: string | undefined
  do {
    const page = await house.vault.list(actor, type, {
      limit: 200,
      ...(cursor === undefined ? {} : { cursor }),
    })
    found.push(...page.items)
    cursor = page.next
  } while (cursor !== undefined && found.length < mostNames)
  return found
}

const words = (value: unknown): string => (typeof value === 'string' ? value : '')
const link = (value: unknown): string | null => (isUuid(value) ? value : null)
