// Whether the row security of the database is what this program would set up: each policy is made once more on an empty table like the real
// one, and the two are compared as PostgreSQL itself writes them out. Keeps store-144.
import { guardedTables } from './derive.ts'
import type { Tx } from './transaction.ts'
import { createPolicy, policiesOf, type Rails } from './wall.ts'

/** Names of the tables that differ: in a policy too many, too few or another, or because row security is off or not forced. */
export const wallFaults = async (tx: Tx, rails: Rails): Promise<readonly string[]> => {
  const faults: string[] = []
  for (const table of await guardedTables(tx)) {
    const real = `${table.schema}."${table.name}"`
    // Of the same name, since conditions may name their table; it is the owner's alone and gone before the transaction ends.
    const copy = `pg_temp."${table.name}"`
    const wanted = policiesOf(table, rails).map((policy) => createPolicy(copy, policy))
    await tx.query({
      text: [`create temp table "${table.name}" (like ${real})`, ...wanted].join('; '),
    })
    const [row] = await tx.query<{ same: boolean; on: boolean }>({
      text: `select (${written('$1')}) is not distinct from (${written('$2')}) as same,
               (select relrowsecurity and relforcerowsecurity from pg_class where oid = $1::regclass) as on`,
      values: [real, copy],
    })
    await tx.query({ text: `drop table ${copy}` })
    if (row?.same !== true || !row.on) faults.push(`${table.schema}.${table.name}`)
  }
  return faults
}

const written = (table: string): string =>
  `select json_agg(json_build_array(polname, polcmd, polpermissive,
     (select array_agg(one order by one) from unnest(polroles) one),
     pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) order by polname)::text
   from pg_policy where polrelid = ${table}::regclass`
