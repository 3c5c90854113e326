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

/** The rooms in a few parts; a new room is in the last. */
const roomParts = () => {
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : [])) // prettier-ignore
  const all = (room) => `src/${room}/**/*.test.ts`
  const others = rooms.filter((room) => !['server', 'cli', 'vault', 'store'].includes(room))
  return [
    ['src/server/[!a-k]*.test.ts', 'src/server/*/**/*.test.ts'],
    ['src/server/[a-k]*.test.ts', all('cli')],
    [all('vault'), all('store')],
    others.map(all),
  ]
}

/** The stories in a few parts, by their first letters; whatever else is below test/ is in the last. */
const storyParts = () => {
  const letters = ['[a-c]', '[d-k]', '[l-r]']
  const others = [
    'test/story/[!a-r]*.test.ts',
    'test/story/*/**/*.test.ts',
    'test/[!s]*/**/*.test.ts',
    'test/s[!t]*/**/*.test.ts',
  ]
  return [...letters.map((some) => [`test/story/${some}*.test.ts`]), others]
}

/**
 * Two at a time, one for each of two cores. Parts of a few minutes, so that neither lane waits long for the other at the end; what is made
 * once for a part, as a house to copy, is made again for the next.
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

const everything = () => {
  const stories = storyParts()
  return roomParts()
    .flatMap((rooms) => [stories.shift() ?? [], rooms])
    .concat(stories)
}

const parts = await inLanes(named.length > 0 ? [named] : everything())
const whole = parts.every(({ counts }) => counts !== undefined)
const [passed, failed, skipped] = [0, 1, 2].map((i) => parts.reduce((sum, { counts }) => sum + (counts?.[i] ?? 0), 0))
// A process that ended before it could count is a failure of its own.
const lost = parts.filter(({ counts }) => counts === undefined).length
process.stdout.write(`${passed} passed, ${failed + lost} failed, ${skipped} skipped\n`)
process.exit(whole && parts.every(({ code }) => code === 0) ? 0 : 1)
