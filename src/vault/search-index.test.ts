// The search index as a whole: policies, generations that change under readers and writers, search in memory, and the walls around the tables.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { catalogue } from '#crm'
import { fieldOf, isFault, newId, systemClock, typeOf } from '#kernel'
import { codeOf, createJobs, type Job, type Jobs } from '#store'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { createVault, type OpenVault } from './create.ts'
import { fieldPolicy, firstPolicy, parsePolicy, policyJson, possibleModes, searchModes } from './search-policy.ts'

const openHouse = async (t: TestContext): Promise<TestVault & { readonly jobs: Jobs }> => {
  const house = await openTestVault()
  t.after(() => house.close())
  const jobs = createJobs({ store: house.store, scope: { tenant: house.tenant, principal: house.system.principal.id } })
  t.after(() => jobs.close())
  jobs.register(house.opened.search.job)
  return { ...house, jobs }
}

/** The same installation in another process: nothing is shared but database and keys. */
const another = ({ store, journal, keys, tenant }: TestVault): Promise<OpenVault> =>
  createVault({ store, journal, keys, catalogue, clock: systemClock, tenant })

const rebuild = async (
  house: TestVault & { readonly jobs: Jobs },
  order: Parameters<OpenVault['search']['rebuild']>[0],
): Promise<Job> => {
  const job = await house.jobs.start(
    'search.rebuild',
    await house.opened.search.rebuild(order),
    house.admin.principal.id,
  )
  return house.jobs.run(job.id)
}

const people = ['张伟', '王芳', '李娜', '刘洋', '欧阳修', 'Ann Fields', 'Zoë Łukasz'].map((name, i) => ({
  name,
  mobile: `1380013${String(8001 + i)}`,
}))

const fill = async (house: TestVault, count = people.length): Promise<void> => {
  const outcomes = await house.vault.importBatch(
    house.manager,
    'contact',
    Array.from({ length: count }, (_, i) => ({
      values: { ...people[i % people.length] },
      importKey: `p ${String(i)}`,
    })),
  )
  assert.ok(outcomes.every((one) => one.state === 'created'))
}

const found = async ({ manager }: TestVault, { vault }: OpenVault, search: string): Promise<number> =>
  (await vault.list(manager, 'contact', { search })).items.length

const tokensIn = async ({ store }: TestVault): Promise<number> => {
  const [row] = await store.owner((tx) =>
    tx.query<{ n: number }>({ text: 'select coalesce(sum(cardinality(tokens)), 0)::int as n from crm.search_index' }),
  )
  return row?.n ?? 0
}

const field = (name: string): { id: string; policy: ReturnType<typeof fieldPolicy> } => {
  const it = fieldOf(typeOf(catalogue, 'contact'), name)
  assert.ok(it)
  return { id: String(it.id), policy: fieldPolicy(firstPolicy, it) }
}

test('[vault-60] a policy is what its JSON says, and one that no field could fulfil is refused', () => {
  const fields = catalogue.types
    .flatMap((type) => type.fields.map((one) => ({ type, one })))
    .filter(({ type, one }) => possibleModes(one).length > 0 && !(type.name === 'user' && one.name === 'email'))
  fc.assert(
    fc.property(
      fc.constantFrom('database' as const, 'memory' as const),
      fc.array(fc.tuple(fc.constantFrom(...fields), fc.subarray([...searchModes]), fc.constantFrom(1, 2, 4, 8, 16)), {
        maxLength: 6,
      }),
      (storage, chosen) => {
        const entries = chosen.map(([{ one }, modes, partitions]): readonly [string, object] => [
          String(one.id),
          { modes: modes.filter((mode) => possibleModes(one).includes(mode)), partitions },
        ])
        const policy = parsePolicy(catalogue, { storage, fields: Object.fromEntries<object>(entries) })
        assert.deepEqual(parsePolicy(catalogue, policyJson(policy)), policy)
        assert.equal(
          JSON.stringify(policyJson(parsePolicy(catalogue, policyJson(policy)))),
          JSON.stringify(policyJson(policy)),
        )
      },
    ),
  )
  const id = field('nationalId').id
  const email = fieldOf(typeOf(catalogue, 'user'), 'email')?.id ?? 0
  for (const bad of [
    null,
    {},
    { storage: 'cloud', fields: {} },
    { storage: 'database', fields: null },
    { storage: 'database', fields: { [id]: { modes: ['ngram'], partitions: 1 } } },
    { storage: 'database', fields: { [id]: { modes: ['exact'], partitions: 3 } } },
    { storage: 'database', fields: { [id]: { modes: ['exact', 'exact', 'x'], partitions: 1 } } },
    { storage: 'database', fields: { [id]: null } },
    { storage: 'database', fields: { [email]: { modes: [], partitions: 1 } } },
  ])
    assert.throws(
      () => parsePolicy(catalogue, bad),
      (error) => isFault(error, 'bad-input'),
      JSON.stringify(bad),
    )
  assert.deepEqual(parsePolicy(catalogue, { storage: 'database', fields: { 99999: { modes: 1 } } }), firstPolicy)
})

