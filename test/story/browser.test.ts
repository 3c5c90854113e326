// The story in a real browser, once in Chinese and once in English: set up, import, find, change, share, back up, review, audit.
import assert from 'node:assert/strict'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { type House, openHouse, readConfig, serve } from '#server'
import { temporaryFolder } from '#testing'
import { launchBrowser } from '../support/browser.ts'

const images = new URL('../../docs/images/', import.meta.url).pathname
const password = 'harbour-Kite-9f2c-lantern'

/** Invented customers in the product's own words, as a file from a spreadsheet would be. */
const accounts = (language: 'zh' | 'en'): string => {
  const heading =
    language === 'zh'
      ? '编号,客户名称,客户级别,行业,电话,邮箱,详细地址,备注'
      : 'Record Id,Account name,Grade,Industry,Phone,E-mail,Address,Notes'
  const rows = Array.from({ length: 120 }, (_, i) => {
    const name =
      language === 'zh'
        ? `${'青岚云松远溪澄禾'[i % 8] ?? ''}${'海川岭桥湾'[i % 5] ?? ''}${'科技贸易机械食品'.slice((i % 4) * 2, (i % 4) * 2 + 2)}有限公司${String(i + 1)}号`
        : `${['Harbour', 'Lantern', 'Kestrel', 'Juniper'][i % 4] ?? ''} ${['Works', 'Foods', 'Metals'][i % 3] ?? ''} ${String(i + 1)} Ltd`
    return [
      `a${String(i)}`,
      name,
      'ABC'[i % 3],
      language === 'zh' ? '制造业' : 'Manufacturing',
      `1380013${String(1000 + i)}`,
      `office${String(i)}@example.com`,
      language === 'zh' ? '示例路1号' : '1 Example Road',
      '',
    ].join(',')
  })
  const bad = [`a999,,A,,not a phone,no mail,,`]
  return `\ufeff${[heading, ...rows, ...bad].join('\r\n')}`
}

const rules = new URL('../../node_modules/axe-core/axe.min.js', import.meta.url)

/** What axe finds on the main pages, serious or worse. In a context of its own: the product's content policy lets no tester in. */
const barriers = async (
  browser: Browser,
  url: string,
  state: Awaited<ReturnType<BrowserContext['storageState']>>,
): Promise<readonly string[]> => {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    bypassCSP: true,
    storageState: state,
    viewport: { width: 1280, height: 800 },
  })
  const source = await readFile(rules, 'utf8')
  const found: string[] = []
  try {
    const page = await context.newPage()
    for (const path of [
      '/',
      '/accounts',
      '/pipeline',
      '/import',
      '/journal',
      '/backup',
      '/review',
      '/people',
      '/keys',
      '/settings',
    ]) {
      await page.goto(`${url}${path}`)
      await page.locator('h1').first().waitFor()
      await page.waitForLoadState('networkidle')
      await page.evaluate(source)
      const result: unknown = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')
      const { violations } = result as {
        readonly violations: readonly {
          readonly id: string
          readonly impact: string
          readonly nodes: readonly { readonly html: string }[]
        }[]
      }
      for (const { id, impact, nodes } of violations) {
        if (impact === 'serious' || impact === 'critical')
          found.push(
            `${path} ${id} ${String(nodes.length)} ${nodes.map((node) => node.html.slice(0, 110)).join(' | ')}`,
          )
      }
    }
  } finally {
    await context.close()
  }
  return found
}

