// Who has which role, team, grant, deputyship and key at this moment: the lines that a campaign asks about. Keeps vault-256.
import { type Json, services, typeOf, type Uuid } from '#kernel'
import type { Tx } from '#store'
import type { House } from './house.ts'

export type LineKind = 'role' | 'team' | 'grant' | 'deputy' | 'key'

export interface NewLine {
  readonly kind: LineKind
  readonly personId: Uuid
  /** The team, grant, deputyship or key; null of a role. */
  readonly thingId: Uuid | null
  /** Name of a role, level of a grant, label of a key; else empty. */
  readonly what: string
  readonly detail: { readonly [name: string]: Json }
  /** Of a person who holds an office. */
  readonly privileged: boolean
}

/** A key of a program, as identity tells of it. */
export interface ProgramKey {
  readonly id: Uuid
  readonly userId: Uuid
  readonly label: string
  readonly expiresAt: Date
}

export const rightsNow = async (house: House, tx: Tx, keys: readonly ProgramKey[]): Promise<readonly NewLine[]> => {
  const now = house.clock.now()
  const org = await house.org.read(tx)
  const grants = await tx.query<{ id: Uuid; user_id: Uuid; role: string | null; record_type: string | null; record_id: Uuid | null; level: string | null; expires_at: Date; granted_by: Uuid }>({
    text: `select id, user_id, role, record_type, record_id, level, expires_at, coalesce(passed_to, granted_by) as granted_by from ops.access_grant
           where tenant_id = $1 and revoked_at is null and expires_at > $2 order by id`,
    values: [house.tenant, now],
  }) // prettier-ignore
  const deputies = await tx.query<{ id: Uuid; person_id: Uuid; deputy_id: Uuid; expires_at: Date; named_by: Uuid }>({
    text: `select id, person_id, deputy_id, expires_at, coalesce(passed_to, named_by) as named_by from ops.deputyship
           where tenant_id = $1 and ended_at is null and expires_at > $2 order by id`,
    values: [house.tenant, now],
  })
  const offices = new Set(officesOf(house))
  const lent = Map.groupBy(grants, ({ user_id: user }) => user)
  const holdsOffice = (id: Uuid): boolean => {
    const person = org.users.get(id)
    const roles = [person?.role, ...(person?.roles ?? []), ...(lent.get(id) ?? []).map(({ role }) => role)]
    return roles.some((role) => typeof role === 'string' && offices.has(role))
  }
  const line = (kind: LineKind, personId: Uuid, thingId: Uuid | null, what: string, detail: NewLine['detail']): NewLine => ({
    ...{ kind, personId, thingId, what, detail },
    privileged: holdsOffice(personId),
  }) // prettier-ignore
  const people = [...org.users.values()].filter(({ active }) => active)
  const active = (id: Uuid): boolean => org.users.get(id)?.active === true
  return [
    ...people.flatMap((one) => [
      line('role', one.id, null, one.role, { main: true }),
      ...(one.roles ?? []).map((role) => line('role', one.id, null, role, { main: false })),
      ...(one.team === null ? [] : [line('team', one.id, one.team, '', {})]),
    ]),
    ...grants
      .filter(({ user_id: user }) => active(user))
      .map((one) =>
        line('grant', one.user_id, one.id, one.role ?? one.level ?? '', {
          ...(one.role === null ? { type: one.record_type, record: one.record_id } : { role: one.role }),
          until: one.expires_at.toISOString(),
          by: one.granted_by,
        }),
      ),
    ...deputies
      .filter(({ deputy_id: deputy }) => active(deputy))
      .map((one) =>
        line('deputy', one.deputy_id, one.id, '', {
          of: one.person_id,
          until: one.expires_at.toISOString(),
          by: one.named_by,
        }),
      ),
    ...keys
      .filter(({ userId }) => active(userId))
      .map((one) => line('key', one.userId, one.id, one.label, { until: one.expiresAt.toISOString() })),
  ].filter(({ personId }) => personId !== services.system)
}

/** Roles of which nobody holds two. */
export const officesOf = (house: House): readonly string[] =>
  (typeOf(house.catalogue, 'user').exclusive?.values ?? []).flat()
