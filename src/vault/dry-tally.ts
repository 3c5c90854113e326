// The sums of a dry run: a plain value that a job keeps between its steps, bounded whatever the period. Keeps vault-241.
import type { Uuid } from '#kernel'
import type { ReplayChange } from '#access'

/** How many accesses, and how many of them change. */
export type Sums = readonly [accesses: number, newlyDenied: number, newlyAllowed: number]

export interface DryExample {
  /** Of the entry in the journal. */
  readonly entry: string
  readonly at: string
  readonly person: Uuid
  readonly role: string
  /** Record type, or system. */
  readonly on: string
  readonly record: Uuid | null
  readonly action: string
  readonly change: 'newlyDenied' | 'newlyAllowed'
  /** Policies that decide it by the proposed document; none where nothing permits it. */
  readonly policies: readonly string[]
}

/** What is left of the rows of a report when its time is over. */
export interface DryCleared {
  readonly at: string
  readonly people: number
  readonly examples: number
  /** Of the whole report as it was made; the journal holds the same since then. */
  readonly sha256: string
}

export interface DryTally {
  readonly v: 1
  /** Absent: the report is whole. */
  readonly cleared?: DryCleared
  /** Entries of the journal that were read. */
  entries: number
  /** Accesses by people, each decided twice. */
  accesses: number
  /** Different questions among them. */
  questions: number
  allowed: number
  denied: number
  newlyDenied: number
  newlyAllowed: number
  undecidable: number
  /** Records erased or deleted since, people no longer there. */
  gone: number
  /** Under emergency access, which no policy of the house grants. */
  emergency: number
  /** By a deputy for somebody away, whose rights of that time the journal does not hold. */
  deputy: number
  /** Entries about no right on records or the system, and those of services. */
  other: number
  /** Ended then otherwise than the policies in force would say today: facts, or policies, have changed since. */
  drifted: number
  /** Whether the period held more than is read. */
  capped: boolean
  roles: Record<string, Sums>
  people: Record<Uuid, Sums>
  actions: Record<string, readonly [newlyDenied: number, newlyAllowed: number]>
  examples: DryExample[]
}

export const emptyTally = (): DryTally => ({
  v: 1,
  entries: 0,
  accesses: 0,
  questions: 0,
  allowed: 0,
  denied: 0,
  newlyDenied: 0,
  newlyAllowed: 0,
  undecidable: 0,
  gone: 0,
  emergency: 0,
  deputy: 0,
  other: 0,
  drifted: 0,
  capped: false,
  roles: {},
  people: {},
  actions: {},
  examples: [],
})

/** Counts one access. */
export const count = (
  tally: DryTally,
  person: Uuid,
  role: string,
  on: string,
  change: ReplayChange,
  changed: readonly { readonly action: string; readonly change: 'newlyDenied' | 'newlyAllowed' }[],
): void => {
  tally.accesses++
  tally[change]++
  // A role of the house's own may be called constructor.
  tally.roles[role] = raised(Object.hasOwn(tally.roles, role) ? tally.roles[role] : undefined, change)
  tally.people[person] = raised(tally.people[person], change)
  for (const one of changed) {
    const key = `${on} ${one.action}`
    const [denied, allowed] = tally.actions[key] ?? [0, 0]
    tally.actions[key] = one.change === 'newlyDenied' ? [denied + 1, allowed] : [denied, allowed + 1]
  }
}

const raised = (sums: Sums | undefined, change: ReplayChange): Sums => {
  const [accesses, denied, allowed] = sums ?? [0, 0, 0]
  return [accesses + 1, denied + (change === 'newlyDenied' ? 1 : 0), allowed + (change === 'newlyAllowed' ? 1 : 0)]
}

const mostExamples = 60
const mostAlike = 3

/** Whether one more example of this kind helps: a few of each role, thing and action. */
export const wantsExample = (tally: DryTally, one: Pick<DryExample, 'role' | 'on' | 'action' | 'change'>): boolean =>
  tally.examples.length < mostExamples &&
  tally.examples.filter(
    (other) =>
      other.role === one.role && other.on === one.on && other.action === one.action && other.change === one.change,
  ).length < mostAlike
