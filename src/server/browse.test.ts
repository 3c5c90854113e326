// Looking into a backup over HTTP: what was, beside what is; by today's rights; never whom an erasure took; gone without a trace afterwards.
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { shippedDocument } from '#access'
import type { Actor, Uuid } from '#kernel'
import { createBackupIdentity } from '#backup'
import { type Client, openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import type { BrowseAnswer, BrowsedAnswer, BrowsePage } from './contract.ts'

let server: TestServer
let backup: string
const ids: Record<string, string> = {}
const path = '/api/backups/browsings'

before(async () => {
  server = await openTestServer()
  const { house, ids: people } = server
  const make = async (name: string, values: object, owner = people.sales): Promise<void> => {
    ids[name] = (await house.vault.create(house.system, 'contact', { values: { name, ...values }, ownerId: owner })).id
  }
  await make('Kept', { mobile: '13800138000', email: 'kept@example.com' })
  await make('Changed', { mobile: '13800138001' })
  await make('Deleted', { mobile: '13800138002' })
  await make('Erased', { mobile: '13800138003' })
  await make('Moved', { mobile: '13800138004' })
  const { repository } = house.config
  await house.backups.create({ type: 'full', repo: repository })
  await change('Changed', { mobile: '13900139001' })
  backup = (await house.backups.create({ type: 'incremental', repo: repository })).id
  await change('Changed', { name: 'Changed again' })
  const at = async (name: string) => (await house.vault.get(house.system, 'contact', ids[name] ?? '')).version
  await house.vault.remove(house.system, 'contact', ids['Deleted'] ?? '', await at('Deleted'))
  await house.vault.assign(house.system, 'contact', ids['Moved'] ?? '', people.other)
  const preview = (await server.admin.ask('GET', `/api/erasures/preview?type=contact&id=${ids['Erased'] ?? ''}`)).json() as { subject: string; code: string } // prettier-ignore
  const erased = await server.admin.ask('POST', '/api/erasures', { body: { subject: preview.subject, reason: 'asked for', code: preview.code, password: testPassword } }) // prettier-ignore
  assert.ok(erased.status < 300, erased.text)
  await make('Later', {})
})
after(() => server.close())

const change = async (name: string, values: object): Promise<void> => {
  const { vault, system } = server.house
  const { version } = await vault.get(system, 'contact', ids[name] ?? '')
  await vault.update(system, 'contact', ids[name] ?? '', version, { ...values })
}

/** Signed in just now: tests of a whole run share a process, and the house may have been waiting for long. */
const confirmed = (): Promise<Client> => server.signIn('admin@example.org', testPassword)

const open = async (client: Client, body: object = {}): Promise<BrowseAnswer> => {
  const answer = await client.ask('POST', path, { body: { backup, ...body } })
  assert.equal(answer.status, 202, answer.text)
  const begun = answer.json() as BrowseAnswer
  for (let i = 0; i < 600; i++) {
    const { items } = (await client.ask('GET', path)).json() as { items: readonly BrowseAnswer[] }
    const one = items.find(({ id }) => id === begun.id)
    if (one && one.state !== 'opening') return one
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('it did not open')
}

const close = async (client: Client, { id }: BrowseAnswer): Promise<void> => {
  assert.equal((await client.ask('DELETE', `${path}/${id}`)).status, 204)
}

test('[server-270] [vault-290] records are shown as the backup held them, with what became of each; who was erased is in none, and nothing stays behind', async () => {
  const { house } = server
  const admin = await confirmed()
  const one = await open(admin)
  assert.deepEqual([one.state, one.error, one.backup], ['open', null, backup])
  const page = (await admin.ask('GET', `${path}/${one.id}/contacts?limit=200`)).json() as BrowsePage
  const seen = new Map(page.items.map(({ record, since }) => [record.id, { name: record.values['name'], since }]))
  assert.deepEqual(
    ['Kept', 'Changed', 'Deleted', 'Moved', 'Erased', 'Later'].map((name) => seen.get(ids[name] ?? '')),
    [
      { name: 'Kept', since: 'same' },
      { name: 'Changed', since: 'changed' },
      { name: 'Deleted', since: 'deleted' },
      { name: 'Moved', since: 'changed' },
      undefined,
      undefined,
    ],
  )
  const changed = (await admin.ask('GET', `${path}/${one.id}/contacts?changed=1&limit=1`)).json() as BrowsePage
  assert.equal(changed.items.length, 1)
  assert.notEqual(changed.items[0]?.since, 'same')
  const detail = await admin.ask('GET', `${path}/${one.id}/contacts/${ids['Changed'] ?? ''}`)
  const { record, since } = detail.json() as BrowsedAnswer
  assert.deepEqual([record.version, record.values['name'], since], [2, 'Changed', 'changed'])
  assert.equal((await admin.ask('GET', `${path}/${one.id}/contacts/${ids['Erased'] ?? ''}`)).status, 404)
  assert.equal((await admin.ask('GET', `${path}/${one.id}/users`)).status, 404)
  await close(admin, one)
  assert.deepEqual(await readdir(join(house.config.data, 'browsing')), [])
  assert.equal((await admin.ask('GET', `${path}/${one.id}/contacts`)).status, 404)
})

test('[server-271] it is opened by whoever may, with an identity that fits; one at a time, and of nobody else', async () => {
  const { manager, sales, house } = server
  const admin = await confirmed()
  for (const client of [manager, sales]) {
    assert.equal((await client.ask('GET', path)).status, 403)
    assert.equal((await client.ask('POST', path, { body: { backup } })).status, 403)
  }
  const foreign = await open(admin, { identity: createBackupIdentity().identity })
  assert.equal(foreign.state, 'failed')
  assert.match(foreign.error ?? '', /identity does not open/)
  await close(admin, foreign)
  assert.equal((await admin.ask('POST', path, { body: { backup, identity: 'x' } })).status, 403)
  assert.equal((await admin.ask('POST', path, { body: { backup: 'x' } })).status, 404)
  const one = await open(admin)
  assert.equal((await admin.ask('POST', path, { body: { backup } })).status, 409)
  // The same person in another session has none.
  const again = await server.signIn('admin@example.org', testPassword)
  assert.deepEqual((await again.ask('GET', path)).json(), { items: [] })
  assert.equal((await again.ask('GET', `${path}/${one.id}/contacts`)).status, 404)
  const journal = await house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) =>
    house.journal.list(tx, house.tenant, { act: 'backup.browse', limit: 10 }),
  )
  assert.ok(journal.items.some(({ detail }) => (detail as { browsing?: string }).browsing === one.id))
  await close(admin, one)
})

