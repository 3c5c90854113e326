// A data directory that is done with goes, with the server that somebody left running in it.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { discardEmbedded } from '#store'
import { runChild, temporaryFolder } from '#testing'
import { findPostmaster } from './postmaster.ts'

// A server that has ended stays as a zombie where nobody takes in what a killed process left; a zombie has no command line.
const lives = async (pid: number): Promise<boolean> => {
  if (process.platform === 'linux')
    return (await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => '')) !== ''
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('[store-150] a directory goes with its running server, its socket and its files; one that holds none goes as well', async (t) => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  // In a process of its own: one that lives would start its server again when it goes.
  const child = runChild(`
    import { startEmbedded } from '#store'
    await startEmbedded({ data: ${JSON.stringify(data)}, settings: { fsync: 'off' } })
    console.log('started')
    setInterval(() => undefined, 1000)`)
  t.after(() => child.kill('SIGKILL'))
  assert.equal(await child.line(), 'started')
  child.kill('SIGKILL')
  await child.end
  const { sockets } = JSON.parse(await readFile(join(data, 'database.json'), 'utf8')) as { sockets: string }
  const pid = (await findPostmaster(join(data, 'postgres')))?.pid
  assert.ok(pid !== undefined, 'nobody closed it')
  assert.equal(await lives(pid), true)
  await discardEmbedded(data)
  assert.deepEqual([existsSync(data), existsSync(sockets)], [false, false])
  assert.equal(await lives(pid), false)
  await discardEmbedded(folder)
  assert.equal(existsSync(folder), false)
})
