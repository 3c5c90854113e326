// Files through a change of their subject's key: sealed anew, read by others meanwhile, and no longer in need of the old key.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { services } from '#kernel'
import { createJobs } from '#store'
import { openTestVault } from '../../test/support/vault.ts'

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve()
  yield bytes
}

test('[vault-19] files are sealed anew with their subject, and a reader in the middle of one notices nothing', async () => {
  const w = await openTestVault()
  const jobs = createJobs({ store: w.store, scope: { tenant: w.tenant, principal: services.system } })
  try {
    for (const kind of w.opened.rotation.kinds) jobs.register(kind)
    const record = (await w.vault.create(w.ann, 'contact', { values: { name: 'Li Si' } })).id
    const bytes = randomBytes(5 * 1024 * 1024 + 77)
    const { id } = await w.vault.attachments.add(w.ann, 'contact', record, {
      name: 'a.bin',
      declared: '',
      limit: 1e9,
      bytes: once(bytes),
    })
    const headers = (): Promise<readonly { header: Uint8Array; cell: Uint8Array }[]> =>
      w.store.owner((tx) => tx.query({ text: 'select header, cell_file as cell from crm.attachment' }))
    const generations = async (): Promise<readonly number[]> =>
      (await headers()).flatMap(({ header, cell }) => [
        Buffer.from(header).readUInt32BE(5),
        Buffer.from(cell).readUInt32BE(5),
      ])
    assert.deepEqual(await generations(), [1, 1])
    // Begun before, ended after.
    const { bytes: pieces } = await w.vault.attachments.open(w.ann, 'contact', record, id)
    const reading = pieces[Symbol.asyncIterator]()
    const got: Uint8Array[] = []
    for (let i = 0; i < 20; i++) {
      const next = await reading.next()
      if (next.done !== true) got.push(next.value)
    }
    for (let round = 0; round < 2; round++) {
      const job = await jobs.run((await jobs.start('keys.subjects', { subject: record }, services.system)).id)
      assert.equal(job.errorCode, null)
    }
    const now = await generations()
    assert.ok((now[0] ?? 0) > 1 && now[0] === now[1], String(now))
    for (let next = await reading.next(); next.done !== true; next = await reading.next()) got.push(next.value)
    assert.ok(Buffer.concat(got).equals(bytes))
    const again = await w.vault.attachments.open(w.ann, 'contact', record, id)
    assert.equal(again.attachment.name, 'a.bin')
    assert.ok(Buffer.concat(await Array.fromAsync(again.bytes)).equals(bytes))
  } finally {
    await jobs.close()
    await w.close()
  }
})
