// Jobs under way, as a page shows them. Keeps server-1.
import type { Job } from '#store'
import type { JobAnswer, JobsAnswer } from './contract/jobs.ts'
import { type GuardedRoute, idOf } from './route.ts'
import { answer, integer, list, nullable, oneOf, string } from './schema.ts'

export const jobOut = answer(
  {
    id: string,
    kind: string,
    state: oneOf('queued', 'running', 'done', 'failed', 'cancelled'),
    done: integer,
    total: nullable(integer),
    errorCode: nullable(string),
    startedBy: string,
    createdAt: string,
    finishedAt: nullable(string),
  },
  'Job',
)

/** What was asked for stays inside: a page shows the kind and how far it is. */
export const shownJob = ({
  id,
  kind,
  state,
  done,
  total,
  errorCode,
  startedBy,
  createdAt,
  finishedAt,
}: Job): JobAnswer => ({
  id,
  kind,
  state,
  done,
  total,
  errorCode,
  startedBy,
  createdAt: createdAt.toISOString(),
  finishedAt: finishedAt?.toISOString() ?? null,
})

export const jobRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/jobs',
    summary: 'Long work, newest first: how far it is and how it ended',
    action: 'job.view',
    resource: 'system',
    out: answer({ items: list(jobOut) }),
    handler: async ({ house, actor }): Promise<JobsAnswer> => {
      await house.vault.demand(actor, 'job.view')
      return { items: (await house.jobs.list()).map(shownJob) }
    },
  },
  {
    method: 'GET',
    path: '/api/jobs/:id',
    summary: 'One job',
    action: 'job.view',
    resource: 'system',
    out: jobOut,
    handler: async (call): Promise<JobAnswer> => {
      await call.house.vault.demand(call.actor, 'job.view')
      return shownJob(await call.house.jobs.get(idOf(call, 'id', 'job')))
    },
  },
  {
    method: 'POST',
    path: '/api/jobs/:id/cancel',
    summary: 'Take no further step of a job; what was done stays done',
    action: 'job.manage',
    resource: 'system',
    out: jobOut,
    handler: async (call): Promise<JobAnswer> => {
      await call.house.vault.demand(call.actor, 'job.manage')
      return shownJob(await call.house.jobs.cancel(idOf(call, 'id', 'job')))
    },
  },
  {
    method: 'POST',
    path: '/api/jobs/:id/retry',
    summary: 'Open a failed or cancelled job again, where it stopped',
    action: 'job.manage',
    resource: 'system',
    out: jobOut,
    handler: async (call): Promise<JobAnswer> => {
      await call.house.vault.demand(call.actor, 'job.manage')
      return shownJob(await call.house.jobs.retry(idOf(call, 'id', 'job')))
    },
  },
]
