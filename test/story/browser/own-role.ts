// A role of the house's own in a browser: made from another one on the matrix, narrowed there, sent, approved by another person, given to somebody, and not retired while it is held.
import assert from 'node:assert/strict'
import { actorOf, type Colleague, hire, seat } from './colleague.ts'
import type { Stage } from './stage.ts'

const cell = (name: string): string => `[data-testid=matrix-cell][data-cell="${name}"]`
const role = 'key-account-sales'

export const makeRole = async (stage: Stage, second: Colleague): Promise<void> => {
  const { page, id, say, shot, seek } = stage
  const label = say('大客户销售', 'Key-account sales')
  await page.goto(`${stage.url}/policies/matrix`)
  await id('matrix-table').waitFor()
  assert.equal(await page.locator('[data-testid^=own-role-]').count(), 0)
  await id('role-new').click()
  await seek('role-from', say('销售代表', 'Sales representative'))
  await id('role-zh').fill('大客户销售')
  await id('role-en').fill('Key-account sales')
  await id('role-aboutZh').fill('负责年度框架客户')
  assert.equal(await id('role-id').inputValue(), role)
  // Described in one language alone it does not go on.
  await id('role-add').click()
  await page.locator('.ant-form-item-explain-error').first().waitFor()
  await id('role-aboutEn').fill('Looks after framework agreements')
  await shot('role-new')
  await id('role-add').click()
  await id(`own-role-${role}`).getByText(say('未提交', 'not sent yet')).waitFor()
  // It begins as its original is, and is narrowed before anything is sent.
  const contact = page.locator(cell(`${role}/account/see.contact`))
  await contact.waitFor()
  assert.equal(await contact.getAttribute('data-marks'), 'own:see shared:mask')
  await contact.focus()
  await page.keyboard.press('Enter')
  await id('matrix-level-own').getByText(say('脱敏', 'masked')).click()
  await page.locator(`${cell(`${role}/account/see.contact`)}[data-marks="own:mask shared:mask"]`).waitFor()
  await page.keyboard.press('Escape')
  await contact.scrollIntoViewIfNeeded()
  await shot('matrix-own-role')
  await id('matrix-review').click()
  const told = id('matrix-differences')
  await told.getByText(say(`新建角色“${label}”`, `new role ${label}`)).waitFor()
  await told.getByText(say('联系方式 明文 → 脱敏', 'contact details plain → masked')).waitFor()
  await id('matrix-reason').fill(say('大客户由专人负责', 'Key accounts have people of their own'))
  await id('matrix-send').click()
  await id('matrix-bar').waitFor({ state: 'hidden' })
  await approve(stage, second)
  await give(stage, label)
  await own(stage)
}

const approve = async (stage: Stage, second: Colleague): Promise<void> => {
  const { house, page, id, say } = stage
  await id('policy-tab-changes').click()
  await page
    .locator('[data-testid=policy-changes] tr[data-state=proposed] [data-testid=policy-change-open]')
    .first()
    .click()
  await id('policy-roles').getByText(say('新建角色', 'new role')).waitFor()
  const mine = await actorOf(stage, 'web')
  const { changes } = await house.policyControl.state(mine)
  const change = changes.find(({ state }) => state === 'proposed')
  assert.ok(change)
  const other = await house.actorOf(second.id, { channel: 'web', ip: '', mfa: true })
  await house.policyControl.decide(other, change.id, true, 'looks right')
}

const give = async (stage: Stage, label: string): Promise<void> => {
  const { page, id, say, shot, seek } = stage
  await page.goto(`${stage.url}/people`)
  await id('people-invite').click()
  await id('people-invite-name').fill(say('秦越', 'Quinn York'))
  await id('people-invite-email').fill('quinn@example.com')
  await seek('people-invite-role', label)
  await shot('invite-own-role')
  await id('people-invite-run').click()
  await page.getByRole('cell', { name: label }).first().waitFor()
  await page.goto(`${stage.url}/policies/matrix`)
  await id(`own-role-${role}`).getByText(say('1 人', 'people: 1')).waitFor()
  await id(`own-role-${role}`).click()
  await id('own-role-holders').getByText(say('人员 1', 'people: 1')).waitFor()
  assert.ok(await id('own-role-retire').isDisabled())
  await shot('own-role')
  await page.keyboard.press('Escape')
}

/** Whoever owns a record that their role masks is not told to ask its owner. */
const own = async (stage: Stage): Promise<void> => {
  const { house, say } = stage
  const omar = await hire(stage, role, 'omar@example.com', say('区欧', 'Omar'))
  const actor = await house.actorOf(omar.id, { channel: 'web', ip: '', mfa: true })
  const values = { name: say('框架客户', 'Framework Ltd'), phone: '13512345678' }
  const { id: account } = await house.vault.create(actor, 'account', { values })
  const { page } = await seat(stage, omar)
  await page.goto(`${stage.url}/accounts/${account}`)
  const told = page.locator('.field-group[data-state=masked] .field-group-head').first()
  await told.getByText(say('如需查看请联系管理员', 'see it plain; ask an administrator')).waitFor()
}
