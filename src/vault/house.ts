// What every part of the vault works with: the stores, the keys in use, the policies in force, the clock.
import type { Catalogue, Clock, Uuid } from '#kernel'
import type { InForce, PolicySet } from '#access'
import type { Alarms } from './alarm.ts'
import type { Journal } from '#journal'
import type { Store } from '#store'
import type { SearchIndex } from './generation.ts'
import type { Keyring } from './keyring.ts'
import type { OrgCache } from './org.ts'
import type { PolicyVersions } from './policies.ts'
import type { ReadLog } from './readlog.ts'
import type { Watch } from './watch.ts'

export interface House {
  readonly store: Store
  readonly journal: Journal
  readonly keyring: Keyring
  readonly search: SearchIndex
  readonly catalogue: Catalogue
  /** How far the tenant's own fields had been changed when this catalogue was read. */
  readonly catalogueNumber: number
  readonly clock: Clock
  readonly tenant: Uuid
  readonly org: OrgCache
  /** The policies in force; refreshed where a gate is made. */
  readonly rules: InForce
  readonly versions: PolicyVersions
  readonly policies: PolicySet
  readonly policyName: string
  readonly reads: ReadLog
  readonly alarms: Alarms
  readonly watch: Watch
}
