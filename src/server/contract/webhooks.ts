// What travels between server and pages about webhooks.

export type WebhookEventName = 'created' | 'changed' | 'assigned' | 'removed'

// GET /api/webhooks → {items: WebhookItem[]} ; POST /api/webhooks WebhookRequest → WebhookMade ; PATCH /api/webhooks/:id WebhookRequest → WebhookItem
export interface WebhookItem {
  readonly id: string
  readonly ownerId: string
  /** Whether it is the asker's own: others may only end it. */
  readonly own: boolean
  readonly name: string
  /** Of others' the host alone. */
  readonly url: string
  readonly types: readonly string[]
  readonly events: readonly WebhookEventName[]
  readonly active: boolean
  /** restored: it was in use when the backup was made that was brought back. */
  readonly stopped: 'owner-off' | 'right-gone' | 'restored' | null
  /** Until when the secret of before signs as well. */
  readonly formerUntil: string | null
  readonly createdAt: string
  /** Deliveries given up. */
  readonly dead: number
}
export interface WebhookRequest {
  readonly name: string
  readonly url: string
  readonly types: readonly string[]
  readonly events: readonly WebhookEventName[]
  readonly active: boolean
}
export interface WebhookMade {
  /** Shown once. */
  readonly secret: string
  readonly item: WebhookItem
}

// POST /api/webhooks/resume → WebhooksResumed
export interface WebhooksResumed {
  readonly resumed: number
}

// POST /api/webhooks/:id/test → WebhookTried
export interface WebhookTried {
  readonly ok: boolean
  readonly status: number | null
  readonly error: string | null
}

// GET /api/webhooks/:id/deliveries → {items: DeliveryItem[]} ; POST /api/webhooks/:id/deliveries/:delivery/resend
export interface DeliveryItem {
  readonly id: string
  readonly event: WebhookEventName
  readonly type: string
  readonly at: string
  readonly attempts: number
  readonly nextAt: string
  readonly failedAt: string | null
  readonly status: number | null
  readonly error: string | null
}
