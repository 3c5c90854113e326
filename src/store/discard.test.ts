// A data directory that is done with goes, with the server that somebody left running in it.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { discardEmbedded, startEmbedded } from '#store'
import { temporaryFolder } from '#testing'

test('[store-150] a directory goes with its running server, its socket and its files; one that holds none goes as well', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const server = await startEmbedded({ data, settings: { fsync: 'off' } })
  const { sockets } = JSON.parse(await readFile(join(data, 'database.json'), 'utf8')) as { sockets: string }
  const { pid } = server
  // As a process that was killed leaves it: nobody closes.
  await discardEmbedded(data)
  assert.deepEqual([existsSync(data), existsSync(sockets)], [false, false])
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  await server.close().catch(() => undefined)
  await discardEmbedded(folder)
  assert.equal(existsSync(folder), false)
})
