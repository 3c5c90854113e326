// Mail in a real browser: the server is set and tried, a colleague invited by letter chooses a password, and forgets it.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openRelay, type Relay } from '../support/relay.ts'
import type { Stage } from './browser/stage.ts'
import { languagesOf, tale } from './browser/tale.ts'
import { until } from './browser/visitor.ts'

test(
  '[server-175] mail in a browser',
  ...tale({ languages: languagesOf('en'), timeout: 600_000 }, async (stage) => {
    const relay = await openRelay(join(stage.directory, 'keys'), { plain: true })
    try {
      await sendLetters(stage, relay)
    } finally {
      await relay.close()
    }
  }),
)

const sendLetters = async (stage: Stage, relay: Relay): Promise<void> => {
  const { page, id, field, say, shot } = stage
  const colleague = await stage.visit()
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
  await colleague.page.goto(await linkOf(relay, 2))
  await colleague.field('reset-password').fill('violet-Anchor-31-meadow')
  await colleague.shot('mail-choose')
  await colleague.id('reset-finish').click()
  await colleague.id('reset-sign-in').click()

  await colleague.id('signin-forgotten').click()
  await colleague.id('reset-email').fill('sam@example.com')
  await colleague.id('reset-ask').click()
  await colleague.id('reset-sent').waitFor()
  await colleague.shot('mail-forgotten')
  const link = await linkOf(relay, 3)
  await colleague.page.goto('about:blank')
  await colleague.page.goto(link)
  await colleague.field('reset-password').fill('walnut-Harbour-77-kite')
  await colleague.id('reset-finish').click()
  await colleague.id('reset-done').waitFor()
  await colleague.id('reset-sign-in').click()
  await colleague.field('signin-email').fill('sam@example.com')
  await colleague.field('signin-password').fill('walnut-Harbour-77-kite')
  await colleague.id('signin-submit').click()
  await colleague.id('nav-home').waitFor()
}

const linkOf = async (relay: Relay, letter: number): Promise<string> => {
  await until(async () => Promise.resolve(relay.letters.length >= letter))
  const [link] = /https:\/\/\S+\/new-password#\S+/u.exec(relay.letters[letter - 1]?.text ?? '') ?? []
  assert.ok(link)
  return link
}
