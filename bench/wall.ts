// wall: what row security made of the guard rails costs. The same pages and counts of the same people, once with the facts told and the
// rails' policies in the way, once by the role that knows tenants alone; both under the first wall, in turns.
import { type Actor, systemClock, typeOf } from '#kernel'
import type { Store } from '#store'
import { createVault, type Vault } from '#vault'
import { type Line, median } from './bench.ts'
import { type BenchHouse, benchHouse, chineseName, mobile, ownersOf } from './support/house.ts'
import { load } from './support/load.ts'

export const run = async (options: { readonly rows?: number } = {}): Promise<readonly Line[]> => {
  const rows = options.rows ?? 100_000
  const bench = await benchHouse()
  try {
    await accounts(bench, rows)
    const both = bench.house.vault
    const first = await vaultOver(bench, withoutFacts(bench.house.store))
    const [sales, manager] = [bench.sales, bench.manager]
    const works: Readonly<Record<string, (vault: Vault) => Promise<unknown>>> = {
      page50_sales: (vault) => vault.list(sales, 'account', {}),
      page50_manager: (vault) => vault.list(manager, 'account', {}),
      page50_administrator: (vault) => vault.list(bench.admin, 'account', {}),
      page50_by_revenue: (vault) => vault.list(manager, 'account', { sort: 'annualRevenue', descending: true }),
      count_filtered: (vault) => vault.count(manager, 'account', { filters: [{ field: 'grade', op: 'eq', value: 'B' }] }), // prettier-ignore
      one_record: async (vault) => vault.get(sales, 'account', await someAccount(bench, sales)),
    }
    const lines: Line[] = []
    for (const [name, work] of Object.entries(works)) {
      const [walled, bare] = await inBlocks([() => work(both), () => work(first)])
      lines.push({ bench: 'wall', metric: `wall/${name}`, value: walled, unit: 'ms', reference: bare, ratio: walled / bare }) // prettier-ignore
    }
    return lines
  } finally {
    await bench.close()
  }
}

/** Every transaction for a person as if it were the house's own: the tenant's policy alone. */
const withoutFacts = (store: Store): Store => ({
  ...store,
  get known() {
    return store.known
  },
  transaction: ({ tenant, principal }, work, more) => store.transaction({ tenant, principal, house: true }, work, more),
})

const vaultOver = async (bench: BenchHouse, store: Store): Promise<Vault> => {
  const { journal, keys, tenant, vault } = bench.house
  return (await createVault({ store, journal, keys, catalogue: vault.catalogue, clock: systemClock, tenant })).vault
}

const accounts = async (bench: BenchHouse, rows: number): Promise<void> => {
  const people = ownersOf(bench)
  await load(bench.house, {
    type: 'account',
    from: 0,
    to: rows,
    searchable: false,
    place: (i) => {
      const { id, team } = people[i % people.length] ?? { id: null, team: null }
      return i % 50 === 13 ? { owner: null, team: null } : { owner: id, team }
    },
    make: (i) => ({
      name: `${chineseName(i)}贸易有限公司`,
      grade: ['A', 'B', 'C'][i % 3] ?? 'A',
      annualRevenue: i * 100,
      // One in 20 is above everybody's clearance here.
      classification: i % 20 === 3 ? 2 : 0,
      phone: mobile(i),
    }),
  })
}

let known: string | undefined

const someAccount = async (bench: BenchHouse, of: Actor): Promise<string> => {
  known ??= (await bench.house.vault.list(of, typeOf(bench.house.vault.catalogue, 'account').name, { limit: 1 })).items[0]?.id // prettier-ignore
  return known ?? ''
}

/** Medians of two, in blocks of ten: a connection that changes its role plans anew, which happens to no product in use. */
const inBlocks = async (
  works: readonly [() => Promise<unknown>, () => Promise<unknown>],
): Promise<readonly [number, number]> => {
  const taken: [number[], number[]] = [[], []]
  for (let block = 0; block < 16; block++)
    for (const [i, work] of works.entries())
      for (let round = 0; round < 12; round++) {
        const start = performance.now()
        await work()
        if (block > 0 && round > 1) taken[i]?.push(performance.now() - start)
      }
  return [median(taken[0]), median(taken[1])]
}
