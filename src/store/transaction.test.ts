// Transactions as they are used and misused; values as they come back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault, isFault, newId } from '#kernel'
import { codeOf, openStore, type Tx } from '#store'
import { catalogue, openTestDatabase } from '#testing'
import { failure } from './failure.ts'
import { openPool, take } from './wire.ts'

const put = (tx: Tx, tenant: string, name: string): Promise<unknown> =>
  tx.query({ text: "insert into ops.setting values ($1, $2, '1')", values: [tenant, name] })
const keys = async (tx: Tx): Promise<readonly string[]> =>
  (await tx.query<{ name: string }>({ text: 'select name from ops.setting order by name' })).map(({ name }) => name)

test('[store-9] work commits when it returns and rolls back when it throws', async () => {
  const { store, scope, tenant, close } = await openTestDatabase()
  assert.equal(await store.transaction(scope, (tx) => put(tx, tenant, 'kept').then(() => 7)), 7)
  await assert.rejects(
    store.transaction(scope, async (tx) => {
      await put(tx, tenant, 'lost')
      throw new RangeError('no')
    }),
    RangeError,
  )
  assert.deepEqual(await store.transaction(scope, keys), ['kept'])
  await close()
})

test('[store-9] an error swallowed inside is not a commit', async () => {
  const { store, scope, tenant, close } = await openTestDatabase()
  await assert.rejects(
    store.transaction(scope, async (tx) => {
      await put(tx, tenant, 'lost')
      await tx.query({ text: 'select 1/0' }).catch(() => undefined)
    }),
    /swallowed/,
  )
  assert.deepEqual(await store.transaction(scope, keys), [])
  await close()
})

test('[store-9] a transaction is of no use after its end', async () => {
  const { store, scope, close } = await openTestDatabase()
  const kept: Tx[] = []
  await store.transaction(scope, (tx) => Promise.resolve(kept.push(tx)))
  for (const tx of kept) {
    await assert.rejects(tx.query({ text: 'select 1' }), /ended/)
    await assert.rejects(tx.copyIn('copy ops.setting from stdin', bytes([])), /ended/)
    await assert.rejects(tx.copyOut('copy ops.setting to stdout')[Symbol.asyncIterator]().next(), /ended/)
  }
  await close()
})

test('[store-9] read only, repeatable read, a shared snapshot and a statement limit do what they say', async () => {
  const { store, scope, tenant, close } = await openTestDatabase()
  await assert.rejects(
    store.transaction(scope, (tx) => put(tx, tenant, 'x'), { readOnly: true }),
    (error) => codeOf(error) === '25006',
  )
  await assert.rejects(
    store.transaction(scope, (tx) => tx.query({ text: 'select pg_sleep(5)' }), { timeoutMs: 50 }),
    (error) => codeOf(error) === '57014',
  )
  await store.transaction(
    scope,
    async (tx) => {
      assert.deepEqual(await keys(tx), [])
      await store.transaction(scope, (other) => put(other, tenant, 'meanwhile'))
      assert.deepEqual(await keys(tx), [])
      const [exported] = await tx.query<{ name: string }>({ text: 'select pg_export_snapshot() as name' })
      const snapshot = exported?.name ?? ''
      assert.deepEqual(await store.transaction(scope, keys, { snapshot }), [])
      assert.deepEqual(await store.owner(keys, { snapshot, readOnly: true }), [])
      assert.deepEqual(await store.transaction(scope, keys), ['meanwhile'])
    },
    { isolation: 'repeatable read' },
  )
  await assert.rejects(store.transaction(scope, keys, { snapshot: "x'; select 1" }), (error) =>
    isFault(error, 'wrong-use'),
  )
  await close()
})

test('[store-9] rows go out and come in by COPY, a copy left early or broken rolls everything back', async () => {
  const { store, scope, tenant, close } = await openTestDatabase()
  const lines = Array.from(
    { length: 20_000 },
    (_, n) => `${tenant}\tname-${String(n).padStart(5, '0')}\t{"n":${String(n)}}\n`,
  )
  const into = 'copy ops.setting (tenant_id, name, value) from stdin'
  assert.equal(await store.owner((tx) => tx.copyIn(into, bytes(lines))), 20_000)
  const out = 'copy (select tenant_id, name, value from ops.setting order by name) to stdout'
  const read = await store.transaction(scope, async (tx) =>
    Buffer.concat(await Array.fromAsync(tx.copyOut(out))).toString(),
  )
  assert.equal(read.replaceAll(' ', ''), lines.join(''))
  await assert.rejects(
    store.transaction(scope, async (tx) => {
      await put(tx, tenant, 'lost')
      for await (const part of tx.copyOut(out)) if (part.length > 0) break
    }),
    /left before its end/,
  )
  await assert.rejects(
    store.owner((tx) => tx.copyIn(into, bytes(['not a row\n']))),
    (error) => codeOf(error).startsWith('22'),
  )
  await assert.rejects(
    store.owner((tx) => tx.copyIn(into, breaking())),
    RangeError,
  )
  await assert.rejects(
    store.owner((tx) => Array.fromAsync(tx.copyOut('copy nothing to stdout'))),
    (error) => codeOf(error) === '42P01',
  )
  const [row] = await store.transaction(scope, (tx) =>
    tx.query<{ n: bigint }>({ text: 'select count(*) as n from ops.setting' }),
  )
  assert.equal(row?.n, 20_000n)
  await close()
})

