// Recertification and the inbox in a real browser: started by the owner, decided by a manager in place, taken back for real; a policy change decided from the inbox.
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Browser } from 'playwright-core'
import { shippedDocument } from '#access'
import { launchBrowser } from '../support/browser.ts'
import { setUp } from './browser/setup.ts'
import { type Language, languagesOf, newContext, openStage, password, type Stage, until } from './browser/stage.ts'

const story = async (browser: Browser, language: Language): Promise<void> => {
  const stage = await openStage(browser, language)
  const context = await newContext(browser, language)
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const id = (name: string) => page.getByTestId(name)
  const field = (name: string) => page.locator(`[data-testid=${name}] input, input[data-testid=${name}]`).first()
  try {
    await setUp(stage)
    const eve = await prepare(stage)

    // The owner starts a campaign.
    await stage.page.goto(`${stage.url}/recertification`)
    await stage.id('recertify-start').click()
    await stage.id('recertify-standing').waitFor()
    await stage.shot('recertification')

    // The manager finds the lines of the team in the inbox, takes one back and keeps the others together.
    await page.goto(stage.url)
    await field('signin-email').fill('mia@example.com')
    await field('signin-password').fill(password)
    await id('signin-submit').click()
    await id('nav-inbox-count').waitFor()
    assert.equal(await id('nav-inbox-count').textContent(), '3')
    await id('nav-inbox').click()
    const lines = page.locator(`[data-testid=recertify-lines] tr[data-person="${eve}"]`)
    await until(async () => (await lines.count()) === 3)
    await stage.shot('inbox-manager', page)
    await lines
      .filter({ hasText: stage.say('财务', 'Finance') })
      .getByRole('checkbox')
      .click()
    await id('recertify-revoke').click()
    await id('recertify-reason').fill(stage.say('已调离财务岗位', 'Left the finance desk'))
    await stage.shot('recertify-revoke', page)
    await id('recertify-run').click()
    await until(async () => (await lines.count()) === 2)
    assert.deepEqual((await stage.house.staff.get(eve))?.roles, [])
    await id('recertify-all').click()
    await id('recertify-keep').click()
    await id('recertify-reason').fill(stage.say('岗位需要', 'Needed for the work'))
    await id('recertify-run').click()
    await until(async () => (await id('inbox').getAttribute('data-count')) === '0')

    // The owner sees how far it is; and decides a change of the policies from the inbox.
    await stage.page.goto(`${stage.url}/recertification`)
    await until(async () => (await stage.id('recertify-standing').getAttribute('data-decided')) === '3')
    await stage.page.goto(`${stage.url}/inbox`)
    await stage.id('inbox-approve').waitFor()
    await stage.shot('inbox')
    await stage.id('inbox-refuse').click()
    await stage.id('inbox-reason').fill(stage.say('暂不调整', 'Not now'))
    await stage.id('inbox-run').click()
    await until(async () => (await stage.id('inbox-policies').count()) === 0)
    await stage.page.goto(`${stage.url}/recertification`)
    await stage.id('recertify-finish').click()
    await stage.page.locator('.ant-modal-confirm-btns .ant-btn-primary').click()
    await stage.id('recertify-past').waitFor()
    await stage.shot('recertification-past')
    assert.deepEqual(stage.problems, [])
  } catch (error) {
    const failed = (name: string): string => join(tmpdir(), `holdfast-recertify-${name}-${language}.png`)
    await page.screenshot({ path: failed('manager') }).catch(() => undefined)
    await stage.page.screenshot({ path: failed('owner') }).catch(() => undefined)
    throw error
  } finally {
    await context.close()
    await stage.close()
  }
}

/** A manager with a representative below, and a change of the policies proposed by a security administrator. */
const prepare = async ({ house, language, say }: Stage): Promise<string> => {
  const owner = await house.staff.findByEmail('owner@example.com')
  assert.ok(owner)
  const actor = await house.actorOf(owner.id, { channel: 'job', ip: '', mfa: true })
  const { id: unit } = await house.vault.create(actor, 'team', { values: { name: say('华东区', 'East') } })
  const person = async (name: string, email: string, values: object): Promise<string> => {
    const made = await house.vault.create(actor, 'user', { values: { name, email, active: true, language, ...values } })
    await house.identity.setPassword(made.id, password, { actor })
    return made.id
  }
  await person(say('周梅', 'Mia'), 'mia@example.com', { role: 'manager', unit })
  const security = await person(say('郑安', 'Ann'), 'ann@example.com', { role: 'security-administrator' })
  const eve = await person(say('吴倩', 'Eve'), 'eve@example.com', { role: 'sales', furtherRoles: ['finance'], unit })
  const by = await house.actorOf(security, { channel: 'web', ip: '', mfa: true })
  await house.policyControl.propose(by, say('部门内可见客户', 'Accounts visible in the team'), {
    ...shippedDocument,
    defaults: { account: 'unit' },
  })
  return eve
}

test('[server-242] [server-243] recertification and the inbox in a browser', { timeout: 600_000 }, async (t) => {
  const browser = await launchBrowser()
  if (typeof browser === 'string') {
    t.skip(browser)
    return
  }
  try {
    for (const language of languagesOf('zh')) await story(browser, language)
  } finally {
    await browser.close()
  }
}) // prettier-ignore
