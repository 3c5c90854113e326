// A backup looked into in a real browser: a wrong change is found beside the old value and taken back, a deleted record comes back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actorOf } from './browser/colleague.ts'
import type { Stage } from './browser/stage.ts'
import { languagesOf, tale } from './browser/tale.ts'
import { until } from './browser/visitor.ts'

/** Three contacts in a backup; one is changed and one deleted afterwards. */
const prepare = async (stage: Stage): Promise<Readonly<Record<'changed' | 'deleted', string>>> => {
  const { house, say } = stage
  const actor = await actorOf(stage)
  const make = async (name: string, mobile: string): Promise<string> =>
    (await house.vault.create(actor, 'contact', { values: { name, mobile } })).id
  await make(say('陈静', 'Ada Quill'), '13800138000')
  const changed = await make(say('周航', 'Ben Marsh'), '13800138001')
  const deleted = await make(say('吴越', 'Cora Finch'), '13800138002')
  await house.backups.create({ type: 'full', repo: house.config.repository })
  await house.vault.update(actor, 'contact', changed, 1, { mobile: '13900139009' })
  await house.vault.remove(actor, 'contact', deleted, 1)
  return { changed, deleted }
}

test(
  '[web-170] [server-270] a backup is looked into, a value taken over, a deleted record taken back',
  ...tale({ languages: languagesOf('zh') }, async (stage) => {
    const { page, id, house, say } = stage
    const { changed, deleted } = await prepare(stage)
    const actor = await actorOf(stage)
    await page.goto(`${stage.url}/contacts/${changed}`)
    await id('record-more').click()
    await id('record-browse').click()
    await id('browse-open').waitFor()
    await stage.shot('browse-open')
    await id('browse-open').click()
    // The record one came from stands open as soon as the backup does.
    await id('browse-compare').waitFor({ timeout: 60_000 })
    const row = page.locator('[data-testid=browse-compare] tr[data-field=mobile]')
    assert.equal(await row.getAttribute('data-differs'), 'true')
    await stage.shot('browse-record')
    await id('browse-take-mobile').check()
    await id('browse-take').click()
    await until(async () => (await row.getAttribute('data-differs')) === null)
    const values = async (): Promise<unknown> => (await house.vault.get(actor, 'contact', changed)).values['mobile']
    assert.equal(await values(), '13800138001')
    await page.locator('.ant-drawer-close').click()
    // Of the list, what changed since.
    await id('browse-row').nth(2).waitFor()
    await id('browse-changed').click()
    await until(async () => (await id('browse-row').count()) === 2)
    await stage.shot('browse-list')
    await page.locator('[data-testid=browse-row][data-since=deleted] [data-testid=browse-look]').click()
    await id('browse-recover').click()
    await until(
      async () => (await page.locator('[data-testid=browse-record] .since[data-since=changed]').count()) === 1,
    )
    assert.equal((await house.vault.get(actor, 'contact', deleted)).deletedAt, null)
    await page.locator('.ant-drawer-close').click()
    await id('browse-close').click()
    await id('browse-open').waitFor()
    await page.getByText(say('打开一个备份', 'Open a backup')).waitFor()
  }),
)
