// What the person signed in is told of what others did.

export interface NotificationItem {
  readonly id: string
  readonly kind:
    'assigned' | 'shared' | 'lent' | 'role' | 'hand-over' | 'policy-failed' | 'break-glass' | 'webhooks-restored'
  /** Of how many records it tells. */
  readonly number: number
  /** Of which type they are; null where it is of none, or of one that may no longer be seen. */
  readonly type: string | null
  /** The record, where it is of a single one. title: null where that may not be seen. */
  readonly record: { readonly id: string; readonly title: string | null } | null
  /** Whether it is of a record that may no longer be seen. */
  readonly hidden: boolean
  /** Name of who did it; null for the house itself, and for who may not be seen. */
  readonly by: string | null
  readonly createdAt: string
  readonly readAt: string | null
}

/** GET /api/notifications */
export interface NotificationsAnswer {
  readonly unread: number
  readonly items: readonly NotificationItem[]
  readonly next?: string
}

/** GET /api/notifications/unread and POST /api/notifications/read; counted up to 100. */
export interface UnreadAnswer {
  readonly unread: number
}

/** POST /api/notifications/read: some by id, or all up to a moment. */
export interface ReadRequest {
  readonly ids?: readonly string[]
  readonly until?: string
}
