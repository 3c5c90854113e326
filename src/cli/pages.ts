// What is built before it is used: at the first start after an install, and after its sources changed.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Fault } from '#kernel'

/** Builds the pages where they are missing or stale, in a process of its own. Throws runtime-missing where that fails. */
export const preparePages = async (say: (text: string) => void): Promise<void> => {
  const code = await build('build-web.js', (text) => {
    if (!text.includes('up to date')) say(text)
  })
  if (code !== 0) throw new Fault('runtime-missing', { what: 'web pages (npm run build)' })
}

/**
 * Keeps the policy engine's answers where they are missing or stale, in a process of its own: whoever asks the engine has its 60 MiB for as
 * long as it runs. Where that fails the engine is asked.
 */
export const prepareAnswers = async (): Promise<void> => {
  await build('build-answers.js', () => undefined)
}

const build = (script: string, say: (text: string) => void): Promise<number | null> => {
  const path = fileURLToPath(new URL(`../../bin/${script}`, import.meta.url))
  const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'ignore'] })
  child.stdout.on('data', (part: Buffer) => say(part.toString('utf8').trim()))
  return new Promise((resolve) => {
    child.on('close', resolve)
    child.on('error', () => resolve(1))
  })
}
