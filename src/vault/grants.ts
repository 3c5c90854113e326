// Rights for a while: one record to read or to write, or a role. Nobody gives more than they hold for good, nobody gives to themself,
// and what a guard rail or the division of offices forbids is refused at once. Keeps vault-250, vault-251, vault-252.
import { type Actor, Fault, newId, type RecordType, scopeOf, typeOf, type Uuid } from '#kernel'
import { grantedActions, isCustomers, type Person, rowEntity, userRef } from '#access'
import type { Tx } from '#store'
import { columnsOf, createGate, createOwnGate, type Gate, standingOf } from './gate.ts'
import { holdsAll } from './give-role.ts'
import type { House } from './house.ts'
import { demandReason, demandSpan, lendingLimits } from './lending.ts'
import { forgetUnbegun, write } from './notices.ts'
import type { GrantRow, Org } from './org.ts'
import type { Row } from './row.ts'
import { entryOf, journalDenial } from './rows.ts'
import { findRow, guarded } from './write.ts'

interface Wish {
  readonly to: Uuid
  /** Absent: at once. */
  readonly from?: Date
  readonly until: Date
  readonly reason: string
}

export interface RecordWish extends Wish {
  readonly type: string
  readonly record: Uuid
  readonly level: 'read' | 'write'
}

export interface RoleWish extends Wish {
  readonly role: string
}

export interface LentGrant {
  readonly id: Uuid
  readonly kind: 'record' | 'role'
  readonly userId: Uuid
  readonly role: string | null
  readonly type: string | null
  readonly recordId: Uuid | null
  readonly level: 'read' | 'write' | null
  readonly reason: string
  readonly startsAt: Date
  readonly expiresAt: Date
  readonly givenBy: Uuid
  /** Who answers for it since who gave it has left. */
  readonly passedTo: Uuid | null
  readonly createdAt: Date
  readonly endedBy: Uuid | null
  readonly endedAt: Date | null
}

export interface Grants {
  /** Throws denied where the giver may not share the record, or lacks for good one of the rights given. */
  giveRecord(actor: Actor, wish: RecordWish): Promise<LentGrant>
  /** Needs grant.manage. Throws duties-apart for a role that would join two offices in one person. */
  giveRole(actor: Actor, wish: RoleWish): Promise<LentGrant>
  /** Before its time: by who gave it, who may share the record, or with grant.manage. */
  end(actor: Actor, id: Uuid): Promise<void>
  /** Those that run first, then those to come, then those of the past; of one person (held or given) or of all. */
  list(of?: Uuid): Promise<readonly LentGrant[]>
  /** Those of one record that are not over, for who may share it. */
  onRecord(actor: Actor, type: string, record: Uuid): Promise<readonly LentGrant[]>
}

export const createGrants = (house: House, system: Uuid): Grants => {
  const scope = { tenant: house.tenant, principal: system }
  return {
    giveRecord: (actor, wish) => giveRecord(house, actor, wish),
    giveRole: (actor, wish) => giveRole(house, actor, wish),
    end: (actor, id) => end(house, actor, id),
    list: (of) =>
      house.store.transaction(scope, (tx) =>
        tx.query<LentGrant>({
          text: `select ${columns} from ops.access_grant where tenant_id = $1 and ($2::uuid is null or $2::uuid in (user_id, coalesce(passed_to, granted_by)))
                 order by revoked_at is not null or expires_at <= $3, starts_at > $3, created_at desc limit 300`,
          values: [house.tenant, of ?? null, house.clock.now()],
        }),
      ),
    onRecord: (actor, typeName, record) =>
      guarded(house, actor, typeName, record, async (tx, gate, type) => {
        const row = await findRow(house, tx, gate, type, record)
        if (!gate.can('share', type, row)) throw new Fault('denied', { action: 'share' })
        return tx.query<LentGrant>({
          text: `select ${columns} from ops.access_grant where tenant_id = $1 and record_type = $2 and record_id = $3
                   and revoked_at is null and expires_at > $4 order by starts_at, id limit 100`,
          values: [house.tenant, type.name, record, house.clock.now()],
        })
      }),
  }
}

const columns = `id, kind, user_id as "userId", role, record_type as type, record_id as "recordId", level, reason, starts_at as "startsAt",
  expires_at as "expiresAt", granted_by as "givenBy", passed_to as "passedTo", created_at as "createdAt", revoked_by as "endedBy", revoked_at as "endedAt"`

