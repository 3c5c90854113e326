// A first start as processes: what had to be compiled is kept, and the process that compiled it begins anew, once.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '#testing'

const script = `
process.stdout.write('begun ' + process.pid + '\\n')
const { beginAnew } = await import('./src/cli/anew.ts')
beginAnew()
process.stdout.write('goes on ' + process.pid + ' ' + (process.env.HOLDFAST_BEGUN_ANEW ?? 'unmarked') + '\\n')
`

const lines = (env: NodeJS.ProcessEnv): readonly string[] => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
  })
  assert.deepEqual([status, stderr], [0, ''])
  return stdout.trim().split('\n')
}

test('[server-302] a process that compiled its sources begins anew once, under its own id; the next does not', async (t) => {
  if (process.platform === 'win32') return t.skip('skipped: needs execve')
  const folder = temporaryFolder()
  try {
    const kept = { NODE_COMPILE_CACHE: join(folder, 'kept') }
    const first = lines(kept)
    const [, id] = (first[0] ?? '').split(' ')
    assert.deepEqual(first, [`begun ${String(id)}`, `begun ${String(id)}`, `goes on ${String(id)} unmarked`])
    assert.equal(lines(kept).length, 2)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('[server-302] where nothing can be kept it goes on as it is', () => {
  assert.equal(lines({}).length, 2)
  assert.equal(lines({ NODE_COMPILE_CACHE: '/dev/null/nowhere' }).length, 2)
})
