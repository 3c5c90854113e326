// Notifications over HTTP: of the person who asks and nobody else, each record named as the policies allow now. Keeps server-1, server-254, server-255.
import { Fault } from '#kernel'
import type { NotificationsAnswer, ReadRequest, UnreadAnswer } from './contract/notifications.ts'
import { type Call, type GuardedRoute, numberOf } from './route.ts'
import { answer, boolean, id, integer, list, nullable, oneOf, orNull, request, string, text } from './schema.ts'
import { namesOf } from './titles.ts'

const path = '/api/notifications'
const mine = { action: 'notification.view', resource: 'own notifications' } as const
const unreadOut = answer({ unread: integer })

const itemOut = answer(
  {
    id: string,
    kind: oneOf('assigned', 'shared', 'lent', 'role', 'hand-over', 'policy-failed', 'break-glass', 'webhooks-restored'),
    number: integer,
    type: nullable(string),
    record: orNull(answer({ id: string, title: nullable(string) })),
    hidden: boolean,
    by: nullable(string),
    createdAt: string,
    readAt: nullable(string),
  },
  'Notification',
)

export const notificationRoutes: readonly GuardedRoute[] = [
  {
    ...mine,
    method: 'GET',
    path,
    summary: 'What others did that concerns oneself, newest first; records are named as one may see them now',
    query: request({ 'limit?': text(3), 'cursor?': text(100) }),
    out: answer({ unread: integer, items: list(itemOut), 'next?': string }),
    handler: async (call): Promise<NotificationsAnswer> => {
      const { house, actor, query } = call
      const limit = numberOf(call, 'limit', 1, 50) ?? 20
      const { items, next } = await house.notifications.list(actor, { cursor: query['cursor'], limit })
      const name = await namesOf(house, actor, items.map(({ actorId }) => actorId)) // prettier-ignore
      return {
        unread: await house.notifications.unread(actor),
        items: items.map(({ actorId, createdAt, readAt, ...item }) => ({
          ...item,
          by: name(actorId) || null,
          createdAt: createdAt.toISOString(),
          readAt: readAt?.toISOString() ?? null,
        })),
        ...(next === undefined ? {} : { next }),
      }
    },
  },
  {
    ...mine,
    method: 'GET',
    path: `${path}/unread`,
    summary: 'How many notifications are unread, counted up to 100',
    out: unreadOut,
    handler: (call) => unread(call),
  },
  {
    ...mine,
    method: 'POST',
    path: `${path}/read`,
    summary: 'Mark some notifications as read, or all up to a moment',
    body: request({ 'ids?': list(id, 100), 'until?': text(40) }),
    out: unreadOut,
    handler: async (call): Promise<UnreadAnswer> => {
      await call.house.notifications.read(call.actor, whichOf(call.body as ReadRequest))
      return unread(call)
    },
  },
]

const unread = async ({ house, actor }: Call): Promise<UnreadAnswer> => ({
  unread: await house.notifications.unread(actor),
})

const whichOf = ({ ids, until }: ReadRequest): { ids: readonly string[] } | { until: Date } => {
  if ((ids === undefined) === (until === undefined)) throw new Fault('bad-input', { what: 'expected ids or until' })
  if (ids !== undefined) return { ids }
  const moment = new Date(until ?? '')
  if (Number.isNaN(moment.getTime())) throw new Fault('bad-input', { what: 'until is a moment' })
  return { until: moment }
}