const giveRecord = async (house: House, actor: Actor, wish: RecordWish): Promise<LentGrant> => {
  const own = await createOwnGate(house, actor)
  const given = await guarded(house, actor, wish.type, wish.record, async (tx, gate, type) => {
    if (!isCustomers(type)) throw new Fault('bad-value', { field: 'type', what: 'expected a record of customers' })
    const row = await findRow(house, tx, gate, type, wish.record)
    // What somebody reveals only with a reason they may give on: whoever receives it has to give a reason too.
    const missing = missingToGive(own, type, row, wish.level)
    if (missing !== undefined) throw new Fault('denied', { action: missing })
    return give(house, tx, actor, wish, {
      ...{ role: null, record_type: type.name, record_id: wish.record, level: wish.level },
      demand: (org, person, lent) => demandUseful(house, org, person, lent, row),
    })
  })
  house.org.forget()
  return given
}

const giveRole = async (house: House, actor: Actor, wish: RoleWish): Promise<LentGrant> => {
  const { document } = house.rules.current
  const known = wish.role === 'administrator' ? document.administrator : document.roles.some(({ name, own }) => name === wish.role && own?.retired !== true) // prettier-ignore
  if (!known) throw new Fault('bad-value', { field: 'role', what: 'there is no such role' })
  const own = await createOwnGate(house, actor)
  if (!couldGiveRole(own, actor, wish.role)) {
    await journalDenial(house, actor, 'grant.manage', 'grant')
    throw new Fault('denied', { action: 'grant.manage' })
  }
  const given = await house.store
    .transaction(scopeOf(actor), (tx) =>
      give(house, tx, actor, wish, { role: wish.role, record_type: null, record_id: null, level: null }),
    )
    .catch((error: unknown) => {
      throw isApart(error) ? new Fault('duties-apart', {}, { cause: error }) : error
    })
  house.org.forget()
  return given
}

/** The first right that somebody lacks for good to lend a record. */
const missingToGive = (own: Gate, type: RecordType, row: Row, level: 'read' | 'write'): string | undefined =>
  ['share', ...grantedActions(type, level)].find((action) => !own.search.can(action, type, row))

export const couldGiveRecord = (own: Gate, type: RecordType, row: Row, level: 'read' | 'write'): boolean =>
  missingToGive(own, type, row, level) === undefined

/** Who gives out rights does not give the one that has them all, unless it is theirs. */
export const couldGiveRole = (own: Gate, { principal }: Actor, role: string): boolean =>
  own.system('grant.manage') && (role !== 'administrator' || holdsAll(principal))

/** Whether the database refused to join two offices. */
export const isApart = (error: unknown): boolean =>
  error instanceof Error && 'constraint' in error && error.constraint === 'offices_apart'

interface Lent extends Pick<GrantRow, 'role' | 'record_type' | 'record_id' | 'level'> {
  readonly demand?: (org: Org, person: Person, lent: GrantRow) => void
}

const give = async (house: House, tx: Tx, actor: Actor, wish: Wish, lent: Lent): Promise<LentGrant> => {
  const reason = demandReason(wish.reason)
  const now = house.clock.now()
  const { startsAt, expiresAt } = demandSpan(now, wish.from, wish.until, (await lendingLimits(tx, house)).grantDays)
  if (wish.to === actor.principal.id)
    throw new Fault('bad-value', { field: 'to', label: { zh: '被授权人', en: 'to' }, what: 'expected somebody else' })
  const org = await house.org.read(tx)
  const person = org.users.get(wish.to)
  if (person?.active !== true)
    throw new Fault('bad-value', { field: 'to', label: { zh: '被授权人', en: 'to' }, what: 'expected an active user' })
  const { role, record_type, record_id, level } = lent
  const row: GrantRow = { user_id: wish.to, role, record_type, record_id, level, starts_at: startsAt, expires_at: expiresAt } // prettier-ignore
  lent.demand?.(org, person, row)
  const id = newId()
  const [made] = await tx.query<LentGrant>({
    text: `insert into ops.access_grant (tenant_id, id, kind, user_id, role, record_type, record_id, level, reason, starts_at, expires_at, granted_by, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning ${columns}`,
    values: [
      house.tenant, id, role === null ? 'record' : 'role', wish.to, role, record_type, record_id, level, reason, startsAt, expiresAt,
      actor.principal.id, now,
    ],
  }) // prettier-ignore
  if (!made) throw new Fault('internal', { id })
  await house.journal.append(tx, house.tenant, [
    {
      ...entryOf(house, actor, 'grant.give', 'grant', id),
      purpose: reason,
      detail: {
        to: wish.to,
        from: startsAt.toISOString(),
        until: expiresAt.toISOString(),
        ...(role === null ? { type: record_type, record: record_id, level } : { role }),
      },
    },
  ])
  // Told when it begins.
  await write(house, tx, lent.role === null ? 'lent' : 'role', [wish.to], { by: actor.principal.id, act: id, about: record_type === null || record_id === null ? null : { type: record_type, record: record_id }, at: startsAt }) // prettier-ignore
  return made
}

