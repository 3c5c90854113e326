// Emergency access in a real browser: without a second factor none, with one a record opens and closes, and another person reviews it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actorOf, hire, seat } from './browser/colleague.ts'
import { age, virtualKey } from './browser/factor.ts'
import type { Stage } from './browser/stage.ts'
import { languagesOf, tale } from './browser/tale.ts'
import { until } from './browser/visitor.ts'

test(
  '[server-193] emergency access in a browser',
  ...tale({ languages: languagesOf('en'), timeout: 600_000 }, async (stage) => {
    const account = await prepare(stage)
    const { context, page, id, shot } = await seat(
      stage,
      await hire(stage, 'sales', 'sam@example.com', stage.say('孙敏', 'Sam')),
    )
    await id('nav-emergency').click()
    await id('emergency-needs-factor').waitFor()
    await shot('emergency-no-factor')

    await virtualKey(context, page)
    await page.goto(`${stage.url}/settings`)
    await id('passkey-add').click()
    await id('settings-codes-kept').click()

    // The second factor was given an hour ago: it is asked for again, in the one dialog.
    await age(stage)
    await page.goto(`${stage.url}/emergency`)
    await id('emergency-of').fill(`${stage.url}/accounts/${account}`)
    await id('emergency-reason').fill(
      stage.say('客户现场水管爆裂，需立即联系', 'Burst pipe at the customer, needs a call now'),
    )
    await shot('emergency-ask')
    await id('emergency-run').click()
    await id('confirm-passkey').click()
    const row = page.locator('[data-testid=emergency-table] tbody tr')
    await row.first().waitFor()
    assert.equal(await row.first().getAttribute('data-state'), 'running')
    await shot('emergency-running')
    await row.first().getByRole('link').click()
    await page.getByText(stage.say('海港精密仪器有限公司', 'Harbour Instruments Ltd')).first().waitFor()
    await shot('emergency-record')
    await id('nav-emergency').click()
    await id('emergency-end').click()
    await until(async () => (await row.first().getAttribute('data-state')) === 'waiting')
    assert.equal((await context.request.get(`${stage.url}/api/accounts/${account}`)).status(), 404)

    // The owner reviews it; nobody else was asked to.
    assert.equal(await id('emergency-review').count(), 0)
    await stage.page.goto(`${stage.url}/emergency`)
    await stage.id('emergency-review').click()
    await stage.id('emergency-note').fill(stage.say('已与客户核实，情况属实', 'The customer confirms it'))
    await stage.shot('emergency-review')
    await stage.id('emergency-justified').click()
    await until(async () => (await stage.page.locator('tr[data-state=justified]').count()) === 1)
    await stage.shot('emergency-reviewed')
  }),
)

/** An account of the owner's, which no representative sees. */
const prepare = async (stage: Stage): Promise<string> => {
  const values = { name: stage.say('海港精密仪器有限公司', 'Harbour Instruments Ltd'), phone: '13812341007' }
  return (await stage.house.vault.create(await actorOf(stage), 'account', { values })).id
}
