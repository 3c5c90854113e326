// Step 4: lists, search by a phone's tail, a record, an edit and its history, and a deal that is dragged through the pipeline.
import assert from 'node:assert/strict'
import { actorOf } from './colleague.ts'
import type { Stage } from './stage.ts'
import { until } from './visitor.ts'

export const workWithRecords = async (stage: Stage): Promise<void> => {
  const { page, id, field, say, shot } = stage
  await id('nav-accounts').click()
  await id('list-row').first().waitFor()
  assert.ok((await id('list-row').count()) >= 20)
  await id('list-search').locator('xpath=descendant-or-self::input').fill('1007')
  await page.keyboard.press('Enter')
  await until(async () => (await id('list-row').count()) === 1)
  await id('list-row').first().click()
  await id('record-title').waitFor()
  await shot('account')
  await id('record-edit-open').first().click()
  await field('record-input-industry').fill(say('软件', 'Software'))
  await id('record-save').click()
  await id('record-tab-history').click()
  await id('record-history').waitFor()
  await page.getByText(say('软件', 'Software')).first().waitFor()
  await shot('history')
  await colleaguesDeals(stage)
  await dragDeal(stage)
}

/** Deals that are there already, so that the pipeline looks like one. */
const colleaguesDeals = async (stage: Stage): Promise<void> => {
  const { house, say } = stage
  const actor = await actorOf(stage)
  const { items } = await house.vault.list(actor, 'account', { limit: 7 })
  const stages = ['prospecting', 'qualified', 'qualified', 'proposal', 'negotiation', 'won', 'lost']
  for (const [i, account] of items.entries()) {
    const name = say(
      `${'春夏秋冬'[i % 4] ?? ''}季采购`,
      `${['Spring', 'Summer', 'Autumn', 'Winter'][i % 4] ?? ''} order`,
    )
    const values = { name, stage: stages[i] ?? 'prospecting', amount: 1_280_000 * (i + 1), account: account.id }
    await house.vault.create(actor, 'deal', { values })
  }
}

const dragDeal = async (stage: Stage): Promise<void> => {
  const { page, id, field, say, shot } = stage
  await page.goto(`${stage.url}/deals`)
  await id('list-new').click()
  await field('record-input-name').fill(say('年度框架合同', 'Yearly frame contract'))
  await page.locator('[data-testid=record-input-stage]').first().click()
  await page.locator('.ant-select-item-option').first().click()
  await id('record-create').click()
  await id('record-title').waitFor()
  await id('nav-pipeline').click()
  const card = id('pipeline-card').filter({ hasText: say('年度框架合同', 'Yearly frame contract') })
  await card.waitFor()
  const from = await card.boundingBox()
  const to = await id('pipeline-column-proposal').boundingBox()
  assert.ok(from && to)
  await page.mouse.move(from.x + from.width / 2, from.y + 12)
  await page.mouse.down()
  await page.mouse.move(from.x + from.width / 2 + 12, from.y + 16, { steps: 3 })
  await page.mouse.move(to.x + to.width / 2, to.y + 120, { steps: 12 })
  await page.mouse.up()
  await id('pipeline-column-proposal').getByText(say('年度框架合同', 'Yearly frame contract')).waitFor()
  await page.getByText(say('阶段已更新', 'Stage changed')).waitFor()
  await page.waitForLoadState('networkidle')
  await shot('pipeline')
}
