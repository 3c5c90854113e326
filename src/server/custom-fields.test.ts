// Fields that a tenant adds, over HTTPS: they become part of records like shipped ones, for every process, and come back with a backup.
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { accessSchema, shippedPolicies } from '#access'
import { createVault } from '#vault'
import { openTestServer, type TestServer } from '../../test/support/server.ts'
import type { CatalogueAnswer, PageAnswer, RecordAnswer } from './contract.ts'
import { openOrigin } from '../../test/support/origin.ts'
import { openHouse } from './app.ts'
import { bringBack } from './bring-back.ts'
import { addField } from './define-field.ts'

const label = (zh: string, en: string) => ({ zh, en })
const purpose = label('客户关系管理', 'managing the customer relationship')

const add = (server: TestServer, type: string, name: string, kind: string, more: object = {}) =>
  server.admin.ask('POST', '/api/custom-fields', {
    body: { type, name, kind, label: label(`字段${name}`, `Field ${name}`), dataClass: 'internal', purpose, ...more },
  })

test('[server-100] an added field is in the catalogue, in records, lists, filters and masks, at once', async () => {
  const server = await openTestServer()
  const { admin, sales, house } = server
  assert.equal((await sales.ask('GET', '/api/custom-fields')).status, 403)
  assert.equal((await add(server, 'account', 'seats', 'integer', { inList: true })).status, 201)
  assert.equal((await add(server, 'account', 'wechat', 'text', { dataClass: 'personal', searched: true })).status, 201)
  const tier = await add(server, 'account', 'tier', 'choice', {
    options: [{ value: 'gold', label: label('金牌', 'Gold') }],
  })
  assert.equal(tier.status, 201, tier.text)
  for (const [wrong, status] of [
    [await add(server, 'account', 'seats', 'integer'), 409],
    [await add(server, 'account', '1st', 'integer'), 422],
    [await add(server, 'user', 'badge', 'text'), 422],
    [await add(server, 'account', 'secret', 'integer', { dataClass: 'personal' }), 422],
    [await add(server, 'account', 'none', 'choice'), 422],
    [await add(server, 'account', 'other', 'text', { label: label('字段seats', 'Another') }), 422],
  ] as const)
    assert.equal(wrong.status, status, wrong.text)

  const types = (await admin.ask('GET', '/api/catalogue')).json() as CatalogueAnswer
  const fields = types.types.find((type) => type.name === 'account')?.fields ?? []
  assert.deepEqual(
    fields.filter((field) => field.name.startsWith('x_')).map((field) => [field.name, field.sealed]),
    [
      ['x_seats', false],
      ['x_wechat', true],
      ['x_tier', false],
    ],
  )
  const made = await admin.ask('POST', '/api/accounts', {
    body: { values: { name: '守信公司', x_seats: 40, x_wechat: 'wx_hold_77', x_tier: 'gold' } },
  })
  assert.equal(made.status, 201, made.text + server.log.join('\n'))
  const record = made.json() as RecordAnswer
  assert.deepEqual(
    [record.values['x_seats'], record.values['x_wechat'], record.values['x_tier']],
    [40, 'wx_hold_77', 'gold'],
  )
  const refused = await admin.ask('POST', '/api/accounts', { body: { values: { name: 'A', x_tier: 'silver' } } })
  assert.equal(refused.status, 422)
  // Called what people call it, in the reader's language.
  assert.match((refused.json() as { detail: string }).detail, /field tier/)
  const told = await admin.ask('POST', '/api/accounts', { body: { values: { name: 'A', x_tier: 'silver' } }, headers: { 'accept-language': 'zh' } }) // prettier-ignore
  assert.match((told.json() as { detail: string }).detail, /“字段tier”/)
  assert.equal((await admin.ask('POST', '/api/accounts', { body: { values: { name: 'A', x_no: 1 } } })).status, 422)
  await admin.ask('POST', '/api/accounts', { body: { values: { name: '别家公司', x_seats: 3 } } })
  const filter = encodeURIComponent(JSON.stringify([{ field: 'x_seats', op: 'gte', value: 10 }]))
  const filtered = await admin.ask('GET', `/api/accounts?filter=${filter}&sort=x_seats`)
  assert.equal(filtered.status, 200, filtered.text + server.log.join('\n'))
  const found = filtered.json() as PageAnswer
  assert.deepEqual(
    found.items.map((item) => item.id),
    [record.id],
  )
  const searched = (await admin.ask('GET', '/api/accounts?q=wx_hold_77')).json() as PageAnswer
  assert.deepEqual(
    searched.items.map((item) => item.id),
    [record.id],
  )
  // Sealed in the database, in a cell of its group.
  const [row] = await house.store.owner((tx) =>
    tx.query<{ text: string; cell: Uint8Array }>({
      text: 'select a::text as text, cell_custom as cell from crm.account a where id = $1',
      values: [record.id],
    }),
  )
  assert.ok(row && row.cell[0] === 0xc1 && !row.text.includes('wx_hold_77'))

  // What is no longer offered is neither shown nor taken, and its values stay for when it is offered again.
  const { id } = tier.json() as { id: number }
  const retired = await admin.ask('PATCH', `/api/custom-fields/${String(id)}`, { body: { retired: true } })
  assert.equal(retired.status, 200, retired.text)
  const without = (await admin.ask('GET', `/api/accounts/${record.id}`)).json() as RecordAnswer
  assert.ok(!('x_tier' in without.values))
  const change = { version: without.version, values: { x_wechat: 'wx_hold_78' } }
  assert.equal((await admin.ask('PATCH', `/api/accounts/${record.id}`, { body: change })).status, 200)
  await admin.ask('PATCH', `/api/custom-fields/${String(id)}`, {
    body: { retired: false, options: [{ value: 'silver', label: label('银牌', 'Silver') }] },
  })
  const again = (await admin.ask('GET', `/api/accounts/${record.id}`)).json() as RecordAnswer
  assert.deepEqual([again.values['x_tier'], again.values['x_wechat']], ['gold', 'wx_hold_78'])
  // Policies can speak of plain ones, and of no sealed one.
  const schema = accessSchema(house.vault.catalogue)
  assert.ok(schema.includes('"x_seats"') && !schema.includes('x_wechat'))
  const acts = await house.store.owner((tx) =>
    tx.query<{ act: string }>({ text: `select act from journal.entry where act like 'field.%' order by id` }),
  )
  assert.deepEqual(
    acts.map(({ act }) => act),
    ['field.add', 'field.add', 'field.add', 'field.retire', 'field.change'],
  )
  await server.close()
})

