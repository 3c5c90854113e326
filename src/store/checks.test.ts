// The store's checks on the real database: they pass on a fresh one and see each thing that is broken on purpose.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CheckContext, CheckResult } from '#kernel'
import { storeChecks, type Store } from '#store'
import { catalogue, openTestDatabase, type TestDatabase } from '#testing'
import { linkOf } from './url.ts'

const contextOf = (database: TestDatabase): CheckContext => ({
  query: (text, values = []) =>
    database.store.transaction(database.scope, (tx) => tx.query({ text, values }), { readOnly: true }),
  tenant: database.tenant,
  now: new Date(),
})
const run = async (
  database: TestDatabase,
  control: string,
  store: Pick<Store, 'link' | 'wallFaults'> = database.store,
): Promise<CheckResult> => {
  const check = storeChecks({ store, catalogue }).find((one) => one.control === control)
  assert.ok(check)
  return check.run(contextOf(database))
}
const owner = (store: Store, text: string): Promise<unknown> => store.owner((tx) => tx.query({ text }))

test('[store-15] on a fresh database every check passes and says what it looked at', async () => {
  const database = await openTestDatabase()
  for (const control of ['ACC-02', 'ACC-03', 'PRI-04']) {
    const result = await run(database, control)
    assert.equal(result.state, 'pass', `${control}: ${result.finding.en}`)
    assert.ok(result.population > 0 && result.finding.zh !== '' && result.finding.en !== '')
  }
  const link = await run(database, 'NET-02')
  assert.equal(link.state, database.store.link.transport === 'socket' ? 'pass' : 'fail')
  await database.close()
})

test('[store-15] ACC-02 sees row security off, not forced, without policy, and a missing table', async () => {
  for (const text of [
    'alter table crm.contact disable row level security',
    'alter table journal.entry no force row level security',
    'create table crm.side_road (id uuid)',
    'create policy also on crm.account using (true)',
    'drop table crm.task cascade',
  ]) {
    const database = await openTestDatabase()
    await owner(database.store, text)
    assert.equal((await run(database, 'ACC-02')).state, 'fail', text)
    await database.close()
  }
})

test('[store-15] ACC-03 sees a role that grew', async () => {
  const database = await openTestDatabase()
  const [row] = await database.store.transaction(database.scope, (tx) =>
    tx.query<{ name: string; jobs: string }>({ text: 'select session_user as name, current_user as jobs' }),
  )
  const { name = '', jobs = '' } = row ?? {}
  assert.notEqual(name, jobs)
  // Rights on one table belong to this database alone; attributes of the role would be seen by every other test.
  await owner(database.store, `grant update on journal.entry to ${name}`)
  assert.deepEqual((await run(database, 'ACC-03')).observed.faults, ['journal-writable'])
  await owner(database.store, `revoke update on journal.entry from ${name}; grant delete on journal.leaf to ${jobs}`)
  assert.deepEqual((await run(database, 'ACC-03')).observed.faults, ['journal-writable'])
  await owner(database.store, `revoke delete on journal.leaf from ${jobs}`)
  await owner(database.store, `alter table crm.account owner to ${name}`)
  assert.deepEqual((await run(database, 'ACC-03')).observed.faults, ['owner'])
  await database.close()
})

test('[store-15] PRI-04 names a column nobody classified', async () => {
  const database = await openTestDatabase()
  await owner(
    database.store,
    'alter table identity.session add column shoe_size integer; alter table crm.contact add column nick text',
  )
  const result = await run(database, 'PRI-04')
  assert.equal(result.state, 'fail')
  assert.deepEqual(result.observed.unclassified, ['crm.contact.nick', 'identity.session.shoe_size'])
  await database.close()
})

test('[store-15] NET-02 judges the link by how it was made', () => {
  assert.deepEqual(linkOf(undefined), { transport: 'socket', verified: true })
  assert.deepEqual(linkOf('postgresql://a:b@/name?host=%2Frun%2Fpostgresql'), { transport: 'socket', verified: true })
  assert.deepEqual(linkOf('postgresql://a:b@%2Frun%2Fpostgresql/name'), { transport: 'socket', verified: true })
  assert.deepEqual(linkOf('postgresql://a:b@db.example/name'), { transport: 'tcp', verified: false })
  assert.deepEqual(linkOf('postgresql://a:b@db.example/name?sslmode=require'), { transport: 'tcp', verified: false })
  assert.deepEqual(linkOf('postgresql://a:b@db.example/name?sslmode=verify-full'), { transport: 'tcp', verified: true })
  assert.deepEqual(linkOf('postgresql://a:b@db.example/name?sslmode=verify-full&sslrootcert=%2Fca.pem'), {
    transport: 'tcp',
    verified: true,
    authorities: '/ca.pem',
  })
})
