// Webhooks over a backup and a restore: a house that is brought back tells nobody anything until somebody says so.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { command } from '../../test/support/command.ts'
import { openOrigin } from '../../test/support/origin.ts'
import { openHouse } from './app.ts'
import { bringBack } from './bring-back.ts'
import type { House } from './house.ts'

test('[backup-123] [vault-292] [server-284] webhooks come back stopped, everybody is told, and one verb goes on with those that were in use', async () => {
  const origin = await openOrigin()
  const { folder, email, userId, first, config, ownerOf } = origin
  const wish = (name: string, active: boolean) =>
    ({ name, url: 'https://erp.example.com/in', types: ['account'], events: ['created'], active }) as const
  const actor = await ownerOf(first)
  const made = [wish('a', true), wish('b', true), wish('paused', false)]
  for (const one of made) await first.webhooks.make(actor, one)
  await first.backups.create({ type: 'full', repo: first.config.repository })
  const identity = await origin.identity()
  await first.close()

  const { webhooks } = await bringBack(config('second'), { identity, channel: 'cli' })
  assert.equal(webhooks, 2)
  const second = await openHouse(config('second'), { create: false })
  after(async () => {
    await second.close()
    await origin.remove()
  })
  const states = async () => (await second.webhooks.list()).map(({ name, active, stopped }) => [name, active, stopped])
  assert.deepEqual(await states(), [['a', false, 'restored'], ['b', false, 'restored'], ['paused', false, null]]) // prettier-ignore
  const [notice] = (await second.notifications.list(await ownerOf(second), { limit: 10 })).items
  assert.deepEqual([notice?.kind, notice?.number, notice?.readAt], ['webhooks-restored', 2, null])
  assert.deepEqual((await acts(second, 'backup.restore'))[0], { erasures: 0, records: 0, webhooks: 2, mail: false })
  // What happens now waits for nobody.
  await second.vault.create(await ownerOf(second), 'account', { values: { name: 'Quiet Ltd' } })
  assert.equal(await second.webhooks.outbox.take(), null)

  const places = ['--data', join(folder, 'second'), '--keys', join(folder, 'keys'), '--json']
  const finding = async (): Promise<unknown> => {
    const { findings } = (await command(['doctor', ...places], folder)).json() as { findings: { name: string; ok: boolean; what: string }[] } // prettier-ignore
    const found = findings.find(({ name }) => name === 'webhooks')
    return [found?.ok, found?.what.slice(0, 9)]
  }
  assert.deepEqual(await finding(), [false, '2 stopped'])
  const resumed = await command(['webhooks', 'resume', '--as', email, ...places], folder)
  assert.deepEqual([resumed.code, resumed.json()], [0, { resumed: 2 }], resumed.stderr)
  assert.deepEqual(await states(), [['a', true, null], ['b', true, null], ['paused', false, null]]) // prettier-ignore
  assert.deepEqual(await finding(), [true, '2 in use'])
  assert.deepEqual(await acts(second, 'webhook.resume'), [{ owner: userId }, { owner: userId }])
  await second.vault.create(await ownerOf(second), 'account', { values: { name: 'Heard Ltd' } })
  assert.equal((await second.webhooks.outbox.take())?.event, 'created')
})

const acts = async (house: House, act: string): Promise<readonly unknown[]> => {
  const scope = { tenant: house.tenant, principal: house.system.principal.id }
  const { items } = await house.store.transaction(scope, (tx) => house.journal.list(tx, house.tenant, { act }))
  return items.map(({ detail }) => detail)
}
