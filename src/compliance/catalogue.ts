// The controls: what is promised, why it matters, what to do, and which clauses it answers. Data in catalogue/controls.json. Keeps compliance-1.
import type { Label } from '#kernel'
import data from './catalogue/controls.json' with { type: 'json' }

export type Severity = 'critical' | 'high' | 'medium' | 'low'

/** One measure that decides a control, such as backup.fullAgeHours <= 168. */
export interface Criterion {
  readonly metric: string
  readonly op: '==' | '<=' | '<' | '>='
  readonly threshold: number | boolean
}

export interface Control {
  /** Such as BKP-03; the prefix is its group. */
  readonly id: string
  readonly group: string
  readonly title: Label
  readonly requirement: Label
  /** What to do where it fails. */
  readonly remedy: Label
  /** auto: decided from live configuration and data alone; semi: the machine gathers, a person decides. */
  readonly mode: 'auto' | 'semi'
  readonly severity: Severity
  /** How often it is to be checked, as an ISO 8601 duration. */
  readonly schedule: string
  readonly criteria: readonly Criterion[]
  readonly how: string
  readonly evidence: string
  /** Clauses by framework. */
  readonly maps: Readonly<Record<string, readonly string[]>>
}

export interface ControlGroup {
  readonly id: string
  readonly label: Label
}

/** Severities, worst first. */
export const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low']

export const controlsVersion: string = data.version

export const groups: readonly ControlGroup[] = data.groups

// The file is ours and its shape is held by a test; JSON modules type their texts as string.
export const controls: readonly Control[] = data.controls as unknown as readonly Control[]

/** Milliseconds of a schedule: PT5M, PT1H, P1D, P30D. */
export const millisecondsOf = (schedule: string): number => {
  const [, days, hours, minutes] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(schedule) ?? []
  return (Number(days ?? 0) * 1440 + Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000
}
