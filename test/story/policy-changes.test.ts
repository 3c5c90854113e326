// A change of policies in a real browser: drafted, kept over a closed tab, checked, tried on what people did, approved by
// somebody else for a moment, withdrawn, put in force, rolled back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hire, seat } from './browser/colleague.ts'
import type { Stage } from './browser/stage.ts'
import { languagesOf, tale } from './browser/tale.ts'
import { until } from './browser/visitor.ts'

test(
  '[web-130] [web-131] [web-132] [web-133] [web-180] [web-181] a change of policies in a browser',
  ...tale({ languages: languagesOf('en'), timeout: 900_000 }, async (stage) => {
    await prepare(stage)
    const { page } = stage
    await page.goto(`${stage.url}/policies/changes`)
    await stage.id('policy-draft-begin').click()
    await stage.id('policy-draft-title').fill(stage.say('销售不再查看任务', 'Sales no longer see tasks'))
    const text = await stage.id('policy-draft-text').inputValue()
    const document = JSON.parse(text) as Record<string, unknown>
    await stage.id('policy-draft-text').fill(text.slice(0, -1))
    await stage.id('policy-draft-check').click()
    await stage.id('policy-draft-told').waitFor()
    await stage.shot('policy-draft-wrong')
    const broken =
      '@id("own.calm")\npermit (principal, action == Action::"list", resource is Deal)\nwhen { resource.amont > 5 };'
    await stage.id('policy-draft-text').fill(JSON.stringify({ ...document, policies: [{ id: 'own.calm', text: broken }] }, null, 2)) // prettier-ignore
    await stage.id('policy-draft-check').click()
    await stage.id('policy-problem').getByText(stage.say('是否应为', 'was “amount” meant')).waitFor()
    assert.match(await stage.id('policy-problem').innerText(), stage.language === 'zh' ? /第 3 行/ : /line 3/)
    await stage.shot('policy-problems')
    const restrictions = [{ name: 'no-tasks', roles: ['sales'], types: ['task'], actions: ['list', 'view.basic'], mode: 'when', conditions: [] }] // prettier-ignore
    await stage.id('policy-draft-text').fill(JSON.stringify({ ...document, restrictions }, null, 2))
    await until(async () => /\d/.test(await stage.id('policy-draft-kept').innerText()))

    // The tab is closed and opened again: the draft is still there.
    await page.reload()
    await until(async () => (await stage.id('policy-draft-text').inputValue()).includes('no-tasks'))
    await stage.id('policy-draft-check').click()
    await stage.id('dry-run-start').click()
    await stage.id('dry-run-report').waitFor()
    assert.ok(Number(await stage.id('dry-run-newlyDenied').innerText()) >= 3)
    await stage.id('dry-run-role-sales').click()
    await stage.id('dry-run-people').getByText(stage.say('孙敏', 'Sam')).waitFor()
    assert.equal(await stage.id('dry-run-examples').getByText('restriction.no-tasks').count() > 0, true) // prettier-ignore
    await stage.id('dry-runs').scrollIntoViewIfNeeded()
    await stage.shot('policy-dry-run')
    await stage.id('policy-draft-propose').click()
    await stage.id('policy-change-open').waitFor()
    await stage.id('policy-draft-begin').waitFor()

    // Who proposed it does not decide; somebody else sees the same report beside it.
    await stage.id('policy-change-open').click()
    await stage.id('policy-deciding').waitFor()
    assert.equal(await stage.id('policy-approve').count(), 0)
    const { page: second, id, shot } = await seat(stage, { email: 'quinn@example.com' })
    // Who keeps the house and no customers has a first page all the same, and is offered no records that stay hidden.
    await id('home-steps').waitFor()
    for (const place of ['accounts', 'deals', 'pipeline']) assert.equal(await id(`nav-${place}`).count(), 0)
    await id('nav-inbox-count').getByText('1').waitFor()
    await second.goto(`${stage.url}/policies/changes`)
    await id('policy-change-open').first().click()
    await id('dry-run-report').waitFor()
    await id('policy-difference').first().waitFor()
    await shot('policy-change')
    await id('policy-deciding').getByText(stage.say('定时生效', 'at a moment')).click()
    await id('policy-at').click()
    const tomorrow = new Date(Date.now() + 86_400_000)
    const day = `${String(tomorrow.getFullYear())}-${String(tomorrow.getMonth() + 1).padStart(2, '0')}-${String(tomorrow.getDate()).padStart(2, '0')}`
    await second.keyboard.type(`${day} 08:30`)
    await second.keyboard.press('Enter')
    await id('policy-reason').fill(stage.say('同意', 'Agreed'))
    await shot('policy-approve-at')
    await id('policy-approve').click()
    await id('policy-activate').waitFor()
    await id('nav-inbox-count').waitFor({ state: 'detached' })
    await shot('policy-scheduled')
    await id('policy-deciding').getByText(stage.say('立即生效', 'at once')).click()
    await id('policy-activate').click()
    await until(async () => (await id('policy-change-state').first().innerText()).includes(stage.say('已生效', 'came into force'))) // prettier-ignore
    await second.goto(`${stage.url}/policies/changes`)
    await id('policy-versions').waitFor()
    await shot('policy-versions')
    await id('policy-rollback').first().click()
    await second
      .getByRole('tooltip')
      .getByRole('button', { name: stage.say('回滚', 'Roll back') })
      .click()
    await until(async () => (await second.locator('[data-testid=policy-versions] tbody tr').count()) === 3)
  }),
)

/** A representative who looked at a task a few times, and a second person in charge of security. */
const prepare = async (stage: Stage): Promise<void> => {
  const { house, say } = stage
  await hire(stage, 'security-administrator', 'quinn@example.com', say('钱卫', 'Quinn'))
  const { id: who } = await hire(stage, 'sales', 'sam@example.com', say('孙敏', 'Sam'))
  const sam = await house.actorOf(who, { channel: 'web', ip: '10.1.2.3', mfa: false })
  const { id } = await house.vault.create(sam, 'task', { values: { title: say('回访客户', 'Call back') } })
  for (let i = 0; i < 3; i++) await house.vault.get(sam, 'task', id)
  await house.vault.list(sam, 'task', {})
  // Reads reach the journal within a second.
  await new Promise((resolve) => setTimeout(resolve, 1200))
}
