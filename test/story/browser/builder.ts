// The condition builder in a browser: conditions write the text, the text writes the conditions, each is told as a sentence; what has no place stays text.
import assert from 'node:assert/strict'
import { actorOf } from './colleague.ts'
import type { Stage } from './stage.ts'
import { until } from './visitor.ts'

export const useBuilder = async (stage: Stage): Promise<void> => {
  const { page, id, say, shot } = stage
  await page.goto(`${stage.url}/policies/builder`)
  const told = async (): Promise<void> => {
    await page.waitForTimeout(300)
    await page.locator('[data-testid=built-bench][data-state=told]').waitFor()
  }
  const text = (): Promise<string> => id('built-text').inputValue()
  await told()
  // From conditions to text.
  await id('built-id').fill('own.exports')
  await id('built-hours-from').fill('08:30')
  await id('built-add').first().click()
  await page.locator('.built-menu').getByText(say('来源网段', 'Network'), { exact: true }).click()
  await id('built-add').first().click()
  await page.locator('.built-menu').getByText(say('双因素验证', 'Second factor'), { exact: true }).click()
  await told()
  await until(async () => (await text()).includes('context.ip.isInRange(ip("10.0.0.0/8"))'))
  const written = await text()
  for (const part of ['@id("own.exports")', '* 60) + context.minute) >= 510', 'context.mfaAge <= 900', 'unless']) assert.ok(written.includes(part), `${part}: ${written}`) // prettier-ignore
  await id('built-sentence')
    .getByText(say('周一、二、三、四、五 08:30 至 18:00', '08:30 to 18:00 on Mon'))
    .first()
    .waitFor()
  await id('built-sentence').getByText(say('the IP address lies in 10.0.0.0/8', '来源 IP 位于 10.0.0.0/8')).waitFor()
  assert.equal(await id('built-problem').count(), 0)
  await shot('builder')
  // An attribute that may be absent is asked for first.
  await id('built-add').first().click()
  await page.locator('.built-menu').getByText(say('记录', 'The record'), { exact: true }).hover()
  await page
    .locator('.ant-dropdown-menu-submenu-popup:visible')
    .getByText(say('阶段', 'Stage'), { exact: true })
    .click()
  await told()
  await until(async () => (await text()).includes('(resource has stage) && (resource.stage == "prospecting")'))
  // From text to conditions: the same again.
  const before = await text()
  await id('built-text').fill(before.replace('10.0.0.0/8', '192.168.0.0/16').replace('900', '1800'))
  await told()
  await until(async () => (await id('built-mfa').inputValue()) === '30')
  await id('built-known-network').getByText('192.168.0.0/16').waitFor()
  assert.equal(await id('built-line').count(), 4)
  await shot('builder-back')
  // What would not stand is said, a text that is no policy leaves the conditions, and what has no place stays as it is.
  const good = await text()
  await id('built-text').fill(good.replace('resource.stage', 'resource.stagee'))
  await id('built-problem').getByText('stagee').first().waitFor()
  await id('built-text').fill(good.replace('unless', 'unles'))
  await id('built-problem').getByText('unles').first().waitFor()
  // The attribute that is asked for is another one than the one compared: two conditions.
  assert.equal(await id('built-line').count(), 5)
  const odd = good.replace('<= 1800', '<= (if context.mfa then 1800 else 0)')
  await id('built-text').fill(odd)
  await id('built-text-only').getByText(say('值中的 if 表达式', '“if” within a value')).waitFor()
  assert.equal(await text(), odd)
  await shot('builder-text-only')
  await id('built-text').fill(good)
  await told()
  await until(async () => (await id('built-line').count()) === 4)
  // Every shipped policy opens as conditions.
  await stage.seek('built-open', 'rail.clearance')
  await id('built-sentence').getByText(say('可查看密级', 'clearance')).first().waitFor()
  await page.setViewportSize({ width: 1600, height: 900 })
  await shot('builder-rail')
  await page.setViewportSize({ width: 1280, height: 800 })
  await propose(stage, good)
}

/** As one of the house's own, with a reason; a guard rail is not replaced this way. */
const propose = async (stage: Stage, good: string): Promise<void> => {
  const { page, id, say, shot, house } = stage
  await id('built-propose').click()
  await id('built-reason').fill(say('试改安全底线', 'Trying a guard rail'))
  await id('built-send').click()
  await page.locator('.ant-message-error').waitFor()
  await page.keyboard.press('Escape')
  await id('built-reason').waitFor({ state: 'hidden' })
  await id('built-text').fill(good)
  await until(async () => (await id('built-id').inputValue()) === 'own.exports')
  await id('built-propose').click()
  await id('built-reason').fill(say('导出限于办公时间与办公网络', 'Exports at work only'))
  await shot('builder-propose')
  await id('built-send').click()
  await id('built-reason').waitFor({ state: 'hidden' })
  const { changes } = await house.policyControl.state(await actorOf(stage))
  const titles = changes.filter(({ state }) => state === 'proposed').map(({ title }) => title)
  assert.deepEqual(titles, [say('导出限于办公时间与办公网络', 'Exports at work only')])
}
