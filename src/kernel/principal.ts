// Who acts and in what surroundings: plain values built by the server, never taken from a request.
import type { Uuid } from './id.ts'

export interface Principal {
  readonly kind: 'user' | 'service'
  readonly tenant: Uuid
  /** User id; for a service a fixed id of its own. */
  readonly id: Uuid
  readonly role: string
  readonly active: boolean
  /** Unit the user belongs to. */
  readonly team: Uuid | null
}

export type Channel = 'web' | 'api' | 'cli' | 'job'

export interface Environment {
  readonly now: Date
  readonly channel: Channel
  /** Address of the peer; empty for the command line. */
  readonly ip: string
  /** Whether the session has passed a second factor. */
  readonly mfa: boolean
  /** Why the data is wanted; exports and unmasking demand it. */
  readonly purpose: string
}

/** A principal acting now. */
export interface Actor {
  readonly principal: Principal
  readonly env: Environment
}

/** What the store needs to know to set the second wall. */
export interface Scope {
  readonly tenant: Uuid
  readonly principal: Uuid
}

export const scopeOf = (actor: Actor): Scope => ({ tenant: actor.principal.tenant, principal: actor.principal.id })

/** Fixed ids of the services that act without a person. */
export const services = {
  system: '00000000-0000-7000-8000-000000000001',
  backup: '00000000-0000-7000-8000-000000000002',
  compliance: '00000000-0000-7000-8000-000000000003',
  sealer: '00000000-0000-7000-8000-000000000004',
  capture: '00000000-0000-7000-8000-000000000005',
} as const
