// Changing policies over HTTP: drafted, checked, proposed, decided by a second person, put in force at its time, taken back.
// Keeps server-150, server-221 to server-223.
import { Fault } from '#kernel'
import type { PolicyChange, PolicyDraft } from '#vault'
import type {
  PolicyChangeAnswer,
  PolicyChangeItem,
  PolicyCheckAnswer,
  PolicyControlAnswer,
  PolicyDraftAnswer,
  PolicyDraftItem,
  PolicyProblemsAnswer,
} from './contract/policies.ts'
import { momentOf } from './dry-runs.ts'
import { type Call, type GuardedRoute, idOf } from './route.ts'
import {
  answer,
  anything,
  boolean,
  both,
  integer,
  list,
  mapOf,
  nullable,
  oneOf,
  orNull,
  request,
  string,
  text,
} from './schema.ts'

const policiesOut = list(answer({ id: string, text: string }))

const change = {
  id: string,
  title: string,
  state: oneOf('proposed', 'rejected', 'approved', 'active', 'withdrawn', 'failed'),
  base: integer,
  number: nullable(integer),
  createdBy: string,
  createdAt: string,
  decidedBy: nullable(string),
  decidedAt: nullable(string),
  reason: nullable(string),
  activateAt: nullable(string),
  failure: nullable(string),
  withdrawnBy: nullable(string),
}

export const roleChange = { role: string, kind: oneOf('new', 'described', 'retired', 'back', 'gone'), words: both }

const draft = answer({
  title: string,
  document: string,
  base: integer,
  moved: boolean,
  revision: integer,
  createdAt: string,
  updatedAt: string,
})

