// Paper in a real browser, in both languages: a list and a record as sheets with a mark, which the journal has.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { services } from '#kernel'
import { actorOf } from './browser/colleague.ts'
import type { Stage } from './browser/stage.ts'
import { tale } from './browser/tale.ts'

const prepare = async (stage: Stage): Promise<string> => {
  const { house, say } = stage
  const actor = await actorOf(stage)
  const names = say('晨光电子,海港仪器,东方机械', 'Dawn,Harbour,Orient').split(',')
  let id = ''
  for (const [i, name] of names.entries()) {
    const values = { name, source: 'phone', phone: `021-555000${String(i)}` }
    id = (await house.vault.create(actor, 'account', { values })).id
  }
  return id
}

/** The mark on the sheet, where the journal has it. */
const journalled = async ({ id, house }: Stage): Promise<unknown> => {
  const text = (await id('print-mark').textContent()) ?? ''
  const mark = /[0-9a-f-]{36}/.exec(text)?.[0]
  const { tenant } = house
  const { items } = await house.store.transaction({ tenant, principal: services.system }, (tx) =>
    house.journal.list(tx, tenant, { act: 'record.print', limit: 10 }),
  )
  const found = items.find(({ detail }) => (detail as { print?: string } | null)?.print === mark)
  assert.ok(found, 'the journal has the mark of the sheet')
  return found.purpose
}

for (const language of ['zh', 'en'] as const)
  test(
    `[web-161] [server-253] a list and a record go on paper under a mark, in ${language}`,
    ...tale({ languages: [language] }, async (stage) => {
      const { page, id, say } = stage
      const account = await prepare(stage)
      await id('nav-accounts').click()
      await id('list-row').nth(2).waitFor()
      await id('list-print').click()
      await id('print-make').click()
      await id('print-sheet').getByText(say('海港仪器', 'Harbour')).waitFor()
      assert.equal((await journalled(stage)) ?? '', '')
      await stage.shot('print-list')
      await page.emulateMedia({ media: 'print' })
      assert.equal(await id('print-make').isVisible(), false, 'nothing but the sheet is on paper')
      assert.equal(await id('nav-accounts').isVisible(), false)
      await stage.shot('print-paper')
      await page.emulateMedia({ media: 'screen' })
      await page.goto(`${stage.url}/accounts/${account}`)
      await id('record-more').click()
      await id('record-print').click()
      await id('print-purpose').fill(say('签约存档', 'Filed with the contract'))
      await id('print-make').click()
      await id('print-sheet').waitFor()
      assert.equal(await journalled(stage), say('签约存档', 'Filed with the contract'))
      await stage.shot('print-record')
      await id('print-back').click()
      await id('record-title').waitFor()
    }),
  )
