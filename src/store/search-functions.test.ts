// The functions of the search index under an owner who is no superuser: they use the inverted index and keep tenants apart.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { newId, type Uuid } from '#kernel'
import { openStore, type Store, urlWith } from '#store'
import { catalogue, openTestDatabase } from '#testing'

test('[store-16] an owner who is no superuser: the search functions use the inverted index and give ids of one tenant', async () => {
  const database = await openTestDatabase()
  const name = `o_${newId().replaceAll('-', '')}`
  const run = (text: string): Promise<unknown> => database.store.owner((tx) => tx.query({ text }))
  await run(`create role ${name} login createrole password 'only-for-tests'`)
  const [row] = await database.store.owner((tx) =>
    tx.query<{ db: string }>({ text: 'select current_database() as db' }),
  )
  await run(
    `drop schema ops, crm, keyring, journal, identity cascade; alter database ${row?.db ?? ''} owner to ${name}`,
  )
  const databaseUrl = urlWith(database.url, { login: { user: name, password: 'only-for-tests' } })
  const store = await openStore({ data: database.data, databaseUrl, catalogue })
  const [mine, theirs] = [newId(), newId()]
  for (const tenant of [mine, theirs]) await fill(store, tenant)
  await store.owner((tx) => tx.query({ text: 'analyze crm.search_index' }))
  const found = await store.transaction({ tenant: mine, principal: newId() }, (tx) =>
    tx.query<{ id: Uuid }>({
      text: 'select crm.search_find(1, null, array[7]::bigint[], array[1000]::bigint[]) as id',
    }),
  )
  assert.equal(found.length, 1)
  const few = await store.transaction({ tenant: mine, principal: newId() }, (tx) =>
    tx.query({ text: 'select crm.search_find(1, 10, array[1000]::bigint[])' }),
  )
  assert.equal(few.length, 10)
  const [app] = await store.transaction({ tenant: mine, principal: newId() }, (tx) =>
    tx.query<{ name: string }>({ text: 'select current_user as name' }),
  )
  await store.close()
  assert.ok(await usedWithin(database.store, 30_000), 'the inverted index is used')
  await run(
    `drop owned by ${app?.name ?? ''}; drop role ${app?.name ?? ''}; reassign owned by ${name} to current_user; drop owned by ${name}; drop role ${name}`,
  )
  await database.close()
})

/** A session tells its counts at its end, which comes some time after the connection is closed. */
const usedWithin = async (store: Store, ms: number): Promise<boolean> => {
  for (const end = Date.now() + ms; Date.now() < end; await setTimeout(50)) {
    const [used] = await store.owner((tx) =>
      tx.query<{ n: bigint }>({ text: `select pg_stat_get_numscans('crm.search_index_tokens'::regclass) as n` }),
    )
    if ((used?.n ?? 0n) > 0n) return true
  }
  return false
}

/** Two thousand records of a tenant: token 1000 on all of them, 0 … 1999 on one each. */
const fill = (store: Store, tenant: Uuid): Promise<unknown> =>
  store.transaction({ tenant, principal: newId() }, async (tx) => {
    await tx.query({
      text: `insert into keyring.search_generation (tenant_id, generation, state, suite, wrapped, import_suite, import_wrapped, policy, incarnation)
             values ($1, 1, 'active', 1, '', 1, '', '{}', 1)`,
      values: [tenant],
    })
    await tx.query({
      text: `insert into crm.search_index (tenant_id, record_id, generation, tokens)
             select $1, gen_random_uuid(), 1, array[1000, i]::bigint[] from generate_series(0, 1999) i`,
      values: [tenant],
    })
  })
