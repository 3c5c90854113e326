// Deputies over HTTP: named by the person, by whoever could hand their records on, or by whoever manages grants; ended early. Keeps server-1, server-241.
import type { Actor } from '#kernel'
import type { Deputyship } from '#vault'
import type { DeputyItem, DeputyRequest } from './contract/grants.ts'
import { spanOf } from './grants.ts'
import type { House } from './house.ts'
import { type GuardedRoute, idOf } from './route.ts'
import { answer, boolean, id, integer, list, nullable, request, string, text } from './schema.ts'

const path = '/api/deputies'

const deputyOut = answer(
  {
    id: string,
    personId: string,
    deputyId: string,
    reason: string,
    startsAt: string,
    expiresAt: string,
    namedBy: string,
    passedTo: nullable(string),
    createdAt: string,
    endedBy: nullable(string),
    endedAt: nullable(string),
  },
  'Deputyship',
)

export const deputyRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path,
    summary: 'Who stands in for whom: what concerns oneself, or all of it for whoever manages grants',
    action: 'deputy.view',
    resource: 'own deputies',
    out: answer({ all: boolean, days: integer, mayNameFor: list(string), items: list(deputyOut) }),
    handler: async ({ house, actor }) => {
      const { all, items } = await deputiesFor(house, actor)
      return {
        all,
        days: (await house.lending.limits()).deputyDays,
        mayNameFor: await house.deputies.mayNameFor(actor),
        items: items.map(shown),
      }
    },
  },
  {
    method: 'POST',
    path,
    summary:
      'Name who stands in for oneself, or for somebody whose records one could hand on; asks for a fresh confirmation',
    action: 'deputy.name',
    resource: 'own records',
    confirm: true,
    body: request({ 'person?': id, deputy: id, 'from?': text(40), until: text(40), reason: text(500) }),
    out: deputyOut,
    status: 201,
    handler: async ({ house, actor, body }): Promise<DeputyItem> => {
      const wish = body as DeputyRequest
      const { deputy, reason, person = actor.principal.id } = wish
      return shown(await house.deputies.name(actor, { person, deputy, reason, ...spanOf(wish) }))
    },
  },
  {
    method: 'POST',
    path: `${path}/:id/end`,
    summary: 'End a deputyship before its time',
    action: 'deputy.end',
    resource: 'own deputies',
    out: null,
    handler: (call) => call.house.deputies.end(call.actor, idOf(call, 'id', 'deputy')),
  },
]

/** What concerns oneself; all of it for whoever manages grants. */
export const deputiesFor = async (
  house: House,
  actor: Actor,
): Promise<{ readonly all: boolean; readonly items: readonly Deputyship[] }> => {
  const all = await house.vault.may(actor, 'grant.manage')
  return { all, items: await house.deputies.list(all ? undefined : actor.principal.id) }
}

const shown = (one: Deputyship): DeputyItem => ({
  ...one,
  startsAt: one.startsAt.toISOString(),
  expiresAt: one.expiresAt.toISOString(),
  createdAt: one.createdAt.toISOString(),
  endedAt: one.endedAt?.toISOString() ?? null,
})
