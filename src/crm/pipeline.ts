// A deal moves from stage to stage: what closing it demands and does. Keeps crm-16.
import { type Actor, type Catalogue, Fault, fieldOf, isFault, type Option, typeOf, type Uuid } from '#kernel'
import type { FieldValue, Seen, Vault } from '#vault'

export interface Move {
  readonly stage: string
  /** The version of the deal the principal saw. */
  readonly version: number
  /** Why it was lost; demanded by a lost stage. */
  readonly reason?: string
  /** YYYY-MM-DD; closing without one takes today. */
  readonly closeDate?: string
}

/** Moves a deal. Lost needs a reason; won marks its account as a customer; opening again forgets why it was lost. */
export const moveDeal = async (vault: Vault, actor: Actor, id: Uuid, move: Move): Promise<Seen> => {
  const values = stageValues(vault.catalogue, actor, move)
  const { stage, lostReason } = values
  const before = await vault.get(actor, 'deal', id)
  if (before.values['stage'] === stage && lostReason === null) return before
  const after = await vault.update(actor, 'deal', id, move.version, values)
  if (closedBy(vault.catalogue, move.stage) === 'won' && before.values['stage'] !== stage)
    await markAccount(vault, actor, before.values['account'])
  return after
}

const stageOf = (catalogue: Catalogue, name: string): Option | undefined =>
  fieldOf(typeOf(catalogue, 'deal'), 'stage')?.options?.find((option) => option.value === name)

/** How a stage closes a deal, if it does. */
export const closedBy = (catalogue: Catalogue, stage: string): Option['closed'] => stageOf(catalogue, stage)?.closed

/** What moving to a stage writes. Throws bad-value for a stage that is none, and for a loss without its reason. */
export const stageValues = (
  catalogue: Catalogue,
  actor: Actor,
  move: Omit<Move, 'version'>,
): Readonly<Record<string, FieldValue>> => {
  const stage = stageOf(catalogue, move.stage)
  if (!stage) throw new Fault('bad-value', { field: 'stage', what: 'there is no such stage' })
  const reason = move.reason?.trim() ?? ''
  if (stage.closed === 'lost' && reason === '')
    throw new Fault('bad-value', { field: 'lostReason', what: 'a lost deal needs the reason it was lost' })
  const values: Record<string, FieldValue> = { stage: stage.value, lostReason: stage.closed === 'lost' ? reason : null }
  if (stage.closed) values['closeDate'] = move.closeDate ?? actor.env.now.toISOString().slice(0, 10)
  else if (move.closeDate !== undefined) values['closeDate'] = move.closeDate
  return values
}

/** No deal yet → customer → repeat customer. An account of somebody else's is left to them. */
export const markAccount = async (vault: Vault, actor: Actor, account: FieldValue | undefined): Promise<void> => {
  if (typeof account !== 'string') return
  try {
    const seen = await vault.get(actor, 'account', account)
    const status = seen.values['status'] === 'won' || seen.values['status'] === 'repeat' ? 'repeat' : 'won'
    if (status !== seen.values['status']) await vault.update(actor, 'account', account, seen.version, { status })
  } catch (error) {
    // The deal is won all the same: somebody else's account, or one changed this very moment, is not its business.
    if (!isFault(error, 'not-found') && !isFault(error, 'denied') && !isFault(error, 'conflict')) throw error
  }
}
