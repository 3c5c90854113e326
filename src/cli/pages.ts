// The pages built before they are served: at the first start after an install, and after their sources changed.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Fault } from '#kernel'

const builder = fileURLToPath(new URL('../../bin/build-web.js', import.meta.url))

/** Builds the pages where they are missing or stale, in a process of its own. Throws runtime-missing where that fails. */
export const preparePages = async (say: (text: string) => void): Promise<void> => {
  const child = spawn(process.execPath, [builder], { stdio: ['ignore', 'pipe', 'ignore'] })
  child.stdout.on('data', (part: Buffer) => {
    const text = part.toString('utf8').trim()
    if (!text.includes('up to date')) say(text)
  })
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve)
    child.on('error', () => resolve(1))
  })
  if (code !== 0) throw new Fault('runtime-missing', { what: 'web pages (npm run build)' })
}
