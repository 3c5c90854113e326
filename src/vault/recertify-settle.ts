// What was taken back in a campaign takes effect: each in the ordinary way of its kind, done again without harm after a process was killed. Keeps vault-257.
import { type Actor, Fault, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { endDeputyship } from './deputies.ts'
import { revokeGrant } from './grants.ts'
import type { House } from './house.ts'
import type { LineKind } from './recertify-lines.ts'
import type { StaffUser } from './staff.ts'
import type { FieldValue } from './vault.ts'

/** What lies outside of the vault, or ends sessions too. */
export interface Elsewhere {
  revokeKey(key: Uuid, by: Uuid): Promise<void>
  /** Changes an account and ends its sessions; change: null where there is nothing to change any more. */
  changeUser(
    user: Uuid,
    change: (user: StaffUser) => Readonly<Record<string, FieldValue>> | null,
    by: { readonly person: Uuid; readonly purpose: string },
  ): Promise<void>
}

interface Revoked {
  readonly campaign_id: Uuid
  readonly id: Uuid
  readonly kind: LineKind
  readonly person_id: Uuid
  readonly thing_id: Uuid | null
  readonly what: string
  readonly detail: { readonly main?: boolean }
  readonly decided_by: Uuid
}

/** How many took effect now. */
export const settleRevoked = async (house: House, system: Uuid, elsewhere: Elsewhere): Promise<number> => {
  const scope = { tenant: house.tenant, principal: system }
  const lines = await house.store.transaction(scope, (tx) =>
    tx.query<Revoked>({
      text: `select campaign_id, id, kind, person_id, thing_id, what, detail, decided_by from ops.recertification_line
             where tenant_id = $1 and decision = 'revoke' and settled_at is null order by id limit 500`,
      values: [house.tenant],
    }),
  )
  let settled = 0
  for (const line of lines) {
    try {
      await takeBack(house, line, elsewhere)
    } catch (error) {
      // Somebody is changing that account at this moment: the next look takes it.
      if (error instanceof Fault && error.code === 'conflict') continue
      throw error
    }
    await house.store.transaction(scope, (tx) =>
      tx.query({
        text: 'update ops.recertification_line set settled_at = $4 where tenant_id = $1 and campaign_id = $2 and id = $3',
        values: [house.tenant, line.campaign_id, line.id, house.clock.now()],
      }),
    )
    settled++
  }
  if (lines.length > 0) house.org.forget()
  return settled
}

const takeBack = async (house: House, line: Revoked, elsewhere: Elsewhere): Promise<void> => {
  const { kind, person_id: person, thing_id: thing, what, detail } = line
  const by = { person: line.decided_by, purpose: `recertification ${line.campaign_id}` }
  switch (kind) {
    case 'role':
      // Nobody is there without a role: who loses the main one is switched off.
      return elsewhere.changeUser(
        person,
        ({ role, roles }) => {
          if (detail.main === true) return role === what ? { active: false } : null
          return roles.includes(what) ? { furtherRoles: roles.filter((one) => one !== what) } : null
        },
        by,
      )
    case 'team':
      return elsewhere.changeUser(person, ({ team }) => (team === thing ? { unit: null } : null), by)
    case 'key':
      return thing === null ? undefined : elsewhere.revokeKey(thing, line.decided_by)
    case 'grant':
    case 'deputy':
      return house.store.transaction({ tenant: house.tenant, principal: line.decided_by }, (tx) =>
        endLent(house, tx, line),
      )
  }
}

const endLent = async (house: House, tx: Tx, { kind, thing_id: thing, decided_by, campaign_id }: Revoked): Promise<void> => {
  const actor: Actor = {
    principal: { kind: 'user', tenant: house.tenant, id: decided_by, role: '', active: true, team: null },
    env: { now: house.clock.now(), channel: 'job', ip: '', mfa: true, purpose: `recertification ${campaign_id}` },
  }
  if (kind === 'grant') {
    const [grant] = await tx.query<{ id: Uuid; user_id: Uuid }>({
      text: 'select id, user_id from ops.access_grant where tenant_id = $1 and id = $2 and revoked_at is null for update',
      values: [house.tenant, thing],
    })
    if (grant) await revokeGrant(house, tx, actor, grant.id, grant.user_id)
    return
  }
  const [one] = await tx.query<{ id: Uuid; person_id: Uuid; deputy_id: Uuid }>({
    text: 'select id, person_id, deputy_id from ops.deputyship where tenant_id = $1 and id = $2 and ended_at is null for update',
    values: [house.tenant, thing],
  })
  if (one) await endDeputyship(house, tx, actor, one.id, one)
} // prettier-ignore
