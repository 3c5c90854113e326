// Acts that are their own reason: the purpose stands in the journal where the person gave none. Keeps crm-14, crm-18.
import type { Actor } from '#kernel'

/** The actor with a purpose; the one given by the person wins. */
export const purposeful = (actor: Actor, purpose: string): Actor =>
  actor.env.purpose.trim() === '' ? { ...actor, env: { ...actor.env, purpose } } : actor
