// What is lent does not outlive who gave it or holds it: with the account it ends, and in a hand-over it passes to whoever takes over, where
// that person could have given it. Keeps vault-283, vault-284.
import { type Actor, services, typeOf, type Uuid } from '#kernel'
import { mayName, endDeputyship } from './deputies.ts'
import { createOwnGate } from './gate.ts'
import { couldGiveRecord, couldGiveRole, revokeGrant } from './grants.ts'
import { actorAs } from './holders.ts'
import type { House } from './house.ts'
import { entryOf } from './rows.ts'
import type { Tx } from '#store'
import { rowsById } from './write.ts'

/** What of it there is, not over yet. */
export interface LentCount {
  /** Lent to the person. */
  readonly held: number
  /** Lent by the person to others. */
  readonly given: number
  /** The person stands in for somebody, or is stood in for. */
  readonly deputies: number
  /** Deputies of others, named by the person. */
  readonly named: number
}

interface Grant {
  readonly id: Uuid
  readonly user_id: Uuid
  readonly role: string | null
  readonly record_type: string | null
  readonly record_id: Uuid | null
  readonly level: 'read' | 'write' | null
  readonly by: Uuid
}

interface Deputyship {
  readonly id: Uuid
  readonly person_id: Uuid
  readonly deputy_id: Uuid
  readonly by: Uuid
}

export const countLent = async (house: House, tx: Tx, user: Uuid): Promise<LentCount> => {
  const { grants, deputies } = await lentOf(house, tx, [user], '')
  const concerns = deputies.filter((one) => [one.person_id, one.deputy_id].includes(user))
  return {
    held: grants.filter((one) => one.user_id === user).length,
    given: grants.filter((one) => one.user_id !== user).length,
    deputies: concerns.length,
    named: deputies.length - concerns.length,
  }
}

/** Ends all of it, and emergency accesses, in the transaction that switches the account off; why: what the journal says of the reason. */
export const endLentOf = async (house: House, tx: Tx, actor: Actor, users: readonly Uuid[]): Promise<number> => {
  const { grants, deputies } = await lentOf(house, tx, users, 'for update')
  for (const one of grants)
    await revokeGrant(house, tx, actor, one.id, one.user_id, users.includes(one.user_id) ? 'holder-off' : 'giver-off')
  for (const one of deputies) {
    const concerned = users.includes(one.person_id) || users.includes(one.deputy_id)
    await endDeputyship(house, tx, actor, one.id, one, concerned ? 'person-off' : 'giver-off')
  }
  const glasses = await tx.query<{ id: Uuid }>({
    text: `update ops.break_glass set ended_at = $3 where tenant_id = $1 and user_id = any($2::uuid[]) and ended_at is null and expires_at > $3
           returning id`,
    values: [house.tenant, users, house.clock.now()],
  })
  await house.journal.append(tx, house.tenant, glasses.map(({ id }) => ({ ...entryOf(house, actor, 'break-glass.end', 'break-glass', id), detail: { why: 'person-off' } }))) // prettier-ignore
  return grants.length + deputies.length + glasses.length
}

/** Of accounts that are off, whoever switched them off, and how: done again without harm. */
export const endOrphans = async (house: House): Promise<number> => {
  const scope = { tenant: house.tenant, principal: services.system }
  const ended = await house.store.transaction(scope, async (tx) => {
    const off = await tx.query<{ id: Uuid }>({
      text: 'select id from crm.app_user where tenant_id = $1 and (active is not true or deleted_at is not null)',
      values: [house.tenant],
    })
    return endLentOf(house, tx, actorOf(house, services.system, 'account off'), off.map(({ id }) => id)) // prettier-ignore
  })
  if (ended > 0) house.org.forget()
  return ended
}

/**
 * Passes on what the leaver lent to others: to the receiver of records of that type, roles and deputies to the receiver of everything
 * else; where there is none, or that person could not give it, it ends when the account does.
 */
