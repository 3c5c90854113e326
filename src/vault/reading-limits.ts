// How much one person reads before somebody hears of it: what the tenant chose, or more than a person reads and less than a program takes. Keeps vault-193.
import type { Uuid } from '#kernel'
import type { Tx } from '#store'

export interface Limits {
  /** Records opened one by one, by one person. */
  readonly openedPerMinute: number
  readonly openedPerHour: number
  /** Rows of lists. */
  readonly listedPerHour: number
  /** Records opened and rows of lists together, in any 24 hours. */
  readonly readPerDay: number
  /** Whether reading too fast ends the person's sessions. */
  readonly endSession: boolean
}

export type LimitName = Exclude<keyof Limits, 'endSession'>

export const usualLimits: Limits = {
  openedPerMinute: 60,
  openedPerHour: 600,
  listedPerHour: 20_000,
  readPerDay: 50_000,
  endSession: false,
}

export const limitsOf = async (tx: Tx, tenant: Uuid): Promise<Limits> => {
  const [row] = await tx.query<{ value: Partial<Limits> }>({
    text: `select value from ops.setting where tenant_id = $1 and name = 'readingLimits'`,
    values: [tenant],
  })
  return { ...usualLimits, ...row?.value }
}

/** So long counts are kept, for ACC-08. */
export const countedDays = 35