test('[vault-60] what is off is not stored, not searched and not filtered by; switched on again it is found again', async (t) => {
  const house = await openHouse(t)
  await fill(house)
  const all = await tokensIn(house)
  assert.equal(await found(house, house.opened, '8001'), 1)
  const off = {
    storage: 'database' as const,
    fields: {
      [field('mobile').id]: { modes: ['exact' as const], partitions: 1 },
      [field('name').id]: { modes: [], partitions: 1 },
    },
  }
  assert.equal((await rebuild(house, { keys: 'same', policy: off })).state, 'done')
  assert.ok((await tokensIn(house)) < all / 2)
  assert.equal(await found(house, house.opened, '8001'), 0)
  assert.equal(await found(house, house.opened, '张'), 0)
  assert.equal(await found(house, house.opened, '13800138001'), 1)
  await assert.rejects(
    house.vault.list(house.manager, 'contact', { filters: [{ field: 'name', op: 'contains', value: '张' }] }),
    (error) => isFault(error, 'bad-input'),
  )
  const state = await house.opened.search.state()
  assert.deepEqual([state.generation, state.building], [2, null])
  assert.deepEqual(state.fields.find((one) => one.type === 'contact' && one.field === 'mobile')?.modes, ['exact'])
  assert.equal((await rebuild(house, { keys: 'same', policy: firstPolicy })).state, 'done')
  assert.equal(await tokensIn(house), all)
  assert.equal(await found(house, house.opened, '张'), 1)
})

test('[vault-61] index keys are replaced while four read and two write: nobody misses a record, other processes follow, import keys stay', async (t) => {
  const house = await openHouse(t)
  await fill(house, 1000)
  const other = await another(house)
  t.after(() => other.close())
  const before = await house.store.owner((tx) =>
    tx.query<{ tokens: string }>({ text: 'select tokens::text from crm.search_index' }),
  )
  let stop = false
  let reads = 0
  const reader = async (vault: OpenVault, i: number): Promise<void> => {
    for (; !stop; reads++) assert.equal(await found(house, vault, `1380013${String(8001 + i)}`), 50)
  }
  const written: string[] = []
  const writer = async ({ vault }: OpenVault, i: number): Promise<void> => {
    for (let n = 0; !stop; n++) {
      const mobile = `137${String(i)}${String(1_000_000 + n)}`
      const made = await vault.create(house.ann, 'contact', { values: { name: '赵云', mobile } })
      await vault.share(house.ann, 'contact', made.id, [house.bob.principal.id])
      await vault.update(house.ann, 'contact', made.id, 2, { mobile: mobile.replace('137', '136') })
      written.push(mobile.replace('137', '136'))
    }
  }
  const busy = [
    reader(house.opened, 0),
    reader(house.opened, 1),
    reader(other, 2),
    reader(other, 3),
    writer(house.opened, 1),
    writer(other, 2),
  ]
  const done = await rebuild(house, { keys: 'new' })
  const sm3 = await rebuild(house, { keys: 'new', suite: 3 })
  stop = true
  await Promise.all(busy)
  assert.deepEqual([done.state, sm3.state, done.errorCode, sm3.errorCode], ['done', 'done', null, null])
  assert.ok(reads > 8 && written.length > 3, `${String(reads)} reads, ${String(written.length)} writes`)
  for (const vault of [house.opened, other]) {
    assert.equal((await vault.search.state()).generation, 3)
    for (const mobile of written) assert.equal(await found(house, vault, mobile), 1, mobile)
  }
  const after = await house.store.owner((tx) =>
    tx.query<{ tokens: string; generation: number }>({ text: 'select tokens::text, generation from crm.search_index' }),
  )
  assert.ok(after.every((row) => row.generation === 3))
  const old = new Set(before.flatMap((row) => row.tokens.slice(1, -1).split(',')))
  assert.ok(!after.flatMap((row) => row.tokens.slice(1, -1).split(',')).some((token) => token !== '' && old.has(token)))
  const again = await other.vault.importBatch(house.manager, 'contact', [
    { values: { ...people[0] }, importKey: 'p 0' },
  ])
  assert.equal(again[0]?.state, 'unchanged')
  const [told] = await house.store.owner((tx) =>
    tx.query<{ n: number }>({
      text: `select count(*)::int as n from journal.entry where act in ('search.begin', 'search.switch')`,
    }),
  )
  assert.equal(told?.n, 4)
})

