// Deputies: who stands in for somebody sees and works on that person's records for a while, under the guard rails; never the person's
// offices, never what was lent to the person, never further down a chain. Keeps vault-253, vault-254, vault-255.
import { type Actor, Fault, type FormField, newId, scopeOf, type Uuid } from '#kernel'
import { isCustomers, type Person, rowEntity, userRef } from '#access'
import type { Tx } from '#store'
import { columnsOf, createOwnGate, type Gate, standingOf } from './gate.ts'
import type { House } from './house.ts'
import { demandReason, demandSpan, lendingLimits } from './lending.ts'
import type { DeputyRow, Org } from './org.ts'
import type { Row } from './row.ts'
import { draftRow, entryOf, journalDenial } from './rows.ts'
import { freshHead } from './write.ts'

export interface DeputyWish {
  /** Whose records; oneself, or somebody whose records one may hand on. */
  readonly person: Uuid
  readonly deputy: Uuid
  /** Absent: at once. */
  readonly from?: Date
  readonly until: Date
  readonly reason: string
}

export interface Deputyship {
  readonly id: Uuid
  readonly personId: Uuid
  readonly deputyId: Uuid
  readonly reason: string
  readonly startsAt: Date
  readonly expiresAt: Date
  readonly namedBy: Uuid
  /** Who answers for it since who named the deputy has left. */
  readonly passedTo: Uuid | null
  readonly createdAt: Date
  readonly endedBy: Uuid | null
  readonly endedAt: Date | null
}

export interface Deputies {
  /** Throws denied, lent-in-vain, deputy-overlap, deputy-circle, duties-apart. */
  name(actor: Actor, wish: DeputyWish): Promise<Deputyship>
  /** Before its time: by the person, the deputy, who named the deputy, who could name one, or with grant.manage. */
  end(actor: Actor, id: Uuid): Promise<void>
  /** Those that run first; of one person (standing in, stood in for, or named by) or of all. */
  list(of?: Uuid): Promise<readonly Deputyship[]>
  /** Active people for whom the actor could name a deputy. */
  mayNameFor(actor: Actor): Promise<readonly Uuid[]>
}

export const createDeputies = (house: House, system: Uuid): Deputies => {
  const scope = { tenant: house.tenant, principal: system }
  return {
    name: (actor, wish) => name(house, actor, wish),
    end: (actor, id) => end(house, actor, id),
    list: (of) =>
      house.store.transaction(scope, (tx) =>
        tx.query<Deputyship>({
          text: `select ${columns} from ops.deputyship where tenant_id = $1 and ($2::uuid is null or $2::uuid in (person_id, deputy_id, coalesce(passed_to, named_by)))
                 order by ended_at is not null or expires_at <= $3, starts_at > $3, created_at desc limit 300`,
          values: [house.tenant, of ?? null, house.clock.now()],
        }),
      ),
    mayNameFor: async (actor) => {
      const own = await createOwnGate(house, actor)
      const people = [...(await house.org.get(scope)).users.values()]
      return people.filter((one) => one.active && mayName(house, own, actor, one)).map(({ id }) => id)
    },
  }
}

const columns = `id, person_id as "personId", deputy_id as "deputyId", reason, starts_at as "startsAt", expires_at as "expiresAt",
  named_by as "namedBy", passed_to as "passedTo", created_at as "createdAt", ended_by as "endedBy", ended_at as "endedAt"`

const name = async (house: House, actor: Actor, wish: DeputyWish): Promise<Deputyship> => {
  const reason = demandReason(wish.reason)
  const own = await createOwnGate(house, actor)
  const made = await house.store
    .transaction(scopeOf(actor), async (tx) => {
      const now = house.clock.now()
      const span = demandSpan(now, wish.from, wish.until, (await lendingLimits(tx, house)).deputyDays)
      const org = await house.org.read(tx)
      const [person, deputy] = [activeOf(org, wish.person, 'person'), activeOf(org, wish.deputy, 'deputy')]
      if (person.id === deputy.id) throw new Fault('bad-value', { field: 'deputy', what: 'expected somebody else' })
      if (!mayName(house, own, actor, person)) throw new Fault('denied', { action: 'assign' })
      // Whoever names for somebody else does not name themself.
      if (deputy.id === actor.principal.id)
        throw new Fault('bad-value', { field: 'deputy', what: 'expected somebody else' })
      const row = { person_id: person.id, deputy_id: deputy.id, named_by: actor.principal.id, starts_at: span.startsAt, expires_at: span.expiresAt } // prettier-ignore
      demandUseful(house, org, person, deputy, row)
      return write(house, tx, actor, row, reason, now)
    })
    .catch(async (error: unknown) => {
      if (error instanceof Fault && error.code === 'denied') await journalDenial(house, actor, 'deputy.name', 'user', wish.person) // prettier-ignore
      throw refusalOf(error)
    })
  house.org.forget()
  return made
}

const write = async (
  house: House,
  tx: Tx,
  actor: Actor,
  row: DeputyRow,
  reason: string,
  now: Date,
): Promise<Deputyship> => {
  const id = newId()
  const [made] = await tx.query<Deputyship>({
    text: `insert into ops.deputyship (tenant_id, id, person_id, deputy_id, reason, starts_at, expires_at, named_by, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${columns}`,
    values: [house.tenant, id, row.person_id, row.deputy_id, reason, row.starts_at, row.expires_at, row.named_by, now],
  })
  if (!made) throw new Fault('internal', { id })
  await house.journal.append(tx, house.tenant, [
    {
      ...entryOf(house, actor, 'deputy.name', 'deputy', id),
      purpose: reason,
      detail: {
        person: row.person_id,
        deputy: row.deputy_id,
        from: row.starts_at.toISOString(),
        until: row.expires_at.toISOString(),
      },
    },
  ])
  return made
}

