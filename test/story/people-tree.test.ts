// The house as a tree in a real browser: teams in teams with people and numbers; a person dragged to another team is there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actorOf } from './browser/colleague.ts'
import { languagesOf, tale } from './browser/tale.ts'
import { until } from './browser/visitor.ts'

test(
  '[web-150] the house as a tree in a browser',
  ...tale({ languages: languagesOf('en') }, async (stage) => {
    const { page, id, say, house, language } = stage
    const actor = await actorOf(stage)
    const make = async (type: string, values: object): Promise<string> =>
      (await house.vault.create(actor, type, { values: { ...values } })).id
    const sales = await make('team', { name: say('销售中心', 'Sales') })
    const east = await make('team', { name: say('华东区', 'East'), parent: sales })
    const south = await make('team', { name: say('华南区', 'South'), parent: sales })
    const user = (name: string, email: string, unit: string) =>
      make('user', { name, email, unit, role: 'sales', active: true, language })
    const eve = await user(say('吴倩', 'Eve'), 'eve@example.com', east)
    await user(say('孙敏', 'Sam'), 'sam@example.com', east)
    await page.goto(`${stage.url}/people`)
    const team = (one: string) => page.locator(`[data-testid=tree-team][data-team="${one}"]`)
    await team(sales).waitFor()
    const people = async (): Promise<readonly (string | null)[]> =>
      Promise.all([sales, east, south].map((one) => team(one).getAttribute('data-people')))
    assert.deepEqual(await people(), ['2', '2', '0'])
    await stage.shot('people-tree')
    await page.locator(`[data-testid=tree-person][data-user="${eve}"]`).dragTo(team(south))
    await id('tree-move-run').click()
    await until(async () => (await house.staff.get(eve))?.team === south)
    await until(async () => (await people()).join() === '2,1,1')
    await stage.shot('people-tree-moved')
  }),
)
