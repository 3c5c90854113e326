// Step 2: the one-time link, a language, a strong password, the recovery sheet once, and an empty CRM that says what to do next.
import assert from 'node:assert/strict'
import { password, type Stage } from './stage.ts'

/** Sets the installation up; the blocks of the recovery sheet as the page showed them. */
export const setUp = async (stage: Stage): Promise<readonly string[]> => {
  const { page, id, field, say, shot } = stage
  assert.ok(stage.setupUrl)
  await page.goto(stage.setupUrl)
  await id(`setup-language-${stage.language}`).click()
  await id('setup-organisation').fill(say('示例公司', 'Example Company'))
  await id('setup-name').fill(say('林岚', 'Robin Vale'))
  await id('setup-email').fill('owner@example.com')
  await field('setup-password').fill('password1')
  await id('password-strength').waitFor()
  await field('setup-password').fill(password)
  await shot('setup')
  await id('setup-submit').click()
  await id('setup-sheet').waitFor()
  const blocks = (await id('setup-sheet').locator('ol li').allTextContents()).map((text) => text.slice(-5))
  assert.equal(blocks.length, 14)
  await id('setup-kept').click()
  await id('setup-finish').click()
  await id('home-steps').waitFor()
  await shot('home')
  return blocks
}
