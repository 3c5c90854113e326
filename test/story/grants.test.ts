// Rights for a while in a real browser: a record is lent from its page, seen by the other person, and ended; a role is lent by an administrator.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actorOf, hire, seat } from './browser/colleague.ts'
import type { Stage } from './browser/stage.ts'
import { languagesOf, tale } from './browser/tale.ts'
import { until } from './browser/visitor.ts'

test(
  '[server-240] rights for a while in a browser',
  ...tale({ languages: languagesOf('zh'), timeout: 600_000 }, async (stage) => {
    const account = await prepare(stage)
    const sam = await hire(stage, 'sales', 'sam@example.com', stage.say('孙敏', 'Sam'))
    const { context, page, id, shot } = await seat(stage, sam)
    const status = async (): Promise<number> =>
      (await context.request.get(`${stage.url}/api/accounts/${account}`)).status()
    assert.equal(await status(), 404)

    // The owner lends the record from its page.
    await stage.page.goto(`${stage.url}/accounts/${account}`)
    await stage.id('record-more').click()
    await stage.id('record-lend').click()
    await stage.seek('lend-to', stage.say('孙敏', 'Sam'))
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
    await shot('grants-held')

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
    await stage.seek('deputy-to', stage.say('孙敏', 'Sam'))
    await stage.id('deputy-reason').fill(stage.say('年假', 'Annual leave'))
    await stage.shot('deputy')
    await stage.id('deputy-run').click()
    await stage.page.locator('[data-testid=deputies-table] tr[data-state=running]').waitFor()
    await stage.shot('deputies')
    await page.goto(`${stage.url}/accounts/${account}`)
    await id('record-edit-open').click()
    await page.goto(`${stage.url}/grants`)
    await page.locator('[data-testid=deputies-table] tr[data-state=running]').waitFor()
    await shot('deputies-mine')
    const seen = await (await context.request.get(`${stage.url}/api/accounts/${account}`)).json() as { version: number } // prettier-ignore
    const actor = await stage.house.actorOf(sam.id, { channel: 'web', ip: '', mfa: false })
    await stage.house.vault.update(actor, 'account', account, seen.version, { website: 'https://harbour.example' })
    await page.goto(`${stage.url}/accounts/${account}`)
    await page.getByRole('tab', { name: stage.say('历史', 'History') }).click()
    await page.getByText(stage.say('孙敏（代 林岚）', 'Sam for Robin Vale')).first().waitFor()
    await shot('deputy-history')
    await stage.id('deputy-end').click()
    await until(async () => (await status()) === 404)

    // An administrator lends a role, and ends it.
    await stage.page.goto(`${stage.url}/grants`)
    await stage.id('grant-role').click()
    await stage.seek('grant-to', stage.say('孙敏', 'Sam'))
    await stage.seek('grant-role-name', stage.say('财务', 'Finance'))
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
  }),
)

/** An account of the owner's, which no representative sees. */
const prepare = async (stage: Stage): Promise<string> => {
  const values = { name: stage.say('海港精密仪器有限公司', 'Harbour Instruments Ltd'), phone: '13812341007' }
  return (await stage.house.vault.create(await actorOf(stage), 'account', { values })).id
}
