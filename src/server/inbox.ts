// The approvals inbox: everything that waits for a decision of whoever asks, each decided by the route of its own kind. Keeps server-1, server-243.
import type { Glass } from '#vault'
import type { House } from './house.ts'
import type { InboxAnswer } from './contract/inbox.ts'
import { exportRequestOut, shownRequest } from './export-requests.ts'
import { glassOut, shownGlass } from './break-glass.ts'
import type { Call, GuardedRoute } from './route.ts'
import { answer, integer, list, orNull, string } from './schema.ts'

export const inboxRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/inbox',
    summary:
      'What waits for a decision of whoever asks: policy changes, large exports, emergency accesses, rights to confirm',
    action: 'inbox.view',
    resource: 'own decisions',
    out: answer({
      count: integer,
      policies: list(answer({ id: string, title: string, createdBy: string, createdAt: string })),
      exports: list(exportRequestOut),
      emergencies: list(glassOut),
      rights: orNull(answer({ campaign: string, dueAt: string, lines: integer })),
    }),
    handler: async (call): Promise<InboxAnswer> => {
      const [policies, exports, emergencies, rights] = await Promise.all([
        policiesFor(call),
        exportsFor(call),
        emergenciesFor(call),
        rightsFor(call),
      ])
      const count = policies.length + exports.length + emergencies.length + (rights?.lines ?? 0)
      return { count, policies, exports, emergencies, rights }
    },
  },
]

const may = async ({ house, actor }: Call, ...actions: readonly string[]): Promise<boolean> => {
  for (const action of actions) if (!(await house.vault.may(actor, action))) return false
  return true
}

/** Nobody decides what they proposed. */
const policiesFor = async (call: Call): Promise<InboxAnswer['policies']> => {
  if (!(await may(call, 'policy.view', 'policy.approve'))) return []
  const { changes } = await call.house.policyControl.state(call.actor)
  return changes
    .filter(({ state, createdBy }) => state === 'proposed' && createdBy !== call.actor.principal.id)
    .map(({ id, title, createdBy, createdAt }) => ({ id, title, createdBy, createdAt: createdAt.toISOString() }))
}

const exportsFor = async (call: Call): Promise<InboxAnswer['exports']> => {
  if (!(await may(call, 'export.approve'))) return []
  const { now } = call.actor.env
  return (await call.house.exports.requests())
    .filter((one) => one.decidedBy === null && one.expiresAt > now && one.userId !== call.actor.principal.id)
    .map(shownRequest)
}

const emergenciesFor = async (call: Call): Promise<InboxAnswer['emergencies']> => {
  if (!(await may(call, 'alarm.manage'))) return []
  const { house, actor } = call
  const found = (await house.breakGlass.list()).filter((one) => waits(one, actor.env.now, actor.principal.id))
  return Promise.all(found.slice(0, 50).map(async (one) => shownGlass(one, await house.breakGlass.reads(one))))
}

const waits = ({ reviewedBy, endedAt, expiresAt, userId }: Glass, now: Date, me: string): boolean =>
  reviewedBy === null && (endedAt ?? expiresAt) <= now && userId !== me

const rightsFor = async ({ house, actor }: { house: House; actor: Call['actor'] }): Promise<InboxAnswer['rights']> => {
  const waiting = await house.recertifications.waiting(actor)
  return waiting && waiting.lines > 0 ? { ...waiting, dueAt: waiting.dueAt.toISOString() } : null
}
