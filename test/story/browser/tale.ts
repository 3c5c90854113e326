// The frame of every browser story: told in one language or both, on an installation of its own, and ends with nothing wrong in any page.
import assert from 'node:assert/strict'
import { after, type TestContext, type TestOptions } from 'node:test'
import type { Browser } from 'playwright-core'
import { closeBrowser, theBrowser } from '../../support/browser.ts'
import type { Language } from '../../support/prepared.ts'
import { type Beginning, openStage, type Stage } from './stage.ts'

export interface Telling {
  readonly languages: readonly Language[]
  /** Milliseconds. */
  readonly timeout?: number
  /** Default: the installation is set up, and its owner signed in. */
  readonly house?: Beginning
}

after(closeBrowser)

/**
 * The languages a story of one page is told in: one, which the story names, or both with HOLDFAST_STORIES=both. The whole story
 * (browser.test.ts) is told in both, and the texts of both are held against each other by text.test.ts.
 */
export const languagesOf = (one: Language): readonly Language[] =>
  process.env['HOLDFAST_STORIES'] === 'both' ? ['zh', 'en'] : [one]

/** The rest of a test that needs a browser, and is skipped where there is none: `test(title, ...inBrowser(…))`. */
export const inBrowser = (
  timeout: number,
  work: (browser: Browser, t: TestContext) => Promise<void>,
): readonly [TestOptions, (t: TestContext) => Promise<void>] => [
  { timeout },
  async (t) => {
    const browser = await theBrowser()
    if (typeof browser === 'string') t.skip(browser)
    else await work(browser, t)
  },
]

/** The rest of a browser story's test: `test(title, ...tale(…))`; below it one for each language where there is more than one. */
export const tale = (
  { languages, timeout = 300_000, house = 'ready' }: Telling,
  tell: (stage: Stage, t: TestContext) => Promise<void>,
): ReturnType<typeof inBrowser> =>
  inBrowser(timeout, async (browser, t) => {
    const rules = /^(?:\[[a-z]+-\d+\] ?)+/.exec(t.name)?.[0].trim() ?? ''
    const told = async (language: Language, here: TestContext): Promise<void> =>
      perform(await openStage(browser, language, house), rules, (stage) => tell(stage, here))
    for (const language of languages)
      if (languages.length === 1) await told(language, t)
      else await t.test(`${rules} in ${language === 'zh' ? 'Chinese' : 'English'}`, (here) => told(language, here))
  })

const perform = async (stage: Stage, rules: string, tell: (stage: Stage) => Promise<void>): Promise<void> => {
  try {
    await tell(stage)
    assert.deepEqual(stage.allProblems(), [])
    assert.deepEqual(stage.foreign, [], 'no request leaves for another host')
  } catch (error) {
    const pictures = await stage.keepPictures(/[a-z]+-\d+/.exec(rules)?.[0] ?? 'story')
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const seen = [`at ${stage.page.url()}`, ...stage.allProblems(), ...pictures]
    throw new Error(`${message}\n${seen.join('\n')}`, { cause: error })
  } finally {
    await stage.close()
  }
}
