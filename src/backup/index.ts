// The door of backup: write sealed backups, list and verify them, bring one back.
export { type Backups, createBackups, type ShredOutcome } from './backups.ts'
export { type BackupPlaces, backupChecks } from './checks.ts'
export { type BackupProgress, type Created, type CreateInput, type CreateOptions, type WriterConfig } from './create.ts'
export { type BackupIdentity, createBackupIdentity, fingerprint, parseIdentity, pinVerifyKey } from './identity.ts'
export { type BackupSummary, listBackups, repositoryKeys } from './list.ts'
export type { BackupType, Manifest } from './manifest.ts'
export { type Problem, type ProblemCode, problems } from './problem.ts'
export { restoreBackup, type Restored, type RestoreInput, type RestoreProgress } from './restore.ts'
export type { Replayed } from './replay.ts'
export { snapshotDays } from './snapshot.ts'
export { type BackupTable, backupTables } from './tables.ts'
export {
  type Verification,
  type VerifiedBackup,
  type VerifyInput,
  type VerifyLevel,
  type VerifyProgress,
  verifyRepository,
} from './verify.ts'
