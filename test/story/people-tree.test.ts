// The house as a tree in a real browser: teams in teams with people and numbers; a person dragged to another team is there.
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Browser } from 'playwright-core'
import { launchBrowser } from '../support/browser.ts'
import { setUp } from './browser/setup.ts'
import { type Language, languagesOf, openStage, until } from './browser/stage.ts'

const story = async (browser: Browser, language: Language): Promise<void> => {
  const stage = await openStage(browser, language)
  const { page, id, say, house } = stage
  try {
    await setUp(stage)
    const owner = await house.staff.findByEmail('owner@example.com')
    assert.ok(owner)
    const actor = await house.actorOf(owner.id, { channel: 'job', ip: '', mfa: true })
    const make = async (type: string, values: object): Promise<string> =>
      (await house.vault.create(actor, type, { values: { ...values } })).id
    const sales = await make('team', { name: say('销售中心', 'Sales') })
    const east = await make('team', { name: say('华东区', 'East'), parent: sales })
    const south = await make('team', { name: say('华南区', 'South'), parent: sales })
    const user = (name: string, email: string, unit: string) =>
      make('user', { name, email, unit, role: 'sales', active: true, language })
    const eve = await user(say('吴倩', 'Eve'), 'eve@example.com', east)
    await user(say('孙敏', 'Sam'), 'sam@example.com', east)
    await page.goto(`${stage.url}/people`)
    const team = (one: string) => page.locator(`[data-testid=tree-team][data-team="${one}"]`)
    await team(sales).waitFor()
    const people = async (): Promise<readonly (string | null)[]> =>
      Promise.all([sales, east, south].map((one) => team(one).getAttribute('data-people')))
    assert.deepEqual(await people(), ['2', '2', '0'])
    await stage.shot('people-tree')
    await page.locator(`[data-testid=tree-person][data-user="${eve}"]`).dragTo(team(south))
    await id('tree-move-run').click()
    await until(async () => (await house.staff.get(eve))?.team === south)
    await until(async () => (await people()).join() === '2,1,1')
    await stage.shot('people-tree-moved')
    assert.deepEqual(stage.problems, [])
  } catch (error) {
    await page.screenshot({ path: join(tmpdir(), `holdfast-tree-${language}.png`) }).catch(() => undefined)
    throw error
  } finally {
    await stage.close()
  }
}

test('[web-150] the house as a tree in a browser', { timeout: 300_000 }, async (t) => {
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
