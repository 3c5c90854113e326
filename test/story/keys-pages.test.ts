// Keys, the data map, locks, files and program certificates as a person meets them in a browser, once in Chinese and once in English.
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Browser } from 'playwright-core'
import { launchBrowser } from '../support/browser.ts'
import { barriers } from './browser/barriers.ts'
import { bindProgram } from './browser/certificates.ts'
import { handleFiles } from './browser/files.ts'
import { askLocks } from './browser/locks.ts'
import { exchangeKeys, readMap } from './browser/keys.ts'
import { customers } from './browser/people.ts'
import { setUp } from './browser/setup.ts'
import { type Language, languagesOf, openStage } from './browser/stage.ts'

const story = async (browser: Browser, language: Language): Promise<void> => {
  const stage = await openStage(browser, language)
  try {
    await setUp(stage)
    const made = await customers(stage)
    await exchangeKeys(stage)
    await readMap(stage)
    await askLocks(stage, made)
    await handleFiles(stage, made)
    await bindProgram(stage)
    const pages = ['/keys', '/keys?tab=map', '/keys?tab=past', '/people', `/accounts/${made.account}`]
    assert.deepEqual(await barriers(stage, pages), [])
    assert.deepEqual(stage.problems, [])
    assert.deepEqual(stage.foreign, [], 'no request leaves for another host')
  } catch (error) {
    const path = join(tmpdir(), `holdfast-keys-failure-${language}.png`)
    await stage.page.screenshot({ path }).catch(() => undefined)
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new Error(`${message}\nat ${stage.page.url()}\n${stage.problems.join('\n')}`, { cause: error })
  } finally {
    await stage.close()
  }
}

test(
  '[web-110] [web-111] [web-112] [web-113] [web-114] keys, map, locks, files and certificates in a browser',
  {
    timeout: 400_000,
  },
  async (t) => {
    const browser = await launchBrowser()
    if (typeof browser === 'string') {
      t.skip(browser)
      return
    }
    try {
      for (const language of languagesOf('en')) await story(browser, language)
    } finally {
      await browser.close()
    }
  },
)