test('[vault-61] each step of a change can be done twice, and a change called off half way stands in no later one’s way', async (t) => {
  const house = await openHouse(t)
  await fill(house, 700)
  const spec = await house.opened.search.rebuild({ keys: 'new' })
  const order = await house.jobs.start('search.rebuild', spec, house.admin.principal.id)
  const never = new AbortController().signal
  let { cursor } = order
  const phases: string[] = []
  for (let finished = false; !finished;) {
    const job = { ...order, cursor }
    // As after kill -9: the step was done, its cursor was not kept.
    await house.opened.search.job.step(job, never)
    const next = await house.opened.search.job.step(job, never)
    phases.push((next.cursor as { phase: string }).phase)
    ;({ finished } = next)
    cursor = next.cursor
  }
  assert.deepEqual([...new Set(phases)], ['begin', 'build', 'drop'])
  assert.equal(await found(house, house.opened, '张'), 50)
  await house.jobs.cancel(order.id)
  const half = await house.jobs.start('search.rebuild', spec, house.admin.principal.id)
  await house.opened.search.job.step({ ...half, cursor: { phase: 'begin' } }, never)
  assert.equal((await house.opened.search.state()).building, 3)
  await house.jobs.cancel(half.id)
  assert.equal((await rebuild(house, { keys: 'new' })).state, 'done')
  const state = await house.opened.search.state()
  assert.equal(state.building, null)
  assert.equal(await found(house, house.opened, '138 0013 8002'), 50)
})

test('[vault-61] a database without its index, restored or of an earlier version, has it made anew before it opens', async (t) => {
  const house = await openHouse(t)
  await fill(house)
  await house.store.owner(async (tx) => {
    await tx.query({ text: 'delete from crm.search_index' })
    await tx.query({ text: 'update ops.installation set incarnation = incarnation + 1' })
    await tx.query({
      text: 'insert into crm.blind_index (tenant_id, index_id, token, record_id) values ($1, 1, 1, $2)',
      values: [house.tenant, newId()],
    })
  })
  assert.equal(await found(house, house.opened, '张'), 0)
  const restored = await another(house)
  t.after(() => restored.close())
  assert.equal(await found(house, restored, '张'), 1)
  assert.equal(await found(house, house.opened, 'ouyang'), 1)
  const [left] = await house.store.owner((tx) =>
    tx.query<{ n: number }>({ text: 'select count(*)::int as n from crm.blind_index' }),
  )
  assert.equal(left?.n, 0)
  await house.store.owner((tx) => tx.query({ text: 'delete from keyring.search_generation' }))
  const upgraded = await another(house)
  t.after(() => upgraded.close())
  assert.equal(await found(house, upgraded, '张伟'), 1)
  const again = await upgraded.vault.importBatch(house.manager, 'contact', [
    { values: { ...people[0] }, importKey: 'p 0' },
  ])
  assert.equal(again[0]?.state, 'unchanged')
})

test('[vault-311] a database whose index is made anew opens though a record in it does not; changing keys stops at it', async (t) => {
  const house = await openHouse(t)
  await fill(house)
  await house.store.owner(async (tx) => {
    await tx.query({ text: 'delete from crm.search_index' })
    await tx.query({ text: 'update ops.installation set incarnation = incarnation + 1' })
    await tx.query({
      text: `update crm.contact set cell_contact = set_byte(cell_contact, 40, get_byte(cell_contact, 40) # 1)
             where id = (select id from crm.contact limit 1)`,
    })
  })
  const told: string[] = []
  const { store, journal, keys, tenant } = house
  const restored = await createVault({
    ...{ store, journal, keys, catalogue, clock: systemClock, tenant },
    log: (line) => told.push(line),
  })
  t.after(() => restored.close())
  assert.deepEqual(told, ['search index: records that do not open and are not found by a search: 1'])
  const hits = await Promise.all(people.map(({ name }) => found(house, restored, name)))
  assert.deepEqual(hits.toSorted(), [0, 1, 1, 1, 1, 1, 1])
  assert.equal((await rebuild(house, { keys: 'new' })).errorCode, 'cell-does-not-open')
})

