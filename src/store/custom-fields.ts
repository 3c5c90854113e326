// The tenant's own fields as the database keeps them: read before anything is derived, changed under a lock that no writer of their type passes. Keeps store-100.
import {
  type Catalogue,
  catalogueNumber,
  type CustomField,
  Fault,
  readCustomField,
  say,
  typeOf,
  type Uuid,
  withCustom,
} from '#kernel'
import { shape } from './derive.ts'
import type { Tx } from './transaction.ts'

/** The catalogue a database was brought to, and the number by which a process sees that another one went on. */
export interface Known {
  readonly catalogue: Catalogue
  readonly custom: readonly CustomField[]
  readonly number: number
}

/** The shipped catalogue with the fields in the database; a database that has no such table yet has none. */
export const knownCatalogue = async (tx: Tx, shipped: Catalogue): Promise<Known> => {
  const [there] = await tx.query<{ there: boolean }>({
    text: `select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = 'ops' and c.relname = 'custom_field') as there`,
  })
  const custom = there?.there === true ? await customFields(tx) : []
  return { catalogue: withCustom(shipped, custom), custom, number: catalogueNumber(custom) }
}

const customFields = async (tx: Tx): Promise<readonly CustomField[]> => {
  const rows = await tx.query<{ id: number; type: string; revision: number; definition: unknown }>({
    text: 'select id, type, revision, definition from ops.custom_field order by id',
  })
  return rows.map(({ id, type, revision, definition }) => {
    try {
      return readCustomField(type, id, revision, definition)
    } catch (cause) {
      throw new Fault(
        'config-invalid',
        { name: 'ops.custom_field', what: say('row {id} is not sound', { id: String(id) }) },
        { cause },
      )
    }
  })
}

/**
 * The change of a record type's fields in the owner's transaction: writers of the type wait, or are waited for, so that nobody
 * writes a row by the fields of before after the fields of now were read.
 */
export const redefine = async (
  tx: Tx,
  shipped: Catalogue,
  type: string,
  work: (tx: Tx, before: readonly CustomField[]) => Promise<void>,
): Promise<Known> => {
  // The number is that of the migrations; of two changes at once one waits.
  await tx.query({ text: 'select pg_advisory_xact_lock(1752132708)' })
  // Readers and writers of the table queue behind a lock that is waited for, so the wait is short.
  await tx.query({ text: `select set_config('lock_timeout', '2s', true)` })
  const before = await knownCatalogue(tx, shipped)
  await tx.query({ text: `lock table crm."${typeOf(shipped, type).table}" in exclusive mode` })
  await work(tx, before.custom)
  const known = await knownCatalogue(tx, shipped)
  await shape(tx, { types: known.catalogue.types.filter((one) => one.name === type) }, known.catalogue)
  return known
}

/** Writes a definition down; the definition before, where there was one, is replaced. */
export const keepCustomField = (
  tx: Tx,
  tenant: Uuid,
  by: Uuid,
  { type, revision, field }: CustomField,
): Promise<unknown> =>
  tx.query({
    text: `insert into ops.custom_field (tenant_id, id, type, name, revision, definition, created_by) values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (tenant_id, id) do update set revision = excluded.revision, definition = excluded.definition`,
    values: [tenant, field.id, type, field.name, revision, JSON.stringify(field), by],
  })
