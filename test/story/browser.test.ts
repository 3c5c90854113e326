// The story in a real browser, once in Chinese and once in English: set up, import, find, change, share, back up, lose, restore, review, audit.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backUp, loseAndRestore } from './browser/backup.ts'
import { barriers } from './browser/barriers.ts'
import { importCustomers } from './browser/imports.ts'
import { alterEntry, readJournal } from './browser/journal.ts'
import { workWithRecords } from './browser/records.ts'
import { meetRepresentative } from './browser/representative.ts'
import { reviewControls } from './browser/review.ts'
import { setUp } from './browser/setup.ts'
import type { Stage } from './browser/stage.ts'
import { tale } from './browser/tale.ts'

const look = async (stage: Stage, page: string, sign: string): Promise<void> => {
  await stage.id(`nav-${page}`).click()
  await stage.id(sign).waitFor()
  await stage.shot(page)
}

test(
  '[house-5] the story in a browser, in Chinese and in English',
  ...tale({ languages: ['zh', 'en'], timeout: 600_000, house: 'fresh' }, async (stage, t) => {
    const sheet = await setUp(stage)
    await importCustomers(t, stage)
    await workWithRecords(stage)
    await meetRepresentative(stage)
    await look(stage, 'people', 'people-table')
    await backUp(stage)
    await loseAndRestore(stage, sheet)
    await reviewControls(stage)
    await look(stage, 'keys', 'keys-tree')
    assert.deepEqual(await barriers(stage), [])
    await readJournal(stage)
    await alterEntry(stage)
  }),
)
