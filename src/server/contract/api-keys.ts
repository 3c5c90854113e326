// What travels between server and pages about keys of programs.

export type KeyUse = 'read' | 'write' | 'export'

/** A key without its secret. */
export interface ApiKeyItem {
  readonly id: string
  readonly userId: string
  readonly role: string
  readonly label: string
  /** How the key begins. */
  readonly prefix: string
  readonly bounds: Readonly<Record<string, readonly KeyUse[]>>
  readonly networks: readonly string[]
  readonly perMinute: number
  readonly expiresAt: string
  readonly createdAt: string
  readonly seenAt: string | null
  readonly revokedAt: string | null
  /** live, or why it is dead. */
  readonly state: 'live' | 'revoked' | 'expired' | 'owner-off' | 'owner-role'
}

// GET /api/api-keys → {items: ApiKeyItem[]} ; POST /api/api-keys NewApiKeyRequest → NewApiKeyAnswer ; DELETE /api/api-keys/:id
export interface NewApiKeyRequest {
  readonly label: string
  /** Whom it speaks for; absent: a service account made for it. */
  readonly userId?: string
  readonly service?: { readonly name: string; readonly role: string; readonly teamId?: string | null }
  readonly bounds: Readonly<Record<string, readonly KeyUse[]>>
  readonly networks: readonly string[]
  readonly perMinute: number
  readonly days: number
  readonly password?: string
}
export interface NewApiKeyAnswer {
  /** Shown once. */
  readonly key: string
  readonly item: ApiKeyItem
}
