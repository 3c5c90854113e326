// One change for many records, with what the pipeline demands of a deal that moves. Keeps crm-105.
import { type Actor, Fault, type FieldKind, fieldOf, isFault, partOf, typeOf, type Uuid } from '#kernel'
import type { BulkChange, BulkPreview, BulkRecord, BulkResult, ListQuery, Vault } from '#vault'
import { closedBy, markAccount, stageValues } from './pipeline.ts'

export interface BulkEdit extends BulkChange {
  /** Why deals were lost; demanded by a lost stage. */
  readonly reason?: string
}

/** What can be said of many alike: choices, dates, marks. Names, amounts and texts belong to one record. */
export const bulkKinds: readonly FieldKind[] = ['choice', 'date', 'datetime', 'tags', 'boolean']

/** What would become of each record. Throws as moving one deal does. */
export const previewEdits = async (
  vault: Vault,
  actor: Actor,
  type: string,
  of: { readonly records: readonly BulkRecord[] } | { readonly query: ListQuery },
  edit: BulkEdit,
): Promise<BulkPreview> => await vault.bulk.preview(released(actor, edit), type, of, changeOf(vault, actor, type, edit))

/** What goes to the pool goes with its reason in the journal, as one record does (crm-17). */
const released = (actor: Actor, { ownerId, reason = '' }: BulkEdit): Actor => {
  if (ownerId !== null) return actor
  if (reason.trim() === '')
    throw new Fault('bad-value', { field: 'reason', what: 'releasing to the public pool needs a reason' })
  return { ...actor, env: { ...actor.env, purpose: reason.trim() } }
}

/** Changes records; a deal that is won marks its account, as it does alone. */
export const editMany = async (
  vault: Vault,
  actor: Actor,
  type: string,
  act: Uuid,
  records: readonly BulkRecord[],
  edit: BulkEdit,
): Promise<BulkResult> => {
  const change = changeOf(vault, actor, type, edit)
  const result = await vault.bulk.apply(released(actor, edit), type, act, records, change)
  if (type === 'deal' && closedBy(vault.catalogue, String(change.values['stage'])) === 'won')
    for (const id of result.changed) await won(vault, actor, id)
  return result
}

const won = async (vault: Vault, actor: Actor, id: Uuid): Promise<void> => {
  try {
    await markAccount(vault, actor, (await vault.get(actor, 'deal', id)).values['account'])
  } catch (error) {
    // Given away in the same act: its account is the next owner's business.
    if (!isFault(error, 'not-found') && !isFault(error, 'denied')) throw error
  }
}

const changeOf = (vault: Vault, actor: Actor, type: string, { reason, ...change }: BulkEdit): BulkChange => {
  for (const name of Object.keys(change.values)) {
    const field = fieldOf(typeOf(vault.catalogue, type), name)
    if (field && !bulkKinds.includes(field.kind))
      throw new Fault('bad-value', { ...partOf(field), what: 'this field is changed record by record' })
  }
  const { stage } = change.values
  if (type !== 'deal' || typeof stage !== 'string') return change
  const closeDate = change.values['closeDate']
  const move = { stage, ...(reason === undefined ? {} : { reason }), ...(typeof closeDate === 'string' ? { closeDate } : {}) } // prettier-ignore
  return { ...change, values: { ...change.values, ...stageValues(vault.catalogue, actor, move) } }
}
