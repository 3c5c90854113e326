// Keys from the command line: the root key exchanged, split among people, lost and brought back, with a backup in between.
import assert from 'node:assert/strict'
import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { temporaryFolder } from '#testing'
import { command, type Outcome, startCommand } from '../support/command.ts'

let directory = ''
const at = (name: string): string => join(directory, name)
const places = (data = 'data'): readonly string[] => ['--data', at(data), '--keys', at('keys')]
const run = (args: readonly string[], input = '', data = 'data'): Promise<Outcome> =>
  command([...args, ...places(data), '--json'], directory, input)
const good = async (args: readonly string[], input = '', data = 'data'): Promise<Record<string, unknown>> => {
  const outcome = await run(args, input, data)
  assert.equal(outcome.code, 0, `${args.join(' ')}: ${outcome.stderr}`)
  return outcome.json()
}
const refused = async (args: readonly string[], code: string, input = ''): Promise<string> => {
  const outcome = await run(args, input)
  assert.equal(outcome.code, 1, `${args.join(' ')}: ${outcome.stdout}`)
  const { error } = JSON.parse(outcome.stderr) as { error: { code: string; message: string } }
  assert.equal(error.code, code)
  return error.message
}
const shareFiles = (set: string, ...numbers: readonly number[]): string =>
  numbers.map((n) => at(`${set}/share-${String(n)}-of-3.txt`)).join(',')
const sheetIn = (text: string): string =>
  text
    .split('\n')
    .filter((line) => /^\s+([0-9A-Z]{5}\s+)+[0-9A-Z]{5}$/.test(line))
    .join('\n')

before(() => {
  directory = temporaryFolder()
})
after(() => rm(directory, { recursive: true, force: true }))

test('[vault-41] [vault-40] the root key is exchanged; the new sheet and a backup alone bring everything back', async () => {
  await good(['init', '--admin-email', 'a@example.com', '--password-stdin'], 'harbour-Kite-9f2c-lantern\n')
  const digest = await good(['digest'])
  const root = (await good(['keys', 'show']))['root'] as { fingerprint: string }
  const old = await readFile(at('keys/keystore.json'), 'utf8')
  const rotated = await good(['keys', 'rotate', 'root'])
  assert.notEqual(rotated['fingerprint'], root.fingerprint)
  assert.deepEqual(rotated['dropped'], [root.fingerprint])
  assert.ok(Number(rotated['namedKeys']) >= 4)
  assert.deepEqual(await good(['digest']), digest)
  assert.notEqual(await readFile(at('keys/keystore.json'), 'utf8'), old)
  const again = await command(['keys', 'rotate', 'root', ...places()], directory)
  assert.equal(again.code, 0, again.stderr)
  const sheet = sheetIn(again.stderr)
  assert.equal(sheet.trim().split(/\s+/).length, 14, again.stderr)
  await good(['backup', 'create', '--type', 'full', '--repo', at('repo')])
  await good(['audit', 'verify'])
  // The key directory and the database are lost; what is left is the sheet, the backup and its identity.
  await rename(at('keys/backup.identity'), at('backup.identity'))
  await rm(at('keys'), { recursive: true })
  await rm(at('data'), { recursive: true })
  await good(['keys', 'recover'], sheet)
  await good(['restore', '--repo', at('repo'), '--identity', at('backup.identity')])
  assert.deepEqual(await good(['digest']), digest)
  await good(['audit', 'verify'])
  const back = (await good(['keys', 'show']))['root'] as { fingerprint: string }
  assert.equal(back.fingerprint, /: (\S{19})$/m.exec(again.stderr)?.[1])
})

