// How long rights may be lent, by a setting; and what everything lent has in common: its time. Keeps vault-252.
import { type Actor, Fault, scopeOf, type Uuid } from '#kernel'
import type { Tx } from '#store'
import type { House } from './house.ts'
import { endOrphans } from './leaving.ts'
import { entryOf } from './rows.ts'

/** Days: the longest grant, the longest deputyship, and how often everything is confirmed anew. */
export interface LendingLimits {
  readonly grantDays: number
  readonly deputyDays: number
  readonly recertifyDays: number
}

const usual: LendingLimits = { grantDays: 30, deputyDays: 90, recertifyDays: 90 }
const setting = 'lendingLimits'
const day = 86_400_000

export const lendingLimits = async (tx: Tx, house: Pick<House, 'tenant'>): Promise<LendingLimits> => {
  const [row] = await tx.query<{ value: Partial<LendingLimits> }>({
    text: 'select value from ops.setting where tenant_id = $1 and name = $2',
    values: [house.tenant, setting],
  })
  return { ...usual, ...row?.value }
}

export interface Lending {
  limits(): Promise<LendingLimits>
  setLimits(actor: Actor, limits: LendingLimits): Promise<void>
  /** Ends what is lent to or by accounts that are off, however they came to be; how much. */
  endOrphans(): Promise<number>
}

export const createLending = (house: House, system: Uuid): Lending => ({
  limits: () =>
    house.store.transaction({ tenant: house.tenant, principal: system }, (tx) => lendingLimits(tx, house), {
      readOnly: true,
    }),
  setLimits: (actor, limits) => setLimits(house, actor, limits),
  endOrphans: () => endOrphans(house),
})

const setLimits = async (house: House, actor: Actor, limits: LendingLimits): Promise<void> => {
  for (const [field, days] of Object.entries(limits) as [keyof LendingLimits, number][])
    if (!Number.isInteger(days) || days < 1 || days > 366)
      throw new Fault('bad-value', { field, what: 'expected 1 to 366 days' })
  await house.store.transaction(scopeOf(actor), async (tx) => {
    await tx.query({
      text: `insert into ops.setting (tenant_id, name, value) values ($1, $2, $3) on conflict (tenant_id, name) do update set value = excluded.value`,
      values: [house.tenant, setting, JSON.stringify(limits)],
    })
    await house.journal.append(tx, house.tenant, [
      { ...entryOf(house, actor, 'limits.change', 'setting'), detail: { ...limits } },
    ])
  })
}

export interface Span {
  readonly startsAt: Date
  readonly expiresAt: Date
}

/** A span that begins now or later and ends within the days allowed. Throws bad-value, lent-too-long. */
export const demandSpan = (now: Date, from: Date | undefined, until: Date, days: number): Span => {
  const startsAt = from === undefined || from < now ? now : from
  if (Number.isNaN(startsAt.getTime()) || Number.isNaN(until.getTime()))
    throw new Fault('bad-value', { field: 'until', what: 'expected a date' })
  if (until <= startsAt) throw new Fault('bad-value', { field: 'until', what: 'expected a moment after the start' })
  if (startsAt.getTime() - now.getTime() > 366 * day)
    throw new Fault('bad-value', { field: 'from', what: 'expected a start within a year' })
  // The last day counts whole, in whichever zone.
  if (until.getTime() - startsAt.getTime() > (days + 1) * day) throw new Fault('lent-too-long', { days })
  return { startsAt, expiresAt: until }
}

/** A reason in words, or bad-value. */
export const demandReason = (reason: string): string => {
  const said = reason.trim()
  if (said === '')
    throw new Fault('bad-value', { field: 'reason', label: { zh: '事由', en: 'reason' }, what: 'expected a reason' })
  return said
}
