// The end of a tenant epoch: its keys are wiped from the row once the database has proven that nothing needs them. Keeps vault-74.
import { type Actor, Fault, type Label, listed, say, scopeOf } from '#kernel'
import { lockEpochs } from './epochs.ts'
import type { House } from './house.ts'
import { needless, type Needs, needsOfEpoch } from './key-needs.ts'
import type { SecretPlace } from './rotate-epoch.ts'

/** Destroys an epoch that only opens. Throws not-found, bad-input for the one in use, key-needed naming what needs it. */
export const destroyEpoch = async (
  house: House,
  actor: Actor,
  epoch: number,
  secrets: readonly SecretPlace[],
): Promise<Needs> => {
  const { tenant } = house
  const needs = await house.store.transaction(scopeOf(actor), async (tx) => {
    await lockEpochs(tx, tenant)
    // Whoever makes a key under an epoch holds its row; whoever knows it as active only finds out here.
    const [row] = await tx.query<{ state: string }>({
      text: 'select state from keyring.epoch where tenant_id = $1 and epoch = $2 for update',
      values: [tenant, epoch],
    })
    if (!row) throw new Fault('not-found', { what: 'key epoch' })
    if (row.state === 'active')
      throw new Fault('bad-input', { what: say('key epoch {epoch} is in use; rotate it first', { epoch }) })
    if (row.state === 'destroyed') throw new Fault('key-destroyed')
    const found = await needsOfEpoch(tx, tenant, epoch, secrets)
    if (!needless(found)) throw new Fault('key-needed', { epoch, what: rowsOf(found) })
    await tx.query({
      text: `update keyring.epoch set state = 'destroyed', destroyed_at = now(), sym_wrapped = '', index_wrapped = '', hpke_wrapped = ''
             where tenant_id = $1 and epoch = $2`,
      values: [tenant, epoch],
    })
    const { principal, env } = actor
    await house.journal.append(tx, tenant, [
      {
        act: 'key.epoch-destroy',
        obj: 'keys',
        actor: principal.id,
        channel: env.channel,
        decision: 'allow',
        ...(env.ip === '' ? {} : { ip: env.ip }),
        detail: { epoch, remaining: 0, looked: Object.keys(found) },
      },
    ])
    return found
  })
  await house.store.transaction(scopeOf(actor), (tx) => house.keyring.epochs.refresh(tx))
  return needs
}

const rowsOf = (needs: Needs): Label =>
  listed(
    Object.entries(needs)
      .filter(([, count]) => count > 0)
      .map(([table, count]) => ({ zh: `${table} ${String(count)} 行`, en: `${table} ${String(count)}` })),
  )
