// Where tests find sample files of other systems; absent on most machines.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The path of a shared sample, or undefined. */
export const shared = (path: string): string | undefined => {
  const file = fileURLToPath(new URL(`../../../shared/data/crm/${path}`, import.meta.url))
  return existsSync(file) ? file : undefined
}
