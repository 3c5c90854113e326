// The tenant's own fields in the database: derived at opening and at a change, waited for by writers, refused where a row is not sound.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CustomField, isFault, newId, typeOf } from '#kernel'
import { keepCustomField, openStore } from '#store'
import { catalogue, openTestDatabase } from '#testing'

const field = (id: number, name: string, more: object = {}): CustomField => ({
  type: 'account',
  revision: 1,
  field: {
    id,
    name,
    kind: 'text',
    label: { zh: '甲', en: 'A' },
    dataClass: 'internal',
    group: 'custom',
    storage: 'plain',
    search: [],
    required: false,
    maxLength: 500,
    inList: true,
    purpose: { zh: '乙', en: 'B' },
    custom: true,
    ...more,
  },
})

test('[store-100] a change becomes columns in its transaction, after writers of the table and before the next', async () => {
  const database = await openTestDatabase()
  const { store } = database
  const [tenant, by] = [newId(), newId()]
  const order: string[] = []
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  let begun: () => void = () => undefined
  const writing = new Promise<void>((resolve) => (begun = resolve))
  const writer = store.transaction({ tenant, principal: by }, async (tx) => {
    await tx.query({ text: 'select id from crm.account where tenant_id = $1 for update', values: [tenant] })
    begun()
    await held
    order.push('writer')
  })
  await writing
  const change = store
    .redefine('account', async (tx) => {
      await keepCustomField(tx, tenant, by, field(10_000, 'x_plain'))
      await keepCustomField(tx, tenant, by, field(10_001, 'x_sealed', { dataClass: 'personal', storage: 'sealed' }))
    })
    .then(() => order.push('change'))
  setTimeout(release, 300)
  await Promise.all([writer, change])
  assert.deepEqual(order, ['writer', 'change'])
  assert.equal(store.known.number, 2)
  assert.ok(typeOf(store.known.catalogue, 'account').fields.some((one) => one.name === 'x_sealed'))
  const columns = await store.owner((tx) =>
    tx.query<{ name: string; storage: string }>({
      text: `select attname as name, attstorage as storage from pg_attribute
             where attrelid = 'crm.account'::regclass and (attname like 'x\\_%' or attname = 'cell_custom') order by 1`,
    }),
  )
  assert.deepEqual(columns, [
    { name: 'cell_custom', storage: 'e' },
    { name: 'x_plain', storage: 'x' },
  ])
  // What was refused leaves nothing behind, and another process learns of what was not.
  const other = await openStore({
    data: database.data,
    databaseUrl: database.url,
    appDatabaseUrl: database.appUrl,
    catalogue,
  })
  assert.equal(other.known.number, 2)
  await assert.rejects(
    store.redefine('account', async (tx) => {
      await keepCustomField(tx, tenant, by, field(10_002, 'x_never'))
      throw new Error('no')
    }),
  )
  await store.redefine('account', async (tx) => {
    await keepCustomField(tx, tenant, by, field(10_002, 'x_third'))
  })
  assert.equal(await other.refresh(), true)
  assert.equal(await other.refresh(), false)
  assert.equal(other.known.number, 3)
  await other.close()
  await store.owner((tx) =>
    tx.query({ text: `update ops.custom_field set definition = definition || '{"storage":"plain"}' where id = 10001` }),
  )
  await assert.rejects(
    openStore({ data: database.data, databaseUrl: database.url, appDatabaseUrl: database.appUrl, catalogue }),
    (error) => isFault(error, 'config-invalid'),
  )
  await database.close()
})
