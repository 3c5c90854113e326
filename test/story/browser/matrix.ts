// The role matrix in a browser: read at a glance, walked by keyboard, two roles compared, a cell changed, told in words, sent, and approved by another person.
import assert from 'node:assert/strict'
import { newContext, password, type Stage, until } from './stage.ts'

const cell = (name: string): string => `[data-testid=matrix-cell][data-cell="${name}"]`

export const useMatrix = async (stage: Stage, second: string): Promise<void> => {
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

const choose = async (stage: Stage, name: string, label: string): Promise<void> => {
  const box = stage.id(name)
  await box.locator('input').fill(label)
  await stage.page.locator('.ant-select-dropdown:visible .ant-select-item-option').filter({ hasText: label }).first().click() // prettier-ignore
}

const compareRoles = async ({ page, id, say, shot, ...stage }: Stage): Promise<void> => {
  const whole = { page, id, say, shot, ...stage }
  await choose(whole, 'matrix-roles', say('客户服务', 'Customer support'))
  await choose(whole, 'matrix-roles', say('财务', 'Finance'))
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
const approve = async ({ house, page, id }: Stage, second: string): Promise<void> => {
  const owner = await house.staff.findByEmail('owner@example.com')
  assert.ok(owner)
  const [mine, other] = await Promise.all([owner.id, second].map((who) => house.actorOf(who as typeof owner.id, { channel: 'web', ip: '', mfa: true }))) // prettier-ignore
  assert.ok(mine && other)
  const { changes } = await house.policyControl.state(other)
  const change = changes.find(({ state }) => state === 'proposed')
  assert.ok(change)
  await assert.rejects(house.policyControl.decide(mine, change.id, true, 'mine'))
  await house.policyControl.decide(other, change.id, true, 'looks right')
  await page.waitForTimeout(0)
  await id('matrix-table').waitFor()
}

/** Whoever may see policies but not propose them reads only. */
export const readMatrix = async (stage: Stage, email: string): Promise<void> => {
  const context = await newContext(stage.browser, stage.language)
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    await page.setViewportSize({ width: 1600, height: 900 })
    await page.goto(stage.url)
    const field = (name: string) => page.locator(`[data-testid=${name}] input, input[data-testid=${name}]`).first()
    await field('signin-email').fill(email)
    await field('signin-password').fill(password)
    await page.getByTestId('signin-submit').click()
    await page.getByTestId('nav-policies').click()
    await page.getByTestId('policy-tab-matrix').click()
    await page.getByTestId('matrix-mode').getByText(stage.say('只读', 'Read only')).waitFor()
    await page.locator(cell('sales/deal/delete')).click()
    assert.equal(await page.getByTestId('matrix-editor').count(), 0)
    await page.getByTestId('matrix-view').getByText(stage.say('系统功能', 'System')).click()
    await until(async () => (await page.locator(cell('auditor/system/review.view')).count()) === 1)
    await stage.shot('matrix-system', page)
    await page.getByTestId('matrix-view').getByText(stage.say('按角色', 'By role')).click()
    await stage.shot('matrix-wide', page)
  } finally {
    await context.close()
  }
}
