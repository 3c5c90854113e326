// Somebody leaves: what they hold, who receives it, and how far the passing on is. Keeps server-1, server-190.
import { Fault } from '#kernel'
import { customerTypes } from '#crm'
import { handOverKind } from '#vault'
import type { HandOverPreview, HandOverRequest } from './contract/hand-over.ts'
import type { JobAnswer } from './contract/jobs.ts'
import { jobOut, shownJob } from './jobs.ts'
import { type GuardedRoute, idOf } from './route.ts'
import { answer, boolean, id, integer, list, nullable, request, string, text } from './schema.ts'

const path = '/api/users/:id/hand-over'
const guard = { action: 'user.manage', resource: 'system' } as const

export const handOverRoutes: readonly GuardedRoute[] = [
  {
    ...guard,
    method: 'GET',
    path,
    summary:
      'How many records of each type a user owns, how many are shared with them, and what is lent to and by them',
    out: answer({
      types: list(answer({ type: string, owned: integer, shared: integer, pool: boolean })),
      lent: answer({ held: integer, given: integer, deputies: integer, named: integer }),
    }),
    handler: async (call): Promise<HandOverPreview> => {
      await call.house.vault.demand(call.actor, 'user.manage')
      const from = idOf(call, 'id', 'user')
      return { types: await call.house.handOvers.preview(from), lent: await call.house.handOvers.lent(from) }
    },
  },
  {
    ...guard,
    method: 'POST',
    path,
    summary: 'Hand everything of a user over, then switch the account off; asks who is there once more',
    body: request({
      to: nullable(id),
      byType: request(Object.fromEntries(customerTypes.map((type) => [`${type}?`, nullable(id)]))),
      'password?': text(1000),
    }),
    out: jobOut,
    status: 202,
    handler: async (call): Promise<JobAnswer> => {
      const { house, actor, who, origin, body } = call
      await house.vault.demand(actor, 'user.manage')
      const { to, byType, password } = body as HandOverRequest
      const from = idOf(call, 'id', 'user')
      const { spec, total } = await house.handOvers.check(actor, { from, to, byType })
      await house.identity.demandFresh(who.session, origin, password)
      const job = await house.jobs.start(handOverKind, spec, actor.principal.id)
      await house.journal.record({ tenant: house.tenant, principal: actor.principal.id }, [
        {
          act: 'hand-over.start',
          obj: 'user',
          recordId: from,
          actor: actor.principal.id,
          channel: actor.env.channel,
          ...(actor.env.ip === '' ? {} : { ip: actor.env.ip }),
          detail: { job: job.id, to, byType, records: total },
        },
      ])
      return shownJob(job)
    },
  },
  {
    ...guard,
    method: 'GET',
    path: '/api/hand-overs/:id',
    summary: 'How far a handing over is',
    out: jobOut,
    handler: async (call): Promise<JobAnswer> => {
      await call.house.vault.demand(call.actor, 'user.manage')
      const job = await call.house.jobs.get(idOf(call, 'id', 'job'))
      if (job.kind !== handOverKind) throw new Fault('not-found', { what: 'job' })
      return shownJob(job)
    },
  },
]
