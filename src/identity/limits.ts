// The limits of sign-in and sessions in one place; control IAM-04 reads them. Keeps identity-2 and identity-4.

export interface Limits {
  /** A session nobody uses ends after this long. */
  readonly idleMs: number
  /** A session ends at this age, used or not. */
  readonly absoluteMs: number
  /** Set-up links live this long. */
  readonly setupMs: number
  /** Wrong attempts before an account is blocked for the network they came from. */
  readonly pairFree: number
  /** Wrong attempts from one network, over all accounts, before it has to wait. */
  readonly networkFree: number
  /** Wrong attempts on one account from anywhere, before every attempt on it is slowed. */
  readonly accountFree: number
  readonly firstBlockMs: number
  readonly longestBlockMs: number
  readonly longestDelayMs: number
  /** Counts are forgotten this long after the first of them. */
  readonly pairWindowMs: number
  readonly wideWindowMs: number
}

const minute = 60_000

export const usualLimits: Limits = {
  idleMs: 60 * minute,
  absoluteMs: 12 * 60 * minute,
  setupMs: 24 * 60 * minute,
  pairFree: 5,
  networkFree: 100,
  accountFree: 20,
  firstBlockMs: 15_000,
  longestBlockMs: 15 * minute,
  longestDelayMs: 4000,
  pairWindowMs: 24 * 60 * minute,
  wideWindowMs: 60 * minute,
}
