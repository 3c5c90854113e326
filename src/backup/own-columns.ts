// Columns of fields that the tenant added: a fresh database learns of them from the signed manifest before the rows come. Keeps backup-100.
import type { Tx } from '#store'
import type { TableState } from './manifest.ts'
import { quoted } from './names.ts'

const own = /^crm\.[a-z_]+$/
const field = /^x_[a-z][a-z0-9_]{0,39}$/
const cell = /^cell_[a-z]{1,20}$/
/** Types such columns may have; whatever else a manifest asks for is refused as unknown to this program. */
const types = new Set(['text', 'bigint', 'boolean', 'date', 'timestamp with time zone', 'text[]'])

/** Adds to a record table what the tenant's own fields need there. When the house opens, the catalogue adds indexes and checks. */
export const bringOwnColumns = async (tx: Tx, table: TableState): Promise<void> => {
  if (!own.test(table.name)) return
  const wanted = table.columns.filter(
    ({ name, type }) => (field.test(name) && types.has(type)) || (cell.test(name) && type === 'bytea'),
  )
  for (const { name, type } of wanted)
    await tx.query({
      text: `alter table if exists ${quoted(table.name)} add column if not exists "${name}" ${type};
             ${cell.test(name) ? `alter table if exists ${quoted(table.name)} alter column "${name}" set storage external` : ''}`,
    })
}
