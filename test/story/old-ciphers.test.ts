// Columns that an old system encrypted, from the command line: what is wrong is said before anything is written, what is right comes in once.
import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { temporaryFolder } from '#testing'
import { command, type Outcome } from '../support/command.ts'

let directory = ''
const at = (name: string): string => join(directory, name)
const me = 'owner@example.com'
const run = (...args: readonly string[]): Promise<Outcome> =>
  command([...args, '--data', at('data'), '--keys', at('keys'), '--json'], directory)
const bring = (...args: readonly string[]): Promise<Outcome> =>
  run('import', at('old.csv'), '--type', 'contact', '--as', me, '--yes', ...args)

const key = 'an old key, 16 B'
const sealed = (text: string): string => {
  const cipher = createCipheriv('aes-128-ecb', key, null)
  return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64')
}

before(async () => {
  directory = temporaryFolder()
  const init = await command(
    ['init', '--data', at('data'), '--keys', at('keys'), '--admin-email', me, '--password-stdin', '--json'],
    directory,
    'harbour-Kite-9f2c-lantern\n',
  )
  assert.equal(init.code, 0, init.stderr)
  const rows = Array.from(
    { length: 300 },
    (_, i) => `Orla Fenwick ${String(i)},${sealed(`1380013${String(2000 + i)}`)}`,
  )
  await writeFile(at('old.csv'), ['Name,Mobile', ...rows].join('\n'))
  await writeFile(at('old.json'), JSON.stringify({ columns: { Mobile: { cipher: 'aes-128', mode: 'ecb' } } }))
  await writeFile(at('rc4.json'), JSON.stringify({ columns: { Mobile: { cipher: 'rc4', mode: 'ecb' } } }))
  await writeFile(at('cut.json'), '{"columns":')
  await writeFile(at('old.key'), `${key}\n`)
  await writeFile(at('hex.key'), `hex:${Buffer.from(key).toString('hex')}`)
  await writeFile(at('short.key'), 'short')
  await writeFile(at('wrong.key'), 'wrong old key 16')
})
after(() => rm(directory, { recursive: true, force: true }))

test('[server-81] what is wrong with an old key or its description is one sentence, and nothing is written', async () => {
  const wrong = async (code: number, said: RegExp, ...args: readonly string[]): Promise<void> => {
    const outcome = await bring(...args)
    assert.equal(outcome.code, code, outcome.stderr)
    assert.match(outcome.stderr, said)
    assert.ok(!outcome.stderr.includes(key))
  }
  const legacy = ['--legacy', at('old.json')]
  await wrong(2, /legacy-key-file/, ...legacy)
  await wrong(2, /--legacy is needed/, '--legacy-key-file', at('old.key'))
  await wrong(1, /"file-unreadable"/, ...legacy, '--legacy-key-file', at('nowhere'))
  await wrong(1, /not JSON/, '--legacy', at('cut.json'), '--legacy-key-file', at('old.key'))
  await wrong(1, /cipher is one of/, '--legacy', at('rc4.json'), '--legacy-key-file', at('old.key'))
  await wrong(1, /"legacy-key-length"/, ...legacy, '--legacy-key-file', at('short.key'))
  const other = await bring(...legacy, '--legacy-key-file', at('wrong.key'))
  assert.deepEqual([other.json()['created'], other.json()['refused']], [0, 300])
  const unnamed = await bring()
  assert.deepEqual([unnamed.json()['created'], unnamed.json()['refused']], [0, 300], 'ciphertext is no number')
})

test('[server-81] with the old key every row comes in once, and the refused file holds ciphertext alone', async () => {
  const first = (await bring('--legacy', at('old.json'), '--legacy-key-file', at('old.key'))).json()
  assert.deepEqual([first['created'], first['refused']], [300, 0])
  const second = (await bring('--legacy', at('old.json'), '--legacy-key-file', at('hex.key'))).json()
  assert.deepEqual([second['created'], second['updated'], second['unchanged']], [0, 0, 300])
  assert.deepEqual(first['legacy'], second['legacy'], 'the same key by its fingerprint')
  const found = await run('search', 'contact', '2042', '--as', me)
  assert.equal((found.json()['items'] as unknown[]).length, 1)
  const refused = await readFile(at('old.csv.refused.csv'), 'utf8')
  assert.ok(refused.includes(sealed('13800132000')) && !refused.includes('13800132000'))
  assert.equal((await run('audit', 'verify')).code, 0)
})
