// Changing policies over HTTP: shown, checked, proposed, decided by a second person, taken back. Keeps server-150.
import { Fault } from '#kernel'
import type { PolicyCheckAnswer, PolicyControlAnswer } from './contract/policies.ts'
import { type Call, type GuardedRoute, idOf } from './route.ts'
import { answer, anything, boolean, integer, list, nullable, oneOf, request, string, text } from './schema.ts'

const policiesOut = list(answer({ id: string, text: string }))

export const policyRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/policies/control',
    summary: 'The policy document in force, its versions, and changes on their way',
    action: 'policy.view',
    resource: 'system',
    out: answer({
      document: anything,
      versions: list(
        answer({
          number: integer,
          origin: oneOf('shipped', 'house'),
          active: boolean,
          digest: string,
          createdBy: string,
          createdAt: string,
        }),
      ),
      changes: list(
        answer({
          id: string,
          title: string,
          state: string,
          base: integer,
          number: nullable(integer),
          createdBy: string,
          createdAt: string,
          decidedBy: nullable(string),
          decidedAt: nullable(string),
          reason: nullable(string),
        }),
      ),
    }),
    handler: async ({ house, actor }): Promise<PolicyControlAnswer> => {
      const { document, versions, changes } = await house.policyControl.state(actor)
      return {
        document,
        versions: versions.map((one) => ({ ...one, createdAt: one.createdAt.toISOString() })),
        changes: changes.map((one) => ({
          ...one,
          createdAt: one.createdAt.toISOString(),
          decidedAt: one.decidedAt?.toISOString() ?? null,
        })),
      }
    },
  },
  {
    method: 'POST',
    path: '/api/policies/check',
    summary: 'Whether a policy document would be accepted, and the Cedar it means',
    action: 'policy.view',
    resource: 'system',
    body: request({ document: anything }),
    out: answer({ digest: string, policies: policiesOut }),
    handler: ({ house, actor, body }): Promise<PolicyCheckAnswer> =>
      house.policyControl.check(actor, (body as { document: unknown }).document),
  },
  {
    method: 'POST',
    path: '/api/policies/changes',
    summary: 'Propose a policy document; its test cases must hold',
    action: 'policy.edit',
    resource: 'system',
    body: request({ title: text(200), document: anything }),
    out: answer({ id: string }),
    status: 201,
    handler: async ({ house, actor, body }) => {
      const { title, document } = body as { title: string; document: unknown }
      return { id: await house.policyControl.propose(actor, title.trim(), document) }
    },
  },
  {
    method: 'POST',
    path: '/api/policies/changes/:id/decision',
    summary: 'Approve a change proposed by somebody else, which puts it in force, or reject it',
    action: 'policy.approve',
    resource: 'system',
    body: request({ approve: boolean, reason: text(1000) }),
    out: answer({ number: nullable(integer) }),
    handler: async (call) => {
      const { approve, reason } = call.body as { approve: boolean; reason: string }
      const id = idOf(call, 'id', 'proposed change')
      return { number: await call.house.policyControl.decide(call.actor, id, approve, reason.trim()) }
    },
  },
  {
    method: 'POST',
    path: '/api/policies/versions/:number/rollback',
    summary: 'Put the policies of an earlier version in force again',
    action: 'policy.activate',
    resource: 'system',
    out: answer({ number: integer }),
    handler: async (call) => ({ number: await call.house.policyControl.rollBack(call.actor, versionOf(call)) }),
  },
]

const versionOf = (call: Call): number => {
  const given = call.params['number'] ?? ''
  if (!/^[1-9]\d{0,8}$/.test(given)) throw new Fault('not-found', { what: 'policy version' })
  return Number(given)
}
