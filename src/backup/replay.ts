// The ledger of erasures replayed after a restore, in its transaction: whoever is in it has no key, no token, no cell and no file
// again. Keeps backup-18.
import type { Uuid } from '#kernel'
import type { Tx } from '#store'
import type { LedgerRow } from './ledger.ts'
import type { TableState } from './manifest.ts'
import { quoted } from './names.ts'

export interface Replayed {
  /** Persons in the ledger. */
  readonly erasures: number
  /** Records that had come back and were emptied again. */
  readonly records: number
}

/** rows: entries of the ledger that the restored table may lack. tables: those restored. */
export const replayErasures = async (
  tx: Tx,
  tenant: Uuid,
  tables: readonly TableState[],
  rows: readonly LedgerRow[],
): Promise<Replayed> => {
  for (const row of rows)
    await tx.query({
      text: `insert into ops.erasure (tenant_id, number, id, subject_id, signed, signature, suite, public_key, sha256, erased_by, erased_at)
        values ($1, $2, $3, $4, $5, decode($6, 'hex'), $7, decode($8, 'hex'), decode($9, 'hex'), $10, $11) on conflict do nothing`,
      values: [
        tenant,
        row.number,
        row.id,
        row.subject_id,
        row.signed,
        row.signature,
        row.suite ?? 'Ed25519',
        row.public_key,
        row.sha256,
        row.erased_by,
        row.erased_at,
      ],
    })
  const [count] = await tx.query<{ n: number }>({
    text: 'select count(*)::int as n from ops.erasure where tenant_id = $1',
    values: [tenant],
  })
  if ((count?.n ?? 0) === 0) return { erasures: 0, records: 0 }
  const dead = `(select subject_id from ops.erasure where tenant_id = $1)`
  await tx.query({
    text: `delete from keyring.subject_key where tenant_id = $1 and subject_id in ${dead}`,
    values: [tenant],
  })
  // What they sent by a form waited in the backup, sealed to a key that may still be there. A lead made of it bears its id, and so does
  // the person.
  if (tables.some(({ name }) => name === 'crm.capture'))
    await tx.query({ text: `delete from crm.capture where tenant_id = $1 and id in ${dead}`, values: [tenant] })
  const ids: Uuid[] = []
  for (const table of tables.filter((one) => one.mode === 'record')) {
    const names = new Set(table.columns.map((column) => column.name))
    if (!names.has('subject_id')) continue
    const cells = [...names].filter((name) => name.startsWith('cell_')).map((name) => `"${name}" = null`)
    const more = [
      ...(names.has('import_key') ? ['import_key = null'] : []),
      ...(names.has('shared_with') ? [`shared_with = '{}'`] : []),
    ]
    const sets = [...cells, ...more, 'version = version + 1', 'deleted_at = coalesce(deleted_at, now())']
    const emptied =
      cells.length > 0
        ? [...cells.map((cell) => cell.replace('= null', 'is not null')), 'deleted_at is null']
        : ['true']
    const found = await tx.query<{ id: Uuid }>({
      text: `update ${quoted(table.name)} set ${sets.join(', ')}
        where tenant_id = $1 and subject_id in ${dead} and (${emptied.join(' or ')}) returning id`,
      values: [tenant],
    })
    for (const { id } of found) ids.push(id)
  }
  if (ids.length > 0)
    for (const table of tables.filter((one) => one.mode === 'index'))
      await tx.query({
        text: `delete from ${quoted(table.name)} where tenant_id = $1 and "${table.key}" = any($2::uuid[])`,
        values: [tenant, ids],
      })
  // Notices about them; a backup from before there were any has none.
  if (ids.length > 0 && tables.some(({ name }) => name === 'ops.notification'))
    await tx.query({
      text: 'delete from ops.notification where tenant_id = $1 and record_id = any($2::uuid[])',
      values: [tenant, ids],
    })
  return { erasures: count?.n ?? 0, records: ids.length }
}
