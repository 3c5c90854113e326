// A follow-up that happened: stored, and its account knows when it was last spoken to. Keeps crm-19.
import { type Actor, isFault } from '#kernel'
import type { FieldValue, Seen, Vault } from '#vault'

/** Records a follow-up. Where only the contact or deal is named, its account is filled in. */
export const recordFollowup = async (
  vault: Vault,
  actor: Actor,
  values: Readonly<Record<string, FieldValue>>,
): Promise<Seen> => {
  const account = values['account'] ?? (await accountOf(vault, actor, values))
  const followup = await vault.create(actor, 'followup', { values: { ...values, ...(account ? { account } : {}) } })
  const at = followup.values['at']
  if (typeof account === 'string' && typeof at === 'string' && at <= actor.env.now.toISOString())
    await touch(vault, actor, account, at)
  return followup
}

const accountOf = async (
  vault: Vault,
  actor: Actor,
  values: Readonly<Record<string, FieldValue>>,
): Promise<FieldValue> => {
  for (const type of ['contact', 'deal']) {
    const id = values[type]
    if (typeof id !== 'string') continue
    const account = (await vault.get(actor, type, id)).values['account']
    if (typeof account === 'string') return account
  }
  return null
}

/** Moves the account's last follow-up forward, never back. */
const touch = async (vault: Vault, actor: Actor, id: string, at: string): Promise<void> => {
  try {
    const account = await vault.get(actor, 'account', id)
    const last = account.values['lastFollowup']
    if (typeof last !== 'string' || last < at)
      await vault.update(actor, 'account', id, account.version, { lastFollowup: at })
  } catch (error) {
    // The follow-up stands even where the account is somebody else's or changes at this moment.
    if (!isFault(error, 'not-found') && !isFault(error, 'denied') && !isFault(error, 'conflict')) throw error
  }
}
