// Policies from files: a folder for git that gives back the very document, and the whole way of a change from the command line.
import assert from 'node:assert/strict'
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseDocument, type PolicyDocument, shippedDocument } from '#access'
import { canonical, isFault } from '#kernel'
import { catalogue, temporaryFolder } from '#testing'
import fc from 'fast-check'
import { command } from '../../test/support/command.ts'
import { readPolicies, writePolicies } from './policy-files.ts'

test('[server-225] a document written to a folder and read from it is the same to the byte, in the same order', async () => {
  const directory = temporaryFolder()
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/)
  const documents = fc.record({
    roles: fc.uniqueArray(name, { maxLength: 6 }),
    restrictions: fc.uniqueArray(name, { maxLength: 4 }),
    policies: fc.uniqueArray(fc.tuple(name, fc.string({ minLength: 1 })), { maxLength: 5, selector: ([id]) => id }),
    administrator: fc.boolean(),
    defaults: fc.dictionary(fc.constantFrom('task', 'deal', 'account'), fc.constantFrom('private', 'unit', 'public')),
  })
  const folder = join(directory, 'policies')
  await fc.assert(
    fc.asyncProperty(documents, async ({ roles, restrictions, policies, administrator, defaults }) => {
      const document = {
        v: 1,
        administrator,
        defaults,
        roles: roles.map((role) => ({ name: role, inside: true, grants: [], system: [`${role}.x`] })),
        restrictions: restrictions.map((one) => ({ name: one, roles: [], types: ['task'], actions: ['list'], mode: 'when', conditions: [] })),
        policies: policies.map(([id, text]) => ({ id, text: text.toWellFormed() })),
        cases: [{ name: 'a', who: { role: 'sales' }, action: 'list', on: 'task', expect: 'deny' }],
      } // prettier-ignore
      await writePolicies(folder, document, 7)
      const back = await readPolicies(folder)
      assert.equal(canonical(back.document as never), canonical(document as never))
      assert.equal(back.base, 7)
    }),
    { numRuns: 15 },
  )
  await rm(directory, { recursive: true, force: true })
})

test('[server-225] the shipped document comes back whole; a folder of something else is left alone, and a file that cannot be read is named', async () => {
  const directory = temporaryFolder()
  const own: PolicyDocument = { ...shippedDocument, policies: [{ id: 'own.one', text: '@id("own.one")\nforbid (principal, action == Action::"list", resource is Task) when { false };' }] } // prettier-ignore
  const folder = join(directory, 'p')
  await writePolicies(folder, own, 1)
  assert.deepEqual(parseDocument(catalogue, (await readPolicies(folder)).document), own)
  // Taken out of the document, its file goes; put beside the others, a new one counts.
  await writePolicies(folder, shippedDocument, 1)
  assert.deepEqual(await readdir(join(folder, 'policies')), [])
  await writeFile(join(folder, 'policies', 'own.two.cedar'), '@id("own.two")\n')
  const { document } = await readPolicies(folder)
  assert.deepEqual((document as PolicyDocument).policies, [{ id: 'own.two', text: '@id("own.two")' }])
  await writeFile(join(folder, 'cases.json'), '[{]')
  await assert.rejects(readPolicies(folder), (error: unknown) => isFault(error, 'policy-invalid') && error.message.includes('cases.json')) // prettier-ignore
  const other = join(directory, 'other')
  await mkdir(other)
  await writeFile(join(other, 'mine.txt'), 'x')
  await assert.rejects(writePolicies(other, shippedDocument, 1), (error: unknown) => isFault(error, 'wrong-use'))
  assert.deepEqual(await readdir(other), ['mine.txt'])
  await rm(directory, { recursive: true, force: true })
})