/** Asks the policies as the receiver will: with a second factor, a known device and a reason. What a guard rail still forbids is refused. */
const demandUseful = (house: House, org: Org, person: Person, lent: GrantRow, row: Row): void => {
  const type = typeOf(house.catalogue, lent.record_type ?? '')
  const others = org.grants.get(person.id) ?? []
  const { entities, context } = standingOf(
    house,
    { ...org, grants: new Map([[person.id, [...others, lent]]]) },
    {
      principal: { kind: 'user', tenant: house.tenant, ...person },
      env: { now: lent.starts_at, channel: 'web', ip: '', mfa: true, mfaAge: 0, deviceTrusted: true, purpose: 'grant' },
    },
  )
  const record = rowEntity(columnsOf(house.catalogue, type.name), row)
  for (const action of lent.level === 'read' ? ['list', 'view.basic'] : ['list', 'view.basic', 'edit.basic']) {
    const { allow, reasons } = house.policies.decide({
      principal: userRef(person.id),
      action,
      resource: record.ref,
      context: context('grant'),
      entities: entities.with(record),
    })
    if (!allow && reasons.some((id) => id.startsWith('rail.'))) throw new Fault('lent-in-vain')
  }
}

const end = async (house: House, actor: Actor, id: Uuid): Promise<void> => {
  const gate = await createGate(house, actor)
  const manages = gate.system('grant.manage')
  await house.store.transaction({ ...scopeOf(actor), facts: gate.facts }, async (tx) => {
    const now = house.clock.now()
    const [grant] = await tx.query<GrantRow & { granted_by: Uuid }>({
      text: `select user_id, role, record_type, record_id, level, starts_at, expires_at, coalesce(passed_to, granted_by) as granted_by from ops.access_grant
             where tenant_id = $1 and id = $2 and revoked_at is null and expires_at > $3 for update`,
      values: [house.tenant, id, now],
    })
    const mine = grant?.granted_by === actor.principal.id
    if (!grant || !(manages || mine || (await sharesIt(house, tx, gate, grant))))
      throw new Fault('not-found', { what: 'grant' })
    await revokeGrant(house, tx, actor, id, grant.user_id)
  })
  house.org.forget()
}

/** Ends one that the caller holds locked. why: what it ended with, where nobody ended it by itself. */
export const revokeGrant = async (
  house: House,
  tx: Tx,
  actor: Actor,
  id: Uuid,
  user: Uuid,
  why?: 'holder-off' | 'giver-off',
): Promise<void> => {
  await tx.query({
    text: 'update ops.access_grant set revoked_by = $3, revoked_at = $4 where tenant_id = $1 and id = $2',
    values: [house.tenant, id, actor.principal.id, house.clock.now()],
  })
  await forgetUnbegun(house, tx, [id])
  await house.journal.append(tx, house.tenant, [
    {
      ...entryOf(house, actor, 'grant.revoke', 'grant', id),
      detail: { to: user, ...(why === undefined ? {} : { why }) },
    },
  ])
}

const sharesIt = async (
  house: House,
  tx: Tx,
  gate: Awaited<ReturnType<typeof createGate>>,
  { record_type: name, record_id: record }: GrantRow,
): Promise<boolean> => {
  if (name === null || record === null) return false
  const type = typeOf(house.catalogue, name)
  return findRow(house, tx, gate, type, record).then(
    (row) => gate.can('share', type, row),
    (error: unknown) => {
      if (error instanceof Fault && error.code === 'not-found') return false
      throw error
    },
  )
}
