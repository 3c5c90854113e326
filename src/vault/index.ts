// The door of vault: the one place where a record meets encryption, access, store and journal.
export type {
  CaptureCount,
  CaptureForm,
  CaptureKey,
  CaptureReason,
  Captures,
  OpenedCaptures,
  Quarantined,
  Reading,
  Sent,
} from './capture.ts'
export type { Alarm, AlarmBook, Canary, WatchLimits } from './alarm-book.ts'
export { type BreakGlass, type Glass, type GlassWish, longest as longestGlass } from './break-glass.ts'
export {
  type Bulk,
  bulkBatch,
  type BulkChange,
  bulkLimit,
  type BulkPreview,
  type BulkRecord,
  type BulkRefusal,
  type BulkResult,
} from './bulk.ts'
export { createVault, type OpenVault, type VaultOptions } from './create.ts'
export { type DryRun, dryRunKind, type DryRuns, type DryRunWish } from './dry-run.ts'
export type { DryExample, DryTally, Sums } from './dry-tally.ts'
export type { Certificate, ErasureFacts } from './certificate.ts'
export { readCertificate } from './certificate.ts'
export type { Deputies, Deputyship, DeputyWish } from './deputies.ts'
export type { Explainer, Purposes, SeenBy, Supposed, WhoSees, WhyNot } from './explain.ts'
export type { ShownValue } from './shown-values.ts'
export type { Closing, ClosingState } from './erasure-closing.ts'
export type { Erased, ErasureRules } from './erase.ts'
export type { ErasurePreview } from './erasure-preview.ts'
export type { SamePeople, SamePerson } from './same-person.ts'
export type { Unsearched } from './same-values.ts'
export type { CertificateVerdict, ErasureLine, Erasures } from './erasures.ts'
export { proveRoot } from './epochs.ts'
export type { ExportControl, ExportFound, ExportRequest } from './export-control.ts'
export type { Grants, LentGrant, RecordWish, RoleWish } from './grants.ts'
export type { LookBack, LookBackQuery, SeenBack, Since } from './look-back.ts'
export { type HandOverCount, handOverKind, type HandOverPlan, type HandOvers } from './hand-over.ts'
export type { Hold } from './hold.ts'
export type { Lending, LendingLimits } from './lending.ts'
export { mask } from './mask.ts'
export { bringBackNamedKeys, keepNamedKeys } from './named-keys.ts'
export { exchangeRoot, type RootExchanged } from './rewrap-root.ts'
export type { SuiteShare, SuitesOf } from './cell-suites.ts'
export type { Attack, FieldLeakage, Leakage } from './leakage.ts'
export { measuredBy, measureJobKind } from './measure.ts'
export type { SearchAdmin, SearchField, SearchState } from './search-admin.ts'
export { type Mode as SearchPolicyMode, type SearchPolicy } from './search-policy.ts'
export type { Campaign, Recertifications } from './recertify.ts'
export type { SecretPlace } from './rotate-epoch.ts'
export { demandOwnRoot, rootJob, rootJobKind } from './rotate-root.ts'
export type { DataKeys, EpochState, KeyStates, Rotation, RotationCosts } from './rotation.ts'
export { keptNotices, type Notifications, type NoticePage, type ShownNotice } from './notifications.ts'
export type { NoticeKind } from './notices.ts'
export type { RoleHolders } from './role-holders.ts'
export type { PolicyChange, PolicyChangeDetail, PolicyControl, PolicyVersionLine } from './policy-control.ts'
export type { DraftLine, PolicyDraft, PolicyDrafts } from './policy-draft.ts'
export { activationFailures } from './policy-schedule.ts'
export { type Print, printLimit, printPage } from './print.ts'
export { createSigners, type Signers } from './signers.ts'
export { type Staff, type StaffUser } from './staff.ts'
export { everyRecordTells, type Learns } from './tells.ts'
export { normalPhone, normalText } from './terms.ts'
export { checkValue } from './validate.ts'
export type * from './vault.ts'
export { type WebhookEvent, webhookEvents } from './webhook-events.ts'
export type { TakenDelivery, ToldEvent, WebhookOutbox } from './webhook-outbox.ts'
export type { FailedDelivery, Webhook, Webhooks, WebhookWish } from './webhooks.ts'
export { zoneOf } from './org.ts'
