// A start that waits for custody shares: holders come one by one, bad shares are named, enough let it go on.
import assert from 'node:assert/strict'
import { access, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createKeys } from '#encryption'
import { type FaultCode, isFault } from '#kernel'
import { readConfig } from './config.ts'
import { openOrCreateKeys } from './keystore.ts'
import { giveShares, type Unlocking, withShares } from './unlock.ts'

const fault = (code: FaultCode) => (error: unknown) => isFault(error, code)

test('[server-32] holders give their shares one by one; bad ones are named; enough open the keys', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hf-unlock-'))
  const config = readConfig({ data: join(folder, 'data'), keys: join(folder, 'keys') }, {}, folder)
  // Nothing to wait for: no keystore yet, then one that opens by itself.
  assert.equal(await withShares(config, () => assert.fail('waits')), config)
  const { keys, sheet } = await createKeys(config.keys)
  assert.equal(await withShares(config, () => assert.fail('waits')), config)
  let texts: readonly string[] = []
  const deliver = (fresh: readonly string[]): Promise<void> => {
    texts = fresh
    return Promise.resolve()
  }
  await keys.protect({ kind: 'shares', threshold: 3, of: 4, deliver })
  await assert.rejects(giveShares(config.keys, texts), fault('not-found'))
  const states: Unlocking[] = []
  const ready = Promise.withResolvers<undefined>()
  const waiting = withShares(config, (state) => {
    states.push(state)
    ready.resolve(undefined)
  })
  await ready.promise
  assert.equal((await stat(join(config.keys, 'unlock.sock'))).mode & 0o777, 0o600)
  assert.deepEqual(await giveShares(config.keys, texts.slice(0, 1)), { needed: 3, good: 1 })
  await assert.rejects(giveShares(config.keys, texts.slice(0, 1)), fault('share-repeated'))
  for (const none of ['hello', '', '你好'])
    await assert.rejects(giveShares(config.keys, [none]), fault('share-not-one'))
  const [, second = ''] = texts
  await assert.rejects(
    giveShares(config.keys, [second.replace(/^./, (c) => (c === '7' ? '8' : '7'))]),
    fault('share-mistyped'),
  )
  const [two, four] = await Promise.all([giveShares(config.keys, [second]), giveShares(config.keys, texts.slice(3))])
  assert.deepEqual([two.good, four.good].sort(), [2, 3])
  const opened = await openOrCreateKeys(await waiting, false)
  assert.equal(opened.provider.fingerprint, sheet.fingerprint)
  assert.deepEqual(
    states.map(({ good }) => good),
    [0, 1, 2, 3],
  )
  await assert.rejects(access(join(config.keys, 'unlock.sock')))
  await rm(folder, { recursive: true })
})
