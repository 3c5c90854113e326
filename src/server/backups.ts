// The backup page: what lies in the repository, one job at a time with its progress.
import { resolve } from 'node:path'
import { Fault } from '#kernel'
import { type BackupType, listBackups } from '#backup'
import type { BackupItem, BackupJob, BackupsAnswer } from './contract.ts'
import type { House } from './house.ts'
import { type Call, type GuardedRoute } from './route.ts'
import { answer, anything, list, nullable, number, oneOf, orNull, request, string } from './schema.ts'

const jobOut = answer({
  kind: oneOf('create', 'verify'),
  type: string,
  state: oneOf('running', 'done', 'failed'),
  progress: number,
  what: string,
  error: nullable(string),
  result: anything,
})

/** The last job of each house; a house lives as long as the process. */
const jobs = new WeakMap<House, BackupJob>()

export const backupRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/backups',
    summary: 'Backups in the repository, and the job that runs',
    action: 'backup.view',
    resource: 'system',
    out: answer({
      repository: string,
      items: list(
        answer({
          id: string,
          type: oneOf('full', 'incremental', 'differential'),
          parent: nullable(string),
          at: string,
          rows: number,
          bytes: number,
          seconds: number,
          verifiedAt: nullable(string),
        }),
      ),
      job: orNull(jobOut),
    }),
    handler: async ({ house, actor }): Promise<BackupsAnswer> => {
      await house.vault.demand(actor, 'backup.view')
      return { repository: house.config.repository, items: await items(house), job: jobs.get(house) ?? null }
    },
  },
  {
    method: 'POST',
    path: '/api/backups',
    summary: 'Begin a backup',
    action: 'backup.create',
    resource: 'system',
    body: request({ type: oneOf('full', 'incremental', 'differential') }),
    out: answer({ job: jobOut }),
    status: 202,
    handler: async (call) => {
      const { house, actor } = call
      await house.vault.demand(actor, 'backup.create')
      const { type } = call.body as { type: BackupType }
      const input = { type, repo: house.config.repository, actor: actor.principal.id }
      const job = begin(call, 'create', type, (progress) =>
        house.backups.create({ ...input, onProgress: (done, { table }) => progress(done, table) }),
      )
      return { job }
    },
  },
  {
    method: 'GET',
    path: '/api/backups/job',
    summary: 'The job that runs, or the last one',
    action: 'backup.view',
    resource: 'system',
    out: orNull(jobOut),
    handler: async ({ house, actor }) => {
      await house.vault.demand(actor, 'backup.view')
      return jobs.get(house) ?? null
    },
  },
  {
    method: 'POST',
    path: '/api/backups/verify',
    summary: 'Check signatures and the bytes of every stored object',
    action: 'backup.verify',
    resource: 'system',
    out: answer({ job: jobOut }),
    status: 202,
    handler: async (call) => {
      const { house, actor } = call
      await house.vault.demand(actor, 'backup.verify')
      const input = { repo: house.config.repository, level: 1, actor: actor.principal.id } as const
      const job = begin(call, 'verify', '', (progress) =>
        house.backups.verify({ ...input, onProgress: (done, { object }) => progress(done, object) }),
      )
      return { job }
    },
  },
]

const items = async (house: House): Promise<readonly BackupItem[]> => {
  const scope = { tenant: house.tenant, principal: house.system.principal.id }
  const [found, known] = await Promise.all([
    listBackups(house.config.repository),
    house.store.transaction(
      scope,
      (tx) =>
        tx.query<{ id: string; seconds: number; verified_at: Date | null }>({
          text: 'select id, seconds, verified_at from ops.backup where tenant_id = $1 and repository = $2',
          values: [house.tenant, resolve(house.config.repository)],
        }),
      { readOnly: true },
    ),
  ])
  const rows = new Map(known.map((row) => [row.id, row]))
  return found
    .map(({ id, type, parent, createdAt, rows: count, bytes }) => ({
      id,
      type,
      parent,
      at: createdAt,
      rows: count,
      bytes,
      seconds: rows.get(id)?.seconds ?? 0,
      verifiedAt: rows.get(id)?.verified_at?.toISOString() ?? null,
    }))
    .reverse()
}

/** Starts a job and answers at once; how it goes on is asked for. */
const begin = (
  { house, language, report }: Call,
  kind: BackupJob['kind'],
  type: string,
  work: (progress: (done: number, what: string) => void) => Promise<unknown>,
): BackupJob => {
  if (jobs.get(house)?.state === 'running') throw new Fault('backup-busy')
  const set = (job: Partial<BackupJob>): BackupJob => {
    const next: BackupJob = { kind, type, state: 'running', progress: 0, what: '', error: null, result: null, ...job }
    jobs.set(house, next)
    return next
  }
  const first = set({})
  work((done, what) => set({ progress: Math.min(1, Math.max(0, done)), what })).then(
    (result) => set({ state: 'done', progress: 1, result }),
    (error: unknown) => set({ state: 'failed', error: report(error).in(language) }),
  )
  return first
}
