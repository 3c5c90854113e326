// The organisation in memory: who is in which team, and which team is under which. Its plain columns only.
import { type EntityStore, organisation } from '#access'
import type { Scope, Uuid } from '#kernel'
import type { Store, Tx } from '#store'

export interface Org {
  readonly users: ReadonlyMap<Uuid, { readonly team: Uuid | null; readonly role: string; readonly active: boolean }>
  /** Everyone and every team, as policies see them. */
  readonly entities: EntityStore
}

export interface OrgCache {
  get(scope: Scope): Promise<Org>
  read(tx: Tx): Promise<Org>
  forget(): void
}

/** Reads the organisation at most every two seconds; writes of this process make it forget at once. */
export const createOrgCache = (store: Store, now: () => number): OrgCache => {
  let held: { readonly org: Org; readonly at: number } | undefined
  const read = async (tx: Tx): Promise<Org> => {
    const users = await tx.query<{ id: Uuid; unit_id: Uuid | null; role: string; active: boolean | null }>({
      name: 'org-users',
      text: `select id, unit_id, role, active from crm.app_user where deleted_at is null`,
    })
    const teams = await tx.query<{ id: Uuid; parent_id: Uuid | null }>({
      name: 'org-teams',
      text: `select id, parent_id from crm.team where deleted_at is null`,
    })
    return buildOrg(users, teams)
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

const buildOrg = (
  users: readonly { id: Uuid; unit_id: Uuid | null; role: string; active: boolean | null }[],
  teams: readonly { id: Uuid; parent_id: Uuid | null }[],
): Org => {
  const people = users.map((user) => ({
    id: user.id,
    team: user.unit_id,
    role: user.role,
    active: user.active === true,
  }))
  return {
    users: new Map(people.map((person) => [person.id, person])),
    entities: organisation(
      people,
      teams.map((team) => ({ id: team.id, parent: team.parent_id })),
    ),
  }
}
