// Files on a record: one goes up and comes down equal to the byte, a program is refused, and a representative who may not unmask gets none.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Made } from './people.ts'
import { newContext, password, type Stage, until } from './stage.ts'

export const handleFiles = async (stage: Stage, { account, representative }: Made): Promise<void> => {
  const { page, id, say, shot, download, browser, language, url } = stage
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
  const context = await newContext(browser, language)
  try {
    const other = await context.newPage()
    other.setDefaultTimeout(20_000)
    const field = (one: string) => other.locator(`[data-testid=${one}] input, input[data-testid=${one}]`).first()
    await other.goto(url)
    await field('signin-email').fill(representative.email)
    await field('signin-password').fill(password)
    await other.getByTestId('signin-submit').click()
    await other.getByTestId('nav-accounts').waitFor()
    await other.goto(`${url}/accounts/${account}`)
    await other.getByTestId('record-tab-files').click()
    const line = other.getByTestId('record-file').first()
    await line.waitFor()
    assert.ok(!((await line.textContent()) ?? '').includes(name.slice(0, 2)), 'its name is masked')
    assert.equal(await other.getByTestId('record-file-download').count(), 0)
    const file = (await line.getAttribute('data-id')) ?? ''
    const path = `${url}/api/accounts/${account}/attachments/${file}/content`
    assert.equal((await context.request.get(path)).status(), 403)
    await stage.shot('files-masked', other)
  } finally {
    await context.close()
  }
}

/** The field group whose rights the file follows. */
const choose = async ({ page, id, say }: Stage): Promise<void> => {
  await id('record-files-group').click()
  await page.locator('.ant-select-item-option').getByText(say('联系方式', 'Contact'), { exact: false }).first().click()
  await until(async () => ((await id('record-files-group').textContent()) ?? '').includes(say('联系方式', 'Contact')))
}