test('[vault-100] a process that does not know of a new field writes nothing until it does', async () => {
  const server = await openTestServer()
  const { house } = server
  const account = await house.vault.create(house.system, 'account', { values: { name: '甲公司' } })
  const { store, journal, keys, tenant } = house
  const other = await createVault({
    store,
    journal,
    keys,
    tenant,
    catalogue: house.vault.catalogue,
    clock: { now: () => new Date() },
    policies: shippedPolicies(),
  })
  assert.equal((await add(server, 'account', 'badge', 'text', { dataClass: 'personal' })).status, 201)
  await house.vault.update(house.system, 'account', account.id, 1, { x_badge: 'B-1' })
  await assert.rejects(other.vault.update(house.system, 'account', account.id, 2, { name: '乙公司' }), {
    code: 'catalogue-changed',
  })
  await assert.rejects(other.vault.create(house.system, 'account', { values: { name: '丙公司' } }), {
    code: 'catalogue-changed',
  })
  const owner = await house.actorOf(server.ids.admin, { channel: 'api', ip: '', mfa: true, purpose: 'test' })
  assert.equal((await house.vault.get(owner, 'account', account.id)).values['x_badge'], 'B-1')
  await other.close()
  await server.close()
})

test('[server-101] while an import, a job or a backup is under way no field is added; of two at once with one name one is', async () => {
  const server = await openTestServer()
  const { house } = server
  const scope = { tenant: house.tenant, principal: house.system.principal.id }
  const sql = (text: string, ...values: readonly unknown[]) =>
    house.store.transaction(scope, (tx) => tx.query({ text, values }))
  const run = '00000000-0000-7000-8000-0000000000aa'
  await sql(
    `insert into ops.import_run (tenant_id, id, type, file_sha256, state, started_by) values ($1, $2, 'account', '\\x00', 'running', $3)`,
    house.tenant,
    run,
    scope.principal,
  )
  const refused = async (what: string): Promise<void> => {
    const answer = await add(server, 'account', 'later', 'text')
    assert.equal(answer.status, 409, answer.text)
    assert.equal((answer.json() as { code: string }).code, 'catalogue-busy')
    assert.ok(answer.text.includes(`(${what})`), answer.text)
  }
  await refused('import')
  await sql(`update ops.import_run set state = 'done' where id = $1`, run)
  const job = await house.jobs.start('keys.epoch', {}, server.ids.admin)
  await refused('job')
  assert.equal((await house.jobs.run(job.id)).state, 'done')
  // A backup reads every table in one transaction; nobody queues behind the change that waits for it for more than two seconds.
  let end: () => void = () => undefined
  const held = new Promise<void>((resolve) => (end = resolve))
  const reading = house.store.owner(async (tx) => {
    await tx.query({ text: 'select 1 from crm.account limit 1' })
    await held
  })
  await refused('backup')
  assert.equal((await server.admin.ask('GET', '/api/accounts')).status, 200)
  end()
  await reading
  const both = await Promise.all([add(server, 'account', 'twice', 'text'), add(server, 'account', 'twice', 'integer')])
  assert.deepEqual(both.map((one) => one.status).toSorted(), [201, 409])
  await server.close()
})

