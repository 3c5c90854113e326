// Imports that can be looked back on, and columns of an old system on their way in over HTTPS.
import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { test } from 'node:test'
import { services, utf8 } from '#kernel'
import { openTestServer } from '../../test/support/server.ts'
import { openLegacy } from './import-legacy.ts'
import { pastRuns, runImport } from './import-run.ts'

const sealed = (key: string, text: string): string => {
  const cipher = createCipheriv('des-ede3', Buffer.from(key.repeat(3), 'latin1'), null)
  return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64')
}

test('[server-80] a run is told while it moves, at its end and when it stopped moving', async () => {
  const server = await openTestServer()
  try {
    const { house } = server
    const actor = await house.actorOf(server.ids.admin, { channel: 'api', ip: '127.0.0.1', mfa: true })
    const bytes = utf8('Account name,Phone\nHarbour Ltd,13800130001\nLantern Ltd,no phone\n')
    const { id } = await runImport(house, actor, { type: 'account', bytes })
    await assert.rejects(runImport(house, actor, { type: 'account', bytes: utf8('Phone\n1\n') }))
    const scope = { tenant: house.tenant, principal: services.system }
    await house.store.transaction(scope, (tx) =>
      tx.query({
        text: `insert into ops.import_run (tenant_id, id, type, file_sha256, state, started_by, started_at, seen_at)
               values ($1, gen_random_uuid(), 'contact', '\\x00', 'running', $2, now() - interval '1 hour', now() - interval '1 hour')`,
        values: [house.tenant, server.ids.admin],
      }),
    )
    const runs = await pastRuns(house, actor)
    assert.deepEqual(
      runs.map(({ type, state }) => [type, state]),
      [
        ['account', 'failed'],
        ['account', 'done'],
        ['contact', 'interrupted'],
      ],
    )
    const [, done] = runs
    assert.equal(done?.id, id)
    const { read, created, updated, unchanged, refused } = done
    assert.deepEqual(
      { read, created, updated, unchanged, refused },
      { read: 2, created: 1, updated: 0, unchanged: 0, refused: 1 },
    )
    const told = await house.store.transaction(scope, (tx) =>
      house.journal.list(tx, house.tenant, { act: 'import.run', limit: 5 }),
    )
    assert.equal(told.items.length, 1)
  } finally {
    await server.close()
  }
})

test('[server-81] columns under an old cipher come in as values; the key is told by a keyed fingerprint alone', async () => {
  const server = await openTestServer()
  try {
    const { house } = server
    const actor = await house.actorOf(server.ids.admin, {
      channel: 'api',
      ip: '127.0.0.1',
      mfa: true,
      purpose: 'import',
    })
    const key = 'hunter27'
    const bytes = utf8(
      `姓名,手机\n${sealed(key, '王小明')},${sealed(key, '13800138009')}\n李四,${sealed('another1', '13800138010')}\n`,
    )
    const spec = { columns: { 手机: { cipher: 'des', mode: 'ecb' }, 姓名: { cipher: 'des', mode: 'ecb' } } }
    const options = { type: 'contact', bytes }
    const decoder = await openLegacy(house, options, { spec, columnsBy: 'heading', key: utf8(key) })
    const { result, legacy, id } = await runImport(house, actor, options, decoder)
    assert.deepEqual([result.created, result.refused], [1, 1])
    assert.deepEqual(legacy?.ciphers, ['des-ecb'])
    assert.equal(legacy.pastBirthday, false)
    assert.match(legacy.keyFingerprint, /^[0-9a-f]{20}$/)
    const [contact] = (await house.vault.list(actor, 'contact', { limit: 5 })).items
    assert.equal(contact?.values['mobile'], '13800138009')
    const rows = await house.store.owner((tx) =>
      tx.query<{ told: string; weak: number }>({
        text: `select (select string_agg(legacy::text || counts::text, '') from ops.import_run) as told,
                 (select count(*)::int from ops.formerly_weak w join crm.contact c on c.subject_id = w.subject_id where w.run_id = $1) as weak`,
        values: [id],
      }),
    )
    assert.equal(rows[0]?.weak, 1)
    assert.ok(!JSON.stringify(rows).includes(key))
    // The same through the page's way in.
    const form = `--x\r\ncontent-disposition: form-data; name="file"; filename="old.csv"\r\n\r\n姓名,手机\n赵六,${sealed(key, '13800138011')}\n\r\n--x--\r\n`
    const upload = await server.admin.ask('POST', '/api/imports', {
      raw: form,
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
    })
    const { id: uploaded } = upload.json() as { readonly id: string }
    const column = { cipher: 'des', mode: 'ecb', iv: 'none', padding: 'pkcs7', encoding: 'base64', charset: 'utf-8' }
    // What is wrong with the key is said at once, and the file can be run again with a right one.
    const order = (legacyKey: string, keyEncoding: string): unknown => ({
      type: 'contact',
      encoding: 'utf-8',
      delimiter: ',',
      mapping: { 0: 'name', 1: 'mobile' },
      createAccounts: false,
      legacy: { key: legacyKey, keyEncoding, derive: 'raw', columns: { 1: column } },
    })
    for (const [wrong, encoding] of [
      ['no hex', 'hex'],
      ['too short', 'text'],
      ['', 'text'],
    ] as const) {
      const refused = await server.admin.ask('POST', `/api/imports/${uploaded}/run`, { body: order(wrong, encoding) })
      assert.equal(refused.status, 422, refused.text)
      assert.ok(wrong === '' || !refused.text.includes(wrong))
    }
    const stranger = await server.sales.ask('POST', `/api/imports/${uploaded}/run`, { body: order(key, 'text') })
    assert.equal(stranger.status, 404)
    const started = await server.admin.ask('POST', `/api/imports/${uploaded}/run`, {
      body: order(key, 'text'),
    })
    assert.equal(started.status, 202, started.text)
    let state: { readonly state: string; readonly created?: number; readonly legacy?: unknown } = { state: 'running' }
    for (let i = 0; i < 200 && state.state === 'running'; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      state = (await server.admin.ask('GET', `/api/imports/${uploaded}`)).json() as typeof state
    }
    assert.deepEqual([state.state, state.created], ['done', 1])
    assert.ok(state.legacy)
    const past = (await server.admin.ask('GET', '/api/imports')).json() as {
      readonly items: readonly { state: string }[]
    }
    assert.deepEqual(
      past.items.map((one) => one.state),
      ['done', 'done'],
    )
    const others = (await server.sales.ask('GET', '/api/imports')).json() as { readonly items: readonly unknown[] }
    assert.deepEqual(others.items, [], 'whoever imported sees it, nobody else')
  } finally {
    await server.close()
  }
})
