// The organisation in memory: who is in which team, and which team is under which. Its plain columns only.
import { type EntityStore, isZone, organisation, type Person } from '#access'
import type { Scope, Uuid } from '#kernel'
import type { Store, Tx } from '#store'

export interface Org {
  readonly users: ReadonlyMap<Uuid, Person>
  /** Everyone and every team, as policies see them. */
  readonly entities: EntityStore
  /** Regions of a team: its members work in them too. */
  readonly teamRegions: ReadonlyMap<Uuid, readonly string[]>
  /** The time zone in which hours and weekdays are meant. */
  readonly zone: string
}

export interface OrgCache {
  get(scope: Scope): Promise<Org>
  read(tx: Tx): Promise<Org>
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

interface TeamRow {
  readonly id: Uuid
  readonly parent_id: Uuid | null
  readonly regions: readonly string[] | null
}

/** Reads the organisation at most every two seconds; writes of this process make it forget at once. */
export const createOrgCache = (store: Store, now: () => number): OrgCache => {
  let held: { readonly org: Org; readonly at: number } | undefined
  let last: { readonly org: Org; readonly text: string } | undefined
  // The same organisation is the same object, and what was worked out for it stays good.
  const read = async (tx: Tx): Promise<Org> => {
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
      text: `select name, value from ops.setting where name in ('timeZone', 'language')`,
    })
    const zone = zoneOf(new Map(settings.map(({ name, value }) => [name, value])))
    const text = JSON.stringify([users, teams, zone], (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    if (last?.text === text) return last.org
    last = { org: buildOrg(users, teams, zone), text }
    return last.org
  }
  return {
    get: async (scope) => {
      if (held && now() - held.at < 2000) return held.org
      const org = await store.transaction(scope, read, { readOnly: true })
      held = { org, at: now() }
      return org
    },
    read,
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

const buildOrg = (users: readonly UserRow[], teams: readonly TeamRow[], zone: string): Org => {
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
    zone,
  }
}

/** A person's own regions and those of the team. */
export const regionsOf = (
  own: readonly string[],
  team: Uuid | null,
  teamRegions: Org['teamRegions'],
): readonly string[] => [...new Set([...own, ...(team === null ? [] : (teamRegions.get(team) ?? []))])]
