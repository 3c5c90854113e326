// A lead converted in a real browser into an account that is there already.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actorOf } from './browser/colleague.ts'
import { languagesOf, tale } from './browser/tale.ts'

test(
  '[web-185] a lead is converted into an account that was chosen',
  ...tale({ languages: languagesOf('zh') }, async (stage) => {
    const { house, page, id, say, seek, url } = stage
    const actor = await actorOf(stage)
    const make = async (type: string, values: Record<string, string>): Promise<string> =>
      (await house.vault.create(actor, type, { values })).id
    const account = await make('account', { name: say('远望科技集团', 'Farsight Group') })
    const lead = await make('lead', { name: say('沈若云', 'Rose Shen'), mobile: '13822223333' })
    await page.goto(`${url}/leads/${lead}`)
    await id('record-convert').click()
    await page.locator('.ant-modal .ant-alert').waitFor()
    await seek('record-convert-into', say('远望', 'Farsight'))
    await page.locator('.ant-modal .ant-alert').waitFor({ state: 'detached' })
    assert.equal(await id('record-convert-deal').inputValue(), say('沈若云', 'Rose Shen'))
    await id('record-convert-run').click()
    await page.waitForURL(`**/accounts/${account}`)
    const { items } = await house.vault.list(actor, 'account', {})
    assert.deepEqual(
      items.map((one) => one.id),
      [account],
    )
    const { values } = await house.vault.get(actor, 'lead', lead)
    assert.deepEqual([values['status'], values['account']], ['converted', account])
  }),
)
