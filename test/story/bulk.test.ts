// Many records changed at once in a real browser, in both languages: picked, previewed with who may not be changed and why, carried out.
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Browser } from 'playwright-core'
import { launchBrowser } from '../support/browser.ts'
import { setUp } from './browser/setup.ts'
import { type Language, openStage, type Stage, until } from './browser/stage.ts'

const prepare = async ({ house, say }: Stage): Promise<void> => {
  const owner = await house.staff.findByEmail('owner@example.com')
  assert.ok(owner)
  const actor = await house.actorOf(owner.id, { channel: 'job', ip: '', mfa: true })
  const names = say('晨光电子,海港仪器,东方机械,北辰软件,远洋物流', 'Dawn,Harbour,Orient,Polestar,Ocean').split(',')
  for (const name of names) await house.vault.create(actor, 'account', { values: { name, source: 'phone' } })
}

const choose = async ({ page, id }: Stage, name: string, label: string): Promise<void> => {
  await id(name).last().click()
  await page.locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: label }).first().click()
}

const story = async (browser: Browser, language: Language): Promise<void> => {
  const stage = await openStage(browser, language)
  const { page, id, say, house } = stage
  try {
    await setUp(stage)
    await prepare(stage)
    await id('nav-accounts').click()
    await id('list-row').nth(4).waitFor()
    await id('list-pick').nth(0).check()
    await id('list-pick').nth(1).check()
    await id('bulk-count').getByText('2').waitFor()
    assert.equal(page.url().includes('/accounts/'), false, 'picking opens nothing')
    await stage.shot('bulk-picked')
    await id('bulk-edit').click()
    await choose(stage, 'bulk-field', say('来源', 'Source'))
    await choose(stage, 'bulk-value', say('展会', 'Exhibition'))
    await id('bulk-look').click()
    await id('bulk-preview').waitFor()
    await stage.shot('bulk-preview')
    // Somebody else changes one of them meanwhile.
    const owner = await house.staff.findByEmail('owner@example.com')
    const actor = await house.actorOf(owner?.id ?? '', { channel: 'job', ip: '', mfa: true })
    const first = (await house.vault.list(actor, 'account', {})).items[0]
    assert.ok(first)
    await house.vault.update(actor, 'account', first.id, first.version, { source: 'partner' })
    await id('bulk-run').click()
    await id('bulk-done').getByText('1').first().waitFor()
    await id('bulk-done').getByText(String(first.values['name'])).waitFor()
    await stage.shot('bulk-done')
    await id('bulk-close').click()
    await until(async () => (await id('bulk-count').count()) === 0)
    const after = (await house.vault.list(actor, 'account', {})).items.map(({ values }) => values['source'])
    assert.deepEqual(after, ['partner', 'exhibition', 'phone', 'phone', 'phone'])
    // All of the list.
    await id('list-pick-all').check()
    await id('bulk-edit-all').click()
    await choose(stage, 'bulk-field', say('来源', 'Source'))
    await choose(stage, 'bulk-value', say('转介绍', 'Referral'))
    await id('bulk-look').click()
    await id('bulk-run').click()
    await id('bulk-done').waitFor()
    await id('bulk-close').click()
    const all = (await house.vault.list(actor, 'account', {})).items.map(({ values }) => values['source'])
    assert.deepEqual(new Set(all), new Set(['referral']))
    await page.setViewportSize({ width: 390, height: 800 })
    await id('list-pick').first().check()
    await stage.shot('bulk-phone')
    assert.deepEqual(stage.problems, [])
  } catch (error) {
    const path = join(tmpdir(), `holdfast-bulk-failure-${language}.png`)
    await page.screenshot({ path }).catch(() => undefined)
    throw error
  } finally {
    await stage.close()
  }
}

for (const language of ['zh', 'en'] as const)
  test(
    `[web-160] many records are picked, looked at and changed at once, in ${language}`,
    { timeout: 300_000 },
    async (t) => {
      const browser = await launchBrowser()
      if (typeof browser === 'string') return t.skip(browser)
      try {
        await story(browser, language)
      } finally {
        await browser.close()
      }
    },
  )
