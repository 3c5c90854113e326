// The second wall as values: what row security knows of who asks, and the rows it lets through. Made by access, set up by store.
import type { Predicate } from './predicate.ts'

/** What the guard rails look at in a person. */
export interface Facts {
  readonly active: boolean
  /** Every role held, those lent for a while among them. */
  readonly roles: readonly string[]
  readonly clearance?: number
}

/** Rows of one record type that no guard rail closes to whoever the transaction is for. */
export interface Wall {
  readonly table: string
  /** Rows that something may be done with. */
  readonly read: Predicate
  /** Rows that may come to be. */
  readonly create: Predicate
  /** Rows that may be changed, and what they may become. */
  readonly change: Predicate
}
