// The runtime is asked to look at its youngest objects once in 8 MiB of files, and no more often.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { letPass } from './flow.ts'

test('[vault-18] buffers of files are given back every 8 MiB, whatever the pieces; where nobody may ask, nothing happens', (t) => {
  const before = globalThis.gc
  t.after(() => (globalThis.gc = before))
  const looks: unknown[] = []
  globalThis.gc = ((options: unknown) => void looks.push(options)) as typeof globalThis.gc
  // Other tests of this process let files pass too: from a look on.
  while (looks.length === 0) letPass(65_536)
  looks.length = 0
  for (let i = 0; i < 127; i++) letPass(65_536)
  assert.deepEqual(looks, [])
  letPass(65_536)
  assert.deepEqual(looks, [{ type: 'minor' }])
  for (let i = 0; i < 1024; i++) letPass(16_384)
  assert.equal(looks.length, 3)
  globalThis.gc = undefined
  letPass(2 ** 30)
})
