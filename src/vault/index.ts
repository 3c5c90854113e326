// The door of vault: the one place where a record meets encryption, access, store and journal.
export type * from './vault.ts'
