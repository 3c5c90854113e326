// What was granted to a person for a while, as it stands at one moment: no job ends a grant, its time does. Keeps vault-153, vault-253.
import type { Granted } from '#access'
import type { Actor, Uuid } from '#kernel'
import type { GrantRow, Org } from './org.ts'
import { glassesOf } from './running-glass.ts'

export interface GrantedNow {
  /** Whom the person stands in for. */
  readonly deputyFor: readonly Uuid[]
  readonly roles: readonly string[]
  readonly records: Granted
}

const nothing: GrantedNow = { deputyFor: [], roles: [], records: {} }

export const grantedNow = (org: Org, actor: Actor): GrantedNow => {
  const { now } = actor.env
  const running = (org.grants.get(actor.principal.id) ?? []).filter(
    (one) => one.starts_at <= now && now < one.expires_at,
  )
  const glasses = glassesOf(org.glasses, actor)
  const deputyFor = deputyOf(org, actor)
  if (running.length + glasses.length + deputyFor.length === 0) return nothing
  const records: Record<string, { read: string[]; write: string[] }> = {}
  for (const { record_type: type, record_id: id, level } of running) {
    if (type === null || id === null || level === null) continue
    const of = (records[type] ??= { read: [], write: [] })
    of[level].push(id)
  }
  // Emergency access is a grant to read, ended by its time as any other; guard rails bind it.
  for (const { record_type: type, records: ids } of glasses)
    (records[type] ??= { read: [], write: [] }).read.push(...ids)
  return { deputyFor, roles: running.flatMap(roleOf), records }
}

/** Whom somebody stands in for now: in a session of their own, never with a key, and only for who is still active. */
export const deputyOf = (org: Pick<Org, 'deputies' | 'users'>, { principal, env }: Actor): readonly Uuid[] =>
  principal.kind === 'user' && principal.bounds === undefined
    ? (org.deputies.get(principal.id) ?? []).flatMap(({ person_id: person, starts_at, expires_at }) =>
        starts_at <= env.now && env.now < expires_at && org.users.get(person)?.active === true ? [person] : [],
      )
    : []

const roleOf = ({ role }: GrantRow): readonly string[] => (role === null ? [] : [role])
