// The door of vault: the one place where a record meets encryption, access, store and journal.
export { createVault, type OpenVault, type VaultOptions } from './create.ts'
export { proveRoot } from './keyring.ts'
export { mask } from './mask.ts'
export { type Staff, type StaffUser } from './staff.ts'
export { normalText } from './terms.ts'
export { checkValue } from './validate.ts'
export type * from './vault.ts'
