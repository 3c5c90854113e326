// The backups of a repository as a person wants to see them; what manifests say, nothing verified.
import type { Uuid } from '#kernel'
import type { VerifyKey } from '#encryption'
import type { BackupType } from './manifest.ts'
import { type Entry, openRepository, readManifests } from './repository.ts'

export interface BackupSummary {
  readonly id: Uuid
  readonly type: BackupType
  readonly parent: Uuid | null
  readonly createdAt: string
  readonly rows: number
  /** Bytes of the packs that came with this backup. */
  readonly bytes: number
  readonly incarnation: number
}

/** Oldest first; none where there is no repository. Fault backup-damaged where repo.json is broken. */
export const listBackups = async (repo: string): Promise<readonly BackupSummary[]> => {
  const repository = await openRepository(repo)
  return repository ? summaries(await readManifests(repository)) : []
}

/** Whom the backups of a folder are sealed to and who signed them, as the folder itself says; undefined where there is no repository. */
export const repositoryKeys = async (
  repo: string,
): Promise<{ readonly recipient: Uint8Array; readonly signers: readonly VerifyKey[] } | undefined> => {
  const repository = await openRepository(repo)
  return repository && { recipient: repository.recipient, signers: repository.signers }
}

/** Summaries of the manifests that can be read. */
export const summaries = (entries: readonly Entry[]): readonly BackupSummary[] => {
  const seen = new Set<Uuid>()
  return entries
    .flatMap((entry) => (entry.envelope ? [entry.envelope.manifest] : []))
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0))
    .map((manifest) => {
      const fresh = manifest.packs.filter((pack) => !seen.has(pack.id))
      for (const pack of fresh) seen.add(pack.id)
      return {
        id: manifest.id,
        type: manifest.type,
        parent: manifest.parent?.id ?? null,
        createdAt: manifest.createdAt,
        rows: manifest.tables.reduce((sum, table) => sum + table.rows.rows, 0),
        bytes: fresh.reduce((sum, pack) => sum + pack.bytes, 0),
        incarnation: manifest.incarnation,
      }
    })
}
