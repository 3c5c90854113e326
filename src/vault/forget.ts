// Keys of erased subjects must not outlive their rows: not in this process, not in another one, not in a transaction that began
// before. Keeps vault-14.
import { Fault, type Uuid } from '#kernel'
import type { Tx } from '#store'
import type { House } from './house.ts'

/**
 * Takes the keys of subjects for the rest of the transaction: an erasure of one of them waits for its end and then finds what was
 * written. Throws key-destroyed where one is gone already, whatever a cache says.
 */
export const holdKeys = async (house: House, tx: Tx, subjects: readonly Uuid[]): Promise<void> => {
  const wanted = [...new Set(subjects)]
  if (wanted.length === 0) return
  const found = await tx.query<{ subject_id: Uuid }>({
    name: 'keys-hold',
    text: 'select subject_id from keyring.subject_key where tenant_id = $1 and subject_id = any($2::uuid[]) order by subject_id for key share',
    values: [house.tenant, wanted],
  })
  if (new Set(found.map((row) => row.subject_id)).size < wanted.length) throw new Fault('key-destroyed')
}

/** How long this process may go on with a key that another one erased. */
const freshMs = 2000

/**
 * Looks into the ledger of erasures, unless it did so a moment ago, and lets go of the keys of whoever is in it. The last minute is
 * gone through again each time: a key may have been read just before its row went and kept just after.
 */
export const heedErasures = (
  tenant: Uuid,
  forget: (subjects: readonly Uuid[]) => void,
): ((tx: Tx) => Promise<void>) => {
  let looked = -Infinity
  let seen = 0
  return async (tx) => {
    const now = performance.now()
    if (now - looked < freshMs) return
    looked = now
    const rows = await tx.query<{ number: number; subject_id: Uuid }>({
      name: 'erasure-look',
      text: `select number, subject_id from ops.erasure
        where tenant_id = $1 and (number > $2 or erased_at > now() - interval '1 minute') order by number`,
      values: [tenant, seen],
    })
    seen = rows.at(-1)?.number ?? seen
    forget(rows.map((row) => row.subject_id))
  }
}
