// Step 2: the one-time link, a language, a strong password, the recovery sheet once, and an empty CRM that says what to do next.
import assert from 'node:assert/strict'
import { firstAnswers, password } from '../../support/prepared.ts'
import type { Stage } from './stage.ts'

/** Sets the installation up; the blocks of the recovery sheet as the page showed them. */
export const setUp = async (stage: Stage): Promise<readonly string[]> => {
  const { page, id, field, shot } = stage
  assert.ok(stage.setupUrl)
  await page.goto(stage.setupUrl)
  await id(`setup-language-${stage.language}`).click()
  const { organisation, name, email } = firstAnswers[stage.language]
  await id('setup-organisation').fill(organisation)
  await id('setup-name').fill(name)
  await id('setup-email').fill(email)
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
