// Alarms, canaries and the limits of reading and exporting, over HTTP. Keeps server-1, server-191.
import { customerTypes } from '#crm'
import { services } from '#kernel'
import type { Call, GuardedRoute } from './route.ts'
import { idOf } from './route.ts'
import {
  answer,
  anything,
  boolean,
  id,
  integer,
  list,
  mapOf,
  nullable,
  oneOf,
  request,
  string,
  text,
} from './schema.ts'

const watching = { action: 'alarm.view', resource: 'system' } as const
const managing = { action: 'alarm.manage', resource: 'system' } as const
const demand = async (call: Call, action: string): Promise<void> => call.house.vault.demand(call.actor, action)
const whole = (maximum: number) => ({ type: 'integer', minimum: 1, maximum })
const limits = {
  reading: request({
    openedPerMinute: whole(100_000),
    openedPerHour: whole(1_000_000),
    listedPerHour: whole(10_000_000),
    readPerDay: whole(100_000_000),
    endSession: boolean,
  }),
  exporting: request({ perDay: whole(10_000_000), roles: mapOf(whole(10_000_000)) }),
  revealing: request({ perDay: { type: 'integer', minimum: 0, maximum: 100_000 } }),
}

export const alarmRoutes: readonly GuardedRoute[] = [
  {
    ...watching,
    method: 'GET',
    path: '/api/alarms',
    summary: 'Alarms, those nobody settled first',
    out: answer({
      items: list(
        answer({
          id: string,
          kind: string,
          userId: nullable(string),
          type: nullable(string),
          recordId: nullable(string),
          detail: anything,
          createdAt: string,
          settledBy: nullable(string),
          settledAt: nullable(string),
          note: nullable(string),
        }),
      ),
    }),
    handler: async (call) => {
      await demand(call, 'alarm.view')
      const items = await call.house.alarms.list()
      return {
        items: items.map((one) => ({
          ...one,
          userId: one.userId === services.system ? null : one.userId,
          createdAt: one.createdAt.toISOString(),
          settledAt: one.settledAt?.toISOString() ?? null,
        })),
      }
    },
  },
  {
    ...managing,
    method: 'POST',
    path: '/api/alarms/:id/settle',
    summary: 'Say what came of an alarm',
    body: request({ note: text(1000) }),
    out: null,
    handler: async (call) => {
      await demand(call, 'alarm.manage')
      await call.house.alarms.settle(call.actor, idOf(call, 'id', 'alarm'), (call.body as { note: string }).note.trim())
    },
  },
  {
    ...managing,
    method: 'GET',
    path: '/api/canaries',
    summary: 'Records that nobody has a reason to open',
    out: answer({
      items: list(answer({ type: string, recordId: string, note: string, markedBy: string, markedAt: string })),
    }),
    handler: async (call) => {
      await demand(call, 'alarm.manage')
      const items = await call.house.alarms.canaries()
      return { items: items.map((one) => ({ ...one, markedAt: one.markedAt.toISOString() })) }
    },
  },
  {
    ...managing,
    method: 'POST',
    path: '/api/canaries',
    summary: 'Mark a record secretly: whoever opens or exports it raises an alarm',
    confirm: true,
    body: request({ type: oneOf(...customerTypes), recordId: id, note: text(500) }),
    out: null,
    handler: async (call) => {
      await demand(call, 'alarm.manage')
      const { type, recordId, note } = call.body as { type: string; recordId: string; note: string }
      await call.house.alarms.mark(call.actor, type, recordId, note.trim())
    },
  },
  {
    ...managing,
    method: 'DELETE',
    path: '/api/canaries/:type/:id',
    summary: 'Take a mark away',
    confirm: true,
    out: null,
    handler: async (call) => {
      await demand(call, 'alarm.manage')
      await call.house.alarms.unmark(call.actor, call.params['type'] ?? '', idOf(call, 'id', 'canary'))
    },
  },
  {
    ...watching,
    method: 'GET',
    path: '/api/limits',
    summary: 'How much one person may read, reveal and export before somebody hears of it',
    out: answer({
      reading: answer({
        openedPerMinute: integer,
        openedPerHour: integer,
        listedPerHour: integer,
        readPerDay: integer,
        endSession: boolean,
      }),
      exporting: answer({ perDay: integer, roles: mapOf(integer) }),
      revealing: answer({ perDay: integer }),
    }),
    handler: async (call) => {
      await demand(call, 'alarm.view')
      return call.house.alarms.limits()
    },
  },
  {
    ...managing,
    method: 'PUT',
    path: '/api/limits',
    summary: 'Set them',
    confirm: true,
    body: request(limits),
    out: null,
    handler: async (call) => {
      await demand(call, 'alarm.manage')
      await call.house.alarms.setLimits(call.actor, call.body as Parameters<typeof call.house.alarms.setLimits>[1])
    },
  },
]
