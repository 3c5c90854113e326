import { benchHouse, chineseName, mobile, ownersOf } from './bench/support/house.ts'
import { loadContacts } from './bench/support/contacts.ts'
const bench = await benchHouse()
await loadContacts(bench.house, ownersOf(bench), 3000, (i) => ({ name: chineseName(i), mobile: mobile(i), email: `person${i}@example.com` }))
const scope = { tenant: bench.house.tenant, principal: bench.house.tenant }
await bench.house.store.transaction(scope, async (tx) => {
  const [t] = await tx.query<any>({ text: "select (select t from unnest(tokens) t where (t >> 44) & 15 = 0 limit 1) as t from crm.search_index limit 1" })
  const run = async (name: string, sql: string) => {
    const [r] = await tx.query<any>({ text: `do $$ declare s timestamptz := clock_timestamp(); begin for i in 1..2000 loop perform ${sql}; end loop; raise notice '%', clock_timestamp() - s; perform set_config('x.t', (extract(epoch from clock_timestamp() - s) * 1e6 / 2000)::text, true); end $$` })
    const [v] = await tx.query<any>({ text: "select current_setting('x.t') as v" })
    console.log(name, Number(v.v).toFixed(1), 'us')
  }
  for (let k = 0; k < 3; k++) {
    await run('fresh', 'crm.search_fresh(1)')
    await run('find', `(select count(*) from crm.search_find(1, null, array[${t.t}]::bigint[]))`)
    await run('list', `(select count(r.cell_basic) from crm.contact r where r.tenant_id = '${bench.house.tenant}' and r.deleted_at is null and r.id = any(array(select crm.search_find(1, null, array[${t.t}]::bigint[]))))`)
    await run('raw', `(select count(*) from crm.search_index s where s.tenant_id = '${bench.house.tenant}' and s.tokens && array[${t.t}]::bigint[])`)
  }
  const rows = await tx.query<any>({ text: `explain (analyze, buffers) select r.id from crm.contact r where r.tenant_id = '${bench.house.tenant}' and r.deleted_at is null and r.id = any(array(select crm.search_find(1, null, array[${t.t}]::bigint[]))) order by r.created_at desc limit 51` })
  for (const r of rows) console.log(r['QUERY PLAN'])
})
await bench.close()
