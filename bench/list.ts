// list: a page of 50 under policy, opened and masked, against the same page unfiltered over plaintext columns: for every role that the
// policies name, under thirty policies, at a tenth of the rows and at all of them (a million; --rows N for another number).
import { readFileSync } from 'node:fs'
import { shippedPolicies, splitPolicies } from '#access'
import { type Actor, columnOf, newId, services, systemClock, typeOf, type Uuid } from '#kernel'
import { createVault, type Vault } from '#vault'
import { columns } from '../src/vault/row.ts'
import type { Line } from './bench.ts'
import { type BenchHouse, benchHouse, chineseName, medianMs, mobile, ownersOf } from './support/house.ts'
import { load } from './support/load.ts'

const leastPolicies = 30

export const run = async (options: { readonly rows?: number } = {}): Promise<readonly Line[]> => {
  const rows = options.rows ?? 1_000_000
  const bench = await benchHouse()
  try {
    const { vault, roles } = await governed(bench)
    const newcomer = newId()
    await accounts(bench, newcomer, 0, Math.ceil(rows / 10))
    const small = await measure(bench, vault, roles, newcomer)
    await accounts(bench, newcomer, Math.ceil(rows / 10), rows)
    const large = await measure(bench, vault, roles, newcomer)
    return linesOf(small, large)
  } finally {
    await bench.close()
  }
}

/** The vault under the shipped policies and as many conditions as make thirty; the roles they name. */
const governed = async (bench: BenchHouse): Promise<{ vault: Vault; roles: readonly string[] }> => {
  const shipped = shippedPolicies()
  const more = splitPolicies(readFileSync(new URL('./support/conditions.cedar', import.meta.url), 'utf8'))
  const { store, journal, keys, tenant, vault } = bench.house
  const opened = await createVault({
    store,
    journal,
    keys,
    catalogue: vault.catalogue,
    clock: systemClock,
    tenant,
    policies: [...shipped, ...more.slice(0, Math.max(0, leastPolicies - shipped.length))],
  })
  return { vault: opened.vault, roles: opened.policies.roles }
}

/** One in 50 in the public pool, one in 5,000 shared with the first representative, ten in all the newcomer's; else the team's people's. */
const accounts = async (bench: BenchHouse, newcomer: Uuid, from: number, to: number): Promise<void> => {
  const people = ownersOf(bench)
  const [first] = people
  await load(bench.house, {
    type: 'account',
    from,
    to,
    searchable: false,
    place: (i) => {
      const { id, team } = people[i % people.length] ?? { id: null, team: null }
      if (i < 1000 && i % 100 === 7) return { owner: newcomer, team: null }
      if (i % 50 === 13) return { owner: null, team: null }
      return { owner: id, team, shared: i % 5000 === 101 && first ? [first.id] : [] }
    },
    make: (i) => ({
      name: `${chineseName(i)}贸易有限公司`,
      grade: ['A', 'B', 'C'][i % 3] ?? 'A',
      status: ['none', 'won', 'repeat'][i % 3] ?? 'none',
      industry: `industry ${String(i % 40)}`,
      region: `region ${String(i % 30)}`,
      annualRevenue: i * 100,
      phone: mobile(i),
      email: `office${String(i)}@example.com`,
    }),
  })
  await plainCopy(bench)
}

/** The same accounts without any protection: every column a list gives, the sealed ones in the clear. */
const plainCopy = async (bench: BenchHouse): Promise<void> => {
  const type = typeOf(bench.house.vault.catalogue, 'account')
  const sealed = type.fields.filter((field) => field.storage === 'sealed').map(columnOf)
  const known: Readonly<Record<string, string>> = {
    name: `'客户贸易有限公司 ' || right(id::text, 6)`,
    phone: `'139' || right(id::text, 8)`,
    email: `'office' || right(id::text, 6) || '@example.com'`,
  }
  const list = [
    ...columns(type).filter((name) => !name.startsWith('cell_')),
    ...sealed.map((name) => `${known[name] ?? 'null::text'} as "${name}"`),
  ]
  await bench.house.store.owner(async (tx) => {
    await tx.query({ text: 'drop schema if exists bench cascade' })
    await tx.query({ text: 'create schema bench' })
    await tx.query({ text: `create table bench.account as select tenant_id, ${list.join(', ')} from crm.account` })
    await tx.query({ text: 'create index on bench.account (tenant_id, created_at desc, id desc)' })
    await tx.query({ text: 'grant usage on schema bench to public' })
    await tx.query({ text: 'grant select on bench.account to public' })
    await tx.query({ text: 'analyze bench.account' })
  })
}