test('[vault-62] in memory everything is found as before, no token is in the database, and writes of others are seen', async (t) => {
  const house = await openHouse(t)
  await fill(house)
  const other = await another(house)
  t.after(() => other.close())
  assert.equal((await rebuild(house, { keys: 'same', policy: { ...firstPolicy, storage: 'memory' } })).state, 'done')
  assert.equal(await tokensIn(house), 0)
  for (const vault of [house.opened, other])
    for (const text of ['张', '张伟', 'zw', 'zhangwei', '8001', '13800138001', 'Łukasz', 'ouyang'])
      assert.equal(await found(house, vault, text), 1, text)
  const made = await other.vault.create(house.ann, 'contact', { values: { name: '诸葛亮', mobile: '13900139000' } })
  assert.equal(await found(house, house.opened, '诸葛'), 1)
  await house.vault.update(house.ann, 'contact', made.id, 1, { name: '司马懿' })
  assert.equal(await found(house, other, '诸葛'), 0)
  assert.equal(await found(house, other, 'smy'), 1)
  assert.equal(await tokensIn(house), 0)
  assert.equal((await other.staff.findByEmail('ANN@example.com'))?.id, house.ann.principal.id)
  assert.equal((await rebuild(house, { keys: 'new', policy: firstPolicy })).state, 'done')
  assert.equal(await found(house, other, 'smy'), 1)
  assert.ok((await tokensIn(house)) > 50)
})

test('[vault-62] more than 20,000 records of a type cannot be searched in memory', async (t) => {
  const house = await openHouse(t)
  await fill(house)
  const order = { keys: 'same', policy: { ...firstPolicy, storage: 'memory' } } as const
  await rebuild(house, order)
  await house.store.owner(async (tx) => {
    await tx.query({
      text: `insert into crm.contact (tenant_id, id, version, subject_id, created_by, created_at, updated_by, updated_at)
        select $1, gen_random_uuid(), 1, gen_random_uuid(), $1, now(), $1, now() from generate_series(1, 20000)`,
      values: [house.tenant],
    })
  })
  const full = (error: unknown): boolean => isFault(error, 'search-memory-full') && error.message.includes('20000')
  await assert.rejects(found(house, house.opened, '张'), full)
  await assert.rejects(house.opened.search.rebuild(order), full)
})

test('[vault-63] ids come out for the tenant of the transaction alone, by functions that only the application may call', async (t) => {
  const house = await openHouse(t)
  await fill(house)
  const [token] = await house.store.owner((tx) =>
    tx.query<{ token: bigint }>({ text: 'select unnest(tokens) as token from crm.search_index limit 1' }),
  )
  const ask = (tenant: string, generation = 1): Promise<readonly object[]> =>
    house.store.transaction({ tenant, principal: house.ann.principal.id }, (tx) =>
      tx.query({ text: 'select crm.search_find($1, null, $2::bigint[])', values: [generation, [token?.token]] }),
    )
  assert.ok((await ask(house.tenant)).length > 0)
  const changed = (error: unknown): boolean => codeOf(error) === 'HF001'
  await assert.rejects(ask(newId()), changed)
  await assert.rejects(ask(house.tenant, 2), changed)
  await assert.rejects(
    house.store.owner((tx) => tx.query({ text: 'select crm.search_hold(1, null)' })),
    changed,
  )
  const stranger = newId()
  const rows = await house.store.transaction({ tenant: stranger, principal: stranger }, (tx) =>
    tx.query({ text: 'select from crm.search_index' }),
  )
  assert.equal(rows.length, 0)
  const open = await house.store.owner((tx) =>
    tx.query({
      text: `select from pg_proc p join pg_namespace n on n.oid = p.pronamespace, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
             where n.nspname = 'crm' and a.grantee = 0`,
    }),
  )
  assert.equal(open.length, 0, 'nothing that runs as the owner may be called by everybody')
})
