// A person is erased from the command line: previewed, held, erased, the certificate checked with the verb and with openssl.
import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { temporaryFolder } from '#testing'
import { command, type Outcome } from '../support/command.ts'

let directory = ''
const me = 'owner@example.com'
const at = (name: string): string => join(directory, name)
const places = (): readonly string[] => ['--data', at('data'), '--keys', at('keys')]
const run = (...args: readonly string[]): Promise<Outcome> =>
  command([...args, ...places(), '--as', me, '--json'], directory)
const good = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
  const outcome = await run(...args)
  assert.equal(outcome.code, 0, `${args.join(' ')}: ${outcome.stderr}`)
  return outcome.json()
}
const refused = async (code: RegExp, ...args: readonly string[]): Promise<void> => {
  const outcome = await run(...args)
  assert.notEqual(outcome.code, 0, args.join(' '))
  assert.match(outcome.stderr, code)
}
const found = async (text: string): Promise<readonly { readonly id: string }[]> =>
  (await good('search', 'contact', text))['items'] as { readonly id: string }[]

before(async () => {
  directory = temporaryFolder()
  const made = await command(
    ['init', ...places(), '--admin-email', me, '--password-stdin', '--json'],
    directory,
    'harbour-Kite-9f2c-lantern\n',
  )
  assert.equal(made.code, 0, made.stderr)
  const rows = [
    'Record ID,姓名,手机,邮箱',
    'a,赵璟珩,13800130001,a@zelmarq.example',
    'b,钱昱霁,13800130002,b@zelmarq.example',
  ]
  await writeFile(at('people.csv'), rows.join('\r\n'))
  await good('import', at('people.csv'), '--type', 'contact', '--yes')
})
after(() => rm(directory, { recursive: true, force: true }))

test('[house-51] erase previews and changes nothing, a legal hold refuses it, --yes erases; the certificate holds, an altered one does not', async () => {
  const [person] = await found('a@zelmarq.example')
  assert.ok(person)
  const words = ['contact', person.id]
  const preview = await good('erase', ...words)
  assert.equal(preview['erased'], null)
  assert.deepEqual(preview['records'], [{ type: 'contact', count: 1, ids: [person.id] }])
  assert.equal((await found('a@zelmarq.example')).length, 1, 'a preview changes nothing')

  await refused(/wrong-use/, 'erase', 'contact')
  await refused(/wrong-use/, 'erase', 'contract', person.id)
  await refused(/wrong-use/, 'erase', ...words, '--yes')
  const hold = await good('erase', 'hold', ...words, '--reason', 'a suit')
  await refused(/legal-hold/, 'erase', ...words, '--yes', '--reason', 'asked for')
  assert.equal((await found('a@zelmarq.example')).length, 1)
  await good('erase', 'lift', String(hold['id']), '--reason', 'the suit has ended')

  const paper = at('certificate.json')
  const made = await good('erase', ...words, '--yes', '--reason', 'asked for', '--out', paper)
  assert.equal(made['number'], 1)
  assert.equal((await found('a@zelmarq.example')).length, 0)
  assert.equal((await found('b@zelmarq.example')).length, 1, 'nobody else is touched')
  const { items } = (await good('erase', 'list')) as { readonly items: readonly { readonly number: number }[] }
  assert.deepEqual(
    items.map((one) => one.number),
    [1],
  )

  const verdict = await good('erase', 'verify', paper)
  assert.deepEqual([verdict['ok'], verdict['known'], verdict['gone']], [true, true, true])
  const text = await readFile(paper, 'utf8')
  for (const value of ['赵璟珩', '13800130001', 'a@zelmarq.example']) assert.ok(!text.includes(value))
  const file = JSON.parse(text) as { readonly signed: string; readonly publicKey: string; readonly signature: string }
  const key = createPublicKey(file.publicKey)
  assert.ok(verify(null, Buffer.from(file.signed), key, Buffer.from(file.signature, 'base64')), 'as openssl checks it')
  const altered = { ...file, signed: file.signed.replace('asked for', 'asked far') }
  assert.notEqual(altered.signed, file.signed)
  await writeFile(at('altered.json'), JSON.stringify(altered))
  await refused(/certificate-invalid/, 'erase', 'verify', at('altered.json'))
  await writeFile(at('facts.json'), text.replace('"reason": "asked for"', '"reason": "asked far"'))
  await refused(/certificate-invalid/, 'erase', 'verify', at('facts.json'))
  await refused(/file-unreadable/, 'erase', 'verify', at('none.json'))
  await refused(/./, 'erase', ...words, '--yes', '--reason', 'again')
})
