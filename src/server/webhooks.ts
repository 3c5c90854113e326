// Webhooks over HTTP: made, changed and tried by whom they belong to, ended by whoever may have them; the secret shown once. Keeps
// server-1, server-259, server-284.
import { customerTypes } from '#crm'
import { type Actor, newId } from '#kernel'
import { type Webhook, webhookEvents } from '#vault'
import type {
  DeliveryItem,
  WebhookItem,
  WebhookMade,
  WebhookRequest,
  WebhooksResumed,
  WebhookTried,
} from './contract/webhooks.ts'
import type { House } from './house.ts'
import { type Call, type GuardedRoute, idOf } from './route.ts'
import { answer, boolean, integer, list, nullable, oneOf, request, string, text } from './schema.ts'
import { webhookAction as action } from './webhook-post.ts'
import { sendEvent } from './webhook-send.ts'
import { allowedOf, webhookUrl } from './webhook-target.ts'

const path = '/api/webhooks'
const resource = 'system'
const event = oneOf(...webhookEvents)

const hookOut = answer(
  {
    id: string,
    ownerId: string,
    own: boolean,
    name: string,
    url: string,
    types: list(string),
    events: list(string),
    active: boolean,
    stopped: nullable(string),
    formerUntil: nullable(string),
    createdAt: string,
    dead: integer,
  },
  'Webhook',
)
const hookIn = request({
  name: text(100),
  url: text(2000),
  types: list(oneOf(...customerTypes), customerTypes.length),
  events: list(event, webhookEvents.length),
  active: boolean,
})

export const webhookRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path,
    summary: 'Subscriptions to what happens to records, without their secrets; of others the host alone',
    action,
    resource,
    out: answer({ items: list(hookOut) }),
    handler: async ({ house, actor }): Promise<{ readonly items: readonly WebhookItem[] }> => {
      return { items: await webhooksFor(house, actor) }
    },
  },
  {
    method: 'POST',
    path,
    summary: 'Subscribe, with one’s own rights; the secret is in this answer and nowhere else',
    action,
    resource,
    confirm: true,
    body: hookIn,
    out: answer({ secret: string, item: hookOut }),
    status: 201,
    handler: async ({ house, actor, body }): Promise<WebhookMade> => {
      await house.vault.demand(actor, action)
      const { hook, secret } = await house.webhooks.make(actor, sound(house, body))
      return { secret, item: shown(hook, actor) }
    },
  },
  {
    method: 'POST',
    path: `${path}/resume`,
    summary: 'Set in use again, of everybody, what a restore stopped',
    action,
    resource,
    confirm: true,
    out: answer({ resumed: integer }),
    handler: async ({ house, actor }): Promise<WebhooksResumed> => ({ resumed: await resumeWebhooks(house, actor) }),
  },
  {
    method: 'PATCH',
    path: `${path}/:id`,
    summary: 'Change a subscription of one’s own, or pause it; the secret stays',
    action,
    resource,
    confirm: true,
    body: hookIn,
    out: hookOut,
    handler: async (call): Promise<WebhookItem> => {
      const { house, actor, body } = call
      await house.vault.demand(actor, action)
      return shown(await house.webhooks.change(actor, hookId(call), sound(house, body)), actor)
    },
  },
  {
    method: 'DELETE',
    path: `${path}/:id`,
    summary: 'End a subscription, with what waits for it',
    action,
    resource,
    out: null,
    handler: async (call) => {
      await call.house.vault.demand(call.actor, action)
      await call.house.webhooks.remove(call.actor, hookId(call))
    },
  },
  {
    method: 'POST',
    path: `${path}/:id/secret`,
    summary: 'A new secret; the one of before signs as well for a day',
    action,
    resource,
    confirm: true,
    out: answer({ secret: string }),
    handler: async (call) => {
      await call.house.vault.demand(call.actor, action)
      return call.house.webhooks.rotate(call.actor, hookId(call))
    },
  },
  {
    method: 'POST',
    path: `${path}/:id/test`,
    summary: 'Send an event about nothing at once, and say with which status it was answered',
    action,
    resource,
    out: answer({ ok: boolean, status: nullable(integer), error: nullable(string) }),
    handler: async (call): Promise<WebhookTried> => {
      const { house, actor } = call
      await house.vault.demand(actor, action)
      const { now } = actor.env
      const body = JSON.stringify({ type: 'webhook.test', timestamp: now.toISOString(), data: {} })
      const target = await house.webhooks.target(actor, hookId(call))
      return sendEvent(house.config, { ...target, id: newId(now.getTime()), body, now })
    },
  },
  {
    method: 'GET',
    path: `${path}/:id/deliveries`,
    summary: 'What did not arrive from a subscription of one’s own, waiting for another try or given up',
    action,
    resource,
    out: answer({
      items: list(
        answer({
          id: string,
          event: string,
          type: string,
          at: string,
          attempts: integer,
          nextAt: string,
          failedAt: nullable(string),
          status: nullable(integer),
          error: nullable(string),
        }),
      ),
    }),
    handler: async (call): Promise<{ readonly items: readonly DeliveryItem[] }> => {
      await call.house.vault.demand(call.actor, action)
      const items = await call.house.webhooks.failed(call.actor, hookId(call))
      return {
        items: items.map((one) => ({
          ...one,
          at: one.at.toISOString(),
          nextAt: one.nextAt.toISOString(),
          failedAt: one.failedAt?.toISOString() ?? null,
        })),
      }
    },
  },
  {
    method: 'POST',
    path: `${path}/:id/deliveries/:delivery/resend`,
    summary: 'Try a delivery again from the beginning; it carries the same id',
    action,
    resource,
    out: null,
    handler: async (call) => {
      await call.house.vault.demand(call.actor, action)
      await call.house.webhooks.resend(call.actor, hookId(call), idOf(call, 'delivery', 'delivery'))
    },
  },
]

/** Those of the house, for whoever may have some; of others the host alone. */
export const webhooksFor = async (house: House, actor: Actor): Promise<readonly WebhookItem[]> => {
  await house.vault.demand(actor, action)
  return (await house.webhooks.list()).map((hook) => shown(hook, actor))
}

/** Goes on after a restore with those that were in use; how many. */
export const resumeWebhooks = async (house: House, actor: Actor): Promise<number> => {
  await house.vault.demand(actor, action)
  return house.webhooks.resume(actor)
}

const hookId = (call: Call): string => idOf(call, 'id', 'webhook')

const sound = (house: House, body: unknown): WebhookRequest => {
  const wish = body as WebhookRequest
  const { href } = webhookUrl(wish.url.trim(), allowedOf(house.config.webhookAllow))
  return { ...wish, url: href, types: [...new Set(wish.types)], events: [...new Set(wish.events)] }
}

const shown = (hook: Webhook, actor: Actor): WebhookItem => {
  const own = hook.ownerId === actor.principal.id
  return {
    ...hook,
    own,
    // A path may hold a key of the receiver's.
    url: own ? hook.url : (URL.parse(hook.url)?.origin ?? ''),
    createdAt: hook.createdAt.toISOString(),
    formerUntil: hook.formerUntil?.toISOString() ?? null,
  }
}
