// Changes approved for a moment: they come into force then, in whichever process looks first, and are checked once more against what holds
// by then. One that does not hold any more stays out and says why. Keeps vault-245, vault-246.
import { Fault, isFault, type Json, services, type Uuid } from '#kernel'
import type { Tx } from '#store'
import type { House } from './house.ts'
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

const bringIn = async (house: House, tx: Tx, id: Uuid): Promise<boolean> => {
  const [change] = await tx.query<{ document: string; base: number; decided_by: Uuid; activate_at: Date; reason: string | null }>({
    text: `select document, base, decided_by, activate_at, reason from ops.policy_change where tenant_id = $1 and id = $2 for update`,
    values: [house.tenant, id],
  }) // prettier-ignore
  if (!change) return false
  const { base, decided_by: approver, activate_at: at } = change
  const detail = { change: id, from: base, at: at.toISOString(), approvedBy: approver }
  try {
    await demandGround(house, tx, base)
    const made = await activate(house, tx, approver, JSON.parse(change.document), id)
    await settle(house, tx, id, { state: 'active', number: made.number })
    await told(house, tx, 'policy.activate', 'allow', { ...detail, ...made })
    return true
  } catch (error) {
    // What does not hold is told; what broke is thrown, and tried again at the next look.
    if (!(error instanceof Fault) || !refusals.some((code) => isFault(error, code))) throw error
    await settle(house, tx, id, { state: 'failed', failure: error.code })
    await told(house, tx, 'policy.activate-failed', 'deny', { ...detail, why: error.code })
    return false
  }
}

const refusals = ['conflict', 'policy-invalid', 'policy-case-failed', 'policy-lock-out'] as const

const told = (house: House, tx: Tx, act: string, decision: 'allow' | 'deny', detail: Json): Promise<void> =>
  house.journal.append(tx, house.tenant, [
    { act, obj: 'policy', actor: services.system, channel: 'job', decision, policy: house.policyName, detail },
  ])
