// What start, init and doctor say where the keystore is missing, locked, of another house, or open to others: as processes, as scripts see it.
import assert from 'node:assert/strict'
import { chmod, cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createKeys } from '#encryption'
import { temporaryFolder } from '#testing'
import { command, type Outcome } from '../support/command.ts'

const passphrase = 'a lantern over the harbour'
let directory = ''
const at = (name: string): string => join(directory, name)
const places = (): readonly string[] => ['--data', at('data'), '--keys', at('keys')]
const init = ['init', '--admin-email', 'owner@example.com', '--password-stdin']
const run = (verb: readonly string[], ...more: readonly string[]): Promise<Outcome> =>
  command([...verb, ...places(), ...more], directory, 'harbour-Kite-9f2c-lantern\n')
const say = (text: string): Promise<void> =>
  writeFile(at('holdfast.json'), JSON.stringify({ passphrase: text }), { mode: 0o600 })

before(async () => {
  directory = temporaryFolder()
  await say(passphrase)
  const made = await run(init, '--json')
  assert.equal(made.code, 0, made.stderr)
})
after(() => rm(directory, { recursive: true, force: true }))

const keyFiles = async (): Promise<readonly string[]> =>
  Promise.all(
    (await readdir(at('keys'))).sort().map(async (name) => name + (await readFile(at(`keys/${name}`), 'hex'))),
  )

/** Each fault: how it comes about, how it is mended, and what is said of it. */
const faults: readonly {
  readonly code: string
  readonly sentence: RegExp
  readonly make: () => Promise<void>
  readonly mend: () => Promise<void>
}[] = [
  {
    code: 'keystore-locked',
    sentence: /^the keystore does not open: passphrase or file is wrong$/,
    make: () => say('another lantern'),
    mend: () => say(passphrase),
  },
  {
    code: 'keystore-missing',
    sentence: /^there is no keystore at \S+\/keys$/,
    make: () => rename(at('keys'), at('kept')),
    mend: () => rename(at('kept'), at('keys')),
  },
  {
    code: 'keystore-foreign',
    sentence: /^the data was sealed under another root key \([0-9A-Z-]{19}\), which this keystore does not hold$/,
    make: async () => {
      await rename(at('keys'), at('kept'))
      const { keys } = await createKeys(at('keys'), { passphrase })
      keys.close()
    },
    mend: async () => {
      await rm(at('keys'), { recursive: true })
      await rename(at('kept'), at('keys'))
    },
  },
  {
    code: 'keystore-unsafe',
    sentence: /^\S+\/keys, which holds keys, is open to others; its mode must be 0700$/,
    make: () => chmod(at('keys'), 0o777),
    mend: () => chmod(at('keys'), 0o700),
  },
  {
    code: 'keystore-unsafe',
    sentence: /^\S+\/keystore\.json, which holds keys, is open to others; its mode must be 0600$/,
    make: () => chmod(at('keys/keystore.json'), 0o644),
    mend: () => chmod(at('keys/keystore.json'), 0o600),
  },
]

test('[server-123] a keystore that does not open stops start and init with one sentence, and doctor names it', async () => {
  await cp(at('keys'), at('copy'), { recursive: true })
  const good = await keyFiles()
  for (const { code, sentence, make, mend } of faults) {
    await make()
    for (const verb of [['start', '--port', '0'], init]) {
      const { code: exit, stdout, stderr } = await run(verb, '--json')
      assert.deepEqual([exit, stdout], [1, ''], `${verb[0] ?? ''} ${code}: ${stderr}`)
      assert.match(stderr, /^[^\n]+\n$/)
      const { error, ...nothing } = JSON.parse(stderr) as { error: { code: string; message: string } }
      assert.deepEqual([Object.keys(error), error.code, Object.keys(nothing)], [['code', 'message'], code, []])
      assert.match(error.message, sentence)
    }
    const doctor = await run(['doctor'], '--json')
    assert.deepEqual([doctor.code, doctor.stderr], [1, ''])
    const { ok, findings } = doctor.json() as { ok: boolean; findings: { name: string; code?: string; what: string }[] }
    const house = findings.find(({ name }) => name === 'house')
    assert.deepEqual([ok, house?.code], [false, code])
    assert.match(house?.what ?? '', sentence)
    await mend()
  }
  // For people: the sentence alone.
  await say('another lantern')
  const plain = await run(['start', '--port', '0'])
  assert.deepEqual(
    [plain.code, plain.stdout, plain.stderr],
    [1, '', 'holdfast: the keystore does not open: passphrase or file is wrong\n'],
  )
  await say(passphrase)
  // None of them touched a key or made a new one.
  assert.deepEqual(await keyFiles(), good)
  const doctor = await run(['doctor'], '--json')
  assert.equal(
    (doctor.json()['findings'] as { name: string; ok: boolean }[]).find(({ name }) => name === 'root key')?.ok,
    true,
  )
})
