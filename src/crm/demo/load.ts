// Writes the demo plan through the vault, each record as its owner, so that journal and rights look as in real life. Keeps crm-20.
import { type Actor, Fault, type Uuid } from '#kernel'
import type { Vault } from '#vault'
import type { DemoPlan, PlannedRecord } from './plan.ts'

export interface DemoProgress {
  readonly written: number
  readonly total: number
}

/** The actor of a user of the plan; null: the administrator, who founds the house and fills the pool. */
export type ActorFor = (userId: Uuid | null) => Actor | Promise<Actor>

const batchSize = 500

/** Loads a plan into an empty house. Records keep the ids of the plan. */
export const loadDemo = async (
  vault: Vault,
  plan: DemoPlan,
  actorFor: ActorFor,
  onProgress?: (progress: DemoProgress) => void,
): Promise<void> => {
  const administrator = await actorFor(null)
  for (const team of plan.teams) await vault.create(administrator, 'team', { id: team.id, values: team.values })
  for (const user of plan.users) await vault.create(administrator, 'user', { id: user.id, values: user.values })
  const kinds = [
    ['account', plan.accounts],
    ['contact', plan.contacts],
    ['lead', plan.leads],
    ['deal', plan.deals],
    ['followup', plan.followups],
    ['task', plan.tasks],
  ] as const
  const total = kinds.reduce((sum, [, records]) => sum + records.length, 0)
  let written = 0
  for (const [type, records] of kinds) {
    for (const [owner, own] of Map.groupBy(records, (record) => record.ownerId)) {
      const actor = owner === null ? administrator : await actorFor(owner)
      for (let i = 0; i < own.length; i += batchSize) {
        await write(vault, actor, type, own.slice(i, i + batchSize))
        written += Math.min(batchSize, own.length - i)
        onProgress?.({ written, total })
      }
    }
  }
  for (const record of plan.accounts) {
    if (record.sharedWith && record.ownerId !== null)
      await vault.share(await actorFor(record.ownerId), 'account', record.id, record.sharedWith)
  }
}

const write = async (vault: Vault, actor: Actor, type: string, records: readonly PlannedRecord[]): Promise<void> => {
  const drafts = records.map(({ id, values, ownerId, createdAt }) => ({
    id,
    values,
    ownerId,
    createdAt,
    importKey: `demo:${id}`,
  }))
  const outcomes = await vault.importBatch(actor, type, drafts)
  const refused = outcomes.find((outcome) => outcome.state === 'refused')
  if (refused?.state === 'refused') throw new Fault('bad-input', { what: `demo data, ${type}: ${refused.reason.en}` })
}
