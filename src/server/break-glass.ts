// Emergency access over HTTP: opened behind a fresh confirmation, ended early, reviewed by somebody else. Keeps server-1, server-193.
import { customerTypes } from '#crm'
import type { Actor, Uuid } from '#kernel'
import { type Glass, longestGlass } from '#vault'
import type { GlassItem, GlassRequest } from './contract/break-glass.ts'
import type { House } from './house.ts'
import { type GuardedRoute, idOf } from './route.ts'
import { answer, boolean, id, integer, list, nullable, oneOf, request, string, text } from './schema.ts'

const path = '/api/break-glass'
const scopes = oneOf('record', 'owner', 'team')

export const glassOut = answer(
  {
    id: string,
    userId: string,
    type: string,
    scope: scopes,
    of: string,
    reason: string,
    openedAt: string,
    expiresAt: string,
    endedAt: nullable(string),
    reviewedBy: nullable(string),
    reviewedAt: nullable(string),
    justified: nullable(boolean),
    note: nullable(string),
    reads: nullable(integer),
  },
  'EmergencyAccess',
)

export const breakGlassRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path,
    summary: 'Emergency accesses: the own ones, or all of them for whoever manages alarms',
    action: 'break-glass',
    resource: 'own emergency accesses',
    out: answer({ possible: boolean, items: list(glassOut) }),
    handler: async ({ house, actor }) => {
      return { possible: await house.breakGlass.possible(actor), items: await glassesFor(house, actor) }
    },
  },
  {
    method: 'POST',
    path,
    summary:
      'Open records that the own role does not show, to read, for at most an hour; after a fresh confirmation by a second factor',
    action: 'break-glass',
    resource: 'record',
    confirm: true,
    body: request({
      type: oneOf(...customerTypes),
      scope: scopes,
      of: id,
      reason: text(500),
      minutes: { type: 'integer', minimum: 1, maximum: longestGlass },
    }),
    out: glassOut,
    status: 201,
    handler: async (call): Promise<GlassItem> => {
      return shownGlass(await call.house.breakGlass.open(call.actor, call.body as GlassRequest), 0)
    },
  },
  {
    method: 'POST',
    path: `${path}/:id/end`,
    summary: 'End an emergency access before its time',
    action: 'break-glass',
    resource: 'own emergency accesses',
    out: null,
    handler: (call) => call.house.breakGlass.end(call.actor, idOf(call, 'id', 'emergency access')),
  },
  {
    method: 'POST',
    path: `${path}/:id/review`,
    summary: 'Say whether an emergency access of somebody else was justified',
    action: 'alarm.manage',
    resource: 'system',
    body: request({ justified: boolean, note: text(1000) }),
    out: null,
    handler: async (call) => {
      const { justified, note } = call.body as { justified: boolean; note: string }
      await reviewGlass(call.house, call.actor, idOf(call, 'id', 'emergency access'), justified, note)
    },
  },
]

/** The own ones, or all of them for whoever manages alarms: those that somebody has to judge first. */
export const glassesFor = async (house: House, actor: Actor): Promise<readonly GlassItem[]> => {
  const all = await house.vault.may(actor, 'alarm.manage')
  const found = await house.breakGlass.list(all ? undefined : actor.principal.id)
  // Counted where somebody has to judge, which come first; the rest is history.
  return Promise.all(
    found.map(async (glass, i) => shownGlass(glass, i < 50 ? await house.breakGlass.reads(glass) : null)),
  )
}

/** What somebody who manages alarms found about an emergency access of somebody else. */
export const reviewGlass = async (
  house: House,
  actor: Actor,
  id: Uuid,
  justified: boolean,
  note: string,
): Promise<void> => {
  await house.vault.demand(actor, 'alarm.manage')
  await house.breakGlass.review(actor, id, justified, note)
}

export const shownGlass = (glass: Glass, reads: number | null): GlassItem => ({
  ...glass,
  openedAt: glass.openedAt.toISOString(),
  expiresAt: glass.expiresAt.toISOString(),
  endedAt: glass.endedAt?.toISOString() ?? null,
  reviewedAt: glass.reviewedAt?.toISOString() ?? null,
  reads,
})
