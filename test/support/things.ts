// The small world of cedar.ts in a real PostgreSQL: its rows, and what a predicate selects of them.
import { newId, type Predicate } from '#kernel'
import { predicateSql, type Tx } from '#store'
import { openTestDatabase } from './index.ts'
import type { Row } from './holds.ts'

export interface Things {
  /** Ids of the rows where each predicate is true, by one query. */
  select(predicates: readonly Predicate[], sql?: typeof predicateSql): Promise<readonly ReadonlySet<string>[]>
  /** Other rows in place of these. */
  refill(rows: readonly Row[]): Promise<void>
  /** Settings of the transaction: what row security is told. */
  tell(settings: readonly (readonly [name: string, value: string])[]): Promise<void>
}

/** Runs some work over tables `thing` and `thing_user`, which are gone afterwards with their database. */
export const withThings = async (
  rows: readonly Row[],
  users: readonly Row[],
  work: (things: Things) => Promise<void>,
): Promise<void> => {
  const { store, tenant, close } = await openTestDatabase()
  try {
    await store.owner(async (tx) => {
      await tx.query({
        text: `create table crm.thing (tenant_id uuid, id uuid, owner_id uuid, team_id uuid, created_by uuid, shared_with uuid[], tags text[],
          n bigint, m bigint, s text, b boolean, c boolean, at timestamptz, deleted_at timestamptz,
          price numeric, day date, address inet, custom jsonb, marks jsonb)`,
      })
      await tx.query({
        text: 'create table crm.thing_user (tenant_id uuid, id uuid, role text, unit_id uuid, deleted_at timestamptz)',
      })
      const fill = async (table: string, given: readonly Row[]): Promise<void> => {
        await tx.query({ text: `truncate crm.${table}` })
        for (const of of given) await insert(tx, table, { tenant_id: tenant, ...of })
      }
      await fill('thing_user', users)
      // Nobody of another tenant may be found over a foreign key.
      for (const of of users) await insert(tx, 'thing_user', { ...of, tenant_id: newId(), role: 'foreign' })
      await fill('thing', rows)
      await work({
        select: async (predicates, sql = predicateSql) => {
          const parts: string[] = []
          const values: unknown[] = [tenant]
          for (const predicate of predicates) {
            const part = sql(predicate, 'r', values.length + 1, 1)
            parts.push(`coalesce(${part.text}, false) as p${String(parts.length)}`)
            values.push(...part.values)
          }
          const found = await tx.query<Record<string, unknown>>({
            text: `select r.id, ${parts.join(', ')} from crm.thing r where r.tenant_id = $1`,
            values,
          })
          return predicates.map(
            (_, i) => new Set(found.flatMap((row) => (row[`p${String(i)}`] === true ? [String(row.id)] : []))),
          )
        },
        refill: (given) => fill('thing', given),
        tell: async (settings) => {
          for (const [name, value] of [['app.tenant', tenant], ...settings])
            await tx.query({ text: 'select set_config($1, $2, true)', values: [name, value] })
        },
      })
    })
  } finally {
    await close()
  }
}

const insert = async (tx: Tx, table: string, of: Row): Promise<void> => {
  const columns = Object.keys(of)
  const places = columns.map((_, i) => `$${String(i + 1)}`).join(', ')
  await tx.query({
    text: `insert into crm.${table} (${columns.join(', ')}) values (${places})`,
    values: Object.values(of),
  })
}
