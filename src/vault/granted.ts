// What was granted to a person for a while, as it stands at one moment: no job ends a grant, its time does. Keeps vault-153.
import type { Granted } from '#access'
import type { Actor } from '#kernel'
import type { GrantRow, Org } from './org.ts'
import { glassesOf } from './running-glass.ts'

export interface GrantedNow {
  readonly roles: readonly string[]
  readonly records: Granted
}

const nothing: GrantedNow = { roles: [], records: {} }

export const grantedNow = (org: Org, actor: Actor): GrantedNow => {
  const { now } = actor.env
  const running = (org.grants.get(actor.principal.id) ?? []).filter(
    (one) => one.starts_at <= now && now < one.expires_at,
  )
  const glasses = glassesOf(org.glasses, actor)
  if (running.length + glasses.length === 0) return nothing
  const records: Record<string, { read: string[]; write: string[] }> = {}
  for (const { record_type: type, record_id: id, level } of running) {
    if (type === null || id === null || level === null) continue
    const of = (records[type] ??= { read: [], write: [] })
    of[level].push(id)
  }
  // Emergency access is a grant to read, ended by its time as any other; guard rails bind it.
  for (const { record_type: type, records: ids } of glasses)
    (records[type] ??= { read: [], write: [] }).read.push(...ids)
  return { roles: running.flatMap(roleOf), records }
}

const roleOf = ({ role }: GrantRow): readonly string[] => (role === null ? [] : [role])