const bytes = async function* (lines: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const line of lines) yield await Promise.resolve(Buffer.from(line))
}
const breaking = async function* (): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(`${newId()}\tx\t1\n`))
  throw new RangeError('the source broke')
}

test('[store-9] many at once share few connections, and prepared statements stay prepared', async () => {
  const { store, scope, close } = await openTestDatabase()
  const sql = (n: number): { text: string; values: readonly unknown[]; name: string } => ({
    text: 'select $1::int + 1 as n',
    values: [n],
    name: 'plus-one',
  })
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      store.transaction(scope, async (tx) => (await tx.query<{ n: number }>(sql(n)))[0]?.n),
    ),
  )
  assert.deepEqual(
    answers,
    Array.from({ length: 200 }, (_, n) => n + 1),
  )
  await close()
})

test('[store-10] values come back as they went in', async () => {
  const { store, close } = await openTestDatabase()
  // PostgreSQL holds any text but NUL and lone surrogates, and timestamps from 4713 BC.
  const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed() && !value.includes('\0'))
  const int8 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  const moment = fc.date({
    min: new Date('0001-01-02T00:00:00Z'),
    max: new Date('9999-12-30T00:00:00Z'),
    noInvalidDate: true,
  })
  const day = moment.map((at) => at.toISOString().slice(0, 10))
  const id = fc.uuid({ version: 7 })
  const row = fc.record(
    {
      int8,
      text,
      moment,
      day,
      id,
      flag: fc.boolean(),
      bytes: fc.uint8Array(),
      ids: fc.array(id),
      texts: fc.array(text),
      int8s: fc.array(int8),
    },
    { noNullPrototype: true },
  )
  await store.owner((tx) =>
    fc.assert(
      fc.asyncProperty(row, async (given) => {
        const [found] = await tx.query<Record<string, unknown>>({
          name: 'values',
          text: `select $1::int8 as "int8", $2::text as text, $3::timestamptz as moment, $4::date as day, $5::uuid as id, $6::boolean as flag,
                   $7::bytea as bytes, $8::uuid[] as ids, $9::text[] as texts, $10::int8[] as int8s`,
          values: [
            given.int8,
            given.text,
            given.moment,
            given.day,
            given.id,
            given.flag,
            given.bytes,
            given.ids,
            given.texts,
            given.int8s,
          ],
        })
        assert.deepEqual({ ...found, bytes: new Uint8Array(found?.bytes as Uint8Array) }, given)
      }),
      { numRuns: 300 },
    ),
  )
  await close()
})

test('[store-10] a null is null, and the day is not moved by the zone of the machine', async () => {
  const { store, close } = await openTestDatabase()
  const [row] = await store.owner((tx) =>
    tx.query({
      text: "select null::int8 as n, null::date as d, '{null,3}'::int8[] as a, date '2026-02-28' as day, pg_current_xact_id()::text ~ '^[0-9]+$' as x",
    }),
  )
  assert.deepEqual(row, { n: null, d: null, a: [null, 3n], day: '2026-02-28', x: true })
  await close()
})

test('[store-11] a full disk and a lost database are Faults', async () => {
  for (const code of ['53100', 'ENOSPC'])
    assert.ok(isFault(failure(Object.assign(new Error('no space'), { code })), 'disk-full'))
  for (const code of ['08006', '57P01', '57P03', '53300', 'ECONNREFUSED', 'ECONNRESET'])
    assert.ok(isFault(failure(Object.assign(new Error('gone'), { code })), 'database-unreachable'), code)
  const fault = new Fault('denied')
  assert.equal(failure(fault), fault)
  const nowhere = openPool({ url: 'postgresql://nobody:secret-word@127.0.0.1:1/none' }, 'test', 1)
  await assert.rejects(
    take(nowhere, 0),
    (error) => isFault(error, 'database-unreachable') && !error.message.includes('secret-word'),
  )
  const { data, close } = await openTestDatabase()
  await assert.rejects(openStore({ data, databaseUrl: 'postgresql://nobody@127.0.0.1:1/none', catalogue }), (error) =>
    isFault(error, 'database-unreachable'),
  )
  await assert.rejects(openStore({ data, databaseUrl: 'mysql://nobody@127.0.0.1:1/none', catalogue }), (error) =>
    isFault(error),
  )
  await close()
})

test('[store-11] errors keep their SQLSTATE and quote no value', async () => {
  const { store, scope, tenant, close } = await openTestDatabase()
  const secret = 'Zhang Wei 13800138000'
  const provoke = (text: string, values: readonly unknown[], code: string): Promise<void> =>
    assert.rejects(
      store.transaction(scope, (tx) => tx.query({ text, values })),
      (error: Error) => {
        assert.equal(codeOf(error), code)
        assert.ok(!JSON.stringify([Object.entries(error), error.message, error.stack]).includes('Zhang'), code)
        return true
      },
    )
  await store.transaction(scope, (tx) => put(tx, tenant, secret))
  await provoke("insert into ops.setting values ($1, $2, '1')", [tenant, secret], '23505')
  await provoke('select $1::int', [secret], '22P02')
  await provoke('select $1::timestamptz', [secret], '22007')
  await provoke('select $1::jsonb', [`{"a": "${secret}`], '22P02')
  await close()
})
