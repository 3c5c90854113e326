// Builds the pages into dist/web when they are missing or older than their sources; `--force` builds anyway. Then the policy engine's
// answers (build-answers.js).
import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildAnswers } from './build-answers.js'
import { newest } from './newest.js'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const built = join(root, 'dist/web/index.html')
const sources = ['src/web', 'src/kernel/text', 'src/server/contract.ts', 'vite.config.ts', 'package-lock.json']

/** The script of web forms: one file that stands alone, kept readable, since others put it on their pages. */
const capture = join(root, 'dist/capture/capture.js')

const stale = () =>
  !existsSync(built) ||
  !existsSync(capture) ||
  statSync(built).mtimeMs < Math.max(...sources.map((path) => newest(join(root, path))))

/** Builds if needed; says whether it did. Without the build tools (an install without dev) built pages are kept as they are. */
export const buildWeb = async ({ force = false, log = () => undefined } = {}) => {
  if (!force && !stale()) return false
  const vite = await import('vite').catch(() => null)
  if (!vite) {
    if (existsSync(built) && existsSync(capture)) return false
    throw new Error('the web pages are not built and vite is not installed: run npm ci with development packages once')
  }
  log('building the web pages …')
  await vite.build({
    root: join(root, 'src/web/capture'),
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir: dirname(capture),
      emptyOutDir: true,
      target: 'es2023',
      minify: false,
      // A way of sm-crypto-v2 to random numbers where there is no WebCrypto; no browser takes it.
      rollupOptions: { external: ['crypto'] },
      reportCompressedSize: false,
      lib: {
        entry: join(root, 'src/web/capture/main.ts'),
        formats: ['iife'],
        name: 'holdfastCapture',
        fileName: () => 'capture.js',
      },
    },
  })
  await vite.build({ root: join(root, 'src/web'), configFile: join(root, 'vite.config.ts'), logLevel: 'warn' })
  return true
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const began = Date.now()
  const done = await buildWeb({ force: process.argv.includes('--force'), log: console.log })
  await buildAnswers()
  console.log(done ? `web pages built in ${((Date.now() - began) / 1000).toFixed(1)} s` : 'web pages are up to date')
}
