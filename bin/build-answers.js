// Asks the official policy engine about everything the product ships, and keeps what it says (src/access/answers.ts): every later start
// of a command is a second sooner. Made when missing, older than its sources or not whole.
import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { newest } from './newest.js'

const root = resolve(fileURLToPath(new URL('..', import.meta.url)))
const answers = join(root, '.cache/engine-answers.json')
const sources = ['src/access', 'src/crm/catalogue.ts', 'src/kernel', 'package-lock.json']

/** Keeps the answers if needed; says whether it did. Where they cannot be written the engine is asked at each start. */
export const buildAnswers = async () => {
  // An older node cannot read the sources.
  if (Number(process.versions.node.split('.')[0]) < 26) return false
  const newer = Math.max(...sources.map((path) => newest(join(root, path))))
  if (whole() && statSync(answers).mtimeMs >= newer) return false
  const { keepAnswers } = await import('../src/access/index.ts')
  const { catalogue } = await import('../src/crm/index.ts')
  try {
    keepAnswers(catalogue)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['EACCES', 'EROFS', 'EPERM', 'ENOSPC'].includes(error.code))
      return false
    throw error
  }
}

/** Whether it could be read to its end; what of it is used is the reader's to say. */
const whole = () => {
  try {
    return typeof JSON.parse(readFileSync(answers, 'utf8')).v === 'number'
  } catch {
    return false
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await buildAnswers()
