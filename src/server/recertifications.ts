// Recertification over HTTP: started, decided line by line or in bulk, finished with a record in the journal. Keeps server-1, server-242.
import type { Campaign } from '#vault'
import type { CampaignItem } from './contract/recertifications.ts'
import { type GuardedRoute, idOf } from './route.ts'
import {
  answer,
  anything,
  boolean,
  id,
  integer,
  list,
  nullable,
  oneOf,
  orNull,
  request,
  string,
  text,
} from './schema.ts'

const path = '/api/recertifications'
const managing = { action: 'grant.manage', resource: 'system' } as const

const campaignOut = answer(
  {
    id: string,
    scope: oneOf('all', 'privileged'),
    startedBy: string,
    startedAt: string,
    dueAt: string,
    finishedBy: nullable(string),
    finishedAt: nullable(string),
    sha256: nullable(string),
    lines: integer,
    kept: integer,
    revoked: integer,
  },
  'Recertification',
)

export const recertificationRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path,
    summary:
      'Campaigns in which every right is confirmed or taken back, how far they are, and how many lines wait for whoever asks',
    action: 'recertify.view',
    resource: 'own people',
    out: answer({
      manages: boolean,
      everyDays: integer,
      waiting: orNull(answer({ campaign: string, dueAt: string, lines: integer })),
      items: list(campaignOut),
    }),
    handler: async ({ house, actor }) => {
      const waiting = await house.recertifications.waiting(actor)
      return {
        manages: await house.vault.may(actor, 'grant.manage'),
        everyDays: (await house.lending.limits()).recertifyDays,
        waiting: waiting && { ...waiting, dueAt: waiting.dueAt.toISOString() },
        items: (await house.recertifications.list()).map(shown),
      }
    },
  },
  {
    ...managing,
    method: 'POST',
    path,
    summary: 'Start a campaign over every role, team, grant, deputyship and key as they are now',
    out: answer({ id: string }),
    status: 201,
    handler: async ({ house, actor }) => ({ id: await house.recertifications.start(actor) }),
  },
  {
    method: 'GET',
    path: `${path}/:id/lines`,
    summary: 'The lines that whoever asks decides or decided; all of them for whoever manages grants',
    action: 'recertify.view',
    resource: 'own people',
    out: answer({
      items: list(
        answer({
          id: string,
          kind: oneOf('role', 'team', 'grant', 'deputy', 'key'),
          personId: string,
          thingId: nullable(string),
          what: string,
          detail: anything,
          privileged: boolean,
          decision: nullable(string),
          reason: nullable(string),
          decidedBy: nullable(string),
          decidedAt: nullable(string),
          settledAt: nullable(string),
          mine: boolean,
        }),
      ),
    }),
    handler: async (call) => {
      const items = await call.house.recertifications.lines(call.actor, idOf(call, 'id', 'recertification'))
      return {
        items: items.map((one) => ({
          ...one,
          decidedAt: one.decidedAt?.toISOString() ?? null,
          settledAt: one.settledAt?.toISOString() ?? null,
        })),
      }
    },
  },
  {
    method: 'POST',
    path: `${path}/:id/decide`,
    summary:
      'Keep or take back lines of other people with a reason, up to 500 at once; what is taken back takes effect at once',
    confirm: true,
    action: 'recertify.decide',
    resource: 'own people',
    body: request({ lines: list(id, 500), decision: oneOf('keep', 'revoke'), reason: text(500) }),
    out: null,
    handler: async (call) => {
      const { lines, decision, reason } = call.body as {
        lines: readonly string[]
        decision: 'keep' | 'revoke'
        reason: string
      }
      const campaign = idOf(call, 'id', 'recertification')
      await call.house.recertifications.decide(call.actor, campaign, lines, decision, reason)
    },
  },
  {
    ...managing,
    method: 'POST',
    path: `${path}/:id/finish`,
    summary: 'End a campaign with what is left undecided',
    out: null,
    handler: (call) => call.house.recertifications.finish(call.actor, idOf(call, 'id', 'recertification')),
  },
]

const shown = (one: Campaign): CampaignItem => ({
  ...one,
  startedAt: one.startedAt.toISOString(),
  dueAt: one.dueAt.toISOString(),
  finishedAt: one.finishedAt?.toISOString() ?? null,
})
