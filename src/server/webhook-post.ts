// Tells subscribers what happened: looks every few seconds, asks for each event what its owner may know now, sends, tries again. Keeps
// server-258.
import { type Actor, Fault } from '#kernel'
import type { TakenDelivery, Vault, Webhooks } from '#vault'
import type { House } from './house.ts'
import type { Seat } from './seat.ts'
import { sendEvent, type Tried } from './webhook-send.ts'

export interface WebhookPost {
  /** Sends everything that is due now; how many arrived. */
  tick(): Promise<number>
  stop(): Promise<void>
}

/** What telling needs of the house. */
export type WebhookDesk = Pick<House, 'config' | 'actorOf'> & {
  readonly vault: Pick<Vault, 'may'>
  readonly webhooks: Pick<Webhooks, 'outbox'>
}

// Receivers that are slow wait beside each other, not after each other.
const atOnce = 4

/** Looks every few seconds; several processes share the work. */
export const tellWebhooks = (seat: Seat, log: (line: string) => void, everyMs = 5000): WebhookPost => {
  let running: Promise<number> | undefined
  let told = ''
  const tick = (): Promise<number> =>
    (running ??= (async () => {
      const { house, away } = seat
      return away || !(await house.isSetUp()) ? 0 : tellDue(house, () => seat.away)
    })().finally(() => (running = undefined)))
  const timer = setInterval(() => {
    tick()
      .then(() => (told = ''))
      .catch((error: unknown) => {
        const name = error instanceof Error ? error.name : 'unknown error'
        if (name !== told) log(`webhooks: ${name}`)
        told = name
      })
  }, everyMs).unref()
  return {
    tick,
    stop: async () => {
      clearInterval(timer)
      await running?.catch(() => undefined)
    },
  }
}

/** Everything that is due, a few at once. */
export const tellDue = async (desk: WebhookDesk, away: () => boolean = () => false): Promise<number> => {
  const { outbox } = desk.webhooks
  const line = async (): Promise<number> => {
    let arrived = 0
    for (let next = away() ? null : await outbox.take(); next; next = away() ? null : await outbox.take())
      if (await tellOne(desk, next)) arrived += 1
    return arrived
  }
  const counts = await Promise.all(Array.from({ length: atOnce }, line))
  return counts.reduce((sum, one) => sum + one, 0)
}

/** Whether it arrived. */
const tellOne = async (desk: WebhookDesk, delivery: TakenDelivery): Promise<boolean> => {
  const { outbox } = desk.webhooks
  const owner = await ownerOf(desk, delivery)
  if (typeof owner === 'string') {
    await outbox.stop(delivery.hookId, owner)
    return false
  }
  const event = await outbox.shown(owner, delivery)
  if (!event) {
    await outbox.done(delivery.id)
    return false
  }
  const body = JSON.stringify(event)
  const { id, url, keys } = delivery
  const tried: Tried = await sendEvent(desk.config, { id, url, keys, body, now: owner.env.now })
  if (tried.ok) await outbox.done(id)
  else await outbox.failed(delivery, { status: tried.status, error: tried.error ?? `HTTP ${String(tried.status)}` })
  return tried.ok
}

/** The owner as they are now, or why the subscription ends: nobody is there who gave a second factor. */
const ownerOf = async (desk: WebhookDesk, { ownerId }: TakenDelivery): Promise<Actor | 'owner-off' | 'right-gone'> => {
  try {
    const owner = await desk.actorOf(ownerId, { channel: 'api', ip: '', mfa: false })
    return (await desk.vault.may(owner, webhookAction)) ? owner : 'right-gone'
  } catch (error) {
    if (error instanceof Fault && error.code === 'not-signed-in') return 'owner-off'
    throw error
  }
}

/** Who may have subscriptions: whoever sets up how the house works with other systems. */
export const webhookAction = 'settings.edit'
