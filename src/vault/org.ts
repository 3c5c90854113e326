// The organisation in memory: who is in which team, and which team is under which. Its plain columns only.
import type { Scope, Uuid } from '#kernel'
import type { Store, Tx } from '#store'

export interface Org {
  readonly users: ReadonlyMap<Uuid, { readonly team: Uuid | null; readonly role: string; readonly active: boolean }>
  readonly parents: ReadonlyMap<Uuid, Uuid | null>
  /** A team and all below it. */
  below(team: Uuid): readonly Uuid[]
  /** A team and all above it. */
  above(team: Uuid): readonly Uuid[]
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
  const parents = new Map(teams.map((team) => [team.id, team.parent_id]))
  const children = new Map<Uuid, Uuid[]>()
  for (const { id, parent_id } of teams) {
    if (parent_id !== null) children.set(parent_id, [...(children.get(parent_id) ?? []), id])
  }
  const walk = (start: Uuid, next: (id: Uuid) => readonly Uuid[]): readonly Uuid[] => {
    const seen = new Set<Uuid>([start])
    for (const id of seen) for (const other of next(id)) seen.add(other)
    return [...seen]
  }
  return {
    users: new Map(users.map((user) => [user.id, { team: user.unit_id, role: user.role, active: user.active === true }])),
    parents,
    below: (team) => walk(team, (id) => children.get(id) ?? []),
    above: (team) =>
      walk(team, (id) => {
        const parent = parents.get(id)
        return parent === undefined || parent === null ? [] : [parent]
      }),
  }
}
