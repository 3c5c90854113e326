// Recertification and the inbox in a real browser: started by the owner, decided by a manager in place, taken back for real; a policy change decided from the inbox.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shippedDocument } from '#access'
import { password } from '../support/prepared.ts'
import { actorOf, seat } from './browser/colleague.ts'
import type { Stage } from './browser/stage.ts'
import { languagesOf, tale } from './browser/tale.ts'
import { until } from './browser/visitor.ts'

test(
  '[server-242] [server-243] recertification and the inbox in a browser',
  ...tale({ languages: languagesOf('zh'), timeout: 600_000 }, async (stage) => {
    const eve = await prepare(stage)

    // The owner starts a campaign.
    await stage.page.goto(`${stage.url}/recertification`)
    await stage.id('recertify-start').click()
    await stage.id('recertify-standing').waitFor()
    await stage.shot('recertification')

    // The manager finds the lines of the team in the inbox, takes one back and keeps the others together.
    const { page, id, shot } = await seat(stage, { email: 'mia@example.com' })
    await id('nav-inbox-count').waitFor()
    assert.equal(await id('nav-inbox-count').textContent(), '3')
    await id('nav-inbox').click()
    const lines = page.locator(`[data-testid=recertify-lines] tr[data-person="${eve}"]`)
    await until(async () => (await lines.count()) === 3)
    await shot('inbox-manager')
    await lines
      .filter({ hasText: stage.say('财务', 'Finance') })
      .getByRole('checkbox')
      .click()
    await id('recertify-revoke').click()
    await id('recertify-reason').fill(stage.say('已调离财务岗位', 'Left the finance desk'))
    await shot('recertify-revoke')
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
  }),
)

/** A manager with a representative below, and a change of the policies proposed by a security administrator. */
const prepare = async (stage: Stage): Promise<string> => {
  const { house, language, say } = stage
  const actor = await actorOf(stage)
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
