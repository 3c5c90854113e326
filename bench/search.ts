// search: exact look-ups over sealed fields against a plaintext index, and names by part, at 100,000 contacts.
import type { Line } from './bench.ts'
import { benchHouse, chineseName, fill, medianMs, mobile } from './support/house.ts'

const rows = 100_000

export const run = async (): Promise<readonly Line[]> => {
  const bench = await benchHouse()
  try {
    await fill(bench, 'contact', rows, (i) => ({
      name: chineseName(i),
      mobile: mobile(i),
      email: `person${String(i)}@example.com`,
    }))
    const { house } = bench
    await house.store.owner(async (tx) => {
      await tx.query({ text: 'create schema bench' })
      await tx.query({
        text: 'create table bench.contact (id uuid, tenant_id uuid, mobile text, name text, email text)',
      })
      await tx.query({
        text: `insert into bench.contact select gen_random_uuid(), $1, '+86139' || right((10000000 + i * 37)::text, 8), 'name ' || i, 'person' || i || '@example.com' from generate_series(0, ${String(rows - 1)}) i`,
        values: [house.tenant],
      })
      await tx.query({ text: 'create index on bench.contact (tenant_id, mobile)' })
      await tx.query({ text: 'grant usage on schema bench to public' })
      await tx.query({ text: 'grant select on bench.contact to public' })
      await tx.query({ text: 'analyze bench.contact' })
    })
    const scope = { tenant: house.tenant, principal: bench.admin.principal.id }
    let n = 0
    const next = (): number => (n = (n + 7919) % rows)
    const plain = await medianMs(100, () =>
      house.store.transaction(scope, (tx) =>
        tx.query({
          name: 'bench-exact',
          text: 'select * from bench.contact where tenant_id = $1 and mobile = $2',
          values: [house.tenant, `+86${mobile(next())}`],
        }),
      ),
    )
    const exact = await medianMs(100, async () => {
      const page = await house.vault.list(bench.admin, 'contact', {
        filters: [{ field: 'mobile', op: 'eq', value: mobile(next()) }],
      })
      if (page.items.length !== 1) throw new Error('the exact search missed')
    })
    const names = await medianMs(40, async () => {
      const page = await house.vault.list(bench.admin, 'contact', { search: chineseName(next()), limit: 50 })
      if (page.items.length === 0) throw new Error('the name search missed')
    })
    const surname = await medianMs(20, () => house.vault.list(bench.admin, 'contact', { search: '张', limit: 50 }))
    const pinyin = await medianMs(20, () => house.vault.list(bench.admin, 'contact', { search: 'zwf', limit: 50 }))
    const tail = await medianMs(20, () =>
      house.vault.list(bench.admin, 'contact', { search: mobile(next()).slice(-4), limit: 50 }),
    )
    const [size] = await house.store.owner((tx) =>
      tx.query<{ bytes: bigint }>({ text: `select pg_total_relation_size('crm.blind_index') as bytes` }),
    )
    const line = (metric: string, value: number, reference: number): Line => ({
      bench: 'search',
      metric: `search/${metric}`,
      value,
      unit: 'ms',
      reference,
      ratio: value / reference,
    })
    return [
      line('exact_vs_plaintext_index', exact, plain),
      line('name_ms', names, 150),
      line('surname_ms', surname, 150),
      line('pinyin_ms', pinyin, 150),
      line('tail_ms', tail, 150),
      {
        bench: 'search',
        metric: 'search/index_bytes_per_contact',
        value: Number(size?.bytes ?? 0n) / rows,
        unit: 'B',
        reference: 1200,
        ratio: Number(size?.bytes ?? 0n) / rows / 1200,
      },
    ]
  } finally {
    await bench.close()
  }
}
