// Step 7: the review runs its controls; its report comes as a page, as JSON and as PDF in the reader's language.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import type { Stage } from './stage.ts'

interface Report {
  readonly review: { readonly controls: readonly { readonly id: string; readonly state: string }[] }
}

export const reviewControls = async (stage: Stage): Promise<void> => {
  const { id, language } = stage
  await id('nav-review').click()
  await id('review-run').click()
  await id('review-result').waitFor()
  assert.ok((await id('review-control').count()) >= 15)
  await stage.shot('review')
  const pdf = await stage.download(() => id(`review-pdf-${language}`).click())
  assert.match(pdf.suggestedFilename(), /\.pdf$/)
  const bytes = await readFile(await pdf.path())
  assert.equal(bytes.toString('latin1', 0, 5), '%PDF-')
  assert.match(bytes.toString('latin1'), language === 'zh' ? /\/Lang \(zh/ : /\/Lang \(en/)
  const json = await stage.download(() => id('review-json').click())
  const report = JSON.parse(await readFile(await json.path(), 'utf8')) as Report
  const assessed = report.review.controls.filter(({ state }) => state === 'pass' || state === 'fail')
  assert.ok(assessed.length >= 15, `${String(assessed.length)} controls were assessed`)
  assert.ok(assessed.some(({ state }) => state === 'fail'))
}