/** A start that waits for its shares: two holders come, and it serves. */
const unlocked = async (): Promise<void> => {
  const child = startCommand(['start', '--port', '0', '--json', ...places()], directory)
  const lines: string[] = []
  const heard = new Map<string, () => void>()
  const until = (event: string): Promise<void> =>
    new Promise((resolve) => (lines.some((line) => line.includes(event)) ? resolve() : heard.set(event, resolve)))
  child.stdout?.on('data', (part: Buffer) => {
    for (const line of part.toString('utf8').split('\n')) {
      lines.push(line)
      for (const [event, tell] of heard) if (line.includes(event)) tell()
    }
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await Promise.race([until('"locked"'), ended])
  assert.equal((await good(['keys', 'unlock', '--shares', shareFiles('third', 2)]))['missing'], 1)
  await refused(['keys', 'unlock', '--shares', shareFiles('first', 1)], 'share-foreign')
  assert.equal((await good(['keys', 'unlock'], await readFile(at('third/share-3-of-3.txt'), 'utf8')))['missing'], 0)
  await Promise.race([until('"ready"'), ended])
  assert.equal(child.exitCode, null)
  child.kill('SIGTERM')
  await ended
}

test('[encryption-60] [server-30] the root key in shares: too few, foreign, repeated and damaged ones are named; enough start', async () => {
  const digest = await good(['digest'])
  assert.equal((await run(['keys', 'shares', 'create', '--threshold', '2', '--of', '3'])).code, 2)
  const made = await good([
    'keys',
    'shares',
    'create',
    '--threshold',
    '2',
    '--of',
    '3',
    '--holders',
    '李雷,Ann,Bo',
    '--out',
    at('first'),
  ])
  assert.equal(made['protection'], 'shares')
  assert.deepEqual((await readdir(at('first'))).sort(), ['share-1-of-3.txt', 'share-2-of-3.txt', 'share-3-of-3.txt'])
  assert.match(await refused(['digest'], 'shares-missing'), /2 are needed, 0 good/)
  assert.match(await refused(['digest', '--shares', shareFiles('first', 1)], 'shares-missing'), /2 are needed, 1 good/)
  assert.match(await refused(['digest', '--shares', shareFiles('first', 1, 1)], 'share-repeated'), /share 2/)
  assert.deepEqual(await good(['digest', '--shares', shareFiles('first', 3, 1)]), digest)
  const typed = `${await readFile(at('first/share-1-of-3.txt'), 'utf8')}\n${await readFile(at('first/share-2-of-3.txt'), 'utf8')}`
  assert.deepEqual(await good(['digest', '--shares', '-'], typed), digest)
  const wrong = typed.replace(
    /^( {4}\w\w)(\w)/m,
    (_, head: string, letter: string) => `${head}${letter === '7' ? '8' : '7'}`,
  )
  assert.match(await refused(['digest', '--shares', '-'], 'share-mistyped', wrong), /share 1: block 1/)
  await refused(['digest', '--shares', at('nothing.txt')], 'file-unreadable')
  const shown = (await good(['keys', 'shares', 'show']))['shares'] as { holders: string[] }[]
  assert.deepEqual(shown[0]?.holders, ['李雷', 'Ann', 'Bo'])
  // Refreshed: the first set starts nothing any more.
  const more = ['keys', 'shares', 'create', '--threshold', '2', '--of', '3', '--shares', shareFiles('first', 1, 2)]
  await good([...more, '--out', at('second')])
  assert.match(await refused(['digest', '--shares', shareFiles('first', 1, 2)], 'share-foreign'), /share 1/)
  // Exchanged: a new root key in new shares.
  const rotate = ['keys', 'rotate', 'root', '--shares', shareFiles('second', 1, 2), '--threshold', '2', '--of', '3']
  await good([...rotate, '--out', at('third')])
  assert.deepEqual(await good(['digest', '--shares', shareFiles('third', 2, 3)]), digest)
  await unlocked()
  // Without the key directory any two of them bring the root key back, and the data the named keys.
  await rm(at('keys'), { recursive: true })
  await good(['keys', 'recover', '--shares', shareFiles('third', 1, 3)])
  assert.deepEqual(await good(['digest']), digest)
  await good(['audit', 'verify'])
})
