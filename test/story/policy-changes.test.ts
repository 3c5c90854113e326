// A change of policies in a real browser: drafted, kept over a closed tab, checked, tried on what people did, approved by
// somebody else for a moment, withdrawn, put in force, rolled back.
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from '../support/browser.ts'
import { setUp } from './browser/setup.ts'
import { type Language, languagesOf, newContext, openStage, password, type Stage, until } from './browser/stage.ts'

const story = async (browser: Browser, language: Language): Promise<void> => {
  const stage = await openStage(browser, language)
  const context = await newContext(browser, language)
  const second = await context.newPage()
  second.setDefaultTimeout(20_000)
  try {
    await setUp(stage)
    await prepare(stage)
    const { page } = stage
    await page.goto(`${stage.url}/policies/changes`)
    await stage.id('policy-draft-begin').click()
    await stage.id('policy-draft-title').fill(stage.say('销售不再查看任务', 'Sales no longer see tasks'))
    const text = await stage.id('policy-draft-text').inputValue()
    const document = JSON.parse(text) as Record<string, unknown>
    await stage.id('policy-draft-text').fill(text.slice(0, -1))
    await stage.id('policy-draft-check').click()
    await stage.id('policy-draft-told').waitFor()
    await stage.shot('policy-draft-wrong')
    const broken =
      '@id("own.calm")\npermit (principal, action == Action::"list", resource is Deal)\nwhen { resource.amont > 5 };'
    await stage.id('policy-draft-text').fill(JSON.stringify({ ...document, policies: [{ id: 'own.calm', text: broken }] }, null, 2)) // prettier-ignore
    await stage.id('policy-draft-check').click()
    await stage.id('policy-problem').getByText(stage.say('是否应为', 'was “amount” meant')).waitFor()
    assert.match(await stage.id('policy-problem').innerText(), stage.language === 'zh' ? /第 3 行/ : /line 3/)
    await stage.shot('policy-problems')
    const restrictions = [{ name: 'no-tasks', roles: ['sales'], types: ['task'], actions: ['list', 'view.basic'], mode: 'when', conditions: [] }] // prettier-ignore
    await stage.id('policy-draft-text').fill(JSON.stringify({ ...document, restrictions }, null, 2))
    await until(async () => /\d/.test(await stage.id('policy-draft-kept').innerText()))

    // The tab is closed and opened again: the draft is still there.
    await page.reload()
    await until(async () => (await stage.id('policy-draft-text').inputValue()).includes('no-tasks'))
    await stage.id('policy-draft-check').click()
    await stage.id('dry-run-start').click()
    await stage.id('dry-run-report').waitFor()
    assert.ok(Number(await stage.id('dry-run-newlyDenied').innerText()) >= 3)
    await stage.id('dry-run-role-sales').click()
    await stage.id('dry-run-people').getByText(stage.say('孙敏', 'Sam')).waitFor()
    assert.equal(await stage.id('dry-run-examples').getByText('restriction.no-tasks').count() > 0, true) // prettier-ignore
    await stage.id('dry-runs').scrollIntoViewIfNeeded()
    await stage.shot('policy-dry-run')
    await stage.id('policy-draft-propose').click()
    await stage.id('policy-change-open').waitFor()
    await stage.id('policy-draft-begin').waitFor()

    // Who proposed it does not decide; somebody else sees the same report beside it.
    await stage.id('policy-change-open').click()
    await stage.id('policy-deciding').waitFor()
    assert.equal(await stage.id('policy-approve').count(), 0)
    await signIn(stage, second)
    await second.goto(`${stage.url}/policies/changes`)
    await second.getByTestId('policy-change-open').first().click()
    await second.getByTestId('dry-run-report').waitFor()
    await second.getByTestId('policy-difference').first().waitFor()
    await stage.shot('policy-change', second)
    await second.getByTestId('policy-deciding').getByText(stage.say('定时生效', 'at a moment')).click()
    await second.getByTestId('policy-at').click()
    const tomorrow = new Date(Date.now() + 86_400_000)
    const day = `${String(tomorrow.getFullYear())}-${String(tomorrow.getMonth() + 1).padStart(2, '0')}-${String(tomorrow.getDate()).padStart(2, '0')}`
    await second.keyboard.type(`${day} 08:30`)
    await second.keyboard.press('Enter')
    await second.getByTestId('policy-reason').fill(stage.say('同意', 'Agreed'))
    await stage.shot('policy-approve-at', second)
    await second.getByTestId('policy-approve').click()
    await second.getByTestId('policy-activate').waitFor()
    await stage.shot('policy-scheduled', second)
    await second.getByTestId('policy-deciding').getByText(stage.say('立即生效', 'at once')).click()
    await second.getByTestId('policy-activate').click()
    await until(async () => (await second.getByTestId('policy-change-state').first().innerText()).includes(stage.say('已生效', 'came into force'))) // prettier-ignore
    await second.goto(`${stage.url}/policies/changes`)
    await second.getByTestId('policy-versions').waitFor()
    await stage.shot('policy-versions', second)
    await second.getByTestId('policy-rollback').first().click()
    await second
      .getByRole('tooltip')
      .getByRole('button', { name: stage.say('回滚', 'Roll back') })
      .click()
    await until(async () => (await second.locator('[data-testid=policy-versions] tbody tr').count()) === 3)
    assert.deepEqual(stage.problems, [])
  } catch (error) {
    const failed = (name: string): string => join(tmpdir(), `holdfast-policy-${name}-${language}.png`)
    await second.screenshot({ path: failed('second') }).catch(() => undefined)
    await stage.page.screenshot({ path: failed('first') }).catch(() => undefined)
    throw error
  } finally {
    await context.close()
    await stage.close()
  }
}

/** A representative who looked at a task a few times, and a second person in charge of security. */
const prepare = async ({ house, language, say }: Stage): Promise<void> => {
  const owner = await house.staff.findByEmail('owner@example.com')
  assert.ok(owner)
  const actor = await house.actorOf(owner.id, { channel: 'job', ip: '', mfa: true })
  const invite = async (name: string, email: string, role: string) => {
    const made = await house.invite(actor, { name, email, role, teamId: null, language })
    await house.identity.setPassword(made.userId, password, { actor })
    return house.actorOf(made.userId, { channel: 'web', ip: '10.1.2.3', mfa: false })
  }
  await invite(say('钱卫', 'Quinn'), 'quinn@example.com', 'security-administrator')
  const sam = await invite(say('孙敏', 'Sam'), 'sam@example.com', 'sales')
  const { id } = await house.vault.create(sam, 'task', { values: { title: say('回访客户', 'Call back') } })
  for (let i = 0; i < 3; i++) await house.vault.get(sam, 'task', id)
  await house.vault.list(sam, 'task', {})
  // Reads reach the journal within a second.
  await new Promise((resolve) => setTimeout(resolve, 1200))
}

const signIn = async (stage: Stage, page: Page): Promise<void> => {
  const field = (name: string) => page.locator(`[data-testid=${name}] input, input[data-testid=${name}]`).first()
  await page.goto(stage.url)
  await field('signin-email').fill('quinn@example.com')
  await field('signin-password').fill(password)
  await page.getByTestId('signin-submit').click()
  await page.getByTestId('nav-policies').waitFor()
}

test('[web-130] [web-131] [web-132] [web-133] a change of policies in a browser', { timeout: 900_000 }, async (t) => {
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
