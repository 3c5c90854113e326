// What the files of this room share: the database, the journal, the time, and how entries and scopes look. Keeps identity-9.
import {
  type Actor,
  type Channel,
  type Clock,
  type Json,
  type Principal,
  type Scope,
  services,
  type Uuid,
} from '#kernel'
import type { EntryInput, Journal } from '#journal'
import type { Store, Tx } from '#store'
import type { Limits } from './limits.ts'

/** Where a request came from, as the server saw it. */
export interface Origin {
  readonly ip: string
  readonly userAgent: string
  readonly channel?: Channel
}

/** Who did it and from where; for acts of one person on another, actor is the administrator. */
export interface By {
  /** An id, or an actor, whose channel and address count then. */
  readonly actor: Uuid | Actor
  readonly ip?: string
  readonly channel?: Channel
}

/** A user as this room needs to know it; the composition root fills it from the vault. */
export interface DirectoryUser extends Omit<Principal, 'kind' | 'tenant'> {
  readonly name: string
  readonly email: string
  readonly language: 'zh' | 'en'
}
export interface Directory {
  findByEmail(email: string): Promise<DirectoryUser | null>
  get(id: Uuid): Promise<DirectoryUser | null>
  /** The names under which what is set for roles holds for this one: its own, and that of the role it was copied from. */
  standsFor(role: string): readonly string[]
}

/** Seals small secrets under the tenant's key, in the transaction that stores them; label binds the bytes to their place. */
export interface Seal {
  sealSecret(tx: Tx, label: string, plain: Uint8Array): Promise<Uint8Array>
  openSecret(tx: Tx, label: string, sealed: Uint8Array): Promise<Uint8Array>
}

/** A column of secrets that were sealed: each row's label follows from its key. */
export interface SecretPlace {
  readonly table: string
  readonly column: string
  readonly key: string
  readonly label: (key: Uuid) => string
}

/** Where people find this installation. */
export interface Site {
  /** https://name or https://name:port */
  readonly origin: string
}

export interface Parts {
  readonly store: Store
  readonly journal: Journal
  readonly clock: Clock
  readonly tenant: Uuid
  readonly directory: Directory
  readonly seal: Seal
  /** 32 bytes kept with the keys: what is counted in the database names nobody. */
  readonly secret: Uint8Array
  readonly limits: Limits
  readonly site: () => Site
  readonly pause: (milliseconds: number) => Promise<void>
}

/** This room works as the system: nobody is signed in yet. */
export const scopeOfSystem = (parts: Parts): Scope => ({ tenant: parts.tenant, principal: services.system })

/** An entry about a user. */
export const entry = (act: string, user: Uuid | null, by: By, detail?: Json, denied = false): EntryInput => {
  const who = typeof by.actor === 'string' ? undefined : by.actor
  const ip = by.ip ?? who?.env.ip
  return {
    act,
    obj: 'user',
    actor: typeof by.actor === 'string' ? by.actor : by.actor.principal.id,
    channel: by.channel ?? who?.env.channel ?? 'web',
    decision: denied ? 'deny' : 'allow',
    ...(user === null ? {} : { recordId: user }),
    ...(ip === undefined ? {} : { ip }),
    ...(detail === undefined ? {} : { detail }),
  }
}

/** The id of whoever did it. */
export const actorIn = (by: By): Uuid => (typeof by.actor === 'string' ? by.actor : by.actor.principal.id)
