// The door of server: the composed house, and serving it.
import type { listen as Listen } from './listen.ts'
import type { serve as Serve } from './serve.ts'

export { apiKeyItems, makeApiKey } from './api-keys.ts'
export { openHouse, type OpenOptions } from './app.ts'
export { glassesFor, reviewGlass } from './break-glass.ts'
export { bringBack } from './bring-back.ts'
export { beginBrowsing } from './browsings.ts'
export { type Config, readConfig } from './config.ts'
export { deputiesFor } from './deputies.ts'
export { momentOf, reportOf, startDryRun } from './dry-runs.ts'
export { addField, changeField } from './define-field.ts'
export { grantsFor } from './grants.ts'
export type { House, NewUser, Settings } from './house.ts'
export { type LegacyOrder, openLegacy } from './import-legacy.ts'
export { runImport } from './import-run.ts'
export { inventoryOf } from './key-inventory.ts'
export { oldKeys, recordDestruction, weakSubjects } from './old-keys.ts'
export { finishErasures } from './finish-erasures.ts'
export { prepareProvider, readKeyProvider } from './key-provider.ts'
export { keyOptions } from './keystore.ts'
export { handshake, type Negotiated } from './probe.ts'
export { namesFor } from './users.ts'
export { resumeWebhooks, webhooksFor } from './webhooks.ts'
export { giveShares, withShares } from './unlock.ts'
export { readAuthorities, readClientCertificate } from './client-authority.ts'
export type { Running } from './serve.ts'

// Loaded with the first use: of all verbs only `start` serves, and the listener with its libraries is a third of what there is to load.
export const listen: typeof Listen = async (...of) => (await import('./listen.ts')).listen(...of)
export const serve: typeof Serve = async (...of) => (await import('./serve.ts')).serve(...of)
/** Loads all that a server runs, before anything is open. */
export const loadServer = async (): Promise<void> => {
  await Promise.all([import('./listen.ts'), import('./serve.ts')])
}
