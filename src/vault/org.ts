// The organisation in memory: who is in which team, and which team is under which. Its plain columns only.
import { type EntityStore, isZone, organisation, type Person } from '#access'
import type { Scope, Uuid } from '#kernel'
import type { Store, Tx } from '#store'
import { type RunningGlass, runningGlasses } from './running-glass.ts'

export interface Org {
  readonly users: ReadonlyMap<Uuid, Person>
  /** Everyone and every team, as policies see them. */
  readonly entities: EntityStore
  /** Regions of a team: its members work in them too. */
  readonly teamRegions: ReadonlyMap<Uuid, readonly string[]>
  /** The time zone in which hours and weekdays are meant. */
  readonly zone: string
  /** How many values one person may reveal in a day. */
  readonly unmaskPerDay: number
  /** Grants that were not taken back, some not begun or ended by now. */
  readonly grants: ReadonlyMap<Uuid, readonly GrantRow[]>
  /** Deputies by who they are, some not begun or ended by now. */
  readonly deputies: ReadonlyMap<Uuid, readonly DeputyRow[]>
  /** Emergency accesses that were not ended, some over by now. */
  readonly glasses: ReadonlyMap<Uuid, readonly RunningGlass[]>
}

export interface OrgCache {
  get(scope: Scope): Promise<Org>
  read(tx: Tx): Promise<Org>
  /** As it was read last. */
  latest(): Org | undefined
  forget(): void
}

interface UserRow {
  readonly id: Uuid
  readonly unit_id: Uuid | null
  readonly role: string
  readonly active: boolean | null
  readonly further_roles: readonly string[] | null
  readonly regions: readonly string[] | null
  readonly clearance: number | bigint | null
  readonly deal_limit: number | bigint | null
}

export interface GrantRow {
  /** Who gave it; absent of one that is only supposed. */
  readonly granted_by?: Uuid
  readonly user_id: Uuid
  readonly role: string | null
  readonly record_type: string | null
  readonly record_id: Uuid | null
  readonly level: 'read' | 'write' | null
  readonly starts_at: Date
  readonly expires_at: Date
}

export interface DeputyRow {
  readonly person_id: Uuid
  readonly deputy_id: Uuid
  readonly named_by: Uuid
  readonly starts_at: Date
  readonly expires_at: Date
}

interface TeamRow {
  readonly id: Uuid
  readonly parent_id: Uuid | null
  readonly regions: readonly string[] | null
}

/** Reads the organisation at most every two seconds; writes of this process make it forget at once. */
export const createOrgCache = (store: Store, now: () => number, tables: ReadonlyMap<string, string>): OrgCache => {
  let held: { readonly org: Org; readonly at: number } | undefined
  let last: { readonly org: Org; readonly text: string } | undefined
  // The same organisation is the same object, and what was worked out for it stays good.
  const readAll = async (tx: Tx): Promise<Org> => {
    const users = await tx.query<UserRow>({
      name: 'org-users',
      text: `select id, unit_id, role, active, further_roles, regions, clearance, deal_limit from crm.app_user
             where deleted_at is null order by id`,
    })
    const teams = await tx.query<TeamRow>({
      name: 'org-teams',
      text: `select id, parent_id, regions from crm.team where deleted_at is null order by id`,
    })
    const settings = await tx.query<{ name: string; value: unknown }>({
      name: 'org-settings',
      text: `select name, value from ops.setting where name in ('timeZone', 'language', 'unmaskPerDay')`,
    })
    const grants = await tx.query<GrantRow>({
      name: 'org-grants',
      text: `select coalesce(passed_to, granted_by) as granted_by, user_id, role, record_type, record_id, level, starts_at, expires_at from ops.access_grant
             where revoked_at is null and expires_at > now() - interval '1 hour'`,
    })
    const deputies = await tx.query<DeputyRow>({
      name: 'org-deputies',
      text: `select person_id, deputy_id, coalesce(passed_to, named_by) as named_by, starts_at, expires_at from ops.deputyship
             where ended_at is null and expires_at > now() - interval '1 hour' order by id`,
    })
    const glasses = await runningGlasses(tx, tables)
    const text = JSON.stringify([users, teams, settings, grants, deputies, glasses], (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    if (last?.text === text) return last.org
    last = {
      org: buildOrg(users, teams, new Map(settings.map(({ name, value }) => [name, value])), grants, deputies, glasses),
      text,
    }
    return last.org
  }
  // Whoever asks: who belongs where is what policies decide by.
  const read = (tx: Tx): Promise<Org> => tx.asHouse(() => readAll(tx))
  return {
    get: async (scope) => {
      if (held && now() - held.at < 2000) return held.org
      const org = await store.transaction({ ...scope, house: true }, readAll, { readOnly: true })
      held = { org, at: now() }
      return org
    },
    read,
    latest: () => last?.org,
    forget: () => {
      held = undefined
    },
  }
}

/** The zone that was chosen; before, the one of most who speak the language. */
export const zoneOf = (settings: ReadonlyMap<string, unknown>): string => {
  const chosen = settings.get('timeZone')
  if (typeof chosen === 'string' && isZone(chosen)) return chosen
  return settings.get('language') === 'en' ? 'UTC' : 'Asia/Shanghai'
}

/** What was chosen, or two hundred: more than a person looks up, fewer than somebody who copies needs. */
export const unmaskPerDayOf = (settings: ReadonlyMap<string, unknown>): number => {
  const chosen = settings.get('unmaskPerDay')
  return typeof chosen === 'number' && Number.isSafeInteger(chosen) && chosen >= 0 ? chosen : 200
}

const buildOrg = (
  users: readonly UserRow[],
  teams: readonly TeamRow[],
  settings: ReadonlyMap<string, unknown>,
  grants: readonly GrantRow[],
  deputies: readonly DeputyRow[],
  glasses: readonly RunningGlass[],
): Org => {
  const teamRegions = new Map(teams.map((team) => [team.id, team.regions ?? []]))
  const people = users.map((user): Person => ({
    id: user.id,
    team: user.unit_id,
    role: user.role,
    active: user.active === true,
    roles: user.further_roles ?? [],
    regions: regionsOf(user.regions ?? [], user.unit_id, teamRegions),
    ...(user.clearance === null ? {} : { clearance: Number(user.clearance) }),
    ...(user.deal_limit === null ? {} : { dealLimit: Number(user.deal_limit) }),
  }))
  return {
    users: new Map(people.map((person) => [person.id, person])),
    entities: organisation(
      people,
      teams.map((team) => ({ id: team.id, parent: team.parent_id })),
    ),
    teamRegions,
    zone: zoneOf(settings),
    unmaskPerDay: unmaskPerDayOf(settings),
    grants: Map.groupBy(grants, (grant) => grant.user_id),
    deputies: Map.groupBy(deputies, (one) => one.deputy_id),
    glasses: Map.groupBy(glasses, (glass) => glass.user_id),
  }
}

/** A person's own regions and those of the team. */
export const regionsOf = (
  own: readonly string[],
  team: Uuid | null,
  teamRegions: Org['teamRegions'],
): readonly string[] => [...new Set([...own, ...(team === null ? [] : (teamRegions.get(team) ?? []))])]
