// The door of store: PostgreSQL under the house, two roles, transactions that carry their principal.
export { storeChecks } from './checks.ts'
export { keepCustomField, type Known } from './custom-fields.ts'
export { sharePlaces } from './derive.ts'
export { discardEmbedded } from './discard.ts'
export { type EmbeddedOptions, type EmbeddedServer, startEmbedded } from './embedded.ts'
export { codeOf } from './failure.ts'
export {
  createJobs,
  type Job,
  type JobKind,
  type Jobs,
  type JobsOptions,
  type JobState,
  type JobStep,
  type RunOptions,
} from './job.ts'
export { knownVersion, schemaDigest } from './migrate.ts'
export { alone } from './mutex.ts'
export { predicateSql, type SqlPart } from './predicate.ts'
export { openStore, type Store, type StoreOptions } from './store.ts'
export type { Sql, Tx, TxOptions } from './transaction.ts'
export { type Link, urlWith } from './url.ts'