interface Figures {
  readonly rows: number
  readonly plain: number
  readonly pages: ReadonlyMap<string, number>
  readonly one: number
  readonly fifty: number
  readonly count: number
}

const measure = async (bench: BenchHouse, vault: Vault, roles: readonly string[], newcomer: Uuid): Promise<Figures> => {
  const { house } = bench
  const [first] = ownersOf(bench)
  const seat = (role: string, id: Uuid, team: Uuid | null): Actor => ({
    ...bench.admin,
    principal: { ...bench.admin.principal, id, role, team },
    env: { ...bench.admin.env, purpose: '' },
  })
  const seats = new Map<string, Actor>()
  for (const role of roles) {
    const actor = seat(role, first?.id ?? newcomer, first?.team ?? null)
    if ((await vault.list(actor, 'account', { limit: 1 })).items.length > 0) seats.set(role, actor)
  }
  seats.set('sales_with_ten_records', seat('sales', newcomer, null))
  const scope = { tenant: house.tenant, principal: services.system }
  const plainPage = (): Promise<unknown> =>
    house.store.transaction(
      scope,
      (tx) =>
        tx.query({
          name: 'bench-plain',
          text: 'select * from bench.account where tenant_id = $1 order by created_at desc, id desc limit 50',
          values: [house.tenant],
        }),
      { readOnly: true },
    )
  const list = (actor: Actor, limit: number) => (): Promise<unknown> => vault.list(actor, 'account', { limit })
  const works = new Map<string, () => Promise<unknown>>([['plain', plainPage]])
  for (const [name, actor] of seats) works.set(name, list(actor, 50))
  const sales = seats.get('sales') ?? bench.admin
  works.set('one', list(sales, 1))
  const ms = await inTurns(works)
  let count = 0
  for (const actor of seats.values()) {
    const counted = (): Promise<unknown> =>
      vault.count(actor, 'account', { filters: [{ field: 'grade', op: 'eq', value: 'B' }] })
    count = Math.max(count, await medianMs(9, counted))
  }
  const [total] = await house.store.owner((tx) =>
    tx.query<{ n: bigint }>({ text: 'select count(*) n from crm.account' }),
  )
  const at = (name: string): number => ms.get(name) ?? NaN
  return {
    rows: Number(total?.n ?? 0n),
    plain: at('plain'),
    pages: new Map([...seats.keys()].map((name) => [name, at(name)])),
    one: at('one'),
    fifty: at('sales'),
    count,
  }
}

/** Medians of all, each run in turn, so that a busy moment of the machine touches all of them. */
const inTurns = async (works: ReadonlyMap<string, () => Promise<unknown>>): Promise<ReadonlyMap<string, number>> => {
  const taken = new Map<string, number[]>([...works.keys()].map((name) => [name, []]))
  for (let round = 0; round < 90; round++) {
    for (const [name, work] of works) {
      const start = performance.now()
      await work()
      if (round >= 10) taken.get(name)?.push(performance.now() - start)
    }
  }
  return new Map([...taken].map(([name, times]) => [name, times.toSorted((a, b) => a - b)[times.length >> 1] ?? NaN]))
}

const linesOf = (small: Figures, large: Figures): readonly Line[] => {
  const line = (metric: string, value: number, reference: number, unit = 'ms'): Line => ({
    bench: 'list',
    metric: `list/${metric}`,
    value,
    unit,
    reference,
    ratio: value / reference,
  })
  const pages = [...large.pages].map(([role, ms]) => line(`page50_vs_unfiltered/${role}`, ms, large.plain))
  const worst = pages.reduce((a, b) => (b.ratio > a.ratio ? b : a))
  const growth = [...large.pages].map(([role, ms]) => ms / (small.pages.get(role) ?? NaN))
  const most = Math.max(...growth)
  return [
    { ...worst, metric: 'list/page50_vs_unfiltered' },
    ...pages,
    line('limit1_vs_limit50', large.one, large.fifty),
    line('count_filtered_vs_100ms', large.count, 100),
    line('page50_growth_with_ten_times_the_rows', most, 1, 'times'),
    line('rows', large.rows, small.rows, 'accounts'),
  ]
}
