// The house put together: what handlers and verbs work with. Built by app.ts alone.
import type { Actor, Channel, Uuid } from '#kernel'
import type { Backups } from '#backup'
import type { Review } from '#compliance'
import type { Keys, ProfileName, RecoverySheet } from '#encryption'
import type { Identity } from '#identity'
import type { Journal } from '#journal'
import type { Jobs, Store } from '#store'
import type {
  AlarmBook,
  BreakGlass,
  Captures,
  DryRuns,
  Erasures,
  Explainer,
  Deputies,
  ExportControl,
  Grants,
  HandOvers,
  Lending,
  Notifications,
  PolicyControl,
  PolicyDrafts,
  Recertifications,
  Rotation,
  SearchAdmin,
  Signers,
  Staff,
  Vault,
  Webhooks,
} from '#vault'
import type { Browsings } from './browsings.ts'
import type { Config } from './config.ts'

export interface Settings {
  readonly organisation: string
  /** ISO 4217 code of money in records. */
  readonly currency: string
  readonly language: 'zh' | 'en'
  /** In which days and hours are meant. */
  readonly zone: string
}

export interface NewUser {
  readonly name: string
  readonly email: string
  readonly role: string
  readonly teamId: Uuid | null
  readonly language: 'zh' | 'en'
}

export interface SetUpRequest extends NewUser {
  readonly password: string
  readonly organisation: string
}

export interface House {
  readonly config: Config
  readonly version: string
  readonly tenant: Uuid
  readonly store: Store
  readonly keys: Keys
  readonly journal: Journal
  readonly vault: Vault
  readonly staff: Staff
  readonly identity: Identity
  readonly backups: Backups
  readonly captures: Captures
  /** How policies change. */
  readonly policyControl: PolicyControl
  readonly policyDrafts: PolicyDrafts
  /** What a change of them would have meant. */
  readonly dryRuns: DryRuns
  /** Who sees what, and why not. */
  readonly explainer: Explainer
  readonly erasures: Erasures
  readonly review: Review
  /** Where this process serves the house; null while it does not. */
  readonly listening: { host: string; port: number | null }
  /** Whether an administrator exists. */
  isSetUp(): Promise<boolean>
  settings(): Promise<Settings>
  /** Makes the organisation and its administrator; once. Throws already-set-up, weak-password. */
  setUp(request: SetUpRequest & { readonly profile?: ProfileName | undefined }): Promise<{ readonly userId: Uuid }>
  /** The recovery sheet of the root key. */
  recoverySheet(): Promise<RecoverySheet>
  /** Makes a user with a one-time password, which must be changed at the first sign-in; byMail: with a link instead. Throws mail-not-set, mail-paused. */
  invite(
    actor: Actor,
    user: NewUser,
    byMail?: boolean,
  ): Promise<{ readonly userId: Uuid; readonly password: string | null }>
  /** A new one-time password; ends every session of the user. */
  resetPassword(actor: Actor, userId: Uuid): Promise<{ readonly password: string }>
  /** The person as an actor, its role and team as they are now. Throws not-signed-in for unknown or inactive users. */
  actorOf(
    userId: Uuid,
    surroundings: {
      readonly channel: Channel
      readonly ip: string
      readonly mfa: boolean
      readonly mfaAge?: number | null
      readonly deviceTrusted?: boolean
      readonly purpose?: string
    },
  ): Promise<Actor>
  /** The system itself, for set-up, jobs and digests. */
  readonly system: Actor
  /** Long work that survives its process; a server goes on with what is open. */
  readonly jobs: Jobs
  /** Rotation of keys, and what stands of them. */
  readonly rotation: Rotation
  /** Emergency access. */
  readonly breakGlass: BreakGlass
  /** Rights for a while, and how long they may last. */
  readonly grants: Grants
  readonly lending: Lending
  /** Who stands in for whom. */
  readonly deputies: Deputies
  /** What people are told of what others did. */
  readonly notifications: Notifications
  /** Campaigns in which every right is confirmed or taken back. */
  readonly recertifications: Recertifications
  /** What should not happen, and who was told. */
  readonly alarms: AlarmBook
  /** Large exports asked for, and whose export a file is. */
  readonly exports: ExportControl
  /** Who is told of what happens to records. */
  readonly webhooks: Webhooks
  /** Records, shares and account of somebody who leaves. */
  readonly handOvers: HandOvers
  /** Backups that somebody looks into. */
  readonly browsings: Browsings
  /** Which key signs what, by the profile in force. */
  readonly signers: Signers
  /** How the tenant searches, what that tells a thief, and the job that changes it. */
  readonly search: SearchAdmin
  /** Age and identity of keys for the keys page. */
  epochs(): Promise<
    readonly {
      readonly epoch: number
      readonly state: string
      readonly suite: number
      readonly createdAt: Date
      readonly subjectKeys: number
    }[]
  >
  /** Makes what knows the catalogue anew, after the tenant's own fields changed. */
  renew(): Promise<void>
  readonly policies: readonly { readonly id: string; readonly text: string }[]
  close(): Promise<void>
}
