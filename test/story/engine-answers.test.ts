// The policy engine's kept answers in an installation of its own, as processes: what doctor says of a file that was altered or damaged.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '#testing'

const root = fileURLToPath(new URL('../..', import.meta.url))
let directory = ''
const at = (name: string): string => join(directory, name)
const file = (): string => at('.cache/engine-answers.json')

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A process of the copied installation. */
const runs = (...args: readonly string[]): Ended => {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^HOLDFAST_|^NODE_TEST/.test(name)))
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: directory,
    env,
    input: 'harbour-Kite-9f2c-lantern\n',
    encoding: 'utf8',
  })
  return { code: status, stdout, stderr }
}

/** One that has nothing to complain about. */
const run = (...args: readonly string[]): Ended => {
  const ended = runs(...args)
  assert.equal(ended.stderr, '')
  return ended
}

interface Verdict {
  readonly code: number | null
  readonly ok: boolean
  readonly what: string
}

const doctor = (): Verdict => {
  const { code, stdout } = run('bin/holdfast.js', 'doctor', '--data', at('data'), '--keys', at('keys'), '--json')
  const { findings } = JSON.parse(stdout) as { findings: readonly { name: string; ok: boolean; what: string }[] }
  const found = findings.find(({ name }) => name === 'policy engine')
  assert.ok(found)
  // Whatever stands in the file, the house opens and says everything else.
  assert.equal(findings.find(({ name }) => name === 'journal')?.ok, true)
  return { code, ok: found.ok, what: found.what }
}

const build = "const { buildAnswers } = await import('./bin/build-answers.js'); await buildAnswers()"

const init = (data: string, keys = `${data}-keys`): void =>
  assert.equal(run('bin/holdfast.js', 'init', '--admin-email', 'owner@example.com', '--password-stdin', '--data', at(data), '--keys', at(keys), '--json').code, 0) // prettier-ignore

before(async () => {
  directory = temporaryFolder()
  for (const name of ['bin', 'src', 'package.json', 'package-lock.json'])
    await cp(join(root, name), at(name), { recursive: true, preserveTimestamps: true })
  await symlink(join(root, 'node_modules'), at('node_modules'))
  init('data', 'keys')
})
after(() => rm(directory, { recursive: true, force: true }))

interface Kept {
  readonly v: number
  readonly engine: string
  readonly answers: (readonly [string, unknown])[]
}

test('[access-199] doctor asks the engine again, believes its answers alone, and names the file that differs', async () => {
  const none = doctor()
  assert.deepEqual([none.code, none.ok], [0, true])
  assert.match(none.what, /^no answers are kept/)

  run('--input-type=module', '--eval', build)
  const good = await readFile(file(), 'utf8')
  const kept = JSON.parse(good) as Kept
  const whole = doctor()
  assert.deepEqual([whole.code, whole.ok], [0, true])
  assert.ok(whole.what.includes(`all ${String(kept.answers.length)} kept answers`), whole.what)

  // Somebody turns a permit of a policy into a forbid, or has a text of their own found valid.
  const policy = kept.answers.findIndex(([, answer]) => JSON.stringify(answer).includes('"effect":"permit"'))
  assert.ok(policy >= 0)
  const turned = JSON.parse(JSON.stringify(kept)) as Kept
  turned.answers[policy] = [
    kept.answers[policy]?.[0] ?? '',
    JSON.parse(JSON.stringify(kept.answers[policy]?.[1]).replace('"effect":"permit"', '"effect":"forbid"')),
  ]
  const added: Kept = { ...kept, answers: [...kept.answers, ['c3VyZWx5IG5vdCBhIHF1ZXN0aW9uIG9mIG91cnM=', true]] }
  const broken: Kept = { ...kept, answers: kept.answers.map(([key]) => [key, { type: 'success' }]) }
  for (const [altered, wrong] of [
    [turned, 1],
    [added, 1],
    [broken, broken.answers.length],
  ] as const) {
    await writeFile(file(), JSON.stringify(altered))
    const found = doctor()
    assert.deepEqual([found.code, found.ok], [1, false])
    assert.ok(
      found.what.startsWith(
        `${file()}: ${String(wrong)} of ${String(altered.answers.length)} kept answers are not what the engine says`,
      ),
      found.what,
    )
    for (const inside of ['forbid', 'permit', 'c3VyZWx5']) assert.ok(!found.what.includes(inside), found.what)
  }

  for (const text of [good.slice(0, -100), '\u0000\u0007 garbage', JSON.stringify({ ...kept, engine: '4.12.0' })]) {
    await writeFile(file(), text)
    const found = doctor()
    assert.deepEqual([found.code, found.ok], [0, true], text.slice(0, 40))
    assert.ok(found.what.startsWith(`${file()} is cut off, garbage or of another version`), found.what)
  }

  // What is not whole is made anew, though it is newer than the sources.
  await writeFile(file(), good.slice(0, -100))
  run('--input-type=module', '--eval', build)
  assert.equal(await readFile(file(), 'utf8'), good)
})

test('[access-198] a start keeps the answers before it opens a house, so that no server has the engine for shipped policies', async () => {
  // A start that comes no further than to the house: the keys are another's.
  init('other')
  await rm(file(), { force: true })
  const refused = runs(
    'bin/holdfast.js',
    'start',
    '--data',
    at('data'),
    '--keys',
    at('other-keys'),
    '--port',
    '0',
    '--json',
  )
  assert.notEqual(refused.code, 0)
  assert.match(refused.stderr, /keystore-foreign/)
  const { answers } = JSON.parse(await readFile(file(), 'utf8')) as Kept
  assert.ok(answers.length > 0)
})
