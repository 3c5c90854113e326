// The tree of keys over HTTPS: what it shows and to whom, the counts behind a destruction, the sheet, the root key exchanged as a job, and locks.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import type { JobAnswer } from './contract/jobs.ts'
import type {
  EpochNeedsAnswer,
  GroupsProtection,
  KeyTreeAnswer,
  RecordProtectionAnswer,
  SheetAnswer,
} from './contract/keys.ts'
import type { MeasuredAnswer } from './contract/search.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

const password = testPassword

test('[server-110] whoever may see the keys gets the whole tree with ages, counts and the answer of the provider', async () => {
  const { admin, manager, sales, stranger, house } = await server()
  for (const client of [manager, sales]) {
    assert.equal((await client.ask('GET', '/api/keys/tree')).status, 403)
    assert.equal((await client.ask('GET', '/api/keys/epochs/1/needs')).status, 403)
    assert.equal((await client.ask('POST', '/api/keys/sheet', { body: { password } })).status, 403)
    assert.equal((await client.ask('POST', '/api/keys/leakage/measure', { body: {} })).status, 403)
  }
  assert.equal((await stranger().ask('GET', '/api/keys/tree')).status, 401)
  await admin.ask('POST', '/api/contacts', { body: { values: { name: '赵钱孙', mobile: '13900001234' } } })
  const reply = await admin.ask('GET', '/api/keys/tree')
  assert.equal(reply.status, 200, reply.text)
  const tree = reply.json() as KeyTreeAnswer
  const [root] = tree.roots
  assert.deepEqual(
    [root?.fingerprint, root?.kind, root?.protection, root?.wraps, root?.shares],
    [house.keys.provider.fingerprint, 'file', 'machine', true, null],
  )
  assert.deepEqual([tree.provider.answers, tree.provider.error, tree.provider.lease], [true, null, null])
  assert.ok(tree.named.some(({ kind, name, fingerprint }) => kind === 'signer' && name === 'journal' && fingerprint))
  assert.equal(tree.recipients.length, 1)
  assert.equal(tree.recipients[0]?.held, true)
  const counted = tree.dataKeys.reduce((sum, one) => sum + one.current + one.older, 0)
  assert.ok(counted > 0 && counted === (await house.rotation.states()).epochs[0]?.subjectKeys)
  assert.ok(tree.costs.records > 0)
  assert.ok(!reply.text.includes((await house.recoverySheet()).blocks.slice(0, 5)))
})

test('[server-111] what needs an epoch is counted; the sheet and a root rotation ask for the password, and both are journalled', async () => {
  const { admin, house } = await server()
  const needs = (await admin.ask('GET', '/api/keys/epochs/1/needs')).json() as EpochNeedsAnswer
  assert.ok((needs.needs['keyring.subject_key'] ?? 0) > 0)
  for (const wrong of ['9', 'x', '0'])
    assert.equal((await admin.ask('GET', `/api/keys/epochs/${wrong}/needs`)).status, 404)
  assert.ok((await admin.ask('POST', '/api/keys/sheet', { body: { password: 'no' } })).status >= 400)
  const before = (await admin.ask('POST', '/api/keys/sheet', { body: { password } })).json() as SheetAnswer
  assert.equal(before.blocks.length, 14)
  assert.equal(before.fingerprint, house.keys.provider.fingerprint)
  const refused = await admin.ask('POST', '/api/keys/rotations', { body: { what: 'root', password: 'no' } })
  assert.ok(refused.status >= 400)
  const started = await admin.ask('POST', '/api/keys/rotations', { body: { what: 'root', password } })
  assert.equal(started.status, 202, started.text)
  const job = await house.jobs.run((started.json() as JobAnswer).id)
  assert.equal(job.state, 'done')
  const now = (await admin.ask('POST', '/api/keys/sheet', { body: { password } })).json() as SheetAnswer
  assert.notEqual(now.fingerprint, before.fingerprint)
  assert.notDeepEqual(now.blocks, before.blocks)
  assert.equal((await admin.ask('GET', '/api/contacts')).status, 200)
  const { items } = (await admin.ask('GET', '/api/journal?limit=100')).json() as { items: { act: string }[] }
  assert.equal(items.filter(({ act }) => act === 'key.sheet-show').length, 2)
  assert.ok(items.some(({ act }) => act === 'key.root-drop'))
})

test('[server-112] a lock says what seals a record and who may see it, and nothing of a record that is not shown', async () => {
  const { admin, sales } = await server()
  const made = (
    await admin.ask('POST', '/api/contacts', { body: { values: { name: '周吴郑', mobile: '13900005678' } } })
  ).json() as { id: string }
  const path = `/api/contacts/${made.id}/protection`
  const seen = (await admin.ask('GET', path)).json() as RecordProtectionAnswer
  const contact = seen.groups.find(({ group }) => group === 'contact')
  assert.deepEqual([contact?.suite, contact?.generation, contact?.epoch], ['AES-256-GCM', 1, 1])
  assert.equal((await sales.ask('GET', path)).status, 404)
  const type = (await sales.ask('GET', '/api/catalogue/protection?type=contact')).json() as GroupsProtection
  assert.equal(type.suite, 'AES-256-GCM')
  assert.ok(type.groups['contact']?.view.includes('sales'))
  assert.equal((await sales.ask('GET', '/api/catalogue/protection?type=nothing')).status, 404)
})

test('[server-113] leakage is measured as a job, and the last measure stays with its date', async () => {
  const { admin, house } = await server()
  assert.equal((await admin.ask('GET', '/api/keys/leakage/last')).json(), null)
  const started = await admin.ask('POST', '/api/keys/leakage/measure', { body: {} })
  assert.equal(started.status, 202, started.text)
  const job = await house.jobs.run((started.json() as JobAnswer).id)
  assert.deepEqual([job.state, job.done === job.total], ['done', true])
  const last = await admin.ask('GET', '/api/keys/leakage/last')
  const { at, leakage } = last.json() as MeasuredAnswer
  assert.equal(at, job.finishedAt?.toISOString())
  assert.ok(
    leakage.fields.some(({ type, field, attacks }) => type === 'contact' && field === 'mobile' && attacks.length),
  )
  assert.ok(!last.text.includes('13900001234') && !last.text.includes('赵钱孙'))
})
