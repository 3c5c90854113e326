// Step 6: the three kinds of backup from the page; the database is destroyed; the set-up page brings everything back.
import assert from 'node:assert/strict'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { firstAnswers, password } from '../../support/prepared.ts'
import type { Stage } from './stage.ts'
import { until } from './visitor.ts'

export const backUp = async (stage: Stage): Promise<void> => {
  const { page, id } = stage
  await id('nav-backup').click()
  await id('backup-create-full').click()
  await id('backup-row').first().waitFor()
  for (const [made, kind] of (['incremental', 'differential'] as const).entries()) {
    await change(stage, kind)
    await page.goto(`${stage.url}/backup`)
    await id(`backup-create-${kind}`).click()
    await until(async () => (await id('backup-row').count()) === made + 2)
  }
  await stage.shot('backup')
  await id('backup-verify').click()
  await page.locator('[data-testid=backup-job][data-kind=verify][data-state=done]').waitFor()
}

/** Something for the next backup to hold. */
const change = async (stage: Stage, name: string): Promise<void> => {
  const { page, id, field } = stage
  await page.goto(`${stage.url}/accounts`)
  await id('list-new').click()
  await field('record-input-name').fill(stage.say(`追加客户 ${name}`, `Added ${name}`))
  await id('record-create').click()
  await id('record-title').waitFor()
}

/** All that is left is the repository, the recovery sheet on paper and the identity on a stick: data and keys are gone. */
export const loseAndRestore = async (stage: Stage, sheet: readonly string[]): Promise<void> => {
  const { page, id, directory } = stage
  const before = await stage.house.vault.digest(stage.house.tenant)
  const identity = join(directory, 'stick.identity')
  await stage.again(async () => {
    await rename(join(directory, 'keys', 'backup.identity'), identity)
    await rm(join(directory, 'data'), { recursive: true })
    await rm(join(directory, 'keys'), { recursive: true })
  })
  assert.ok(stage.setupUrl)
  await page.goto(stage.setupUrl)
  await id(`setup-language-${stage.language}`).click()
  await id('setup-restore').click()
  await id('restore-backup').first().waitFor()
  assert.equal(await id('restore-backup').count(), 3)
  await id('restore-identity').setInputFiles(identity)
  await id('restore-sheet').fill(sheet.toReversed().join(' '))
  await id('restore-begin').click()
  await id('restore-problem').waitFor()
  await id('restore-sheet').fill(sheet.join(' '))
  await stage.shot('restore')
  await id('restore-begin').click()
  await id('restore-done').waitFor({ timeout: 60_000 })
  await stage.shot('restored')
  await id('restore-enter').click()
  await id('signin-email').fill(firstAnswers[stage.language].email)
  await stage.field('signin-password').fill(password)
  await id('signin-submit').click()
  await id('nav-accounts').waitFor()
  assert.deepEqual(await stage.house.vault.digest(stage.house.tenant), before)
  await id('nav-accounts').click()
  await id('list-row').first().waitFor()
}
