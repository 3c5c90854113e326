// Where a browser story plays: an installation of its own, served, its owner at a browser, and whoever else comes in. Keeps house-5.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Download } from 'playwright-core'
import { type House, openHouse, readConfig, type Running, serve } from '#server'
import { temporaryFolder } from '#testing'
import { firstAnswers, type Language, prepareHouse } from '../../support/prepared.ts'
import { enter, keepPicture, type Visitor, visit } from './visitor.ts'

/** `fresh`: nobody has set it up, the story does; `ready`: it is set up, and the owner stands on the first page. */
export type Beginning = 'fresh' | 'ready'

/** An installation and, as a visitor, its owner. */
export interface Stage extends Visitor {
  /** Folder of the installation: data, keys, backups. */
  readonly directory: string
  readonly browser: Browser
  readonly house: House
  readonly url: string
  readonly setupUrl: string | undefined
  /** Requests of the owner's page that left for another host. */
  readonly foreign: readonly string[]
  /** Another person, at a browser of their own; whom the story asks for what went wrong in their page, too. */
  readonly visit: () => Promise<Visitor>
  /** What went wrong in any page. */
  readonly allProblems: () => readonly string[]
  /** What everybody sees now, as pictures; their paths. */
  readonly keepPictures: (name: string) => Promise<readonly string[]>
  /** What a click hands to the browser to keep. */
  readonly download: (act: () => Promise<void>) => Promise<Download>
  /** Stops the product, lets something happen to its files, and starts it again. */
  readonly again: (between: () => Promise<void>) => Promise<void>
  readonly close: () => Promise<void>
}

/** An installation and a browser in front of it. */
export const openStage = async (browser: Browser, language: Language, beginning: Beginning): Promise<Stage> => {
  const directory = temporaryFolder()
  if (beginning === 'ready') await prepareHouse(directory, language)
  let served = await start(directory, 0)
  const owner = await visit(browser, language)
  const visitors = [owner]
  const foreign: string[] = []
  owner.page.on('request', (request) => {
    if (![served.running.url, 'data:', 'blob:'].some((begin) => request.url().startsWith(begin)))
      foreign.push(request.url())
  })
  const stage: Stage = {
    ...owner,
    directory,
    browser,
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
    visit: async () => {
      const visitor = await visit(browser, language)
      visitors.push(visitor)
      return visitor
    },
    allProblems: () => visitors.flatMap(({ problems }) => problems),
    keepPictures: (name) =>
      Promise.all(visitors.map(({ page }, n) => keepPicture(page, `${name}-${language}-${String(n + 1)}`))),
    download: async (act) => {
      const waiting = owner.page.waitForEvent('download')
      await act()
      return waiting
    },
    again: async (between) => {
      await served.stop()
      await between()
      served = await start(directory, served.running.port)
    },
    close: async () => {
      await Promise.all(visitors.map(({ context }) => context.close()))
      await served.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
  try {
    if (beginning === 'ready') await enter(owner, stage.url, firstAnswers[language].email)
    return stage
  } catch (error) {
    await stage.close()
    throw error
  }
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