test('[backup-100] records with added fields come back into a fresh database, sealed and plain', async () => {
  const origin = await openOrigin()
  const { folder, first, config, ownerOf } = origin
  const owner = await ownerOf(first)
  const wish = { type: 'contact', label: label('工牌', 'Badge'), purpose }
  await addField(first, owner, { ...wish, name: 'badge', kind: 'text', dataClass: 'sensitive' })
  const score = { ...wish, label: label('评分', 'Score'), name: 'score', kind: 'integer', dataClass: 'internal' }
  await addField(first, owner, score)
  const made = await first.vault.create(owner, 'contact', { values: { name: '张伟', x_badge: 'B-77', x_score: 9 } })
  const repo = first.config.repository
  await first.backups.create({ type: 'full', repo })
  // Rows of before cannot be laid under rows of now: the increment says so, and a full backup makes it possible again.
  const late = { ...wish, label: label('入职', 'Joined'), name: 'joined', kind: 'date', dataClass: 'internal' }
  await addField(first, owner, late)
  await assert.rejects(first.backups.create({ type: 'incremental', repo }), { code: 'backup-other-shape' })
  await first.backups.create({ type: 'full', repo })
  await first.vault.update(owner, 'contact', made.id, 1, { x_joined: '2026-01-05' })
  await first.backups.create({ type: 'incremental', repo })
  const before = await first.vault.digest(first.tenant)
  const identity = await origin.identity()
  await first.close()
  await rm(join(folder, 'first'), { recursive: true, force: true })

  await bringBack(config('second'), { identity, channel: 'cli' })
  const second = await openHouse(config('second'), { create: false })
  assert.deepEqual(await second.vault.digest(second.tenant), before)
  const again = await ownerOf(second)
  const back = await second.vault.get(again, 'contact', made.id)
  assert.deepEqual([back.values['x_badge'], back.values['x_score'], back.values['x_joined']], ['B-77', 9, '2026-01-05'])
  const added = { ...wish, label: label('第二枚', 'Second badge'), name: 'badge2', kind: 'text', dataClass: 'personal' }
  assert.equal((await addField(second, again, added)).field.id, 10_003)
  await second.close()
  await origin.remove()
})
