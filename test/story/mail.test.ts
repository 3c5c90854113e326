// Mail in a real browser: the server is set and tried, a colleague invited by letter chooses a password, and forgets it.
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Browser } from 'playwright-core'
import { launchBrowser } from '../support/browser.ts'
import { openRelay, type Relay } from '../support/relay.ts'
import { setUp } from './browser/setup.ts'
import { type Language, languagesOf, newContext, openStage, until } from './browser/stage.ts'

const story = async (browser: Browser, language: Language): Promise<void> => {
  const stage = await openStage(browser, language)
  const { page, id, field, say, shot } = stage
  const relay = await openRelay(join(stage.directory, 'keys'), { plain: true })
  const context = await newContext(browser, language)
  const colleague = await context.newPage()
  colleague.setDefaultTimeout(20_000)
  const its = (name: string) => colleague.getByTestId(name)
  const itsField = (name: string) =>
    colleague.locator(`[data-testid=${name}] input, input[data-testid=${name}]`).first()
  try {
    await setUp(stage)
    await id('nav-sign-in-settings').click()
    await id('mail-host').fill('localhost')
    await field('mail-port').fill(String(relay.port))
    await id('mail-security').click()
    await page.locator('.ant-select-dropdown:visible .ant-select-item').nth(2).click()
    await id('mail-from').fill('crm@example.org')
    await id('mail-save').click()
    await id('mail-test').click()
    await until(async () => Promise.resolve(relay.letters.length === 1))
    assert.equal(relay.letters[0]?.to, 'owner@example.com')
    await shot('mail-settings')

    await id('nav-people').click()
    await id('people-invite').click()
    await id('people-invite-name').fill(say('孙敏', 'Sam Field'))
    await id('people-invite-email').fill('sam@example.com')
    await shot('mail-invite')
    await id('people-invite-run').click()
    await colleague.goto(await linkOf(relay, 2))
    await itsField('reset-password').fill('violet-Anchor-31-meadow')
    await shot('mail-choose', colleague)
    await its('reset-finish').click()
    await its('reset-sign-in').click()

    await its('signin-forgotten').click()
    await its('reset-email').fill('sam@example.com')
    await its('reset-ask').click()
    await its('reset-sent').waitFor()
    await shot('mail-forgotten', colleague)
    const link = await linkOf(relay, 3)
    await colleague.goto('about:blank')
    await colleague.goto(link)
    await itsField('reset-password').fill('walnut-Harbour-77-kite')
    await its('reset-finish').click()
    await its('reset-done').waitFor()
    await its('reset-sign-in').click()
    await itsField('signin-email').fill('sam@example.com')
    await itsField('signin-password').fill('walnut-Harbour-77-kite')
    await its('signin-submit').click()
    await its('nav-home').waitFor()
    assert.deepEqual(stage.problems, [])
    assert.deepEqual(stage.foreign, [])
  } catch (error) {
    const failed = (name: string): string => join(tmpdir(), `holdfast-mail-${name}-${language}.png`)
    await colleague.screenshot({ path: failed('colleague') }).catch(() => undefined)
    await page.screenshot({ path: failed('owner') }).catch(() => undefined)
    throw error
  } finally {
    await context.close()
    await stage.close()
    await relay.close()
  }
}

const linkOf = async (relay: Relay, letter: number): Promise<string> => {
  await until(async () => Promise.resolve(relay.letters.length >= letter))
  const [link] = /https:\/\/\S+\/new-password#\S+/u.exec(relay.letters[letter - 1]?.text ?? '') ?? []
  assert.ok(link)
  return link
}

test('[server-175] mail in a browser', { timeout: 600_000 }, async (t) => {
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
})
