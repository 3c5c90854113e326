// Keys of old systems: listed from the first moment of an import, put on record as destroyed, and asked for by the review.
import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { after, test } from 'node:test'
import { utf8 } from '#kernel'
import { openTestServer, type TestServer } from '../../test/support/server.ts'
import type { OldKey, WeakSubject } from './contract/old-keys.ts'
import { openLegacy } from './import-legacy.ts'
import { runImport } from './import-run.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

const sealed = (key: string, text: string): string => {
  const cipher = createCipheriv('aes-128-ecb', key, null)
  return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64')
}

test('[server-121] [vault-302] an old key stands until its destruction is on record, with another person as witness; CRY-08 asks for it', async () => {
  const { admin, sales, house, ids } = await server()
  const actor = await house.actorOf(ids.admin, { channel: 'api', ip: '127.0.0.1', mfa: true, purpose: 'import' })
  const control = async (): Promise<string | undefined> => {
    const { controls } = await house.review.run(house.system.principal.id, { channel: 'cli' })
    return controls.find(({ id }) => id === 'CRY-08')?.state
  }
  const list = async (): Promise<readonly OldKey[]> =>
    ((await admin.ask('GET', '/api/old-keys')).json() as { items: readonly OldKey[] }).items
  assert.deepEqual(await list(), [])
  assert.equal(await control(), 'not-assessed')
  const bytes = utf8(`姓名,手机\n王小明,${sealed('an old key, 16 B', '13800138009')}\n`)
  const bring = async (key: string, stop: boolean): Promise<void> => {
    const spec = { columns: { 手机: { cipher: 'aes-128', mode: 'ecb' } } }
    const decoder = await openLegacy(house, { type: 'contact', bytes }, { spec, columnsBy: 'heading', key: utf8(key) })
    const died = new Error('died')
    const onProgress = (): void => {
      if (stop) throw died
    }
    const ran = runImport(house, actor, { type: 'contact', bytes, onProgress }, decoder)
    await (stop ? assert.rejects(ran, died) : ran)
  }
  await bring('wrong old key 16', false)
  assert.deepEqual(await list(), [], 'a key that opened nothing needs no destruction')
  // Stopped after its rows were stored and before its end was told: the key was read all the same.
  await bring('an old key, 16 B', true)
  const [key] = await list()
  assert.ok(key)
  assert.deepEqual([key.ciphers, key.imports, key.subjects, key.destruction], [['aes-128-ecb'], 1, 1, null])
  const path = `/api/old-keys/${key.fingerprint}`
  const weak = ((await admin.ask('GET', `${path}/subjects`)).json() as { items: readonly WeakSubject[] }).items
  assert.equal(weak.length, 1)
  assert.equal((await house.vault.get(actor, 'contact', weak[0]?.id ?? '')).values['name'], '王小明')
  assert.equal(await control(), 'fail')

  const wish = { destroyedOn: '2026-01-31', destroyedBy: 'Ann Lee', how: 'old database deleted', witness: 'Bo Chen' }
  const record = async (client: typeof admin, body: object, at = path): Promise<number> =>
    (await client.ask('POST', `${at}/destroyed`, { body })).status
  assert.equal(await record(sales, wish), 403)
  for (const bad of [
    { destroyedOn: '2026-02-31' },
    { destroyedOn: '2999-01-01' },
    { destroyedBy: ' ' },
    { how: '' },
    { witness: 'ann lee' },
  ])
    assert.equal(await record(admin, { ...wish, ...bad }), 422, JSON.stringify(bad))
  assert.equal(await record(admin, wish, `/api/old-keys/${'0'.repeat(20)}`), 404)
  assert.equal(await control(), 'fail', 'what was refused is no record')
  assert.equal(await record(admin, wish), 201)
  assert.equal(await record(admin, { ...wish, how: 'database and backups deleted' }), 201)
  assert.equal((await list())[0]?.destruction?.how, 'database and backups deleted', 'the latest record counts')
  assert.equal(await control(), 'pass')
  const scope = { tenant: house.tenant, principal: house.system.principal.id }
  const told = await house.store.transaction(scope, (tx) => house.journal.list(tx, house.tenant, { limit: 50 }))
  const entries = told.items.filter(({ act }) => act === 'key.old-destroyed')
  assert.equal(entries.length, 2)
  assert.ok(!JSON.stringify(entries.map(({ detail }) => detail)).includes('Ann Lee'))
  // Nobody takes a record away or changes it.
  await assert.rejects(
    house.store.transaction(scope, (tx) => tx.query({ text: 'delete from ops.key_destruction' })),
    /permission denied/,
  )
})

test('[vault-302] CRY-08 fails on a key or cell of an erased person put back, and on an erasure that waited too long', async () => {
  const { house, ids, sales } = await server()
  const actor = await house.actorOf(ids.admin, { channel: 'cli', ip: '', mfa: true, purpose: 'test' })
  const { id } = (
    await sales.ask('POST', '/api/contacts', { body: { values: { name: 'Olga Other', mobile: '13800138001' } } })
  ).json() as { id: string }
  const owner = (text: string): Promise<unknown> => house.store.owner((tx) => tx.query({ text }))
  await owner(`create table public.kept as select * from keyring.subject_key where subject_id = '${id}'`)
  await house.erasures.erase(actor, { subject: id, reason: 'request', code: id.slice(-8) })
  const observed = async (): Promise<readonly unknown[]> => {
    const { controls } = await house.review.run(house.system.principal.id, { channel: 'cli' })
    const found = controls.find((one) => one.id === 'CRY-08')
    const seen = found?.evidence?.observed
    return [found?.state, seen?.['decryptable'], seen?.['notClosed']]
  }
  assert.deepEqual(await observed(), ['pass', 0, 0])
  await owner('insert into keyring.subject_key select * from public.kept')
  assert.deepEqual(await observed(), ['fail', 1, 0])
  await owner(`delete from keyring.subject_key where subject_id = '${id}'`)
  await owner(`update crm.contact set cell_basic = '\\xc101' where id = '${id}'`)
  assert.deepEqual(await observed(), ['fail', 1, 0])
  await owner(`update crm.contact set cell_basic = null where id = '${id}'`)
  await owner(`update ops.erasure set erased_at = now() - interval '31 days' where subject_id = '${id}'`)
  assert.deepEqual(await observed(), ['fail', 0, 1])
  await owner('drop table public.kept')
})
