// Runs every test on the packaged Node.js 26: builds the pages first, then the rooms' tests and the stories beside each other.
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { cache, node26 } from './node26.js'

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

// Argon2id takes 38 MiB for a moment, and so many sign-ins are tested that clearing fresh memory for each costs a third of all their time:
// the C library keeps it instead of giving it back.
const memory = { MALLOC_MMAP_THRESHOLD_: '134217728', MALLOC_TRIM_THRESHOLD_: '268435456' }

/** One process of tests: its lines are passed on, its closing line is kept to be added up. */
const part = (...files) =>
  new Promise((resolve) => {
    const child = spawn(
      binary,
      [
        '--test',
        '--test-isolation=none',
        '--test-force-exit',
        '--test-reporter=./test/support/reporter.js',
        '--test-reporter-destination=stdout',
        ...files,
      ],
      {
        cwd: root,
        env: { ...memory, ...process.env, NODE_COMPILE_CACHE: cache },
        stdio: ['inherit', 'pipe', 'inherit'],
      },
    )
    let counts
    createInterface({ input: child.stdout })
      .on('line', (line) => {
        const closing = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line)
        if (closing) counts = closing.slice(1).map(Number)
        else process.stdout.write(`${line}\n`)
      })
      .on('close', () => {
        if (child.exitCode !== null || child.signalCode !== null) resolve({ code: child.exitCode ?? 1, counts })
        else child.once('exit', (code) => resolve({ code: code ?? 1, counts }))
      })
  })

/** Every test once, in parts of a few minutes, the longest first: what comes last is short, so that neither lane waits long at the end. */
const everything = () => {
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : [])) // prettier-ignore
  const all = (room) => `src/${room}/**/*.test.ts`
  const story = (letters) => `test/story/${letters}*.test.ts`
  const named = ['server', 'cli', 'vault', 'store', 'access', 'backup']
  return [
    [story('[a-c]')],
    ['src/server/[!a-k]*.test.ts', 'src/server/*/**/*.test.ts'],
    ['src/server/[a-k]*.test.ts', all('cli')],
    [story('[l-r]')],
    [all('vault'), all('store')],
    [story('[d-k]')],
    // A new room is in this part, and whatever else is below test/ in the last.
    rooms.filter((room) => !named.includes(room)).map(all),
    [all('access'), all('backup')],
    [story('[!a-r]'), 'test/story/*/**/*.test.ts', 'test/[!s]*/**/*.test.ts', 'test/s[!t]*/**/*.test.ts'],
  ]
}

/**
 * Two at a time, one for each of two cores. What is made once for a part, as a house to copy, is made again for the next.
 */
const inLanes = async (all) => {
  const waiting = [...all]
  const done = []
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const begun = Date.now()
      done.push(await part(...next))
      if (all.length > 1)
        process.stdout.write(`    ${next.join(' ')}: ${String(Math.round((Date.now() - begun) / 1000))} s\n`)
    }
  }
  await Promise.all([lane(), lane()])
  return done
}

const parts = await inLanes(named.length > 0 ? [named] : everything())
const whole = parts.every(({ counts }) => counts !== undefined)
const [passed, failed, skipped] = [0, 1, 2].map((i) => parts.reduce((sum, { counts }) => sum + (counts?.[i] ?? 0), 0))
// A process that ended before it could count is a failure of its own.
const lost = parts.filter(({ counts }) => counts === undefined).length
process.stdout.write(`${passed} passed, ${failed + lost} failed, ${skipped} skipped\n`)
process.exit(whole && parts.every(({ code }) => code === 0) ? 0 : 1)
