// The story in a real browser, once in Chinese and once in English: set up, import, find, change, share, back up, lose, restore, review, audit.
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { launchBrowser } from '../support/browser.ts'
import { backUp, loseAndRestore } from './browser/backup.ts'
import { barriers } from './browser/barriers.ts'
import { importCustomers } from './browser/imports.ts'
import { alterEntry, readJournal } from './browser/journal.ts'
import { workWithRecords } from './browser/records.ts'
import { meetRepresentative } from './browser/representative.ts'
import { reviewControls } from './browser/review.ts'
import { setUp } from './browser/setup.ts'
import { type Language, openStage, type Stage } from './browser/stage.ts'

const story = async (t: TestContext, browser: Browser, language: Language): Promise<void> => {
  const stage = await openStage(browser, language)
  try {
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
    assert.deepEqual(stage.problems, [])
    assert.deepEqual(stage.foreign, [], 'no request leaves for another host')
  } catch (error) {
    const path = join(tmpdir(), `holdfast-browser-failure-${language}.png`)
    await stage.page.screenshot({ path }).catch(() => undefined)
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new Error(`${message}\nat ${stage.page.url()}\n${stage.problems.join('\n')}`, { cause: error })
  } finally {
    await stage.close()
  }
}

const look = async (stage: Stage, page: string, sign: string): Promise<void> => {
  await stage.id(`nav-${page}`).click()
  await stage.id(sign).waitFor()
  await stage.shot(page)
}

test('[house-5] the story in a browser, in Chinese and in English', { timeout: 600_000 }, async (t) => {
  const browser = await launchBrowser()
  if (typeof browser === 'string') {
    t.skip(browser)
    return
  }
  try {
    await story(t, browser, 'zh')
    await story(t, browser, 'en')
  } finally {
    await browser.close()
  }
})