/** A sales representative sees nothing of the owner's, and of a shared record the phone behind a mask. */
const representative = async (
  house: House,
  browser: Browser,
  url: string,
  language: 'zh' | 'en',
  shot: (name: string, page: Page) => Promise<unknown>,
): Promise<void> => {
  const owner = await house.staff.findByEmail('owner@example.com')
  assert.ok(owner)
  const actor = await house.actorOf(owner.id, { channel: 'job', ip: '', mfa: true })
  const made = await house.invite(actor, {
    name: 'Sam',
    email: 'sam@example.com',
    role: 'sales',
    teamId: null,
    language,
  })
  await house.identity.setPassword(made.userId, password, { actor })
  const [first, second] = (await house.vault.list(actor, 'account', { limit: 2 })).items
  assert.ok(first && second)
  await house.vault.share(actor, 'account', first.id, [made.userId])
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 800 },
    locale: language === 'zh' ? 'zh-CN' : 'en-US',
  })
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    await page.goto(url)
    await page
      .locator('[data-testid=signin-email] input, input[data-testid=signin-email]')
      .first()
      .fill('sam@example.com')
    await page.locator('[data-testid=signin-password] input, input[data-testid=signin-password]').first().fill(password)
    await page.getByTestId('signin-submit').click()
    await page.getByTestId('nav-accounts').click()
    await page.getByTestId('list-row').first().waitFor()
    assert.equal(await page.getByTestId('list-row').count(), 1)
    assert.match((await page.getByTestId('list-row').first().textContent()) ?? '', /138\*{4}\d{4}/)
    await shot('representative', page)
    const answer = await context.request.get(`${url}/api/accounts/${second.id}`)
    assert.equal(answer.status(), 404)
    assert.equal(await page.getByTestId('nav-journal').count(), 0)
  } finally {
    await context.close()
  }
}

