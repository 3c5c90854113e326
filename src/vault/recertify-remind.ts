// Letters to those who must decide in a campaign: when it opens, a week before it is due, and each week that it is overdue. Keeps vault-282.
import { services, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { actorAs } from './holders.ts'
import type { House } from './house.ts'
import { reviewer, undecided } from './recertify-reviewer.ts'

export type Reminder = 'opened' | 'soon' | 'overdue'

/** Puts a letter down in the transaction, for one person. */
export type PostReminder = (tx: Tx, user: Uuid, stage: Reminder, campaign: Uuid) => Promise<void>

const week = 7 * 86_400_000

/** Posts what is due; to how many. Once for each occasion, over all processes. */
export const remindDue = async (house: House, post: PostReminder): Promise<number> => {
  const scope = { tenant: house.tenant, principal: services.system }
  const found = await house.store.transaction(
    scope,
    async (tx) => {
      const open = await openCampaign(house, tx, false)
      return open && { ...open, people: await undecided(house, tx, open.id) }
    },
    { readOnly: true },
  )
  if (!found) return 0
  const deciders = await decidersOf(house, found.people)
  return house.store.transaction(scope, async (tx) => {
    const open = await openCampaign(house, tx, true)
    // Another process was faster.
    if (open?.id !== found.id || open.stage !== found.stage) return 0
    await tx.query({
      text: 'update ops.recertification set reminded = $3, reminded_at = $4 where tenant_id = $1 and id = $2',
      values: [house.tenant, open.id, open.stage, house.clock.now()],
    })
    for (const user of deciders) await post(tx, user, open.stage, open.id)
    return deciders.length
  })
}

/** The open campaign, where a reminder of it is due now. */
const openCampaign = async (
  house: House,
  tx: Tx,
  lock: boolean,
): Promise<{ readonly id: Uuid; readonly stage: Reminder } | null> => {
  const [row] = await tx.query<{ id: Uuid; due_at: Date; reminded: Reminder | null; reminded_at: Date | null }>({
    text: `select id, due_at, reminded, reminded_at from ops.recertification where tenant_id = $1 and finished_at is null${lock ? ' for update' : ''}`,
    values: [house.tenant],
  })
  if (!row) return null
  const now = house.clock.now().getTime()
  const left = row.due_at.getTime() - now
  if (left < 0) {
    const fresh = row.reminded === 'overdue' && row.reminded_at !== null && now - row.reminded_at.getTime() < week
    return fresh ? null : { id: row.id, stage: 'overdue' }
  }
  // A house that was off when it opened tells once, by where the campaign stands now.
  if (left <= week) return row.reminded === 'soon' ? null : { id: row.id, stage: 'soon' }
  return row.reminded === null ? { id: row.id, stage: 'opened' } : null
}

/** Active people for whom something waits. Asked person by person, so that others are served in between. */
const decidersOf = async (house: House, lines: Awaited<ReturnType<typeof undecided>>): Promise<readonly Uuid[]> => {
  const org = await house.org.get({ tenant: house.tenant, principal: services.system })
  const found: Uuid[] = []
  for (const person of org.users.values()) {
    if (!person.active) continue
    const may = await reviewer(house, actorAs(house, person))
    if (lines.some((line) => may.decide(line))) found.push(person.id)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return found
}
