// Runs every test on the packaged Node.js 26: builds the pages first, then unit, integration and browser tests in one process.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { node26 } from './node26.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const binary = node26()
if (binary === undefined) {
  console.error('the packaged Node.js 26 is not installed for this platform; run npm ci')
  process.exit(1)
}
const run = (...args) => spawnSync(binary, args, { cwd: root, stdio: 'inherit' }).status ?? 1
const named = process.argv.slice(2)

const built = run('bin/build-web.js')
if (built !== 0) process.exit(built)
const files = named.length > 0 ? named : ['src/**/*.test.ts', 'test/**/*.test.ts']
process.exit(
  run(
    '--test',
    '--test-isolation=none',
    '--test-force-exit',
    '--test-reporter=./test/support/reporter.js',
    '--test-reporter-destination=stdout',
    ...files,
  ),
)
