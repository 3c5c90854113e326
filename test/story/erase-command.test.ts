// A person is erased from the command line: previewed, held, erased, the certificate checked with the verb and with openssl.
import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { convertLead } from '#crm'
import type { Actor } from '#kernel'
import { type House, openHouse, readConfig } from '#server'
import { temporaryFolder } from '#testing'
import { command, type Outcome } from '../support/command.ts'
import { prepareHouse } from '../support/prepared.ts'

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
  await prepareHouse(directory)
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

test('[server-290] erase takes along what is linked, --also what has the same number, --only leaves all others', async () => {
  const rows = ['Record ID,姓名,手机', 'c,孙灏,13800130009', 'd,孙先生,13800130009', 'e,孙大哥,138 0013 0009']
  await writeFile(at('more.csv'), rows.join('\r\n'))
  await good('import', at('more.csv'), '--type', 'contact', '--yes')
  const idOf = async (name: string): Promise<string> => (await found(name))[0]?.id ?? ''
  const [first, second, third] = [await idOf('孙灏'), await idOf('孙先生'), await idOf('孙大哥')]
  const same = async (id: string): Promise<readonly unknown[]> =>
    ((await good('erase', 'contact', id))['same'] as { subject: string; why: string[] }[])
      .map((one) => [one.subject, ...one.why])
      .sort()
  assert.deepEqual(
    await same(first),
    [
      [second, 'phone'],
      [third, 'phone'],
    ].sort(),
  )
  const told = await command(['erase', 'contact', first, ...places(), '--as', me], directory)
  assert.match(told.stdout, new RegExp(`${second} \\(contact 1\\): the same phone; goes along with --also ${second}`))
  await refused(/wrong-use/, 'erase', 'contact', first, '--yes', '--reason', 'asked for', '--also', 'somebody')
  const yes = ['--yes', '--reason', 'asked for']
  const made = await good('erase', 'contact', first, ...yes, '--also', second, '--out', at('paper.json'))
  const [other] = made['also'] as { readonly subject: string; readonly number: number }[]
  assert.deepEqual([made['subject'], other?.subject, other?.number], [first, second, Number(made['number']) + 1])
  for (const paper of ['paper.json', `paper-${String(other?.number)}.json`])
    assert.equal((await good('erase', 'verify', at(paper)))['ok'], true, paper)
  assert.deepEqual(await found('13800130009').then((all) => all.map(({ id }) => id)), [third])
})

test('[server-290] what a conversion linked goes along with erase by itself; --only erases one', async () => {
  for (const only of [false, true]) {
    const name = only ? '郑一' : '周二'
    await writeFile(at('leads.csv'), ['Record ID,姓名', `${name},${name}`].join('\r\n'))
    await good('import', at('leads.csv'), '--type', 'lead', '--yes')
    const leads = (await good('search', 'lead', name))['items'] as { readonly id: string }[]
    const lead = leads[0]?.id ?? ''
    const { house, admin } = await inside()
    const { contact } = await convertLead(house.vault, admin, lead)
    await house.close()
    const told = await command(['erase', 'lead', lead, ...places(), '--as', me], directory)
    assert.match(told.stdout, /contact 1\): linked as the same person; goes along unless --only/)
    const made = await good('erase', 'lead', lead, '--yes', '--reason', 'asked for', ...(only ? ['--only'] : []))
    const subjects = (made['also'] as { readonly subject: string }[]).map(({ subject }) => subject)
    assert.equal(subjects.includes(contact.id), !only)
    assert.equal((await found(name)).length, only ? 1 : 0)
  }
})

test('[server-291] erase lists everybody with the same number, however many', async () => {
  const rows = Array.from({ length: 130 }, (_, i) => `x${String(i)},吴${String(i)},13800138888`)
  await writeFile(at('crowd.csv'), ['Record ID,姓名,手机', ...rows].join('\r\n'))
  await good('import', at('crowd.csv'), '--type', 'lead', '--yes')
  const [first] = (await good('search', 'lead', '13800138888'))['items'] as { readonly id: string }[]
  const preview = await good('erase', 'lead', first?.id ?? '')
  const same = preview['same'] as { readonly subject: string }[]
  assert.deepEqual([same.length, preview['nextSame'], preview['unread']], [129, null, 0])
  assert.equal(new Set(same.map(({ subject }) => subject)).size, 129)
})

/** The house as a program of its own sees it, to do what no verb does. */
const inside = async (): Promise<{ house: House; admin: Actor }> => {
  const house = await openHouse(readConfig({ data: at('data'), keys: at('keys') }, {}, directory), { create: false })
  const user = await house.staff.findByEmail(me)
  return { house, admin: await house.actorOf(user?.id ?? '', { channel: 'api', ip: '', mfa: true, purpose: '' }) }
}