const names = mapOf(string)

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
      changes: list(answer(change)),
      zone: string,
      names,
    }),
    handler: async ({ house, actor }): Promise<PolicyControlAnswer> => {
      const { document, versions, changes, zone } = await house.policyControl.state(actor)
      const people = [...versions.map((one) => one.createdBy), ...changes.flatMap(peopleOf)]
      return {
        document,
        versions: versions.map((one) => ({ ...one, createdAt: one.createdAt.toISOString() })),
        changes: changes.map(shownChange),
        zone,
        names: await house.vault.titles(actor, 'user', [...new Set(people)]),
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
    path: '/api/policies/problems',
    summary:
      'All that is wrong with a policy document, in words of both languages with its place, and what in it changes nothing',
    action: 'policy.view',
    resource: 'system',
    body: request({ document: anything }),
    out: answer({
      problems: list(
        answer({
          severity: oneOf('error', 'warning'),
          kind: string,
          words: both,
          policy: nullable(string),
          line: nullable(integer),
          column: nullable(integer),
          original: nullable(string),
        }),
      ),
    }),
    handler: async ({ house, actor, body }): Promise<PolicyProblemsAnswer> => ({
      problems: await house.policyControl.problems(actor, (body as { document: unknown }).document),
    }),
  },
  {
    method: 'POST',
    path: '/api/policies/changes',
    summary: 'Propose a policy document; its test cases must hold',
    action: 'policy.edit',
    resource: 'system',
    body: request({ title: text(200), document: anything, 'base?': integer }),
    out: answer({ id: string }),
    status: 201,
    handler: async ({ house, actor, body }) => {
      const { title, document, base } = body as { title: string; document: unknown; base?: number }
      return { id: await house.policyControl.propose(actor, title.trim(), document, base) }
    },
  },
  {
    method: 'GET',
    path: '/api/policies/changes/:id',
    summary: 'A change with its document and what it means otherwise, policy by policy',
    action: 'policy.view',
    resource: 'system',
    out: answer({
      ...change,
      document: anything,
      roles: list(answer(roleChange)),
      differences: list(answer({ id: string, before: nullable(string), after: nullable(string) })),
      names,
    }),
    handler: async (call): Promise<PolicyChangeAnswer> => {
      const { house, actor } = call
      const found = await house.policyControl.change(actor, idOf(call, 'id', 'proposed change'))
      const { document, roles, differences } = found
      const people = await house.vault.titles(actor, 'user', [...new Set(peopleOf(found))])
      return { ...shownChange(found), document, roles, differences, names: people }
    },
  },
  {
    method: 'POST',
    path: '/api/policies/changes/:id/activate',
    summary: 'Put an approved change in force now, or at another moment',
    confirm: true,
    action: 'policy.activate',
    resource: 'system',
    body: request({ 'at?': text(40) }),
    out: answer({ number: nullable(integer) }),
    handler: async (call) => {
      const { at } = call.body as { at?: string }
      const id = idOf(call, 'id', 'proposed change')
      return { number: await call.house.policyControl.activate(call.actor, id, at === undefined ? 'now' : momentOf(at, 'at')) } // prettier-ignore
    },
  },
  {
    method: 'POST',
    path: '/api/policies/changes/:id/withdraw',
    summary: 'Take a change back before it is in force: who proposed it, or whoever may activate',
    action: 'policy.view',
    resource: 'system',
    out: null,
    handler: (call) => call.house.policyControl.withdraw(call.actor, idOf(call, 'id', 'proposed change')),
  },
  {
    method: 'GET',
    path: '/api/policies/draft',
    summary: 'The own draft of a change, and who else has one',
    action: 'policy.edit',
    resource: 'system',
    out: answer({
      own: orNull(draft),
      others: list(answer({ userId: string, name: string, title: string, base: integer, updatedAt: string })),
    }),
    handler: async ({ house, actor }): Promise<PolicyDraftAnswer> => {
      const [own, all] = [await house.policyDrafts.own(actor), await house.policyDrafts.all(actor)]
      const others = all.filter(({ userId }) => userId !== actor.principal.id)
      const found = await house.vault.titles(actor, 'user', others.map(({ userId }) => userId)) // prettier-ignore
      return {
        own: own && shownDraft(own),
        others: others.map((one) => ({
          ...one,
          name: found[one.userId] ?? '',
          updatedAt: one.updatedAt.toISOString(),
        })),
      }
    },
  },
  {
    method: 'PUT',
    path: '/api/policies/draft',
    summary: 'Save the own draft of a change as it was typed; refused where it was saved elsewhere since',
    action: 'policy.edit',
    resource: 'system',
    body: request({ title: text(200), document: text(800_000), base: integer, revision: nullable(integer) }),
    out: draft,
    handler: async ({ house, actor, body }): Promise<PolicyDraftItem> =>
      shownDraft(await house.policyDrafts.save(actor, body as Parameters<typeof house.policyDrafts.save>[1])),
  },
  {
    method: 'DELETE',
    path: '/api/policies/draft',
    summary: 'Throw the own draft away',
    action: 'policy.edit',
    resource: 'system',
    out: null,
    handler: ({ house, actor }) => house.policyDrafts.discard(actor),
  },
  {
    method: 'POST',
    path: '/api/policies/changes/:id/decision',
    summary:
      'Approve a change proposed by somebody else or reject it; what is approved comes into force now, at a moment (at), or once it is activated (at: null)',
    confirm: true,
    action: 'policy.approve',
    resource: 'system',
    body: request({ approve: boolean, reason: text(1000), 'at?': nullable(text(40)) }),
    out: answer({ number: nullable(integer) }),
    handler: async (call) => {
      const { approve, reason, at } = call.body as { approve: boolean; reason: string; at?: string | null }
      const id = idOf(call, 'id', 'proposed change')
      const when = at === undefined ? 'now' : at === null ? 'later' : momentOf(at, 'at')
      return { number: await call.house.policyControl.decide(call.actor, id, approve, reason.trim(), when) }
    },
  },
  {
    method: 'POST',
    path: '/api/policies/versions/:number/rollback',
    summary: 'Put the policies of an earlier version in force again',
    confirm: true,
    action: 'policy.activate',
    resource: 'system',
    out: answer({ number: integer }),
    handler: async (call) => ({ number: await call.house.policyControl.rollBack(call.actor, versionOf(call)) }),
  },
]

const peopleOf = ({ createdBy, decidedBy, withdrawnBy }: PolicyChange): readonly string[] => [
  createdBy,
  ...(decidedBy === null ? [] : [decidedBy]),
  ...(withdrawnBy === null ? [] : [withdrawnBy]),
]

const shownChange = (one: PolicyChange): PolicyChangeItem => ({
  ...one,
  createdAt: one.createdAt.toISOString(),
  decidedAt: one.decidedAt?.toISOString() ?? null,
  activateAt: one.activateAt?.toISOString() ?? null,
})

const shownDraft = (one: PolicyDraft): PolicyDraftItem => ({
  ...one,
  createdAt: one.createdAt.toISOString(),
  updatedAt: one.updatedAt.toISOString(),
})

const versionOf = (call: Call): number => {
  const given = call.params['number'] ?? ''
  if (!/^[1-9]\d{0,8}$/.test(given)) throw new Fault('not-found', { what: 'policy version' })
  return Number(given)
}
