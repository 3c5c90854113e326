// Where the browser story plays: an installation of its own, served, and a page that looks at it in one language. Keeps house-5.
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Download, Locator, Page } from 'playwright-core'
import { type House, openHouse, readConfig, type Running, serve } from '#server'
import { temporaryFolder } from '#testing'

export type Language = 'zh' | 'en'

export const password = 'harbour-Kite-9f2c-lantern'

export interface Stage {
  readonly language: Language
  /** Folder of the installation: data, keys, backups. */
  readonly directory: string
  readonly browser: Browser
  readonly context: BrowserContext
  readonly page: Page
  readonly house: House
  readonly url: string
  readonly setupUrl: string | undefined
  /** What went wrong in the page, and requests that left for another host. */
  readonly problems: readonly string[]
  readonly foreign: readonly string[]
  readonly id: (name: string) => Locator
  /** The input behind a name, whether the name stands on it or around it. */
  readonly field: (name: string) => Locator
  /** The Chinese or the English text, as the story is told. */
  readonly say: (zh: string, en: string) => string
  readonly shot: (name: string, of?: Page) => Promise<void>
  /** What a click hands to the browser to keep. */
  readonly download: (act: () => Promise<void>) => Promise<Download>
  /** Stops the product, lets something happen to its files, and starts it again. */
  readonly again: (between: () => Promise<void>) => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * The languages a story of one page is told in: one, which the story names, or both with HOLDFAST_STORIES=both. The whole story
 * (browser.test.ts) is told in both, and the texts of both are held against each other by text.test.ts.
 */
export const languagesOf = (one: Language): readonly Language[] =>
  process.env['HOLDFAST_STORIES'] === 'both' ? ['zh', 'en'] : [one]

/** A fresh installation and a browser in front of it. HOLDFAST_SHOTS=write keeps the screenshots in docs/images. */
export const openStage = async (browser: Browser, language: Language): Promise<Stage> => {
  const directory = temporaryFolder()
  const images =
    process.env['HOLDFAST_SHOTS'] === 'write'
      ? new URL('../../../docs/images', import.meta.url).pathname
      : join(tmpdir(), `holdfast-shots-${String(process.getuid?.() ?? 0)}`)
  await mkdir(images, { recursive: true })
  let served = await start(directory, 0)
  const context = await newContext(browser, language)
  const page = await context.newPage()
  const problems: string[] = []
  const foreign: string[] = []
  page.setDefaultTimeout(20_000)
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    // Refusals are part of the story, and so is a server that is away for a moment.
    if (message.type() === 'error' && !/status of (401|403|404|409|422|503)/.test(message.text()))
      problems.push(message.text())
  })
  page.on('request', (request) => {
    if (![served.running.url, 'data:', 'blob:'].some((start) => request.url().startsWith(start)))
      foreign.push(request.url())
  })
  return {
    language,
    directory,
    browser,
    context,
    page,
    problems,
    foreign,
    get house() {
      return served.running.house()
    },
    get url() {
      return served.running.url
    },
    get setupUrl() {
      return served.running.setupUrl
    },
    id: (name) => page.getByTestId(name),
    field: (name) => page.locator(`[data-testid=${name}] input, input[data-testid=${name}]`).first(),
    say: (zh, en) => (language === 'zh' ? zh : en),
    shot: async (name, of = page) => {
      // What a message says for a moment would cover what stays.
      await until(async () => (await of.locator('.ant-message-notice').count()) === 0)
      await of.screenshot({ animations: 'disabled', path: join(images, `${name}-${language}.png`) })
    },
    download: async (act) => {
      const waiting = page.waitForEvent('download')
      await act()
      return waiting
    },
    again: async (between) => {
      await served.stop()
      await between()
      served = await start(directory, served.running.port)
    },
    close: async () => {
      await context.close()
      await served.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** A browser context as a person of that language has it. */
export const newContext = (browser: Browser, language: Language): Promise<BrowserContext> =>
  browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 800 },
    locale: language === 'zh' ? 'zh-CN' : 'en-US',
    timezoneId: 'Asia/Shanghai',
    // The pages keep still for whoever asks for it; what moves under a click is also what a test misses.
    reducedMotion: 'reduce',
  })

/** Says yes to the question that has come up beside a button, and sees it go. */
export const agree = async (page: Page): Promise<void> => {
  const yes = page.locator('.ant-popconfirm-buttons .ant-btn-primary').locator('visible=true')
  await yes.click()
  await yes.waitFor({ state: 'hidden' })
}

/** Waits until something is so; ten seconds at most. */
export const until = async (so: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 100; i++) {
    if (await so()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('it did not become so')
}

const start = async (
  directory: string,
  port: number,
): Promise<{ readonly running: Running; stop(): Promise<void> }> => {
  const config = readConfig({ data: join(directory, 'data'), keys: join(directory, 'keys'), port }, {}, directory)
  const house = await openHouse(config, { create: true })
  try {
    const running = await serve(house, { say: () => undefined })
    return {
      running,
      stop: async () => {
        await running.close()
        await running.house().close()
      },
    }
  } catch (error) {
    await house.close()
    throw error
  }
}
