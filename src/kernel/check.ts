// A check: code of an audited room that tests one control on the live configuration and data. The compliance room runs it.
import type { Json } from './canonical.ts'

export type CheckState = 'pass' | 'fail' | 'error' | 'not-assessed' | 'not-applicable'

export interface CheckResult {
  readonly state: 'pass' | 'fail' | 'not-assessed' | 'not-applicable'
  /** What was measured: numbers and names of things, never a personal value. */
  readonly observed: { readonly [name: string]: Json }
  /** How many items the check looked at. */
  readonly population: number
  /** One sentence in each language: what was found. */
  readonly finding: { readonly zh: string; readonly en: string }
}

export interface CheckContext {
  /** Read-only query under the compliance service; text with $1… parameters; $1 is NOT the tenant unless you pass it. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  readonly tenant: string
  readonly now: Date
}

export interface Check {
  /** Control it tests, such as BKP-01. */
  readonly control: string
  readonly version: number
  run(context: CheckContext): Promise<CheckResult>
}
