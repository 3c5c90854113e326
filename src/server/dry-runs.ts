// Dry runs of policies over HTTP: started, watched, cancelled, and read with names of people as the reader may see them. Keeps server-220.
import { type Actor, Fault, type FormField } from '#kernel'
import { type DryRun, dryRunKind, type DryRunWish, type DryTally } from '#vault'
import type { DryRunAnswer, DryRunItem, DryRunReportAnswer, DryRunsAnswer } from './contract/dry-runs.ts'
import type { House } from './house.ts'
import { type Call, type GuardedRoute, idOf } from './route.ts'
import { answer, anything, boolean, integer, list, nullable, oneOf, request, string, text } from './schema.ts'
import { namesOf } from './titles.ts'

const path = '/api/policies/dry-runs'
const guard = { action: 'policy.view', resource: 'system' } as const

const item = {
  id: string,
  digest: string,
  base: integer,
  from: string,
  to: string,
  startedBy: string,
  createdAt: string,
  state: oneOf('queued', 'running', 'done', 'failed', 'cancelled'),
  errorCode: nullable(string),
  done: integer,
  total: nullable(integer),
}
const changes = { newlyDenied: integer, newlyAllowed: integer }
const sums = { accesses: integer, ...changes }
const counts = ['entries', 'accesses', 'questions', 'allowed', 'denied', 'newlyDenied', 'newlyAllowed', 'undecidable', 'gone', 'emergency', 'deputy', 'other', 'drifted'] as const // prettier-ignore

const report = answer({
  ...Object.fromEntries(counts.map((name) => [name, integer])),
  capped: boolean,
  cleared: nullable(answer({ at: string, people: integer, examples: integer, sha256: string })),
  roles: list(answer({ role: string, ...sums })),
  people: list(answer({ person: string, name: string, role: string, ...sums })),
  actions: list(answer({ on: string, action: string, ...changes })),
  examples: list(
    answer({
      entry: string,
      at: string,
      person: string,
      name: string,
      role: string,
      on: string,
      record: nullable(string),
      action: string,
      change: oneOf('newlyDenied', 'newlyAllowed'),
      policies: list(string),
    }),
  ),
})

export const dryRunRoutes: readonly GuardedRoute[] = [
  {
    ...guard,
    method: 'GET',
    path,
    summary: 'Dry runs of policies over past accesses, newest first',
    out: answer({ items: list(answer(item)) }),
    handler: async ({ house, actor }): Promise<DryRunsAnswer> => ({
      items: await Promise.all((await house.dryRuns.list(actor)).map((run) => shown(house, run))),
    }),
  },
  {
    ...guard,
    method: 'POST',
    path: `${path}/of`,
    summary: 'Dry runs over one policy document, newest first',
    body: request({ document: anything }),
    out: answer({ items: list(answer(item)) }),
    handler: async ({ house, actor, body }): Promise<DryRunsAnswer> => {
      const { document } = body as { document: unknown }
      return { items: await Promise.all((await house.dryRuns.list(actor, document)).map((run) => shown(house, run))) }
    },
  },
  {
    ...guard,
    method: 'POST',
    path,
    summary: 'Decide the accesses of a period anew by a policy document and by the one in force',
    body: request({ document: anything, from: text(40), to: text(40) }),
    out: answer(item),
    status: 202,
    handler: async ({ house, actor, body }): Promise<DryRunItem> => {
      const { document, from, to } = body as { document: unknown; from: string; to: string }
      const wish = { document, from: momentOf(from, 'from'), to: momentOf(to, 'to') }
      return shown(house, await startDryRun(house, actor, wish))
    },
  },
  {
    ...guard,
    method: 'GET',
    path: `${path}/:id`,
    summary: 'How far a dry run is, and its report',
    out: answer({ ...item, report: { anyOf: [report, { type: 'null' }] } }),
    handler: async (call): Promise<DryRunAnswer> => {
      const run = await runOf(call)
      return { ...(await shown(call.house, run)), report: await reportOf(call.house, call.actor, run.report) }
    },
  },
  {
    ...guard,
    method: 'POST',
    path: `${path}/:id/cancel`,
    summary: 'Stop a dry run; it leaves no report',
    out: answer(item),
    handler: async (call): Promise<DryRunItem> => {
      const run = await runOf(call)
      if (run.job !== null) await call.house.jobs.cancel(run.job)
      return shown(call.house, run)
    },
  },
]