export const passLentOf = async (
  house: House,
  leaver: Uuid,
  receiver: (type: string | null) => Uuid | null,
  by: { readonly person: Uuid; readonly purpose: string },
): Promise<void> => {
  const actor = actorOf(house, by.person, by.purpose)
  const scope = { tenant: house.tenant, principal: services.system }
  const found = await house.store.transaction(scope, (tx) => lentOf(house, tx, [leaver], ''), { readOnly: true })
  for (const grant of found.grants.filter((one) => one.by === leaver && one.user_id !== leaver)) {
    const to = receiver(grant.record_type)
    if (to === null || to === grant.user_id || !(await couldGive(house, to, grant))) continue
    await pass(house, actor, 'grant', grant.id, { from: leaver, to, holder: grant.user_id })
  }
  for (const one of found.deputies.filter((each) => each.by === leaver && ![each.person_id, each.deputy_id].includes(leaver))) {
    const to = receiver(null)
    if (to === null || to === one.deputy_id || !(await couldName(house, to, one.person_id))) continue
    await pass(house, actor, 'deputy', one.id, { from: leaver, to, holder: one.deputy_id })
  }
  house.org.forget()
} // prettier-ignore

/** In force and to come, held or answered for by these people. */
const lentOf = async (
  house: House,
  tx: Tx,
  users: readonly Uuid[],
  lock: '' | 'for update',
): Promise<{ readonly grants: readonly Grant[]; readonly deputies: readonly Deputyship[] }> => {
  const values = [house.tenant, users, house.clock.now()]
  return {
    grants: await tx.query<Grant>({
      text: `select id, user_id, role, record_type, record_id, level, coalesce(passed_to, granted_by) as by from ops.access_grant
             where tenant_id = $1 and (user_id = any($2::uuid[]) or coalesce(passed_to, granted_by) = any($2::uuid[]))
               and revoked_at is null and expires_at > $3 order by id ${lock}`,
      values,
    }),
    deputies: await tx.query<Deputyship>({
      text: `select id, person_id, deputy_id, coalesce(passed_to, named_by) as by from ops.deputyship
             where tenant_id = $1 and (person_id = any($2::uuid[]) or deputy_id = any($2::uuid[]) or coalesce(passed_to, named_by) = any($2::uuid[]))
               and ended_at is null and expires_at > $3 order by id ${lock}`,
      values,
    }),
  }
}

const couldGive = async (house: House, to: Uuid, grant: Grant): Promise<boolean> => {
  const actor = await personOf(house, to)
  if (!actor) return false
  const own = await createOwnGate(house, actor)
  if (grant.role !== null) return couldGiveRole(own, actor, grant.role)
  const { record_type: name, record_id: record, level } = grant
  if (name === null || record === null || level === null) return false
  const type = typeOf(house.catalogue, name)
  const scope = { tenant: house.tenant, principal: services.system }
  const [row] = await house.store.transaction(scope, (tx) => rowsById(house, tx, own, type, [record], ''), {
    readOnly: true,
  })
  return row !== undefined && couldGiveRecord(own, type, row, level)
}

const couldName = async (house: House, to: Uuid, person: Uuid): Promise<boolean> => {
  const actor = await personOf(house, to)
  if (!actor) return false
  const org = await house.org.get({ tenant: house.tenant, principal: services.system })
  return mayName(house, await createOwnGate(house, actor), actor, org.users.get(person))
}

const personOf = async (house: House, id: Uuid): Promise<Actor | null> => {
  const person = (await house.org.get({ tenant: house.tenant, principal: services.system })).users.get(id)
  return person?.active === true ? actorAs(house, person) : null
}

const pass = async (
  house: House,
  actor: Actor,
  kind: 'grant' | 'deputy',
  id: Uuid,
  { from, to, holder }: { readonly from: Uuid; readonly to: Uuid; readonly holder: Uuid },
): Promise<void> => {
  const [table, by, over] =
    kind === 'grant' ? ['access_grant', 'granted_by', 'revoked_at'] : ['deputyship', 'named_by', 'ended_at']
  await house.store.transaction({ tenant: house.tenant, principal: services.system }, async (tx) => {
    const passed = await tx.query({
      text: `update ops.${table} set passed_to = $3 where tenant_id = $1 and id = $2 and coalesce(passed_to, ${by}) = $4 and ${over} is null returning 1`,
      values: [house.tenant, id, to, from],
    })
    if (passed.length === 0) return
    await house.journal.append(tx, house.tenant, [
      { ...entryOf(house, actor, `${kind}.pass`, kind, id), detail: { from, to, holder } },
    ])
  })
}

/** Who has it done, saying why. */
const actorOf = (house: House, person: Uuid, purpose: string): Actor => ({
  principal: { kind: 'user', tenant: house.tenant, id: person, role: '', active: true, team: null },
  env: { now: house.clock.now(), channel: 'job', ip: '', mfa: true, purpose },
})
