// Rights for a while in a real browser: a record is lent from its page, seen by the other person, and ended; a role is lent by an administrator.
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
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const id = (name: string) => page.getByTestId(name)
  const status = async (): Promise<number> =>
    (await context.request.get(`${stage.url}/api/accounts/${account}`)).status()
  let account = ''
  try {
    await setUp(stage)
    account = await prepare(stage)
    await signIn(page, stage, 'sam@example.com')
    assert.equal(await status(), 404)

    // The owner lends the record from its page.
    await stage.page.goto(`${stage.url}/accounts/${account}`)
    await stage.id('record-more').click()
    await stage.id('record-lend').click()
    await choose(stage.page, 'lend-to', stage.say('孙敏', 'Sam'))
    await stage.id('lend-reason').fill(stage.say('联合拜访客户', 'A joint visit'))
    await stage.shot('lend')
    await stage.id('lend-run').click()
    await stage.id('lend-now').getByText(stage.say('孙敏', 'Sam')).waitFor()
    await stage.shot('lend-now')
    assert.equal(await status(), 200)

    // The other person sees what is lent, and opens it.
    await id('nav-grants').click()
    const row = page.locator('[data-testid=grants-table] tbody tr')
    await row.first().waitFor()
    assert.equal(await row.first().getAttribute('data-state'), 'running')
    await page.getByRole('link', { name: stage.say('海港精密仪器有限公司', 'Harbour Instruments Ltd') }).waitFor()
    await stage.shot('grants-held', page)

    // Whoever asks who sees the record is told.
    await stage.page.goto(`${stage.url}/accounts/${account}`)
    await stage.id('record-more').click()
    await stage.id('record-access').click()
    await stage.id('access-lent').first().waitFor()
    await stage.shot('grants-explained')

    // While the owner is away the other one stands in: works on every record, and the history says for whom.
    await stage.page.goto(`${stage.url}/grants`)
    await stage.id('grant-end').click()
    await until(async () => (await status()) === 404)
    await stage.id('deputy-name').click()
    await choose(stage.page, 'deputy-to', stage.say('孙敏', 'Sam'))
    await stage.id('deputy-reason').fill(stage.say('年假', 'Annual leave'))
    await stage.shot('deputy')
    await stage.id('deputy-run').click()
    await stage.page.locator('[data-testid=deputies-table] tr[data-state=running]').waitFor()
    await stage.shot('deputies')
    await page.goto(`${stage.url}/accounts/${account}`)
    await id('record-edit-open').click()
    await page.goto(`${stage.url}/grants`)
    await page.locator('[data-testid=deputies-table] tr[data-state=running]').waitFor()
    await stage.shot('deputies-mine', page)
    const sam = await stage.house.staff.findByEmail('sam@example.com')
    const seen = await (await context.request.get(`${stage.url}/api/accounts/${account}`)).json() as { version: number } // prettier-ignore
    assert.ok(sam)
    const actor = await stage.house.actorOf(sam.id, { channel: 'web', ip: '', mfa: false })
    await stage.house.vault.update(actor, 'account', account, seen.version, { website: 'https://harbour.example' })
    await page.goto(`${stage.url}/accounts/${account}`)
    await page.getByRole('tab', { name: stage.say('历史', 'History') }).click()
    await page.getByText(stage.say('孙敏（代 林岚）', 'Sam for Robin Vale')).first().waitFor()
    await stage.shot('deputy-history', page)
    await stage.id('deputy-end').click()
    await until(async () => (await status()) === 404)

    // An administrator lends a role, and ends it.
    await stage.page.goto(`${stage.url}/grants`)
    await stage.id('grant-role').click()
    await choose(stage.page, 'grant-to', stage.say('孙敏', 'Sam'))
    await choose(stage.page, 'grant-role-name', stage.say('财务', 'Finance'))
    await stage.id('grant-reason').fill(stage.say('季末对账', 'Quarter end'))
    await stage.shot('grant-role')
    await stage.id('grant-run').click()
    const all = stage.page.locator('[data-testid=grants-table] tbody tr[data-state=running]')
    await until(async () => (await all.count()) === 1)
    await stage.shot('grants')
    while ((await all.count()) > 0) {
      const left = (await all.count()) - 1
      await stage.id('grant-end').first().click()
      await until(async () => (await all.count()) === left)
    }
    assert.equal(await status(), 404)
    assert.deepEqual(stage.problems, [])
  } catch (error) {
    const failed = (name: string): string => join(tmpdir(), `holdfast-grants-${name}-${language}.png`)
    await page.screenshot({ path: failed('person') }).catch(() => undefined)
    await stage.page.screenshot({ path: failed('owner') }).catch(() => undefined)
    throw error
  } finally {
    await context.close()
    await stage.close()
  }
}

/** Picks from a list by typing a name. */
const choose = async (page: Page, name: string, label: string): Promise<void> => {
  await page.locator(`[data-testid=${name}] input, input[data-testid=${name}]`).first().fill(label)
  await page.locator('.ant-select-item-option', { hasText: label }).locator('visible=true').first().click()
}

const signIn = async (page: Page, stage: Stage, email: string): Promise<void> => {
  const field = (name: string) => page.locator(`[data-testid=${name}] input, input[data-testid=${name}]`).first()
  await page.goto(stage.url)
  await field('signin-email').fill(email)
  await field('signin-password').fill(password)
  await page.getByTestId('signin-submit').click()
  await page.getByTestId('nav-grants').waitFor()
}

/** An account of the owner's, and a representative who does not see it. */
const prepare = async ({ house, language, say }: Stage): Promise<string> => {
  const owner = await house.staff.findByEmail('owner@example.com')
  assert.ok(owner)
  const actor = await house.actorOf(owner.id, { channel: 'job', ip: '', mfa: true })
  const { id } = await house.vault.create(actor, 'account', {
    values: { name: say('海港精密仪器有限公司', 'Harbour Instruments Ltd'), phone: '13812341007' },
  })
  const made = await house.invite(actor, { name: say('孙敏', 'Sam'), email: 'sam@example.com', role: 'sales', teamId: null, language }) // prettier-ignore
  await house.identity.setPassword(made.userId, password, { actor })
  return id
}

test('[server-240] rights for a while in a browser', { timeout: 600_000 }, async (t) => {
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
})
