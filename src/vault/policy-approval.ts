// What was approved is signed as it was approved: whoever writes in the database can bring nothing else into force at its moment. Keeps vault-246.
import { canonical, Fault, utf8, type Uuid } from '#kernel'
import type { Tx } from '#store'
import type { House } from './house.ts'

export interface Approved {
  readonly change: Uuid
  /** As it is stored. */
  readonly document: string
  readonly base: number
  readonly approvedBy: Uuid
  /** null: once somebody activates it. */
  readonly activateAt: Date | null
}

/** Signs what was approved, or given another moment. */
export const signApproval = async (house: House, tx: Tx, approved: Approved): Promise<void> => {
  await tx.query({
    text: 'update ops.policy_change set approval = $3 where tenant_id = $1 and id = $2',
    values: [house.tenant, approved.change, Buffer.from(await house.versions.sign(tx, bytesOf(house, approved)))],
  })
}

/** Throws policy-approval-changed where something else stands there than what was approved. */
export const demandApproval = async (house: House, approved: Approved, signature: Uint8Array | null): Promise<void> => {
  if (signature === null || !(await house.versions.verifies(bytesOf(house, approved), signature)))
    throw new Fault('policy-approval-changed')
}

const bytesOf = ({ tenant }: House, { activateAt, ...approved }: Approved): Uint8Array =>
  utf8(
    canonical({
      kind: 'holdfast/policy-approval/1',
      tenant,
      ...approved,
      activateAt: activateAt?.toISOString() ?? null,
    }),
  )
