import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Milliseconds of the newest file below a path; 0 where there is none. */
export const newest = (path) => {
  if (!existsSync(path)) return 0
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))))
}
