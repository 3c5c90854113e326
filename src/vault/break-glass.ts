// Emergency access: opened with a reason for at most an hour, told at once, flagged in the journal, reviewed by a second person. Keeps vault-196, vault-197.
import { type Actor, Fault, newId, type RecordType, say, scopeOf, typeOf, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { isCustomers } from '#access'
import { createGate } from './gate.ts'
import { holdersOf } from './holders.ts'
import type { House } from './house.ts'
import { write as notify } from './notices.ts'
import { entryOf, journalDenial } from './rows.ts'
import { flag, type GlassScope, isPersonProven } from './running-glass.ts'
import { raise } from './watch.ts'

export interface GlassWish {
  readonly type: string
  readonly scope: GlassScope
  /** The record, its owner, or their team. */
  readonly of: Uuid
  readonly reason: string
  readonly minutes: number
}

export interface Glass {
  readonly id: Uuid
  readonly userId: Uuid
  readonly type: string
  readonly scope: GlassScope
  readonly of: Uuid
  readonly reason: string
  readonly openedAt: Date
  readonly expiresAt: Date
  readonly endedAt: Date | null
  readonly reviewedBy: Uuid | null
  readonly reviewedAt: Date | null
  readonly justified: boolean | null
  readonly note: string | null
}

export interface BreakGlass {
  /** Whether it is for this person at all, second factor or not. */
  possible(actor: Actor): Promise<boolean>
  open(actor: Actor, wish: GlassWish): Promise<Glass>
  /** Before its time; by the one who opened it, or by whoever manages alarms. */
  end(actor: Actor, id: Uuid): Promise<void>
  /** Newest first, unreviewed ones before: of one person, or all. */
  list(of?: Uuid): Promise<readonly Glass[]>
  /** How many entries of the journal were made under it, at most 500 are looked at. */
  reads(glass: Glass): Promise<number>
  /** What a second person found. Throws denied to who opened it. */
  review(actor: Actor, id: Uuid, justified: boolean, note: string): Promise<void>
}

export const longest = 60

/** Puts down a letter to one of those who answer for emergencies. */
export type TellGlass = (tx: Tx, user: Uuid, glass: Pick<Glass, 'id'> & { readonly minutes: number }) => Promise<void>

export const createBreakGlass = (house: House, system: Uuid, tell: TellGlass): BreakGlass => {
  const scope = { tenant: house.tenant, principal: system }
  return {
    possible: async (actor) => {
      await house.rules.refresh()
      return isPerson(actor) && isInside(house, actor)
    },
    open: (actor, wish) => open(house, actor, wish, tell),
    end: async (actor, id) => {
      const manages = (await createGate(house, actor)).system('alarm.manage')
      await house.store.transaction(scopeOf(actor), async (tx) => {
        const [ended] = await tx.query<{ record_type: string }>({
          text: `update ops.break_glass set ended_at = $3 where tenant_id = $1 and id = $2 and ended_at is null and expires_at > $3
                   and ($5 or user_id = $4) returning record_type`,
          values: [house.tenant, id, house.clock.now(), actor.principal.id, manages],
        })
        if (!ended) throw new Fault('not-found', { what: 'emergency access' })
        await house.journal.append(tx, house.tenant, [entryOf(house, actor, 'break-glass.end', 'break-glass', id)])
      })
      house.org.forget()
    },
    list: (of) =>
      house.store.transaction(scope, (tx) =>
        tx.query<Glass>({
          text: `select ${columns} from ops.break_glass where tenant_id = $1 and ($2::uuid is null or user_id = $2::uuid)
                 order by reviewed_at is not null, opened_at desc limit 200`,
          values: [house.tenant, of ?? null],
        }),
      ),
    reads: (glass) =>
      house.store.transaction(scope, async (tx) => {
        const { items } = await house.journal.list(tx, house.tenant, {
          actor: glass.userId,
          from: glass.openedAt,
          // What was looked at in the last second of it is written within the next minute.
          to: new Date((glass.endedAt ?? glass.expiresAt).getTime() + 60_000),
          limit: 500,
        })
        return items.filter((item) => item.policy.endsWith(flag(glass.id))).length
      }),
    review: (actor, id, justified, note) => review(house, actor, id, justified, note),
  }
}

const columns = `id, user_id as "userId", record_type as type, scope, scope_id as "of", reason, opened_at as "openedAt",
  expires_at as "expiresAt", ended_at as "endedAt", reviewed_by as "reviewedBy", reviewed_at as "reviewedAt", justified, note`

const open = async (house: House, actor: Actor, wish: GlassWish, tell: TellGlass): Promise<Glass> => {
  const type = typeOf(house.catalogue, wish.type)
  const reason = wish.reason.trim()
  if (reason === '') throw new Fault('bad-value', { field: 'reason', what: 'emergency access needs a reason' })
  if (!Number.isInteger(wish.minutes) || wish.minutes < 1 || wish.minutes > longest)
    throw new Fault('bad-value', { field: 'minutes', what: say('expected {from} to {to}', { from: 1, to: longest }) })
  // Nobody comes this way to a kind of record that their role does not work with; programs never do.
  const works =
    isPerson(actor) &&
    isCustomers(type) &&
    (await createGate(house, actor)).could('list', type) &&
    isInside(house, actor)
  if (!works || !isPersonProven(actor)) {
    await journalDenial(house, actor, 'break-glass', type.name)
    throw works ? new Fault('emergency-needs-factor') : new Fault('denied', { action: 'break-glass' })
  }
  const openedAt = house.clock.now()
  const id = newId()
  const glass = await house.store.transaction(scopeOf(actor), async (tx) => {
    const [made] = await tx.query<Glass>({
      text: `insert into ops.break_glass (tenant_id, id, user_id, record_type, scope, scope_id, reason, opened_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $8::timestamptz + $9 * interval '1 minute') returning ${columns}`,
      values: [house.tenant, id, actor.principal.id, type.name, wish.scope, wish.of, reason, openedAt, wish.minutes],
    })
    if (!made) throw new Fault('internal', { id })
    await house.journal.append(tx, house.tenant, [
      {
        ...entryOf(house, actor, 'break-glass.open', 'break-glass', id),
        purpose: reason,
        detail: { type: type.name, scope: wish.scope, of: wish.of, minutes: wish.minutes },
      },
    ])
    const detail = { glass: id, reason, scope: wish.scope, of: wish.of, minutes: wish.minutes }
    await raise(tx, house.journal, house.tenant, house.clock, actor, 'break-glass', null, {
      ...detail,
      type: type.name,
    })
    await announce(house, tx, actor, type, wish, id, tell)
    return made
  })
  house.org.forget()
  return glass
}

/** Tells whoever answers for emergencies, by a notice and a letter, and the owner of what was opened by a notice: in the same transaction. */
const announce = async (
  house: House,
  tx: Tx,
  actor: Actor,
  type: RecordType,
  { scope, of, minutes }: GlassWish,
  id: Uuid,
  tell: TellGlass,
): Promise<void> => {
  const by = actor.principal.id
  const at = house.clock.now()
  const org = await house.org.read(tx)
  const charge = holdersOf(house, org, 'alarm.manage').filter((user) => user !== by)
  await notify(house, tx, 'break-glass', charge, { act: id, by, about: null, at })
  for (const user of charge) await tell(tx, user, { id, minutes })
  const owner = scope === 'record' ? await ownerOf(house, tx, type, of) : scope === 'owner' ? of : null
  if (owner === null || charge.includes(owner) || org.users.get(owner)?.active !== true) return
  const about = scope === 'record' ? { type: type.name, record: of } : null
  await notify(house, tx, 'break-glass', [owner], { act: id, by, about, at })
}

const ownerOf = async (house: House, tx: Tx, type: RecordType, record: Uuid): Promise<Uuid | null> => {
  // Whoever opens it does not see the record yet.
  const [row] = await tx.asHouse(() =>
    tx.query<{ owner_id: Uuid | null }>({
      text: `select owner_id from crm."${type.table}" where tenant_id = $1 and id = $2`,
      values: [house.tenant, record],
    }),
  )
  return row?.owner_id ?? null
}

const isPerson = ({ principal }: Actor): boolean => principal.kind === 'user' && principal.bounds === undefined

/** Whoever works inside the house with customers, by the policies in force: not partners, and not those who only look or review. */
const isInside = (house: House, { principal }: Actor): boolean => {
  const { administrator, roles } = house.rules.current.document
  const held = [principal.role, ...(principal.roles ?? [])]
  return (
    (administrator && held.includes('administrator')) ||
    roles.some(({ name, inside, own }) => inside && own?.retired !== true && held.includes(name))
  )
}

const review = async (house: House, actor: Actor, id: Uuid, justified: boolean, note: string): Promise<void> => {
  if (note.trim() === '') throw new Fault('bad-value', { field: 'note', what: 'expected what was found' })
  await house.store.transaction(scopeOf(actor), async (tx) => {
    const now = house.clock.now()
    const [glass] = await tx.query<{ user_id: Uuid; over: boolean }>({
      text: `select user_id, ended_at is not null or expires_at <= $3 as over from ops.break_glass
             where tenant_id = $1 and id = $2 and reviewed_by is null for update`,
      values: [house.tenant, id, now],
    })
    if (!glass) throw new Fault('not-found', { what: 'emergency access' })
    if (glass.user_id === actor.principal.id) throw new Fault('denied', { action: 'break-glass.review' })
    if (!glass.over) throw new Fault('bad-input', { what: 'the emergency access is still running; end it first' })
    await tx.query({
      text: `update ops.break_glass set reviewed_by = $3, reviewed_at = $4, justified = $5, note = $6 where tenant_id = $1 and id = $2`,
      values: [house.tenant, id, actor.principal.id, now, justified, note.trim()],
    })
    await tx.query({
      text: `update ops.alarm set settled_by = $3, settled_at = $4, note = $5
             where tenant_id = $1 and kind = 'break-glass' and detail->>'glass' = $2 and settled_at is null`,
      values: [house.tenant, id, actor.principal.id, now, note.trim()],
    })
    await house.journal.append(tx, house.tenant, [
      { ...entryOf(house, actor, 'break-glass.review', 'break-glass', id), detail: { justified, for: glass.user_id } },
    ])
  })
}
