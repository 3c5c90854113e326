// Notifications in a real browser: the bell counts, the panel names and leads to records, and a record taken away is named no more.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId, type Uuid } from '#kernel'
import { actorOf, hire, seat } from './browser/colleague.ts'
import type { Stage } from './browser/stage.ts'
import { languagesOf, tale } from './browser/tale.ts'
import { until } from './browser/visitor.ts'

test(
  '[web-162] [web-163] notifications in a browser',
  ...tale({ languages: languagesOf('zh'), timeout: 600_000 }, async (stage) => {
    const sam = await hire(stage, 'sales', 'sam@example.com', stage.say('孙敏', 'Sam'))
    const { page, id, say, shot } = await seat(stage, sam)
    // At one moment: it may be gone between two questions.
    const count = async (): Promise<string> => (await id('bell-count').allTextContents()).join()
    await id('bell').click()
    await id('bell-none').waitFor()
    await shot('bell-empty')
    await page.keyboard.press('Escape')

    // The owner gives, shares and hands out; the bell counts each act once.
    const { kept, taken } = await give(stage, sam.id)
    await page.reload()
    await until(async () => (await count()) === '4')
    await id('bell').click()
    const items = id('bell-item')
    await until(async () => (await items.count()) === 4)
    await id('bell-due-task').waitFor()
    const name = (n: number): Promise<string> => items.nth(n).innerText()
    assert.match(await name(0), new RegExp(say('临时角色', 'A further role')))
    assert.match(await name(1), new RegExp(say('客户（3 条）', 'Accounts: 3')))
    assert.match(
      await name(2),
      new RegExp(
        `${say('远山物流', 'Far Hills Logistics')}[^]*${say('林岚 共享给您', 'Shared with you by Robin Vale')}`,
      ),
    )
    assert.match(await name(3), new RegExp(say('海港精密', 'Harbour Instruments')))
    await shot('bell')

    // Following one leads to its record, and marks it.
    await items.nth(3).click()
    await page.waitForURL(`**/accounts/${kept}`)
    await until(async () => (await count()) === '3')

    // A record that was taken away again is named no more.
    await taken()
    await id('bell').click()
    await page.locator('[data-testid=bell-item][data-hidden=true]').waitFor()
    assert.match(await name(2), new RegExp(say('您已无权查看的记录', 'A record you may no longer see')))
    assert.ok(!(await id('bell-panel').innerText()).includes(say('远山物流', 'Far Hills Logistics')))
    await id('bell-read').click()
    await until(async () => (await count()) === '')
    await until(async () => (await id('bell-read').count()) === 0)
    await shot('bell-read')

    // What is due leads to the list of it.
    await id('bell-due-task').click()
    await page.waitForURL(/\/tasks\?view=mine/)
    await page.getByText(say('回访海港', 'Call Harbour')).first().waitFor()
    await shot('bell-due')
    await page.setViewportSize({ width: 390, height: 780 })
    await id('bell').click()
    await id('bell-panel').waitFor()
    await shot('bell-phone')
  }),
)

/** Acts of the owner that concern Sam, oldest first. */
const give = async (stage: Stage, sam: Uuid): Promise<{ kept: Uuid; taken: () => Promise<unknown> }> => {
  const { house, say } = stage
  const actor = await actorOf(stage, 'web')
  const { vault } = house
  const account = async (name: string): Promise<Uuid> => (await vault.create(actor, 'account', { values: { name } })).id
  const kept = await account(say('海港精密仪器有限公司', 'Harbour Instruments Ltd'))
  await vault.assign(actor, 'account', kept, sam)
  const shared = await account(say('远山物流', 'Far Hills Logistics'))
  await vault.share(actor, 'account', shared, [sam])
  const records = []
  for (const n of [1, 2, 3])
    records.push({ id: await account(say(`样本公司${String(n)}`, `Sample ${String(n)}`)), version: 1 })
  await vault.bulk.apply(actor, 'account', newId(), records, { values: {}, ownerId: sam })
  const until = new Date(Date.now() + 3_600_000)
  await house.grants.giveRole(actor, { to: sam, role: 'finance', until, reason: 'quarter end' })
  const mine = await house.actorOf(sam, { channel: 'web', ip: '', mfa: false })
  await vault.create(mine, 'task', { values: { title: say('回访海港', 'Call Harbour'), due: '2026-01-15' } })
  // The role opens every account while it lasts.
  const taken = async (): Promise<void> => {
    await vault.share(actor, 'account', shared, [])
    for (const grant of await house.grants.list(sam)) await house.grants.end(actor, grant.id)
  }
  return { kept, taken }
}