test('[vault-291] what each role sees of a backup is what it sees today, and of what it has lost since nothing', async () => {
  const { house, ids: people } = server
  const identity = await readFile(join(house.config.keys, 'backup.identity'), 'utf8')
  const onlooker = { user: people.admin, session: people.admin }
  const fail = (error: unknown): never => {
    throw error
  }
  const { id } = await house.browsings.open({ ...onlooker, backup, identity, report: fail })
  while (house.browsings.of(onlooker)[0]?.state === 'opening') await new Promise((resolve) => setTimeout(resolve, 50))
  const look = await house.browsings.look(onlooker, id)
  const base = await house.actorOf(people.sales, { channel: 'web', ip: '', mfa: true })
  const seat = (role: string, user: Uuid = people.sales): Actor => ({ ...base, principal: { ...base.principal, id: user, role } }) // prettier-ignore
  let rows = 0
  for (const { name } of shippedDocument.roles) {
    const actor = seat(name)
    const { items } = await look.list(actor, 'contact', {})
    const today = new Map((await house.vault.list(actor, 'contact', {})).items.map((one) => [one.id, one]))
    for (const { since, ...seen } of items) {
      rows++
      if (since === 'same') assert.deepEqual(seen, today.get(seen.id), name)
      if (since === 'changed') assert.deepEqual(seen.groups, today.get(seen.id)?.groups, name)
    }
    assert.deepEqual(
      [...today.keys()].filter((key) => key !== ids['Later']).toSorted(),
      items.flatMap((one) => (one.since === 'deleted' ? [] : [one.id])).toSorted(),
      name,
    )
  }
  assert.ok(rows > 20, String(rows))
  // It was theirs when the backup was made, and is another's now; and the other way round: then it was not theirs.
  const moved = ids['Moved'] ?? ''
  const refused = (actor: Actor): Promise<void> =>
    assert.rejects(look.get(actor, 'contact', moved), { code: 'not-found' })
  await refused(seat('sales'))
  await refused(await house.actorOf(people.other, { channel: 'web', ip: '', mfa: true }))
  await house.browsings.close(onlooker, id)
})

test('[server-272] what a killed process left is taken away by the next that serves', async () => {
  const { house } = server
  const left = join(house.config.data, 'browsing', 'left')
  await mkdir(left, { recursive: true })
  await writeFile(join(left, 'database.json'), '{')
  await house.browsings.sweep()
  assert.deepEqual(await readdir(join(house.config.data, 'browsing')), [])
})
