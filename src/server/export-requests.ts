// Large exports: asked for, approved or refused by a second person; and whose export a found file is. Keeps server-1, server-192.
import { customerTypes } from '#crm'
import type { ExportRequest } from '#vault'
import type { ExportRequestItem } from './contract/alarms.ts'
import { type GuardedRoute, idOf } from './route.ts'
import { answer, boolean, id, integer, list, nullable, oneOf, request, string, text } from './schema.ts'

const path = '/api/exports/requests'

export const exportRequestOut = answer({
  id: string,
  userId: string,
  type: string,
  rows: integer,
  purpose: string,
  createdAt: string,
  expiresAt: string,
  decidedBy: nullable(string),
  approved: nullable(boolean),
  reason: nullable(string),
  usedAt: nullable(string),
})

export const exportRequestRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path,
    summary: 'Large exports that were asked for: all of them for who approves, else the own ones',
    action: 'export.ask',
    resource: 'own exports',
    out: answer({
      items: list(exportRequestOut),
    }),
    handler: async ({ house, actor }) => {
      const all = await house.vault.may(actor, 'export.approve')
      const items = await house.exports.requests(all ? undefined : actor.principal.id)
      return {
        items: items.map(shownRequest),
      }
    },
  },
  {
    method: 'POST',
    path,
    summary: 'Ask for an export over the limit',
    action: 'export.ask',
    resource: 'own exports',
    body: request({
      type: oneOf(...customerTypes),
      rows: { type: 'integer', minimum: 1, maximum: 1_000_000 },
      purpose: text(500),
    }),
    out: answer({ id: string }),
    status: 201,
    handler: async ({ house, actor, body }) => {
      const { type, rows, purpose } = body as { type: string; rows: number; purpose: string }
      return house.exports.ask(actor, type, rows, purpose.trim())
    },
  },
  {
    method: 'POST',
    path: `${path}/:id/decide`,
    summary: 'Approve a large export for one time within a day, or refuse it; never one’s own',
    confirm: true,
    action: 'export.approve',
    resource: 'system',
    body: request({ approved: boolean, reason: text(500) }),
    out: null,
    handler: async (call) => {
      await call.house.vault.demand(call.actor, 'export.approve')
      const { approved, reason } = call.body as { approved: boolean; reason: string }
      await call.house.exports.decide(call.actor, idOf(call, 'id', 'request'), approved, reason.trim())
    },
  },
  {
    method: 'POST',
    path: '/api/exports/check',
    summary: 'Whose export a found file is, by its digest and the marks in its rows',
    action: 'alarm.view',
    resource: 'system',
    body: request({ sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' }, marks: list(id, 50) }),
    out: answer({
      items: list(
        answer({
          id: string,
          userId: string,
          type: string,
          rows: nullable(integer),
          startedAt: string,
          unchanged: boolean,
          journalled: boolean,
        }),
      ),
    }),
    handler: async ({ house, actor, body }) => {
      await house.vault.demand(actor, 'alarm.view')
      const { sha256, marks } = body as { sha256: string; marks: readonly string[] }
      const found = await house.exports.find(sha256, marks)
      return { items: found.map((one) => ({ ...one, startedAt: one.startedAt.toISOString() })) }
    },
  },
]

export const shownRequest = (one: ExportRequest): ExportRequestItem => ({
  ...one,
  createdAt: one.createdAt.toISOString(),
  expiresAt: one.expiresAt.toISOString(),
  usedAt: one.usedAt?.toISOString() ?? null,
})
