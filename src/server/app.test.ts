// Opening the house where it cannot be opened.
import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isFault } from '#kernel'
import { temporaryFolder } from '#testing'
import { openHouse } from './app.ts'
import { readConfig } from './config.ts'

test('[house-6] a data directory that cannot be made is said in one sentence, and no keys are left behind', async () => {
  const folder = temporaryFolder()
  await writeFile(join(folder, 'file'), '')
  const config = readConfig({ data: join(folder, 'file', 'data'), keys: join(folder, 'keys'), port: 0 }, {}, folder)
  await assert.rejects(
    openHouse(config, { create: true }),
    (error) => isFault(error, 'config-invalid') && error.message.includes('cannot be made'),
  )
  await assert.rejects(rm(join(folder, 'keys'), { recursive: true }), { code: 'ENOENT' })
  await rm(folder, { recursive: true })
})
