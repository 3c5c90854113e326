// What web forms sent and nobody read yet, over a backup and a restore: it comes back sealed, and becomes a lead at the first read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sealCapture } from '#encryption'
import type { Actor } from '#kernel'
import { readLead } from '#crm'
import { openOrigin } from '../../test/support/origin.ts'
import { openHouse } from './app.ts'
import { bringBack } from './bring-back.ts'
import type { House } from './house.ts'

const both = { zh: '预约演示', en: 'Ask for a demo' }
const definition = {
  title: both,
  intro: both,
  notice: both,
  submit: both,
  thanks: both,
  fields: [
    { name: 'name', required: true },
    { name: 'mobile', required: false },
  ],
  owner: null,
  source: 'website',
  origins: [],
  leastSeconds: 0,
}

const send = async (house: House, name: string): Promise<void> => {
  const { tenant, epoch, suite, publicKey } = await house.captures.key()
  const at = new Date()
  const content = { v: 1, values: { name, mobile: '13800138055' }, language: 'zh', seconds: 5, trap: '' }
  const sealed = sealCapture(publicKey, { tenant, form: 'demo', epoch, suite, at }, content)
  await house.captures.keep({ form: 'demo', epoch, suite, at, sealed })
}

const names = async (house: House, actor: Actor): Promise<readonly unknown[]> => {
  await house.captures.open(actor, readLead)
  const { items } = await house.vault.list(actor, 'lead', {})
  return items.map((item) => item.values['name']).toSorted()
}

test('[vault-50] [backup-18] what waits at a backup comes back sealed and becomes a lead once, also where its epoch was destroyed since', async () => {
  const origin = await openOrigin()
  const { userId, first, config, ownerOf } = origin
  await first.captures.saveForm(await ownerOf(first), { name: 'demo', definition, active: true, version: 0 })
  await send(first, '欧阳守望')
  const early = await first.backups.create({ type: 'full', repo: first.config.repository })
  const identity = await origin.identity()
  await first.close()

  await bringBack(config('second'), { identity, channel: 'cli' })
  const second = await openHouse(config('second'), { create: false })
  const held = await second.store.owner((tx) =>
    tx.query<{ sealed: Uint8Array }>({ text: 'select sealed from crm.capture' }),
  )
  assert.equal(held.length, 1)
  assert.ok(!Buffer.from(held[0]?.sealed ?? []).includes('欧阳守望'))
  assert.deepEqual(await names(second, await ownerOf(second)), ['欧阳守望'])
  assert.deepEqual(await names(second, await ownerOf(second)), ['欧阳守望'])
  // Read here, so the epoch it was sealed to may go; the backup of before still has it waiting.
  const { id } = await second.jobs.start('keys.epoch', {}, userId)
  assert.equal((await second.jobs.run(id)).state, 'done')
  await second.rotation.destroyEpoch(await ownerOf(second), 1)
  await second.backups.create({ type: 'full', repo: second.config.repository })
  await second.close()

  await bringBack(config('third'), { identity, channel: 'cli', backup: early.id })
  const third = await openHouse(config('third'), { create: false })
  // The snapshot of the keyring of then is still there: an epoch destroyed since comes back as one that only opens.
  assert.deepEqual(await names(third, await ownerOf(third)), ['欧阳守望'])
  assert.deepEqual(await third.captures.quarantine(await ownerOf(third)), [])
  // Erased now, who sent it must not come back with the backup in which it still waits, in no shape.
  const owner = await ownerOf(third)
  const [lead] = (await third.vault.list(owner, 'lead', {})).items
  assert.ok(lead)
  const { subject, code } = await third.erasures.preview(owner, lead.id)
  assert.equal(subject, lead.id)
  await third.erasures.erase(owner, { subject, code, reason: 'asked for' })
  await third.backups.create({ type: 'full', repo: third.config.repository })
  await third.close()

  await bringBack(config('fourth'), { identity, channel: 'cli', backup: early.id })
  const fourth = await openHouse(config('fourth'), { create: false })
  const kept = await fourth.store.owner((tx) => tx.query({ text: 'select from crm.capture' }))
  assert.deepEqual([kept.length, await names(fourth, await ownerOf(fourth))], [0, []])
  await fourth.close()
  await origin.remove()
})
