// Step 3: customers come in from a file of the story's own and from a vendor's export; bad rows come back; a second run changes nothing.
import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import Papa from 'papaparse'
import type { Stage } from './stage.ts'

export const importCustomers = async (t: TestContext, stage: Stage): Promise<void> => {
  const file = join(stage.directory, 'accounts.csv')
  await writeFile(file, ownAccounts(stage))
  const first = await run(stage, file, 'import')
  assert.deepEqual(first, { read: 121, created: 120, updated: 0, unchanged: 0, refused: 1 })
  await refusedRows(stage, 1)
  const again = await run(stage, file)
  assert.deepEqual(again, { read: 121, created: 0, updated: 0, unchanged: 120, refused: 1 })
  await stage.id('nav-accounts').click()
  await stage.id('list-row').first().waitFor()
  await stage.shot('accounts')
  await vendor(t, stage)
  await oldCiphers(stage)
}

const exports = {
  zh: { name: 'fxiaoke-contacts.gb18030.csv', encoding: /GB18030/i },
  en: { name: 'salesforce-Contact.csv', encoding: /UTF-8/i },
} as const

/** What another system hands out: encoding and columns are guessed, the page only confirms. */
const vendor = async (t: TestContext, stage: Stage): Promise<void> => {
  const { name, encoding } = exports[stage.language]
  const file = fileURLToPath(new URL(`../../../../shared/data/crm/derived-exports/${name}`, import.meta.url))
  if (!existsSync(file)) {
    t.diagnostic(`skipped: no shared data: ${name} is not imported through the page`)
    return
  }
  const first = await run(stage, file, 'import-vendor', encoding)
  assert.equal(first.created + first.updated + first.unchanged + first.refused, first.read, JSON.stringify(first))
  assert.ok(first.created > 100 && first.refused > 0, JSON.stringify(first))
  await stage.shot('import-result')
  await refusedRows(stage, first.refused)
  const again = await run(stage, file, undefined, encoding)
  assert.deepEqual([again.created, again.updated, again.refused], [0, 0, first.refused], JSON.stringify(again))
}

/** Columns that an old system encrypted: a key that cannot be is said and loses nothing, a right one brings them in, the list tells of it. */
const oldCiphers = async (stage: Stage): Promise<void> => {
  const { page, id, say } = stage
  const key = 'an old key, 16 B'
  const sealed = (text: string): string => {
    const cipher = createCipheriv('aes-128-ecb', key, null)
    return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64')
  }
  const rows = Array.from({ length: 5 }, (_, i) => [
    say(`钟意${'一二三四五'[i] ?? ''}`, `Quill Archer ${String(i + 1)}`),
    i === 4 ? 'not encrypted' : sealed(`1390013${String(2000 + i)}`),
  ])
  const file = join(stage.directory, 'old-system.csv')
  await writeFile(file, Papa.unparse([say('姓名,手机', 'Name,Mobile').split(','), ...rows]))
  await page.goto(`${stage.url}/import`)
  await id('import-file').setInputFiles(file)
  await id('import-mapping').waitFor()
  await stage.choose('import-type', say('联系人', 'Contacts'))
  await page.locator('[data-testid=import-legacy] summary').click()
  await stage.choose('legacy-columns', say('手机', 'Mobile'))
  await page.keyboard.press('Escape')
  const secret = id('legacy-key').locator('xpath=descendant-or-self::input')
  assert.ok(await id('import-run').isDisabled(), 'nothing runs without the old key')
  await secret.fill('short')
  await id('import-run').click()
  await page.getByText(/16/).last().waitFor()
  await secret.fill(key)
  await stage.shot('import-legacy')
  await id('import-run').click()
  await page.locator('[data-testid=import-state][data-state=done]').waitFor()
  assert.deepEqual(await counted(stage), { read: 5, created: 4, updated: 0, unchanged: 0, refused: 1 })
  assert.match((await id('import-legacy-done').textContent()) ?? '', /AES-128-ECB/)
  await id('import-again').click()
  await id('import-past').getByText('AES-128-ECB').waitFor()
  await stage.shot('import-past')
}

interface Counts {
  readonly read: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly refused: number
}

/** Uploads, looks at what was guessed, confirms, waits. */
const run = async (stage: Stage, file: string, shot?: string, encoding = /UTF-8/i): Promise<Counts> => {
  const { page, id } = stage
  await page.goto(`${stage.url}/import`)
  await id('import-file').setInputFiles(file)
  await id('import-mapping').waitFor()
  assert.match((await id('import-encoding').textContent()) ?? '', encoding)
  if (shot !== undefined) await stage.shot(shot)
  await id('import-run').click()
  await page.locator('[data-testid=import-state][data-state=done]').waitFor({ timeout: 60_000 })
  return counted(stage)
}

const counted = async ({ id }: Stage): Promise<Counts> => {
  const count = async (name: string): Promise<number> =>
    Number((await id(`import-${name}`).textContent())?.replaceAll(/\D/g, '') ?? Number.NaN)
  return {
    read: await count('read'),
    created: await count('created'),
    updated: await count('updated'),
    unchanged: await count('unchanged'),
    refused: await count('refused'),
  }
}

/** The refused rows as a file: each with its line and the reason. */
const refusedRows = async (stage: Stage, expected: number): Promise<void> => {
  const download = await stage.download(() => stage.id('import-refused-file').click())
  const text = await readFile(await download.path(), 'utf8')
  const { data } = Papa.parse<Record<string, string>>(text.replace(/^\ufeff/, ''), {
    header: true,
    skipEmptyLines: true,
  })
  assert.equal(data.length, expected)
  for (const row of data) assert.ok((row['ERROR'] ?? '').length > 5, JSON.stringify(row))
}

/** Invented customers in the product's own words, as a file from a spreadsheet would be; the last row is no customer. */
const ownAccounts = ({ language, say }: Stage): string => {
  const heading = say(
    '编号,客户名称,客户级别,行业,省份,电话,邮箱,详细地址,备注',
    'Record Id,Account name,Grade,Industry,State,Phone,E-mail,Address,Notes',
  )
  const rows = Array.from({ length: 120 }, (_, i) => {
    const name =
      language === 'zh'
        ? `${'青岚云松远溪澄禾'[i % 8] ?? ''}${'海川岭桥湾'[i % 5] ?? ''}${'科技贸易机械食品'.slice((i % 4) * 2, (i % 4) * 2 + 2)}有限公司${String(i + 1)}号`
        : `${['Harbour', 'Lantern', 'Kestrel', 'Juniper'][i % 4] ?? ''} ${['Works', 'Foods', 'Metals'][i % 3] ?? ''} ${String(i + 1)} Ltd`
    const grade = 'ABC'[i % 3] ?? ''
    const phone = `1380013${String(1000 + i)}`
    const trade =
      say('制造业 零售 物流 食品 医药', 'Manufacturing Retail Logistics Food Pharma').split(' ')[i % 5] ?? ''
    const region =
      say('浙江 江苏 广东 四川 上海 福建 湖北', 'Kent Devon Surrey Fife Cornwall Essex Dorset').split(' ')[i % 7] ?? ''
    return `a${String(i)},${name},${grade},${trade},${region},${phone},office${String(i)}@example.com,${say('示例路1号', '1 Example Road')},`
  })
  return `\ufeff${[heading, ...rows, 'a999,,A,,,not a phone,no mail,,'].join('\r\n')}`
}
