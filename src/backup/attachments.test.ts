// Files in backups: an increment carries new ones and forgets deleted ones, and a restore gives every byte back.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Uuid } from '#kernel'
import type { Store } from '#store'
import { openTestDatabase } from '#testing'
import { openTestServer } from '../../test/support/server.ts'
import { restoreBackup } from './index.ts'

test('[backup-12] files added before and after a full come back byte for byte; a deleted one stays gone', async () => {
  const world = await openTestServer()
  const folder = await mkdtemp(join(tmpdir(), 'hf-files-'))
  try {
    const { house } = world
    const actor = await house.actorOf(world.ids.sales, { channel: 'api', ip: '', mfa: true })
    const { vault } = house
    const record = (await vault.create(actor, 'contact', { values: { name: 'Wang Wu' } })).id
    async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      await Promise.resolve()
      yield bytes
    }
    const add = async (bytes: Uint8Array): Promise<Uuid> =>
      (
        await vault.attachments.add(actor, 'contact', record, {
          name: 'a.bin',
          declared: '',
          limit: 1e9,
          bytes: once(bytes),
        })
      ).id
    const [first, second, third] = [randomBytes(200_000), randomBytes(2_500_000), randomBytes(70_000)]
    const ids = [await add(first), await add(third)]
    const repo = join(folder, 'repo')
    await house.backups.create({ type: 'full', repo })
    ids.push(await add(second))
    await vault.attachments.remove(actor, 'contact', record, ids[1] ?? '')
    const increment = await house.backups.create({ type: 'incremental', repo })
    assert.ok(increment.rows >= 39, 'the chunks of the new file are in it')
    // What was only read travels no second time.
    for await (const piece of (await vault.attachments.open(actor, 'contact', record, ids[2] ?? '')).bytes)
      assert.ok(piece.length > 0)
    const idle = await house.backups.create({ type: 'incremental', repo })
    assert.ok(idle.bytes < 200_000, `${String(idle.bytes)} bytes for nothing new`)
    const tables = ['crm.attachment', 'crm.attachment_chunk']
    const contents = (store: Store): Promise<readonly string[]> =>
      store.owner((tx) =>
        Promise.all(
          tables.map(async (table) => {
            const [row] = await tx.query<{ digest: string }>({
              text: `select md5(coalesce(string_agg(t::text, '' order by t::text), '')) as digest from ${table} t`,
            })
            return row?.digest ?? ''
          }),
        ),
      )
    const identity = await readFile(join(house.config.keys, 'backup.identity'), 'utf8')
    const target = await openTestDatabase()
    await target.store.owner((tx) => tx.query({ text: 'delete from ops.installation' }))
    await restoreBackup({ repo, identity, store: target.store })
    assert.deepEqual(await contents(target.store), await contents(house.store))
    await target.close()
  } finally {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  }
})