test('[server-226] [server-224] pull, check, dry-run, propose, approve by another, schedule, roll back: every step as a person, with the person’s rights and exit codes', async () => {
  const directory = temporaryFolder()
  const places = ['--data', join(directory, 'data'), '--keys', join(directory, 'keys'), '--json']
  const run = (...args: readonly string[]) => command([...args, ...places], directory)
  const good = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
    const outcome = await run(...args)
    assert.equal(outcome.code, 0, `${args.join(' ')}: ${outcome.stderr}`)
    return outcome.json()
  }
  const me = 'owner@example.com'
  const made = await command(['init', ...places, '--admin-email', me, '--password-stdin'], directory, 'harbour-Kite-9f2c-lantern\n') // prettier-ignore
  assert.equal(made.code, 0, made.stderr)
  const second = await secondPerson(directory)
  const as = ['--as', me]
  const folder = join(directory, 'policies')
  const pulled = await good('policy', 'pull', folder, ...as)
  const before = await good('policy', 'check', folder, ...as)
  const { versions } = (await good('policy', 'log', ...as)) as { versions: { number: number; active: boolean; digest: string }[] } // prettier-ignore
  // Unchanged: what would be proposed is what is in force, digest by digest.
  assert.deepEqual([before['digest'], pulled['number']], [versions[0]?.digest, versions[0]?.number])
  const cedar = join(folder, 'policies', 'own.quiet.cedar')
  await writeFile(cedar, '@id("own.quiet")\nforbid (principal in Role::"sales", action == Action::"create", resource is Tsk);\n') // prettier-ignore
  const wrong = await run('policy', 'check', folder, ...as)
  assert.equal(wrong.code, 1)
  const { problems } = wrong.json() as { problems: { kind: string; policy: string; line: number; words: { zh: string } }[] } // prettier-ignore
  assert.deepEqual(problems.map(({ kind, policy, line }) => [kind, policy, line]), [['unknown-type', 'own.quiet', 2]]) // prettier-ignore
  assert.match(problems[0]?.words.zh ?? '', /Task/)
  await writeFile(cedar, '@id("own.quiet")\nforbid (principal in Role::"sales", action == Action::"create", resource is Task);\n') // prettier-ignore
  const checked = await good('policy', 'check', folder, ...as)
  assert.notEqual(checked['digest'], before['digest'])
  const dry = await good('policy', 'dry-run', folder, '--from', '2020-01-01', '--to', '2020-02-01', ...as)
  assert.deepEqual([dry['accesses'], dry['digest']], [0, checked['digest']])
  const { id } = (await good('policy', 'propose', folder, '--reason', 'quiet', ...as)) as { id: string }
  assert.equal((await run('policy', 'approve', id, ...as)).code, 1)
  // Far enough ahead for a slow machine to open the house before.
  const at = new Date(Date.now() + 25_000).toISOString()
  assert.equal((await good('policy', 'approve', id, '--at', at, '--as', second))['number'], null)
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, Date.parse(at) - Date.now()) + 100))
  const after = (await good('policy', 'log', ...as)) as { versions: { number: number; digest: string }[]; changes: { state: string }[] } // prettier-ignore
  assert.deepEqual([after.versions[0]?.digest, after.changes[0]?.state], [checked['digest'], 'active'])
  // The folder was pulled from a version that is no longer in force.
  await appendFile(cedar, '// more\n')
  assert.match((await run('policy', 'propose', folder, '--reason', 'stale', ...as)).stderr, /conflict/)
  const rolled = await good('policy', 'rollback', String(pulled['number']), '--as', second)
  const end = (await good('policy', 'log', ...as)) as { versions: { number: number; digest: string }[] }
  assert.deepEqual([end.versions[0]?.number, end.versions[0]?.digest], [rolled['number'], before['digest']])
  assert.equal((await run('policy', 'nonsense', ...as)).code, 2)
  assert.match(await readFile(join(folder, 'holdfast.json'), 'utf8'), /"base": 1/)
  await rm(directory, { recursive: true, force: true })
})

/** Somebody else who may approve, made in the house itself. */
const secondPerson = async (directory: string): Promise<string> => {
  const { openHouse, readConfig } = await import('#server')
  const house = await openHouse(readConfig({ data: join(directory, 'data'), keys: join(directory, 'keys') }, {}, directory), { create: false }) // prettier-ignore
  const email = 'second@example.com'
  await house.vault.create(house.system, 'user', {
    values: { name: 'Sam', email, role: 'security-administrator', active: true, language: 'en' },
  })
  await house.close()
  return email
}
