// Building a generation of the search index from the records themselves, beside writers and readers, batch by batch. Keeps vault-61.
import { isFault, type RecordType, services, type Uuid } from '#kernel'
import type { Tx } from '#store'
import type { Generation } from './generation.ts'
import type { House } from './house.ts'
import { addTokens } from './index-rows.ts'
import { openAll } from './open.ts'
import { type Row, selectList } from './row.ts'
import { searchedFields } from './search-policy.ts'

const batch = 500

/** How far a build has come: type by its place in the catalogue, id of the last record of it. */
export interface BuildCursor {
  readonly type: number
  readonly after: Uuid
  readonly done: number
}

export const buildStart: BuildCursor = { type: 0, after: '00000000-0000-0000-0000-000000000000', done: 0 }

/** Told of a record that does not open, which is then left out; nobody to tell: the build stops at it. */
type Shut = (record: Uuid) => void

/** Indexes the next records that have no row in a generation; null where there is no further one. */
export const buildStep = async (
  house: House,
  generation: Generation,
  cursor: BuildCursor,
  shut?: Shut,
): Promise<BuildCursor | null> => {
  const type = house.catalogue.types[cursor.type]
  if (!type) return null
  if (generation.policy.storage === 'memory' || searchedFields(generation.policy, type).length === 0)
    return { ...cursor, type: cursor.type + 1, after: buildStart.after }
  const ids = await house.store.transaction(
    { tenant: house.tenant, principal: services.system },
    async (tx) => {
      const found = await tx.query<{ id: Uuid }>({
        text: `select r.id from crm."${type.table}" r where r.tenant_id = $1 and r.id > $2::uuid order by r.id limit ${String(batch)}`,
        values: [house.tenant, cursor.after],
      })
      const wanted = found.map((row) => row.id)
      // A record changed meanwhile is read again; one that a writer indexed already is left alone.
      let missing = await without(house, tx, generation, wanted)
      while (missing.length > 0 && (await index(house, tx, type, generation, missing, shut)) > 0)
        missing = await without(house, tx, generation, missing)
      return wanted
    },
    { timeoutMs: 0 },
  )
  const last = ids.at(-1)
  return last === undefined || ids.length < batch
    ? { type: cursor.type + 1, after: buildStart.after, done: cursor.done + ids.length }
    : { type: cursor.type, after: last, done: cursor.done + ids.length }
}

const without = async (
  house: House,
  tx: Tx,
  generation: Generation,
  ids: readonly Uuid[],
): Promise<readonly Uuid[]> => {
  const rows = await tx.query<{ id: Uuid }>({
    name: 'tokens-missing',
    text: `select id from unnest($2::uuid[]) as wanted (id) where not exists (
             select from crm.search_index s where s.tenant_id = $1 and s.record_id = wanted.id and s.generation = $3)`,
    values: [house.tenant, ids, generation.number],
  })
  return rows.map((row) => row.id)
}

const index = async (
  house: House,
  tx: Tx,
  type: RecordType,
  generation: Generation,
  ids: readonly Uuid[],
  shut: Shut | undefined,
): Promise<number> => {
  const rows = await tx.query<Row>({
    text: `select ${selectList(type, 'r')} from crm."${type.table}" r where r.tenant_id = $1 and r.id = any($2::uuid[])`,
    values: [house.tenant, ids],
  })
  const opened = await openRows(house, tx, type, rows, shut)
  await addTokens(house, tx, type, generation, opened)
  return opened.length
}

/** All of them, or where one does not open and somebody is told, the others: found by halving, since almost every batch is whole. */
const openRows = async (
  house: House,
  tx: Tx,
  type: RecordType,
  rows: readonly Row[],
  shut: Shut | undefined,
): Promise<readonly { readonly row: Row; readonly values: ReturnType<typeof openAll> }[]> => {
  try {
    const keys = await house.keyring.open(
      tx,
      rows.map((row) => row.subject_id),
    )
    return rows.map((row) => ({ row, values: openAll(type, row, keys.get(row.subject_id)) }))
  } catch (error) {
    if (shut === undefined || !isFault(error, 'cell-does-not-open')) throw error
    if (rows.length === 1) {
      for (const { id } of rows) shut(id)
      return []
    }
    const half = rows.length >> 1
    return [
      ...(await openRows(house, tx, type, rows.slice(0, half), shut)),
      ...(await openRows(house, tx, type, rows.slice(half), shut)),
    ]
  }
}