/** Writes the run down and starts its job: what the page and the verb do alike. */
export const startDryRun = async (house: House, actor: Actor, wish: DryRunWish): Promise<DryRun> => {
  const { id, spec } = await house.dryRuns.prepare(actor, wish)
  const job = await house.jobs.start(dryRunKind, spec, actor.principal.id)
  await house.dryRuns.started(actor, id, job.id)
  return house.dryRuns.get(actor, id)
}

const runOf = (call: Call): Promise<DryRun> => call.house.dryRuns.get(call.actor, idOf(call, 'id', 'dry run'))

/** A moment as ISO 8601 writes it; a day alone is its midnight in UTC. */
export const momentOf = (value: string, field: FormField): Date => {
  const at = new Date(value)
  if (!/^\d{4}-\d\d-\d\d/.test(value) || Number.isNaN(at.getTime()))
    throw new Fault('bad-value', { field, what: 'expected a date or a moment, such as 2026-03-01 or 2026-03-01T08:00:00+08:00' }) // prettier-ignore
  return at
}

const shown = async (house: House, run: DryRun): Promise<DryRunItem> => {
  const job = run.job === null ? null : await house.jobs.get(run.job)
  return {
    id: run.id,
    digest: run.digest,
    base: run.base,
    from: run.from.toISOString(),
    to: run.to.toISOString(),
    startedBy: run.startedBy,
    createdAt: run.createdAt.toISOString(),
    state: job?.state ?? 'queued',
    errorCode: job?.errorCode ?? null,
    done: job?.done ?? 0,
    total: job?.total ?? null,
  }
}

const mostPeople = 200

/** The report as it is read: largest changes first, and people by name where the reader may see it. */
export const reportOf = async (
  house: House,
  actor: Actor,
  tally: DryTally | null,
): Promise<DryRunReportAnswer | null> => {
  if (tally === null) return null
  const changed = (one: { newlyDenied: number; newlyAllowed: number }): number => one.newlyDenied + one.newlyAllowed
  const summed = (held: DryTally['roles']) =>
    Object.entries(held)
      .map(([key, [accesses, newlyDenied, newlyAllowed]]) => ({ key, accesses, newlyDenied, newlyAllowed }))
      .toSorted((a, b) => changed(b) - changed(a) || b.accesses - a.accesses || (a.key < b.key ? -1 : 1))
  const people = summed(tally.people).slice(0, mostPeople)
  const names = await namesOf(house, actor, [...people.map(({ key }) => key), ...tally.examples.map(({ person }) => person)]) // prettier-ignore
  const staff = new Map((await house.staff.all()).map(({ id, role }) => [id as string, role]))
  return {
    ...tally,
    cleared: tally.cleared ?? null,
    roles: summed(tally.roles).map(({ key, ...one }) => ({ role: key, ...one })),
    people: people.map(({ key, ...one }) => ({ person: key, name: names(key), role: staff.get(key) ?? '', ...one })),
    actions: Object.entries(tally.actions)
      .map(([key, [newlyDenied, newlyAllowed]]) => {
        const [on = '', action = ''] = key.split(' ')
        return { on, action, newlyDenied, newlyAllowed }
      })
      .toSorted((a, b) => changed(b) - changed(a)),
    examples: tally.examples.map((one) => ({ ...one, name: names(one.person) })),
  }
}
