// The role matrix in a browser: read at a glance, walked by keyboard, two roles compared, a cell changed, told in words, sent, and approved by another person.
import assert from 'node:assert/strict'
import { actorOf, type Colleague, seat } from './colleague.ts'
import type { Stage } from './stage.ts'
import { until } from './visitor.ts'

const cell = (name: string): string => `[data-testid=matrix-cell][data-cell="${name}"]`

export const useMatrix = async (stage: Stage, second: Colleague): Promise<void> => {
  const { page, id, say, shot } = stage
  await id('nav-policies').click()
  await id('policy-tab-matrix').click()
  await id('matrix-table').waitFor()
  assert.ok((await id('matrix-row').count()) > 100)
  assert.equal(await page.locator(cell('sales/deal/see.contact')).getAttribute('data-marks'), 'own:see shared:mask')
  assert.equal(await page.locator(cell('finance/deal/see.identity')).getAttribute('data-marks'), 'all:see')
  assert.equal(await page.locator(cell('auditor/deal/see.identity')).getAttribute('data-marks'), 'all:mask')
  await page.locator(`td[data-locked] ${cell('auditor/deal/edit.basic')}`).waitFor()
  // What is looked at tells its layers, by mouse and by keyboard.
  await page.locator(cell('sales/account/see.contact')).hover()
  const about = id('matrix-about')
  await about.getByText(say('共享给本人的记录', 'records shared with them')).first().waitFor()
  await about.locator('[data-layer=rail]').first().waitFor()
  await shot('matrix')
  await page.locator(cell('sales/account/list')).focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowDown')
  await page.locator(`${cell('sales-lead/account/history')}:focus`).waitFor()
  await compareRoles(stage)
  await changeCell(stage)
  await approve(stage, second)
  // In force, and marked as differing from what is shipped.
  await page.reload()
  await page.locator(`td[data-changed] ${cell('sales/deal/export')}`).waitFor()
  await id('matrix-different').click()
  assert.equal(await id('matrix-row').count(), 1)
  await page.locator(cell('sales/deal/export')).hover()
  await id('matrix-about').getByText(say('出厂设置：不允许', 'As shipped: not allowed')).waitFor()
  await shot('matrix-changed')
}

const compareRoles = async ({ page, id, say, shot, seek }: Stage): Promise<void> => {
  await seek('matrix-roles', say('客户服务', 'Customer support'))
  await seek('matrix-roles', say('财务', 'Finance'))
  await page.keyboard.press('Escape')
  await page.locator(`td[data-differs] ${cell('support/account/see.financial')}`).waitFor()
  await id('matrix-different').click()
  assert.equal(await page.locator(cell('support/user/list')).count(), 0, 'what both may alike is left out')
  await shot('matrix-compare')
  await id('matrix-different').click()
  await id('matrix-roles').hover()
  await id('matrix-roles').locator('.ant-select-clear').click()
}

const changeCell = async ({ page, id, say, shot }: Stage): Promise<void> => {
  await page.locator(cell('auditor/deal/edit.basic')).click()
  await id('matrix-closed').getByText(say('审计人员不得修改数据', 'who audits changes nothing')).waitFor()
  assert.ok(await id('matrix-level-all').isDisabled())
  await page.keyboard.press('Escape')
  await page.locator(cell('sales/deal/export')).focus()
  await page.keyboard.press('Enter')
  await id('matrix-level-own').click()
  await page.locator(`td[data-edited] ${cell('sales/deal/export')}[data-marks="own:yes"]`).waitFor()
  await shot('matrix-edit')
  await page.keyboard.press('Escape')
  await id('matrix-review').click()
  await id('matrix-differences').getByText(say('新增 导出', 'may now export')).waitFor()
  await id('matrix-reason').fill(say('销售代表需导出自己的商机', 'Representatives need their own deals as a file'))
  await shot('matrix-review')
  await id('matrix-send').click()
  await id('matrix-bar').waitFor({ state: 'hidden' })
}

/** Another person with the right to approve does so; nobody approves their own. */
const approve = async (stage: Stage, second: Colleague): Promise<void> => {
  const { house, id } = stage
  const mine = await actorOf(stage, 'web')
  const other = await house.actorOf(second.id, { channel: 'web', ip: '', mfa: true })
  const { changes } = await house.policyControl.state(other)
  const change = changes.find(({ state }) => state === 'proposed')
  assert.ok(change)
  await assert.rejects(house.policyControl.decide(mine, change.id, true, 'mine'))
  await house.policyControl.decide(other, change.id, true, 'looks right')
  await id('matrix-table').waitFor()
}

/** Whoever may see policies but not propose them reads only. */
export const readMatrix = async (stage: Stage, auditor: Colleague): Promise<void> => {
  const { page, id, say, shot } = await seat(stage, auditor)
  await page.setViewportSize({ width: 1600, height: 900 })
  await id('nav-policies').click()
  await id('policy-tab-matrix').click()
  await id('matrix-mode').getByText(say('只读', 'Read only')).waitFor()
  await page.locator(cell('sales/deal/delete')).click()
  assert.equal(await id('matrix-editor').count(), 0)
  await id('matrix-view').getByText(say('系统功能', 'System')).click()
  await until(async () => (await page.locator(cell('auditor/system/review.view')).count()) === 1)
  await shot('matrix-system')
  await id('matrix-view').getByText(say('按角色', 'By role')).click()
  await shot('matrix-wide')
}
