// Writes the demo plan through the vault, each record as its owner, so that journal and rights look as in real life. Keeps crm-20.
import { type Actor, Fault, say, type Uuid } from '#kernel'
import type { Vault } from '#vault'
import type { DemoPlan, PlannedRecord } from './plan.ts'

export interface DemoOptions {
  /** The actor a user of the plan is. */
  readonly actorFor: (userId: Uuid) => Actor | Promise<Actor>
  /** Record type and the part of it that is written, 0…1. */
  readonly onProgress?: (what: string, done: number) => void
}

export interface DemoUser {
  readonly id: Uuid
  readonly name: string
  readonly email: string
  readonly role: string
}

const batchSize = 500

/** Loads a plan into an empty house: the administrator founds it and fills the pool. Records keep the ids of the plan. */
export const loadDemo = async (
  vault: Vault,
  administrator: Actor,
  plan: DemoPlan,
  options: DemoOptions,
): Promise<{ readonly users: readonly DemoUser[] }> => {
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
  for (const [type, records] of kinds) {
    let written = 0
    for (const [owner, own] of Map.groupBy(records, (record) => record.ownerId)) {
      const actor = owner === null ? administrator : await options.actorFor(owner)
      for (let i = 0; i < own.length; i += batchSize) {
        await write(vault, actor, type, own.slice(i, i + batchSize))
        written += Math.min(batchSize, own.length - i)
        options.onProgress?.(type, written / records.length)
      }
    }
  }
  for (const record of plan.accounts) {
    if (!record.sharedWith || record.ownerId === null) continue
    await vault.share(await options.actorFor(record.ownerId), 'account', record.id, record.sharedWith)
  }
  return {
    users: plan.users.map(({ id, values }) => ({ id, name: values.name, email: values.email, role: values.role })),
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
  if (refused?.state === 'refused')
    throw new Fault('bad-input', { what: say('demo data, {type}: {reason}', { type, reason: refused.reason }) })
}
