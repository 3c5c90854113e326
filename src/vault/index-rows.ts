// Rows of the search index as writers leave them: one a record and generation, replaced whole, in the writer's own transaction. Keeps vault-2, vault-61.
import type { RecordType, Uuid } from '#kernel'
import type { Tx } from '#store'
import type { Generation } from './generation.ts'
import type { House } from './house.ts'
import { tokensOf } from './lookup.ts'
import { searchedFields } from './search-policy.ts'
import type { Values } from './row.ts'

/** A record with all of its values. */
export interface Indexed {
  readonly row: { readonly id: Uuid }
  readonly values: Values
}

/**
 * Writes the tokens of records that the caller holds locked, in every generation that is written. Until the transaction ends the
 * generations stay as they are; where they are others by now it fails, and search.fresh does the work once more.
 */
export const writeTokens = async (
  house: House,
  tx: Tx,
  type: RecordType,
  records: readonly Indexed[],
): Promise<void> => {
  const { active, building } = house.search
  const generations = [active, ...(building ? [building] : [])]
  if (records.length === 0 || !generations.some(({ policy }) => searchedFields(policy, type).length > 0)) return
  const rows = generations
    .filter(({ policy }) => policy.storage === 'database')
    .flatMap((generation) => records.map((record) => rowOf(type, generation, record)))
  await tx.query({
    name: 'tokens-write',
    text: `insert into crm.search_index (tenant_id, record_id, generation, tokens)
           select $1, r.record, r.generation, r.tokens::bigint[] from unnest($4::uuid[], $5::int[], $6::text[]) as r (record, generation, tokens)
           where (select crm.search_hold($2::int, $3::int))
           on conflict (tenant_id, record_id, generation) do update set tokens = excluded.tokens`,
    values: [house.tenant, active.number, building?.number ?? null, ...unzip(rows)],
  })
}

/** Adds rows where there are none: for building, where a writer's row is always the newer one. version: what the values are of. */
export const addTokens = async (
  house: House,
  tx: Tx,
  type: RecordType,
  generation: Generation,
  records: readonly (Indexed & { readonly row: { readonly version: number } })[],
): Promise<void> => {
  if (records.length === 0) return
  const rows = records.map((record) => rowOf(type, generation, record))
  await tx.query({
    name: `tokens-add-${type.table}`,
    text: `insert into crm.search_index (tenant_id, record_id, generation, tokens)
           select $1, n.record, n.generation, n.tokens::bigint[]
           from unnest($2::uuid[], $3::int[], $4::text[], $5::int[]) as n (record, generation, tokens, version)
           join crm."${type.table}" r on r.tenant_id = $1 and r.id = n.record and r.version = n.version
           on conflict (tenant_id, record_id, generation) do nothing`,
    values: [house.tenant, ...unzip(rows), records.map(({ row }) => row.version)],
  })
}

interface Line {
  readonly record: Uuid
  readonly generation: number
  readonly tokens: string
}

const rowOf = (type: RecordType, generation: Generation, { row, values }: Indexed): Line => ({
  record: row.id,
  generation: generation.number,
  tokens: `{${tokensOf(type, row.id, values, generation).join()}}`,
})

const unzip = (rows: readonly Line[]): readonly [readonly Uuid[], readonly number[], readonly string[]] => [
  rows.map((row) => row.record),
  rows.map((row) => row.generation),
  rows.map((row) => row.tokens),
]
