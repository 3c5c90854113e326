// list: a page of 50 under policy, opened and masked, against the same page unfiltered over plaintext columns. 100,000 accounts.
import type { Actor } from '#kernel'
import type { Line } from './bench.ts'
import { benchHouse, chineseName, fill, medianMs, mobile } from './support/house.ts'

const rows = 100_000

export const run = async (): Promise<readonly Line[]> => {
  const bench = await benchHouse()
  try {
    await fill(bench, 'account', rows, (i) => ({
      name: `${chineseName(i)}贸易有限公司`,
      grade: ['A', 'B', 'C'][i % 3] ?? 'A',
      industry: `industry ${String(i % 40)}`,
      phone: mobile(i),
      annualRevenue: i * 100,
    }))
    const { house } = bench
    await house.store.owner(async (tx) => {
      await tx.query({ text: 'create schema bench' })
      await tx.query({
        text: `create table bench.account as select id, tenant_id, created_at, grade, industry, annual_revenue, 'name ' || id as name, '139' || right(id::text, 8) as phone from crm.account`,
      })
      await tx.query({ text: 'create index on bench.account (tenant_id, created_at desc, id desc)' })
      await tx.query({ text: 'grant usage on schema bench to public' })
      await tx.query({ text: 'grant select on bench.account to public' })
      await tx.query({ text: 'analyze bench.account' })
    })
    const scope = { tenant: house.tenant, principal: bench.admin.principal.id }
    const plain = await medianMs(60, () =>
      house.store.transaction(scope, (tx) =>
        tx.query({
          name: 'bench-plain',
          text: 'select * from bench.account where tenant_id = $1 order by created_at desc, id desc limit 50',
          values: [house.tenant],
        }),
      ),
    )
    const page = (actor: Actor): Promise<number> =>
      medianMs(60, () => house.vault.list(actor, 'account', { limit: 50 }))
    const lines: Line[] = []
    for (const [role, actor] of [
      ['administrator', bench.admin],
      ['manager', bench.manager],
      ['sales', bench.sales],
    ] as const) {
      const ms = await page(actor)
      lines.push({
        bench: 'list',
        metric: `list/page50_vs_unfiltered/${role}`,
        value: ms,
        unit: 'ms',
        reference: plain,
        ratio: ms / plain,
      })
    }
    const worst = lines.reduce((a, b) => (b.ratio > a.ratio ? b : a))
    const one = await medianMs(60, () => house.vault.list(bench.sales, 'account', { limit: 1 }))
    const fifty = lines.find((line) => line.metric.endsWith('sales'))?.value ?? 0
    return [
      { ...worst, metric: 'list/page50_vs_unfiltered' },
      ...lines,
      { bench: 'list', metric: 'list/limit1_vs_limit50', value: one, unit: 'ms', reference: fifty, ratio: one / fifty },
    ]
  } finally {
    await bench.close()
  }
}
