// Somebody in front of the product: a browser context of their own, its page, and how a story takes hold of what is on it.
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { type Language, password } from '../../support/prepared.ts'

export interface Visitor {
  readonly language: Language
  readonly context: BrowserContext
  readonly page: Page
  /** What went wrong in the page. */
  readonly problems: readonly string[]
  readonly id: (name: string) => Locator
  /** The input behind a name, whether the name stands on it or around it. */
  readonly field: (name: string) => Locator
  /** The Chinese or the English text, as the story is told. */
  readonly say: (zh: string, en: string) => string
  /** Opens a list and takes a choice out of it. */
  readonly choose: (name: string, label: string) => Promise<void>
  /** Takes a choice out of a list by typing into it. */
  readonly seek: (name: string, label: string) => Promise<void>
  /** A picture of the page, for the documents alone. */
  readonly shot: (name: string) => Promise<void>
}

/** A new person at a browser of their own. */
export const visit = async (browser: Browser, language: Language): Promise<Visitor> => {
  const context = await newContext(browser, language)
  const page = await context.newPage()
  const problems: string[] = []
  page.setDefaultTimeout(20_000)
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    // Refusals are part of the story, and so is a server that is away for a moment. What pages of others ask others for is theirs.
    const ours = new URL(page.url()).origin
    const { url } = message.location()
    if (message.type() !== 'error' || /status of (401|403|404|409|422|503)/.test(message.text())) return
    if (!/ERR_NAME_NOT_RESOLVED/.test(message.text()) || url.startsWith(ours)) problems.push(message.text())
  })
  const id = (name: string): Locator => page.getByTestId(name)
  const field = (name: string): Locator =>
    page.locator(`[data-testid=${name}] input, input[data-testid=${name}]`).first()
  const pick = (label: string): Promise<void> =>
    page.locator('.ant-select-dropdown:visible .ant-select-item-option').filter({ hasText: label }).first().click()
  return {
    language,
    context,
    page,
    problems,
    id,
    field,
    say: (zh, en) => (language === 'zh' ? zh : en),
    choose: async (name, label) => {
      await id(name).last().click()
      await pick(label)
    },
    seek: async (name, label) => {
      await field(name).fill(label)
      await pick(label)
    },
    shot: (name) => takePicture(page, name, language),
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

/** Signs somebody in as the page does, and stands on the first page. */
export const enter = async (
  { context, page, id }: Visitor,
  url: string,
  email: string,
  word = password,
): Promise<void> => {
  const answer = await context.request.post(`${url}/api/session`, { data: { email, password: word } })
  if (!answer.ok()) throw new Error(`sign-in of ${email}: ${String(answer.status())} ${await answer.text()}`)
  await page.goto(url)
  await id('nav-person').waitFor()
}

/** Signs somebody in by the sign-in page. */
export const signIn = async (
  { page, id, field }: Visitor,
  url: string,
  email: string,
  word = password,
): Promise<void> => {
  await page.goto(url)
  await field('signin-email').fill(email)
  await field('signin-password').fill(word)
  await id('signin-submit').click()
  await id('nav-person').waitFor()
}

/** Keeps a picture in docs/images where HOLDFAST_SHOTS=write asks for them; else nobody would look at it, and none is taken. */
export const takePicture = async (page: Page, name: string, language: Language): Promise<void> => {
  if (process.env['HOLDFAST_SHOTS'] !== 'write') return
  // What a message says for a moment would cover what stays.
  await until(async () => (await page.locator('.ant-message-notice').count()) === 0)
  const images = new URL('../../../docs/images', import.meta.url).pathname
  await page.screenshot({ animations: 'disabled', path: join(images, `${name}-${language}.png`) })
}

/** What somebody sees at the moment when a story fails, in the folder of temporary files; its path. */
export const keepPicture = async (page: Page, name: string): Promise<string> => {
  const folder = join(tmpdir(), `holdfast-shots-${String(process.getuid?.() ?? 0)}`)
  const path = join(folder, `${name}.png`)
  await mkdir(folder, { recursive: true })
  await page.screenshot({ animations: 'disabled', path }).catch(() => undefined)
  return path
}

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
