// Who acts and in what surroundings: plain values built by the server, never taken from a request.
import type { Facts } from './wall.ts'
import type { Uuid } from './id.ts'

/** What may be done with records of a type: see them, change them, take them out. */
export const uses = ['read', 'write', 'export'] as const
export type Use = (typeof uses)[number]

/** The most that somebody who comes with a key may do: record types, each with its uses. What is not named is not allowed. */
export type Bounds = Readonly<Record<string, readonly Use[]>>

export interface Principal {
  readonly kind: 'user' | 'service'
  readonly tenant: Uuid
  /** User id; for a service a fixed id of its own. */
  readonly id: Uuid
  /** The main role; a person may hold further ones. */
  readonly role: string
  readonly active: boolean
  /** Unit the user belongs to. */
  readonly team: Uuid | null
  /** Roles besides the main one. */
  readonly roles?: readonly string[]
  /** Regions the person works in, as the records' region is written. */
  readonly regions?: readonly string[]
  /** Highest classification of records the person may meet, 0 to 3; absent: 0. */
  readonly clearance?: number
  /** Largest amount of a deal the person may decide on, in minor units; absent: no limit was set. */
  readonly dealLimit?: number
  /** Present where a key speaks for the user: the rights are the user's, and no more than these. */
  readonly bounds?: Bounds
}

/** A user's principal, from what is known of the user. */
export const userPrincipal = (tenant: Uuid, user: Omit<Principal, 'kind' | 'tenant'>): Principal => ({
  kind: 'user',
  tenant,
  id: user.id,
  role: user.role,
  active: user.active,
  team: user.team,
  roles: user.roles ?? [],
  regions: user.regions ?? [],
  ...(user.clearance === undefined ? {} : { clearance: user.clearance }),
  ...(user.dealLimit === undefined ? {} : { dealLimit: user.dealLimit }),
})

/** Every role a principal has, the main one first. */
export const rolesOf = (principal: Pick<Principal, 'role' | 'roles'>): readonly string[] => [
  ...new Set([principal.role, ...(principal.roles ?? [])]),
]

export type Channel = 'web' | 'api' | 'cli' | 'job'

export interface Environment {
  readonly now: Date
  readonly channel: Channel
  /** Address of the peer; empty for the command line. */
  readonly ip: string
  /** Whether the session has passed a second factor. */
  readonly mfa: boolean
  /** Seconds since the second factor or the last step-up; null or absent: there was none. */
  readonly mfaAge?: number | null
  /** Whether the device is one the person has confirmed as their own; absent: not known, so no. */
  readonly deviceTrusted?: boolean
  /** IANA name of the time zone that hours and weekdays are meant in; absent: the tenant's. */
  readonly zone?: string
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
  /** Who the person is: without facts a person meets no record. */
  readonly facts?: Facts
  /** The house's own work, begun by a person: the whole tenant. Services always work so. */
  readonly house?: true
}

/** Work of the house itself that an actor began, where it was decided otherwise what the actor learns: it meets every record. */
export const houseScopeOf = (actor: Actor): Scope => ({ ...scopeOf(actor), house: true })

export const scopeOf = (actor: Actor): Scope => ({ tenant: actor.principal.tenant, principal: actor.principal.id })

/** Fixed ids of the services that act without a person. */
export const services = {
  system: '00000000-0000-7000-8000-000000000001',
  backup: '00000000-0000-7000-8000-000000000002',
  compliance: '00000000-0000-7000-8000-000000000003',
  sealer: '00000000-0000-7000-8000-000000000004',
  capture: '00000000-0000-7000-8000-000000000005',
} as const
