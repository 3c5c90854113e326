// The keys page walked: the tree, an epoch rotated behind the password and watched across a reload, the old one destroyed, the root key
// exchanged with its sheet, the inventory taken; then the data map: measured, and a field's search changed.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { password } from '../../support/prepared.ts'
import type { Stage } from './stage.ts'
import { until } from './visitor.ts'

const step = async ({ id, field }: Stage, word = password): Promise<void> => {
  await id('keys-preview').waitFor()
  await field('step-up-password').fill(word)
  await id('keys-act-run').click()
}

/** A dialog grows for a moment before it stands. */
const dialog = async ({ page }: Stage): Promise<void> => {
  await page.locator('.ant-modal').first().waitFor()
  await page.waitForTimeout(500)
}

const settled = async ({ id, house, page }: Stage): Promise<void> => {
  await until(async () => (await house.jobs.list()).every(({ state }) => state !== 'queued' && state !== 'running'))
  await id('keys-job').waitFor({ state: 'detached' })
  await page.waitForLoadState('networkidle')
}

export const exchangeKeys = async (stage: Stage): Promise<void> => {
  const { page, id, house, say, shot, download } = stage
  await id('nav-keys').click()
  await id('keys-tree').waitFor()
  await id('keys-actions').waitFor()
  assert.equal(await id('keys-epoch-1').getAttribute('data-state'), 'active')
  const inventory = await download(() => id('keys-cbom').click())
  const bom = JSON.parse(await readFile(await inventory.path(), 'utf8')) as { bomFormat: string; specVersion: string }
  assert.deepEqual([bom.bomFormat, bom.specVersion], ['CycloneDX', '1.6'])
  assert.match(inventory.suggestedFilename(), /\.json$/)
  // The wrong password starts nothing.
  await id('keys-act-epoch').click()
  await id('keys-costs').getByText('90').first().waitFor()
  await dialog(stage)
  await shot('keys-preview')
  await step(stage, 'not the password')
  await page.locator('.ant-message-error').first().waitFor()
  assert.equal((await house.jobs.list()).length, 0)
  await stage.field('step-up-password').fill(password)
  await id('keys-act-run').click()
  await id('keys-preview').waitFor({ state: 'detached' })
  await settled(stage)
  await until(async () => (await id('keys-epoch-1').getAttribute('data-state')) === 'decrypt-only')
  assert.equal(await id('keys-epoch-2').getAttribute('data-state'), 'active')
  await reseal(stage)
  await shot('keys')
  // The old epoch: the database counts, and only then may it go.
  await id('keys-destroy-1').click()
  await until(async () => (await id('keys-needs').getAttribute('data-free')) === 'true')
  await stage.field('step-up-password').fill(password)
  await shot('keys-destroy')
  await id('keys-destroy-run').click()
  await id('keys-epoch-1').waitFor({ state: 'detached' })
  await id('keys-gone').click()
  assert.equal(await id('keys-epoch-1').getAttribute('data-state'), 'destroyed')
  await exchangeRoot(stage)
  await page.getByRole('tab', { name: say('历次操作', 'History') }).click()
  await id('keys-past').waitFor()
  assert.equal(await id('keys-past-job').count(), 3)
  await shot('keys-past')
}

/** Long work is watched, survives a reload, is stopped and taken up again. */
const reseal = async (stage: Stage): Promise<void> => {
  const { page, id, house, shot } = stage
  await id('keys-act-all-subjects').click()
  await step(stage)
  await id('keys-job').waitFor()
  await shot('keys-running')
  await page.reload()
  await id('keys-tree').waitFor()
  const [job] = await house.jobs.list()
  assert.equal(job?.kind, 'keys.subjects')
  await settled(stage)
  const ended = await house.jobs.get(job.id)
  assert.equal(ended.state, 'done')
  const { olderGenerations } = await house.rotation.states()
  await until(async () => ((await id('keys-epoch-2').textContent()) ?? '').includes(String(olderGenerations)))
}

const exchangeRoot = async (stage: Stage): Promise<void> => {
  const { id, house, shot } = stage
  const before = house.keys.provider.fingerprint
  const sheetBefore = (await house.recoverySheet()).blocks
  await id('keys-act-root').click()
  await step(stage)
  await id('keys-preview').waitFor({ state: 'detached' })
  await settled(stage)
  const now = house.keys.provider.fingerprint
  assert.notEqual(now, before)
  await until(async () => ((await id('keys-tree').textContent()) ?? '').includes(now))
  await id('keys-sheet-open').click()
  await stage.field('step-up-password').fill(password)
  await id('keys-sheet-run').click()
  await id('keys-sheet').waitFor()
  const blocks = (await id('keys-sheet').locator('ol li').allTextContents()).map((text) => text.slice(-5)).join(' ')
  assert.notEqual(blocks, sheetBefore)
  assert.equal(blocks, (await house.recoverySheet()).blocks)
  await stage.page.keyboard.press('Escape')
  await id('keys-sheet').waitFor({ state: 'hidden' })
  await id('keys-provider').scrollIntoViewIfNeeded()
  await shot('keys-provider')
}

export const readMap = async (stage: Stage): Promise<void> => {
  const { page, id, house, shot } = stage
  await page.goto(`${stage.url}/keys?tab=map`)
  await id('keys-map').waitFor()
  assert.equal(await id('map-measured-at').count(), 0)
  await id('map-measure').click()
  await id('map-measured-at').waitFor()
  await page.waitForLoadState('networkidle')
  const rates = (await id('map-contact-mobile').textContent()) ?? ''
  assert.match(rates, /0\.0 %/)
  assert.match(rates, /100\.0 %/)
  await shot('data-map')
  // The last four digits are found no more, and their tokens are gone.
  await id('map-change-contact-mobile').click()
  await id('map-mode-suffix').click()
  await dialog(stage)
  await shot('data-map-change')
  await stage.field('step-up-password').fill(password)
  await id('map-change-run').click()
  await id('map-change-run').waitFor({ state: 'detached' })
  await settled(stage)
  const { fields } = await house.search.state()
  assert.deepEqual(fields.find((one) => one.type === 'contact' && one.field === 'mobile')?.modes, ['exact'])
  await page.locator('[data-testid=map-measured] .ant-alert').waitFor()
}
