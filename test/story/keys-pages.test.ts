// Keys, the data map, locks, files and program certificates as a person meets them in a browser.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barriers } from './browser/barriers.ts'
import { bindProgram } from './browser/certificates.ts'
import { handleFiles } from './browser/files.ts'
import { eraseTogether } from './browser/erasure.ts'
import { exchangeKeys, readMap } from './browser/keys.ts'
import { askLocks } from './browser/locks.ts'
import { customers } from './browser/people.ts'
import { languagesOf, tale } from './browser/tale.ts'

test(
  '[web-110] [web-111] [web-112] [web-113] [web-114] [web-115] keys, map, locks, files, erasure and certificates in a browser',
  ...tale({ languages: languagesOf('en'), timeout: 400_000 }, async (stage) => {
    const made = await customers(stage)
    await exchangeKeys(stage)
    await readMap(stage)
    await askLocks(stage, made)
    await handleFiles(stage, made)
    await eraseTogether(stage)
    await bindProgram(stage)
    const pages = [
      `/erasure?type=account&id=${made.account}`,
      '/keys',
      '/keys?tab=map',
      '/keys?tab=past',
      '/people',
      `/accounts/${made.account}`,
    ]
    assert.deepEqual(await barriers(stage, pages), [])
  }),
)
