// The backups of one installation: makes them, verifies them against what it remembers of them, and keeps both in the database.
// Keeps backup-8 and backup-10.
import { resolve } from 'node:path'
import { hex, type Scope, services, type Uuid } from '#kernel'
import {
  createBackup,
  type Created,
  type CreateInput,
  type CreateOptions,
  ownKeys,
  type WriterConfig,
} from './create.ts'
import { shredSnapshots } from './snapshot.ts'
import { type Verification, type VerifyInput, verifyRepository } from './verify.ts'

export interface Backups {
  create(input: CreateInput): Promise<Created>
  /** verifyRepository with what this installation remembers; the outcome is kept in ops.backup and the journal. */
  verify(input: Omit<VerifyInput, 'expected'> & { readonly actor?: Uuid }): Promise<Verification>
  /**
   * After an erasure: in every repository this installation wrote to, a fresh snapshot of the keyring, and the older ones deleted.
   * A repository that cannot be reached is told as such; the next backup to it does the same.
   */
  shred(actor?: Uuid): Promise<readonly ShredOutcome[]>
}

export interface BackupsOptions extends Omit<CreateOptions, 'writer'> {
  readonly writer: WriterConfig | (() => Promise<WriterConfig>)
}

export interface ShredOutcome {
  readonly repository: string
  /** Snapshots deleted; null where the repository could not be reached or written. */
  readonly deleted: number | null
  /** Backups of an old format that hold keys themselves. */
  readonly holding: number
}

export const createBackups = (options: BackupsOptions): Backups => {
  const { store, journal, clock, tenant } = options
  // The key that signs may be another one each time.
  const now = async (): Promise<CreateOptions> => {
    const { writer } = options
    return { ...options, writer: typeof writer === 'function' ? await writer() : writer }
  }
  const scope: Scope = { tenant, principal: services.backup }
  return {
    create: async (input) => createBackup(await now(), input),
    async shred(actor) {
      const repositories = await store.transaction(
        scope,
        (tx) =>
          tx.query<{ repository: string }>({
            text: `select distinct repository from ops.backup where tenant_id = $1 and state = 'done' order by 1`,
            values: [tenant],
          }),
        { readOnly: true },
      )
      const at = await now()
      const outcomes: ShredOutcome[] = []
      for (const { repository } of repositories)
        outcomes.push(await shredSnapshots(at, repository).catch(() => ({ repository, deleted: null, holding: 0 })))
      await journal.record(
        scope,
        outcomes.map(({ deleted, holding }) => ({
          act: 'backup.shred',
          obj: 'backup',
          actor: actor ?? services.backup,
          channel: 'job',
          detail: { done: deleted !== null, deleted, holding },
        })),
      )
      return outcomes
    },
    async verify({ actor, ...input }) {
      const known = await store.transaction(
        scope,
        (tx) =>
          tx.query<{ id: Uuid; sha256: Uint8Array }>({
            text: `select id, manifest_sha256 as sha256 from ops.backup
              where tenant_id = $1 and repository = $2 and state = 'done' and manifest_sha256 is not null`,
            values: [tenant, resolve(input.repo)],
          }),
        { readOnly: true },
      )
      const verification = await verifyRepository({
        verifyKeys: ownKeys((await now()).writer),
        ...input,
        expected: known.map(({ id, sha256 }) => ({ id, sha256: hex(sha256) })),
      })
      const good = verification.backups.filter((backup) => backup.ok).map((backup) => backup.id)
      await store.transaction(scope, async (tx) => {
        // A look at the signatures does not take back that the bytes were verified before; a fault does.
        await tx.query({
          text: `update ops.backup set verified_at = $3, verified_level = $4
            where tenant_id = $1 and id = any($2::text[]) and state = 'done' and coalesce(verified_level, 0) <= $4`,
          values: [tenant, good, clock.now(), verification.level],
        })
        await tx.query({
          text: `update ops.backup set verified_at = null, verified_level = null
            where tenant_id = $1 and repository = $2 and state = 'done' and id <> all($3::text[])`,
          values: [tenant, resolve(input.repo), good],
        })
        await journal.append(tx, tenant, [
          {
            act: 'backup.verify',
            obj: 'backup',
            actor: actor ?? services.backup,
            channel: 'job',
            detail: {
              ok: verification.ok,
              level: verification.level,
              backups: verification.backups.length,
              problems: verification.problems
                .map(({ code, object, backup }) => ({ code, object, backup }))
                .slice(0, 100),
            },
          },
        ])
      })
      return verification
    },
  }
}
