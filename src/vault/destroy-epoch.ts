// The end of a tenant epoch: its keys are wiped from the row once the database has proven that nothing needs them. Keeps vault-74.
import { type Actor, Fault, scopeOf } from '#kernel'
import { lockEpochs } from './epochs.ts'
import type { House } from './house.ts'
import { needless, type Needs, needsOfEpoch } from './key-needs.ts'
import type { SecretPlace } from './rotate-epoch.ts'

/** Destroys an epoch that only opens. Throws not-found, wrong-use for the one in use, key-needed naming what needs it. */
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
      throw new Fault('wrong-use', { what: `key epoch ${String(epoch)} is in use; rotate it first` })
    if (row.state === 'destroyed') throw new Fault('key-destroyed')
    const found = await needsOfEpoch(tx, tenant, epoch, secrets)
    if (!needless(found)) throw new Fault('key-needed', { epoch, what: sentenceOf(found) })
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

const sentenceOf = (needs: Needs): string =>
  Object.entries(needs)
    .filter(([, count]) => count > 0)
    .map(([table, count]) => `${table} ${String(count)}`)
    .join(', ')
