// Many records changed at once in a real browser, in both languages: picked, previewed with who may not be changed and why, carried out.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actorOf } from './browser/colleague.ts'
import type { Stage } from './browser/stage.ts'
import { tale } from './browser/tale.ts'
import { until } from './browser/visitor.ts'

const prepare = async (stage: Stage): Promise<void> => {
  const actor = await actorOf(stage)
  const names = stage
    .say('晨光电子,海港仪器,东方机械,北辰软件,远洋物流', 'Dawn,Harbour,Orient,Polestar,Ocean')
    .split(',')
  for (const name of names) await stage.house.vault.create(actor, 'account', { values: { name, source: 'phone' } })
}

for (const language of ['zh', 'en'] as const)
  test(
    `[web-160] many records are picked, looked at and changed at once, in ${language}`,
    ...tale({ languages: [language] }, async (stage) => {
      const { page, id, say, house, choose } = stage
      await prepare(stage)
      await id('nav-accounts').click()
      await id('list-row').nth(4).waitFor()
      await id('list-pick').nth(0).check()
      await id('list-pick').nth(1).check()
      await id('bulk-count').getByText('2').waitFor()
      assert.equal(page.url().includes('/accounts/'), false, 'picking opens nothing')
      await stage.shot('bulk-picked')
      await id('bulk-edit').click()
      await choose('bulk-field', say('来源', 'Source'))
      await choose('bulk-value', say('展会', 'Exhibition'))
      await id('bulk-look').click()
      await id('bulk-preview').waitFor()
      await stage.shot('bulk-preview')
      // Somebody else changes one of them meanwhile.
      const actor = await actorOf(stage)
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
      await choose('bulk-field', say('来源', 'Source'))
      await choose('bulk-value', say('转介绍', 'Referral'))
      await id('bulk-look').click()
      await id('bulk-run').click()
      await id('bulk-done').waitFor()
      await id('bulk-close').click()
      const all = (await house.vault.list(actor, 'account', {})).items.map(({ values }) => values['source'])
      assert.deepEqual(new Set(all), new Set(['referral']))
      await page.setViewportSize({ width: 390, height: 800 })
      await id('list-pick').first().check()
      await stage.shot('bulk-phone')
    }),
  )
