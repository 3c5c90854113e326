// Files on a record: one goes up and comes down equal to the byte, a program is refused, and a representative who may not unmask gets none.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { seat } from './colleague.ts'
import type { Made } from './people.ts'
import type { Stage } from './stage.ts'
import { until } from './visitor.ts'

export const handleFiles = async (stage: Stage, { account, representative }: Made): Promise<void> => {
  const { page, id, say, shot, download, url } = stage
  await page.goto(`${url}/accounts/${account}`)
  await id('record-tab-files').click()
  await id('record-files-drop').waitFor()
  const content = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(300_000), Buffer.from('\n%%EOF\n')])
  const name = say('合同 扫描件.pdf', 'signed contract.pdf')
  await choose(stage)
  await id('record-files-input').setInputFiles({ name, mimeType: 'application/pdf', buffer: content })
  await id('record-file').first().waitFor()
  const got = await download(() => id('record-file-download').first().click())
  assert.equal(got.suggestedFilename(), name)
  assert.ok((await readFile(await got.path())).equals(content), 'it comes back equal to the byte')
  // A program under an innocent name: what it is follows from its bytes.
  const program = Buffer.concat([Buffer.from('7f454c46020101000000000000000000', 'hex'), randomBytes(2000)])
  await id('record-files-input').setInputFiles({ name: 'report.pdf', mimeType: 'application/pdf', buffer: program })
  await page.locator('.ant-message-error').first().waitFor()
  assert.equal(await id('record-file').count(), 1)
  await page.locator('.ant-message-error').first().waitFor({ state: 'detached' })
  await shot('files')
  const other = await seat(stage, representative)
  await other.page.goto(`${url}/accounts/${account}`)
  await other.id('record-tab-files').click()
  const line = other.id('record-file').first()
  await line.waitFor()
  assert.ok(!((await line.textContent()) ?? '').includes(name.slice(0, 2)), 'its name is masked')
  assert.equal(await other.id('record-file-download').count(), 0)
  const file = (await line.getAttribute('data-id')) ?? ''
  const path = `${url}/api/accounts/${account}/attachments/${file}/content`
  assert.equal((await other.context.request.get(path)).status(), 403)
  await other.shot('files-masked')
}

/** The field group whose rights the file follows. */
const choose = async ({ page, id, say }: Stage): Promise<void> => {
  await id('record-files-group').click()
  await page.locator('.ant-select-item-option').getByText(say('联系方式', 'Contact'), { exact: false }).first().click()
  await until(async () => ((await id('record-files-group').textContent()) ?? '').includes(say('联系方式', 'Contact')))
}