/** Waits until something is so; ten seconds at most. */
const until = async (so: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 100; i++) {
    if (await so()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('it did not become so')
}

const story = async (t: TestContext, browser: Browser, language: 'zh' | 'en'): Promise<void> => {
  const directory = temporaryFolder()
  const config = readConfig({ data: join(directory, 'data'), keys: join(directory, 'keys'), port: 0 }, {}, directory)
  const house = await openHouse(config, { create: true })
  const running = await serve(house, { say: () => undefined })
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 800 },
    locale: language === 'zh' ? 'zh-CN' : 'en-US',
    timezoneId: 'Asia/Shanghai',
  })
  const page = await context.newPage()
  const problems: string[] = []
  const foreign: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of (401|403|404|409|422)/.test(message.text()))
      problems.push(message.text())
  })
  page.on('request', (request) => {
    if (
      !request.url().startsWith(running.url) &&
      !request.url().startsWith('data:') &&
      !request.url().startsWith('blob:')
    )
      foreign.push(request.url())
  })
  page.setDefaultTimeout(20_000)
  await mkdir(images, { recursive: true })
  const shot = (name: string, of: Page = page): Promise<unknown> =>
    of.screenshot({ path: `${images}${name}-${language}.png` })
  const id = (name: string): ReturnType<Page['getByTestId']> => page.getByTestId(name)
  try {
    const setupUrl = running.setupUrl
    assert.ok(setupUrl)
    await page.goto(setupUrl)
    await id(`setup-language-${language}`).click()
    await id('setup-organisation').fill(language === 'zh' ? '示例公司' : 'Example Company')
    await id('setup-name').fill(language === 'zh' ? '林岚' : 'Robin Vale')
    await id('setup-email').fill('owner@example.com')
    await page
      .locator('[data-testid=setup-password] input, input[data-testid=setup-password]')
      .first()
      .fill('password1')
    await id('password-strength').waitFor()
    await page.locator('[data-testid=setup-password] input, input[data-testid=setup-password]').first().fill(password)
    await shot('setup')
    await id('setup-submit').click()
    await id('setup-sheet').waitFor()
    assert.equal(((await id('setup-sheet').textContent()) ?? '').length > 70, true)
    await id('setup-kept').click()
    await id('setup-finish').click()
    await id('home-steps').waitFor()
    await shot('home')

    await id('nav-import').click()
    const file = join(directory, 'accounts.csv')
    await writeFile(file, accounts(language))
    await id('import-file').setInputFiles(file)
    await id('import-mapping').waitFor()
    await shot('import')
    await id('import-run').click()
    await page.locator('[data-testid=import-state][data-state=done]').waitFor()
    assert.equal((await id('import-created').textContent())?.trim(), '120')
    assert.equal((await id('import-refused').textContent())?.trim(), '1')
    await id('import-refused-file').waitFor()

    await id('nav-accounts').click()
    await id('list-row').first().waitFor()
    assert.ok((await id('list-row').count()) >= 20)
    await shot('accounts')
    await id('list-search').locator('xpath=descendant-or-self::input').fill('1007')
    await page.keyboard.press('Enter')
    await until(async () => (await id('list-row').count()) === 1)
    await id('list-row').first().click()
    await id('record-title').waitFor()
    await shot('account')
    await id('record-edit-open').first().click()
    await page
      .locator('[data-testid=record-input-industry] input, input[data-testid=record-input-industry]')
      .first()
      .fill(language === 'zh' ? '软件' : 'Software')
    await id('record-save').click()
    await id('record-tab-history').click()
    await id('record-history').waitFor()
    await page
      .getByText(language === 'zh' ? '软件' : 'Software')
      .first()
      .waitFor()
    await shot('history')

    await page.goto(`${running.url}/deals`)
    await id('list-new').click()
    await page
      .locator('[data-testid=record-input-name] input, input[data-testid=record-input-name]')
      .first()
      .fill(language === 'zh' ? '年度框架合同' : 'Yearly frame contract')
    await page.locator('[data-testid=record-input-stage]').first().click()
    await page.locator('.ant-select-item-option').first().click()
    await id('record-create').click()
    await id('record-title').waitFor()
    await id('nav-pipeline').click()
    const card = id('pipeline-card').first()
    await card.waitFor()
    const from = await card.boundingBox()
    const to = await id('pipeline-column-proposal').boundingBox()
    assert.ok(from && to)
    await page.mouse.move(from.x + from.width / 2, from.y + 12)
    await page.mouse.down()
    await page.mouse.move(from.x + from.width / 2 + 12, from.y + 16, { steps: 3 })
    await page.mouse.move(to.x + to.width / 2, to.y + 120, { steps: 12 })
    await page.mouse.up()
    await id('pipeline-column-proposal').getByTestId('pipeline-card').waitFor()
    await shot('pipeline')

    await id('nav-people').click()
    await id('people-table').waitFor()
    await shot('people')

    await id('nav-backup').click()
    await id('backup-create-full').click()
    await page.locator('[data-testid=backup-row]').first().waitFor()
    for (const [made, kind] of ['incremental', 'differential'].entries()) {
      await id(`backup-create-${kind}`).click()
      await until(async () => (await id('backup-row').count()) === made + 2)
    }
    await shot('backup')

    await id('nav-review').click()
    await id('review-run').click()
    await id('review-result').waitFor()
    assert.ok((await id('review-control').count()) >= 15)
    await shot('review')

    await id('nav-journal').click()
    await id('journal-row').first().waitFor()
    await id('journal-verify').click()
    await id('journal-verified').waitFor()
    await shot('journal')

    await id('nav-keys').click()
    await id('keys-tree').waitFor()
    await shot('keys')

    await representative(house, browser, running.url, language, shot)
    assert.deepEqual(await barriers(browser, running.url, await context.storageState()), [])
    assert.deepEqual(problems, [])
    assert.deepEqual(foreign, [], 'no request leaves for another host')
  } catch (error) {
    await page.screenshot({ path: join(tmpdir(), `holdfast-browser-failure-${language}.png`) }).catch(() => undefined)
    throw new Error(
      `${error instanceof Error ? error.message : String(error)}\nat ${page.url()}\n${problems.join('\n')}`,
      { cause: error },
    )
  } finally {
    await context.close()
    await running.close()
    await house.close()
    await rm(directory, { recursive: true, force: true })
  }
}

test('[house-5] the story in a browser, in Chinese and in English', { timeout: 300_000 }, async (t) => {
  const browser = await launchBrowser()
  if (typeof browser === 'string') {
    t.skip(browser)
    return
  }
  try {
    await story(t, browser, 'zh')
    await story(t, browser, 'en')
  } finally {
    await browser.close()
  }
})