/** Records that a build will look at. */
export const buildTotal = (house: House): Promise<number> =>
  house.store.transaction({ tenant: house.tenant, principal: services.system }, async (tx) => {
    let total = 0
    for (const type of house.catalogue.types) {
      if (searchedFields(house.search.active.policy, type).length === 0) continue
      const [row] = await tx.query<{ n: bigint }>({
        text: `select count(*) as n from crm."${type.table}" where tenant_id = $1`,
        values: [house.tenant],
      })
      total += Number(row?.n ?? 0n)
    }
    return total
  })

/** Removes rows of generations that are no longer written; how many, at most a few thousand. */
export const dropStep = (house: House): Promise<number> =>
  house.store.transaction({ tenant: house.tenant, principal: services.system }, async (tx) => {
    const rows = await tx.query({
      text: `with gone as (
               select s.ctid from crm.search_index s where s.tenant_id = $1 and not exists (
                 select from keyring.search_generation g
                 where g.tenant_id = s.tenant_id and g.generation = s.generation and g.state <> 'retired') limit 5000)
             delete from crm.search_index s using gone where s.ctid = gone.ctid returning s.record_id`,
      values: [house.tenant],
    })
    if (rows.length === 0)
      await tx.query({
        // One that was given up stays until a later one is read, so that its number is not given again.
        text: `delete from keyring.search_generation g where g.tenant_id = $1 and g.state = 'retired' and g.generation <
                 (select generation from keyring.search_generation where tenant_id = $1 and state = 'active')`,
        values: [house.tenant],
      })
    return rows.length
  })

/**
 * Before the vault opens: a database restored from a backup, or brought up from an earlier version, holds no rows of the index,
 * since they follow from the records and backups do without them.
 */
export const completeIndex = async (house: House, log: (line: string) => void = () => undefined): Promise<void> => {
  const scope = { tenant: house.tenant, principal: services.system }
  const read = (tx: Tx): Promise<readonly { generation: number; incarnation: number }[]> =>
    tx.query({
      text: `select g.generation, i.incarnation from keyring.search_generation g join ops.installation i using (tenant_id)
             where g.tenant_id = $1 and g.state <> 'retired' and (g.incarnation <> i.incarnation or (
               g.policy ->> 'storage' = 'database' and not exists (select from crm.search_index s where s.tenant_id = $1)))`,
      values: [house.tenant],
    })
  const stale = await house.store.transaction(scope, read, { readOnly: true })
  const [first] = stale
  if (!first) return
  const total = await buildTotal(house)
  // One damaged record does not keep a whole house shut, least of all one that was just brought back.
  const closed = new Set<Uuid>()
  for (const generation of [house.search.active, ...(house.search.building ? [house.search.building] : [])]) {
    if (!stale.some((row) => row.generation === generation.number)) continue
    let told = 0
    for (let cursor: BuildCursor | null = buildStart; cursor;) {
      cursor = await buildStep(house, generation, cursor, (record) => closed.add(record))
      if (cursor && cursor.done - told >= 10_000) {
        told = cursor.done
        log(`search index: ${String(told)} of ${String(total)} records`)
      }
    }
  }
  if (closed.size > 0)
    log(`search index: records that do not open and are not found by a search: ${String(closed.size)}`)
  await house.store.transaction(scope, async (tx) => {
    await tx.query({
      text: `update keyring.search_generation set incarnation = $2 where tenant_id = $1 and incarnation <> $2`,
      values: [house.tenant, first.incarnation],
    })
    // What an earlier version left, here or in an old backup.
    await tx.query({ text: 'delete from crm.blind_index where tenant_id = $1', values: [house.tenant] })
  })
}
