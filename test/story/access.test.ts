// Who can see a record and why, as an administrator meets it in a browser, once in Chinese and once in English.
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Browser } from 'playwright-core'
import { launchBrowser } from '../support/browser.ts'
import { askAccess, meetRefusal } from './browser/access.ts'
import { customers } from './browser/people.ts'
import { setUp } from './browser/setup.ts'
import { type Language, languagesOf, openStage } from './browser/stage.ts'

const story = async (browser: Browser, language: Language): Promise<void> => {
  const stage = await openStage(browser, language)
  try {
    await setUp(stage)
    const made = await customers(stage)
    await askAccess(stage, made)
    await meetRefusal(stage, made)
    assert.deepEqual(stage.problems, [])
    assert.deepEqual(stage.foreign, [], 'no request leaves for another host')
  } catch (error) {
    const path = join(tmpdir(), `holdfast-access-failure-${language}.png`)
    await stage.page.screenshot({ path }).catch(() => undefined)
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new Error(`${message}\nat ${stage.page.url()}\n${stage.problems.join('\n')}`, { cause: error })
  } finally {
    await stage.close()
  }
}

test(
  '[web-120] [web-121] the drawer of a record says who sees each group and why, and why not step by step, and the person refused reads what is missing',
  { timeout: 300_000 },
  async (t) => {
    const browser = await launchBrowser()
    if (typeof browser === 'string') {
      t.skip(browser)
      return
    }
    try {
      for (const language of languagesOf('zh')) await story(browser, language)
    } finally {
      await browser.close()
    }
  },
)