const activeOf = (org: Org, id: Uuid, field: FormField): Person => {
  const person = org.users.get(id)
  if (person?.active !== true) throw new Fault('bad-value', { field, what: 'expected an active user' })
  return person
}

const codes = {
  offices_apart: 'duties-apart',
  deputy_overlap: 'deputy-overlap',
  deputy_circle: 'deputy-circle',
} as const

const refusalOf = (error: unknown): unknown => {
  const constraint = error instanceof Error && 'constraint' in error ? String(error.constraint) : ''
  return Object.hasOwn(codes, constraint)
    ? new Fault(codes[constraint as keyof typeof codes], {}, { cause: error })
    : error
}

/** Oneself; whoever manages grants; and whoever could hand the person's records on, which is what a manager is. Never a program with a key. */
export const mayName = (house: House, own: Gate, { principal }: Actor, person: Person | undefined): boolean => {
  if (person === undefined || principal.kind !== 'user' || principal.bounds !== undefined) return false
  return principal.id === person.id || own.system('grant.manage') || manages(house, own, person)
}

/** Whether somebody could hand a person's records on, which is what a manager is. */
export const manages = (house: House, own: Gate, person: Person | undefined): boolean =>
  person !== undefined && customers(house).some((type) => own.can('assign', type, supposedRow(house, type, person)))

const customers = (house: House) => house.catalogue.types.filter(isCustomers)

/** A record of a person's as it would be. */
const supposedRow = (house: House, type: House['catalogue']['types'][number], person: Person): Row => {
  const id = newId()
  const system: Actor = {
    principal: { kind: 'user', tenant: house.tenant, ...person },
    env: { now: house.clock.now(), channel: 'job', ip: '', mfa: true, purpose: '' },
  }
  return draftRow(type, freshHead(house, system, id, id, { owner_id: person.id, team_id: person.team }, null), {})
}

/** Asks the policies as the deputy will: something of the person's must open, and no guard rail may keep it shut. */
const demandUseful = (house: House, org: Org, person: Person, deputy: Person, row: DeputyRow): void => {
  const deputies = new Map([[deputy.id, [row]]])
  const { entities, context } = standingOf(
    house,
    { ...org, grants: new Map(), glasses: new Map(), deputies },
    {
      principal: { kind: 'user', tenant: house.tenant, ...deputy },
      env: { now: row.starts_at, channel: 'web', ip: '', mfa: true, mfaAge: 0, deviceTrusted: true, purpose: 'deputy' },
    },
  )
  let railed = false
  for (const type of customers(house)) {
    const record = rowEntity(columnsOf(house.catalogue, type.name), supposedRow(house, type, person))
    const { allow, reasons } = house.policies.decide({
      principal: userRef(deputy.id),
      action: 'list',
      resource: record.ref,
      context: context('deputy'),
      entities: entities.with(record),
    })
    if (allow) return
    railed ||= reasons.some((id) => id.startsWith('rail.'))
  }
  if (railed) throw new Fault('lent-in-vain')
  throw new Fault('bad-value', { field: 'person', what: 'expected somebody whose role owns records' })
}

const end = async (house: House, actor: Actor, id: Uuid): Promise<void> => {
  const own = await createOwnGate(house, actor)
  await house.store.transaction(scopeOf(actor), async (tx) => {
    const now = house.clock.now()
    const [found] = await tx.query<DeputyRow>({
      text: `select person_id, deputy_id, coalesce(passed_to, named_by) as named_by, starts_at, expires_at from ops.deputyship
             where tenant_id = $1 and id = $2 and ended_at is null and expires_at > $3 for update`,
      values: [house.tenant, id, now],
    })
    const org = await house.org.read(tx)
    const me = actor.principal.id
    const involved = found && [found.person_id, found.deputy_id, found.named_by].includes(me)
    if (!found || !(involved || mayName(house, own, actor, org.users.get(found.person_id))))
      throw new Fault('not-found', { what: 'deputy' })
    await endDeputyship(house, tx, actor, id, found)
  })
  house.org.forget()
}

/** Ends one that the caller holds locked. */
export const endDeputyship = async (
  house: House,
  tx: Tx,
  actor: Actor,
  id: Uuid,
  { person_id: person, deputy_id: deputy }: Pick<DeputyRow, 'person_id' | 'deputy_id'>,
  why?: 'person-off' | 'giver-off',
): Promise<void> => {
  await tx.query({
    text: 'update ops.deputyship set ended_by = $3, ended_at = $4 where tenant_id = $1 and id = $2',
    values: [house.tenant, id, actor.principal.id, house.clock.now()],
  })
  await house.journal.append(tx, house.tenant, [
    {
      ...entryOf(house, actor, 'deputy.end', 'deputy', id),
      detail: { person, deputy, ...(why === undefined ? {} : { why }) },
    },
  ])
}

/** Throws duties-apart where these roles of a user would join two offices, by what is lent and along chains of deputies, now or later. */
export const demandOfficesApart = async (house: House, tx: Tx, user: Uuid, roles: readonly string[]): Promise<void> => {
  await tx.query({
    text: `select pg_advisory_xact_lock(hashtext('offices'), hashtext($1::uuid::text))`,
    values: [house.tenant],
  })
  const [row] = await tx.asHouse(() =>
    tx.query<{ meet: boolean }>({
      text: `select ops.offices_meet($1, $2, 'infinity', $3, $4) as meet`,
      values: [house.tenant, house.clock.now(), user, roles],
    }),
  )
  if (row?.meet === true) throw new Fault('duties-apart')
}
