// Changes approved for a moment: they come into force then, in whichever process looks first, and are checked once more against what holds
// by then. One that does not hold any more stays out, says why, and raises an alarm. Keeps vault-245, vault-246, vault-280.
import { Fault, isFault, type Json, newId, services, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { holdersOf, stillHolds } from './holders.ts'
import type { House } from './house.ts'
import { write as notify } from './notices.ts'
import { demandApproval } from './policy-approval.ts'
import { activate, demandGround, settle } from './policy-control.ts'
import { holdVersions } from './policies.ts'

/** Puts in force whatever is due; whether anything was. Called wherever a process looks which version is in force. */
export const activateDue = async (house: House): Promise<boolean> => {
  const scope = { tenant: house.tenant, principal: services.system }
  const now = house.clock.now()
  const found = await house.store.transaction(scope, (tx) => dueAt(house, tx, now), { readOnly: true })
  if (found.length === 0) return false
  // One after the other: what the first puts in force is the ground the next is checked on.
  return house.store.transaction(scope, async (tx) => {
    await holdVersions(house, tx)
    let any = false
    for (const { id } of await dueAt(house, tx, now)) any = (await bringIn(house, tx, id)) || any
    return any
  })
}

const dueAt = (house: House, tx: Tx, now: Date): Promise<readonly { readonly id: Uuid }[]> =>
  tx.query<{ id: Uuid }>({
    name: 'policy-due',
    text: `select id from ops.policy_change where tenant_id = $1 and state = 'approved' and activate_at <= $2 order by activate_at, id`,
    values: [house.tenant, now],
  })

interface Due {
  readonly document: string
  readonly base: number
  readonly decided_by: Uuid
  readonly decided_at: Date
  readonly activate_at: Date
  readonly approval: Uint8Array | null
}

const bringIn = async (house: House, tx: Tx, id: Uuid): Promise<boolean> => {
  const [change] = await tx.query<Due>({
    text: `select document, base, decided_by, decided_at, activate_at, approval from ops.policy_change
           where tenant_id = $1 and id = $2 for update`,
    values: [house.tenant, id],
  })
  if (!change) return false
  const { document, base, decided_by: approver, activate_at: at } = change
  const detail = { change: id, from: base, at: at.toISOString(), approvedBy: approver }
  try {
    const approved = { change: id, document, base, approvedBy: approver, activateAt: at }
    await demandApproval(house, approved, change.approval)
    if (!stillHolds(house, await house.org.read(tx), approver, 'policy.approve', change.decided_at))
      throw new Fault('policy-approver-gone')
    await demandGround(house, tx, base)
    const made = await activate(house, tx, approver, JSON.parse(document), id)
    await settle(house, tx, id, { state: 'active', number: made.number })
    await told(house, tx, 'policy.activate', 'allow', { ...detail, ...made })
    return true
  } catch (error) {
    // What does not hold is told; what broke is thrown, and tried again at the next look.
    if (!(error instanceof Fault) || !activationFailures.some((code) => isFault(error, code))) throw error
    await settle(house, tx, id, { state: 'failed', failure: error.code })
    await told(house, tx, 'policy.activate-failed', 'deny', { ...detail, why: error.code })
    await alarm(house, tx, { ...detail, why: error.code })
    return false
  }
}

/** Why a change may stay out at its moment. */
export const activationFailures = [
  'conflict',
  'policy-invalid',
  'policy-case-failed',
  'policy-lock-out',
  'role-held',
  'policy-approval-changed',
  'policy-approver-gone',
] as const

const told = (house: House, tx: Tx, act: string, decision: 'allow' | 'deny', detail: Json): Promise<void> =>
  house.journal.append(tx, house.tenant, [
    { act, obj: 'policy', actor: services.system, channel: 'job', decision, policy: house.policyName, detail },
  ])

/** Nobody was there to see it: an alarm about nobody, and a notice to whoever makes, approves or activates policies. */
const alarm = async (
  house: House,
  tx: Tx,
  detail: Readonly<Record<string, Json>> & { readonly change: Uuid },
): Promise<void> => {
  await tx.query({
    text: `insert into ops.alarm (tenant_id, id, kind, user_id, detail, created_at) values ($1, $2, 'policy-not-activated', $3, $4, $5)`,
    values: [house.tenant, newId(), services.system, JSON.stringify(detail), house.clock.now()],
  })
  await told(house, tx, 'alarm.policy-not-activated', 'deny', detail)
  const people = holdersOf(house, await house.org.read(tx), 'policy.edit', 'policy.approve', 'policy.activate')
  const wish = { act: detail.change, by: services.system, about: null, at: house.clock.now() }
  await notify(house, tx, 'policy-failed', people, wish)
}
