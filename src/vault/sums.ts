// How many, and how much, per value of a choice: over the rows the principal may list and whose two fields it may see. Keeps vault-7.
import { columnOf, Fault, type Field, fieldOf, type RecordType } from '#kernel'
import type { Tx } from '#store'
import type { Gate } from './gate.ts'
import type { House } from './house.ts'
import { listRows } from './list.ts'
import { createFinder } from './lookup.ts'
import type { GroupSum } from './vault.ts'
import { demandVisible, type InnerQuery, whereOf } from './where.ts'

/** One line for each value that occurs, in the order of the field's options. by: a plain choice; of: a plain whole number. */
export const sumRows = async (
  house: House,
  tx: Tx,
  gate: Gate,
  type: RecordType,
  by: string,
  of: string,
): Promise<readonly GroupSum[]> => {
  const [group, amount] = [plain(type, by, ['choice']), plain(type, of, ['money', 'integer'])]
  for (const field of [group, amount]) demandVisible(gate, type, field.group, false, field.name)
  const query: InnerQuery = { rights: [`view.${group.group}`, `view.${amount.group}`] }
  const where = await whereOf(house, createFinder(house, tx, type), gate, type, query)
  const found = where.postFilter
    ? await oneByOne(house, tx, gate, type, query, group, amount)
    : await tx.query<{ value: string; n: bigint; sum: string }>({
        text: `select r."${columnOf(group)}" as value, count(*) as n, coalesce(sum(r."${columnOf(amount)}"), 0)::text as sum
          from crm."${type.table}" r where ${where.sql} and r."${columnOf(group)}" is not null group by 1`,
        values: where.params.values,
      })
  const lines = new Map(found.map(({ value, n, sum }) => [value, { value, count: Number(n), sum: Number(sum) }]))
  return (group.options ?? []).flatMap(({ value }) => lines.get(value) ?? [])
}

const plain = (type: RecordType, name: string, kinds: readonly Field['kind'][]): Field => {
  const field = fieldOf(type, name)
  if (field?.storage === 'plain' && kinds.includes(field.kind)) return field
  throw new Fault('bad-input', { what: 'there is no such field to sum by' })
}

/** Where a policy cannot be told in SQL each row is decided for itself. */
const oneByOne = async (
  house: House,
  tx: Tx,
  gate: Gate,
  type: RecordType,
  query: InnerQuery,
  group: Field,
  amount: Field,
): Promise<readonly { value: string; n: bigint; sum: string }[]> => {
  const lines = new Map<string, { n: bigint; sum: bigint }>()
  let cursor: string | undefined
  do {
    const page = await listRows(house, tx, gate, type, {
      ...query,
      limit: 200,
      ...(cursor === undefined ? {} : { cursor }),
    })
    for (const row of page.rows) {
      const value = row[columnOf(group)]
      const added = row[columnOf(amount)]
      if (typeof value !== 'string') continue
      const { n, sum } = lines.get(value) ?? { n: 0n, sum: 0n }
      lines.set(value, { n: n + 1n, sum: sum + (typeof added === 'bigint' ? added : 0n) })
    }
    cursor = page.next
  } while (cursor !== undefined)
  return [...lines].map(([value, { n, sum }]) => ({ value, n, sum: String(sum) }))
}
